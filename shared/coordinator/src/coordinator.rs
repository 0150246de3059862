//! The coordinator itself: ports, settings, and a cache of definitions.

use std::sync::Arc;

use interpreter::Timestamp;

use crate::definitions::{Definitions, ParsedDefinitions};
use crate::{Ports, Settings, SettingsError};

/// Brings messages into executions. Share it behind an `Arc`; it keeps nothing that another one would need.
pub struct Coordinator {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) definitions: Definitions,
    pub(crate) parsed: Option<Arc<ParsedDefinitions>>,
}

impl Coordinator {
    /// A coordinator over these ports. Where their store has a retention, [`checked`](Self::checked) is the one to use.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let definitions = Definitions::new(settings.bounds.cached_definitions);
        Self { ports, settings, definitions, parsed: None }
    }

    /// As [`new`](Self::new), if the store's retention permits these settings.
    ///
    /// # Errors
    ///
    /// As [`Settings::check`].
    pub fn checked(ports: Ports, settings: Settings) -> Result<Self, SettingsError> {
        settings.check(ports.executions.retention())?;
        Ok(Self::new(ports, settings))
    }

    /// The same coordinator, parsing no definition that another one of the process has parsed already.
    #[must_use]
    pub fn sharing(self, parsed: &Arc<ParsedDefinitions>) -> Self {
        Self { parsed: Some(Arc::clone(parsed)), ..self }
    }

    /// Its ports.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.now()
    }
}

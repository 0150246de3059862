//! The coordinator itself: ports, settings, and a cache of definitions.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use interpreter::Timestamp;
use messages::{Gathering, MessageQueue};

use crate::definitions::{Definitions, ParsedDefinitions};
use crate::{Ports, Settings, SettingsError};

/// Brings messages into executions. Share it behind an `Arc`; it keeps nothing that another one would need.
pub struct Coordinator {
    pub(crate) ports: Ports,
    pub(crate) settings: Arc<Settings>,
    pub(crate) definitions: Arc<Definitions>,
    pub(crate) parsed: Option<Arc<ParsedDefinitions>>,
}

impl Coordinator {
    /// A coordinator over these ports. Where their store has a retention, [`checked`](Self::checked) is the one to use.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let definitions = Arc::new(Definitions::new(settings.bounds.cached_definitions));
        Self { ports, settings: Arc::new(settings), definitions, parsed: None }
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

    /// Has each of these done by a coordinator of its own, side by side: the same as this one, but what they send to one queue at about the same time
    /// travels in one request. None depends on another: each is answered for its own messages. The answer has an element for each, in order.
    pub async fn side_by_side<D, F>(&self, deeds: impl IntoIterator<Item = D>) -> Vec<F::Output>
    where
        D: FnOnce(Self) -> F,
        F: Future,
    {
        let patience = Duration::from_millis(self.settings.bounds.company_millis);
        let gathering = Gathering::new(Arc::clone(&self.ports.queue), Arc::clone(&self.ports.clock), patience);
        let deeds = deeds.into_iter().map(|deed| deed(self.sending_by(Arc::new(gathering.member()))));
        let deeds: Vec<_> = deeds.collect();
        gathering.drive(join_all(deeds)).await
    }

    fn sending_by(&self, queue: Arc<dyn MessageQueue>) -> Self {
        Self {
            ports: Ports { queue, ..self.ports.clone() },
            settings: Arc::clone(&self.settings),
            definitions: Arc::clone(&self.definitions),
            parsed: self.parsed.clone(),
        }
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

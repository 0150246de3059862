//! The simulated ports: what a host sees of the world. Behind each stands the real in-memory implementation; between them and the
//! host lie latency, and whatever goes wrong.

mod clock;
mod provider;
mod queue;
mod store;

use std::sync::Arc;

pub(crate) use clock::HostClock;
pub(crate) use provider::SimulatedOutside;
pub(crate) use queue::deliver;

use crate::executor::HostNumber;
use crate::fault::{Fault, Opportunity, Strike};
use crate::world::World;

/// A host's way to the world: the one place through which its calls go.
#[derive(Clone)]
pub(crate) struct Site {
    /// The world.
    pub world: Arc<World>,
    /// The host.
    pub host: HostNumber,
}

/// A call that was not answered. Whether it had its effect the caller cannot know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unanswered;

impl Site {
    /// A call: on its way, its effect at one moment, and its answer on its way back. In between, whatever is possible for this kind of call may
    /// go wrong. Answers with what struck, where the caller has to do with it.
    pub(crate) async fn call<T>(
        &self,
        opportunity: Opportunity,
        what: &'static str,
        effect: impl Fn() -> T,
    ) -> Result<(T, Option<Strike>), Unanswered> {
        let strike = self.world.strike(opportunity, what);
        let fault = strike.map(|strike| strike.fault);
        self.before(strike.as_ref()).await;
        self.world.pass_latency().await;
        if matches!(fault, Some(Fault::Unreached | Fault::AnswerLost)) {
            self.world.leave_unanswered();
        }
        if fault == Some(Fault::Unreached) {
            self.world.trace(|| format!("{what}: not reached"));
            return Err(Unanswered);
        }
        let mut answer = effect();
        if fault == Some(Fault::Repeated) {
            answer = effect();
        }
        self.after(strike.as_ref()).await;
        self.world.pass_latency().await;
        if fault == Some(Fault::AnswerLost) {
            self.world.trace(|| format!("{what}: answer lost"));
            return Err(Unanswered);
        }
        Ok((answer, strike))
    }

    async fn before(&self, strike: Option<&Strike>) {
        let Some(strike) = strike else { return };
        match strike.fault {
            Fault::KilledBefore => self.world.die().await,
            Fault::HostKilled => self.world.die_with_host(self.host).await,
            Fault::PausedBefore | Fault::HostPaused => self.world.pause(strike, self.host),
            _ => {}
        }
    }

    async fn after(&self, strike: Option<&Strike>) {
        let Some(strike) = strike else { return };
        match strike.fault {
            Fault::KilledAfter => self.world.die().await,
            Fault::PausedAfter => self.world.pause(strike, self.host),
            _ => {}
        }
    }
}

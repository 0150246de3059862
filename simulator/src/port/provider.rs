//! The way to the providers of the random workers: they are down, out of reach, or their answer is lost.

use async_trait::async_trait;
use interpreter::IdempotencyKey;

use super::Site;
use crate::effect::{Effect, EffectKind};
use crate::fault::{Fault, Opportunity, Strike};
use crate::workload::worker::{Outside, OutsideError, Question};

/// A provider as a worker on this host reaches it.
pub(crate) struct SimulatedOutside(pub(crate) Site);

impl SimulatedOutside {
    async fn call<T>(&self, what: &'static str, effect: impl Fn() -> T) -> Result<T, OutsideError> {
        let Self(site) = self;
        let strike = site.world.strike(Opportunity::Provider, what);
        let fault = strike.map(|strike| strike.fault);
        site.before(strike.as_ref()).await;
        if matches!(strike, Some(Strike { fault: Fault::PausedBefore, .. })) {
            // Whoever was paused looks at the clock before it sends anything: nothing but that could keep an effect outside within its lease.
            site.world.executor.give_way().await;
        }
        site.world.pass_latency().await;
        match fault {
            Some(Fault::ProviderDown) => return Err(OutsideError::Unavailable),
            Some(Fault::Unreached) => return Err(OutsideError::Unanswered),
            _ => {}
        }
        let answer = effect();
        site.after(strike.as_ref()).await;
        site.world.pass_latency().await;
        if fault == Some(Fault::AnswerLost) { Err(OutsideError::Unanswered) } else { Ok(answer) }
    }
}

#[async_trait]
impl Outside for SimulatedOutside {
    async fn act(&self, effect: Effect) -> Result<(), OutsideError> {
        self.call("act", || {
            let world = &self.0.world;
            let effect = Effect { at: world.now(), ..effect.clone() };
            world.trace(|| format!("outside: {:?} {} attempt {}", effect.kind, effect.key, effect.attempt));
            let before = world.book().effects().len();
            world.provider.act(effect.clone());
            if world.book().effects().len() > before {
                world.checks().had_effect(&effect);
                world.checks().check_revoked(world, &effect);
                world.checks().check_lease(world, &effect);
            }
        })
        .await
    }

    async fn has(&self, key: &IdempotencyKey, kind: EffectKind) -> Result<bool, OutsideError> {
        self.call("has", || self.0.world.provider.has(key, kind)).await
    }

    async fn ask(&self, question: Question) -> Result<(), OutsideError> {
        self.call("ask", || self.0.world.ask(question.clone())).await
    }
}

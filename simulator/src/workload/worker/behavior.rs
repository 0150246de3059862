//! What a worker does with an attempt: decided by 64 bits of its hash.

use std::time::Duration;

/// Who it is: what can be done depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// An action.
    Acting,
    /// A compensation.
    Undoing,
}

/// What a worker does with an attempt.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Behavior {
    /// How long it sleeps first.
    pub(super) sleep: Duration,
    /// What it does then.
    pub(super) deed: Deed,
    /// Bits for what is left to decide.
    pub(super) bits: u64,
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Has its effect and says so.
    Succeed,
    /// Refuses, typed.
    Refuse,
    /// Did nothing, and says so by an error's name that definitions list in `Refusals`.
    Decline,
    /// Fails before its effect.
    FailBefore,
    /// Has its effect, then fails.
    FailAfter,
    /// Panics before its effect.
    PanicBefore,
    /// Has its effect, then panics.
    PanicAfter,
    /// Gives the request back for a while, then succeeds.
    NotNow,
    /// Has its effect and returns more than a payload may have.
    ReturnTooMuch,
}

impl Behavior {
    /// What these bits say. Out of 1,000 attempts `trouble` do anything but succeed at once.
    pub(super) fn of(bits: u64, trouble: u32, temper: Temper) -> Self {
        let is_troubled = bits % 1_000 < u64::from(trouble);
        let drawn = bits >> 12;
        if !is_troubled {
            return Self { sleep: Duration::ZERO, deed: Deed::Succeed, bits: drawn };
        }
        let deed = match (drawn % 100, temper) {
            (0..=29, _) => Deed::Succeed,
            (30..=43, Temper::Acting) => Deed::Refuse,
            (44..=53, Temper::Acting) => Deed::Decline,
            (54..=69, _) | (30..=53, Temper::Undoing) => Deed::FailBefore,
            (70..=84, _) => Deed::FailAfter,
            (85..=87, _) => Deed::PanicBefore,
            (88..=90, _) => Deed::PanicAfter,
            (91..=97, _) => Deed::NotNow,
            _ => Deed::ReturnTooMuch,
        };
        Self { sleep: Self::sleep(drawn >> 8), deed, bits: drawn >> 16 }
    }

    /// Sometimes longer than any function may run.
    fn sleep(bits: u64) -> Duration {
        let fraction = bits >> 8;
        Duration::from_millis(match bits % 10 {
            0..=3 => 0,
            4..=6 => fraction % 1_000,
            7 | 8 => fraction % 8_000,
            _ => fraction % 30_000,
        })
    }
}

/// How a compensation fails whatever its attempts' behavior.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stubbornness {
    /// It does not.
    None,
    /// Up to and including this attempt.
    UpTo(u32),
    /// Until it is mended.
    UntilMended,
    /// For good.
    ForGood,
}

impl Stubbornness {
    /// What these bits say, where `trouble` of 1,000 attempts are troubled.
    pub(super) fn of(bits: u64, trouble: u32) -> Self {
        if bits % 1_000 >= u64::from(trouble) {
            return Self::None;
        }
        match (bits >> 12) % 100 {
            0..=39 => Self::UpTo(1 + u32::try_from((bits >> 32) % 4).unwrap_or(0)),
            40..=49 => Self::UntilMended,
            50..=52 => Self::ForGood,
            _ => Self::None,
        }
    }
}

//! Whether a break is active: never, or with the feature `switches` by this thread's switch.

#[cfg(feature = "switches")]
pub use on::{active, drawn, reached, switch};

#[cfg(not(feature = "switches"))]
pub use off::{active, drawn};

#[cfg(not(feature = "switches"))]
mod off {
    use crate::Break;

    /// Whether a break is active: it is not.
    #[inline]
    pub const fn active(_which: Break) -> bool {
        false
    }

    /// A number for [`Break::TransitionDrawsItself`]: none is drawn.
    #[inline]
    pub const fn drawn() -> u8 {
        0
    }
}

#[cfg(feature = "switches")]
mod on {
    use std::cell::Cell;

    use crate::Break;

    thread_local! {
        static SWITCHED: Cell<Option<Break>> = const { Cell::new(None) };
        static REACHED: Cell<u64> = const { Cell::new(0) };
        static DRAWN: Cell<u8> = const { Cell::new(0) };
    }

    /// Whether a break is active on this thread.
    pub fn active(which: Break) -> bool {
        let is_active = SWITCHED.get() == Some(which);
        REACHED.set(REACHED.get() + u64::from(is_active));
        is_active
    }

    /// Makes a break the active one of this thread, or none.
    pub fn switch(which: Option<Break>) {
        SWITCHED.set(which);
        REACHED.set(0);
    }

    /// How often the guard of the active break was asked since it was switched on: a break that is not caught may never have been met.
    pub fn reached() -> u64 {
        REACHED.get()
    }

    /// A number for [`Break::TransitionDrawsItself`]: another one each time, whatever was switched meanwhile.
    pub fn drawn() -> u8 {
        DRAWN.set(DRAWN.get().wrapping_add(1));
        DRAWN.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Break;

    #[cfg(not(feature = "switches"))]
    #[test]
    fn nothing_is_active_without_the_feature() {
        const { assert!(!active(Break::TransitionDrawsItself) && drawn() == 0) };
        assert!(Break::ALL.iter().all(|which| !active(*which)));
    }

    #[cfg(feature = "switches")]
    #[test]
    fn the_one_that_was_switched_is_active_and_only_on_its_thread() {
        for which in Break::ALL {
            switch(Some(*which));
            let active_ones: Vec<&Break> = Break::ALL.iter().filter(|other| active(**other)).collect();
            assert_eq!((active_ones, reached()), (vec![which], 1));
        }
        let elsewhere = std::thread::spawn(|| Break::ALL.iter().any(|which| active(*which)));
        assert!(!elsewhere.join().unwrap());
        switch(None);
        assert!(!Break::ALL.iter().any(|which| active(*which)));
    }
}

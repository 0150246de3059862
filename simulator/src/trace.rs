//! The trace: one line per event. `docs/simulator.md` has the legend.

/// Takes a line.
type Sink = Box<dyn FnMut(&str) + Send>;

/// Where lines go.
pub struct Trace(Option<Sink>);

impl Trace {
    /// No trace: nothing is even written down.
    pub fn none() -> Self {
        Self(None)
    }

    /// Lines go to `sink`.
    pub fn to(sink: impl FnMut(&str) + Send + 'static) -> Self {
        Self(Some(Box::new(sink)))
    }

    /// Whether anybody reads it.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line.
    pub fn line(&mut self, since_millis: i64, who: &str, what: &str) {
        if let Some(sink) = &mut self.0 {
            sink(&format!("{:>10}.{:03} {who:<24} {what}", since_millis / 1_000, since_millis % 1_000));
        }
    }
}

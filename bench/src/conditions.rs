//! Under what the figures were measured.

/// One line: profile, processors, operating system.
pub(crate) fn conditions() -> String {
    let profile = if cfg!(debug_assertions) { "dev (figures mean little: use --release)" } else { "release" };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "profile {profile}, {cores} cores, {} {}, SQLite with fsync where not said otherwise",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

//! Support for the tests: the location of the stack, a database for each test, the Runtime API, and the stack's own
//! API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

pub mod database;
pub mod files;
pub mod generated;
pub mod known;
pub mod routes;
pub mod runtime;
pub mod seed;
pub mod site;
pub mod stack;

/// How much of it: the quick form of a promise's test, or the full one (`make soak`).
pub fn size(quick: usize, full: usize) -> usize {
    if soaking() { full } else { quick }
}

/// Whether the full forms are to be run.
pub fn soaking() -> bool {
    #[expect(clippy::disallowed_methods, reason = "set by scripts/soak.sh")]
    std::env::var_os("DYNRAG_SOAK").is_some()
}

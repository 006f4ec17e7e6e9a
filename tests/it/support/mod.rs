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

/// The size of a test: in its quick form, or in its full one (`make soak`).
pub fn size(quick: usize, full: usize) -> usize {
    if soaking() { full } else { quick }
}

/// Whether to run the full forms.
pub fn soaking() -> bool {
    #[expect(clippy::disallowed_methods, reason = "set by scripts/soak.sh")]
    std::env::var_os("DYNRAG_SOAK").is_some()
}

//! What the tests stand on: where the stack is, a database of one's own, the Runtime API, the stack's
//! own API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

pub mod database;
pub mod known;
pub mod routes;
pub mod runtime;
pub mod seed;
pub mod stack;

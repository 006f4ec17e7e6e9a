//! The API through its gateway: every test signs up customers of its own and talks to the functions
//! deployed from template.yaml, with IAM enforced.
//!
//! Tests share one stack and run side by side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops here"
)]

// Written and not yet seen to pass as a whole, so not part of the run yet: bad_requests, crash,
// deletion, delivery, edge, hostile, ingestion, journey, limits, logs, poison, provider, tenancy,
// tokens. Each joins the list below once it is green.
mod bad_files;
mod files;

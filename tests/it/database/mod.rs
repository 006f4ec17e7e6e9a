//! Tests against real PostgreSQL, each in a separate database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod admission;
mod attachments;
mod bounds;
mod bulk;
mod catalogue;
mod claims;
mod collections;
mod deletion;
mod document_list;
mod document_passwords;
mod documents;
mod filter;
mod host_turns;
mod idempotency;
mod keys;
mod maintenance;
mod migrations;
mod pool;
mod pooler;
mod publication;
mod realtime;
mod redrive;
mod request_limits;
mod retention;
mod rls;
mod schema;
mod slow_lane;
mod sweep;
mod webhooks;
mod writers;

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

mod accounts;
mod admin;
mod attachments;
mod bad_files;
mod bad_requests;
mod batch;
mod bound_keys;
mod budgets;
mod bulk;
mod by_external_id;
mod chunking;
mod chunks;
mod collections;
mod crash;
mod deletion;
mod delivery;
mod documents_list;
mod edge;
mod events_stream;
mod files;
mod health;
mod hostile;
mod ingestion;
mod journey;
mod keys;
mod leaving;
mod ledger;
mod limits;
mod logs;
mod originals;
mod passwords;
mod poison;
mod provider;
mod reading;
mod redelivery;
mod redrive;
mod regeneration;
mod repeats;
mod request_limits;
mod retention;
mod schedules;
mod secrets;
mod sessions;
mod sizes;
mod spending;
mod tenancy;
mod throttles;
mod tokens;
mod undelete;
mod uploads;
mod users;
mod versions;
mod web;
mod webhooks;

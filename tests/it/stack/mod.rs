//! The API through its gateway: every test signs up new customers and talks to the functions deployed from
//! template.yaml, with IAM enforced.
//!
//! Tests share one stack and run side by side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops here"
)]

mod accounts;
mod attachments;
mod bad_files;
mod bad_requests;
mod batch;
mod bound_keys;
mod budgets;
mod by_external_id;
mod chat;
mod chat_models;
mod chat_stream;
mod chunking;
mod collections;
mod conversations;
mod crash;
mod deletion;
mod delivery;
mod edge;
mod hostile;
mod ingestion;
mod injections;
mod journey;
mod keys;
mod leaving;
mod ledger;
mod limits;
mod logs;
mod maintenance;
mod oauth;
mod passwords;
mod poison;
mod provider;
mod reading;
mod realtime;
mod redelivery;
mod redrive;
mod regeneration;
mod repeats;
mod request_limits;
mod reranking;
mod retention;
mod search;
mod secrets;
mod sessions;
mod sizes;
mod spending;
mod tenancy;
mod tenancy_v1;
mod throttles;
mod tokens;
mod undelete;
mod users;
mod web;
mod webhooks;

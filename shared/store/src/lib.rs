//! Postgres: the pool, tenant transactions, and one module per subject.
//!
//! **Invariant:** [`Store::tenant`] is the only way to a tenant's rows, and takes a [`TenantId`], the proof of the
//! tenant. Everything across tenants (finding a login or a key, the sweep) is a named SECURITY DEFINER function of the
//! database and a method that calls it. A [`Store`] may have [`Bounds`], which apply to all of its transactions.
//!
//! Statements are sent with `query_typed`, one round trip each and without prepared statements, so that they work
//! behind a pooler in transaction mode. A parameter's type is that of its value ([`ToParam`]); a column is read by its
//! name ([`Row::get`]).

pub mod admin;
pub mod admission;
pub mod api_keys;
pub mod attachments;
pub mod audit;
mod awaited;
mod bounds;
pub mod bulk;
pub mod bundles;
pub mod chat;
pub mod chat_providers;
pub mod chat_streams;
pub mod collections;
mod connection;
pub mod crawls;
pub mod customers;
pub mod deletion;
pub mod deliveries;
mod document_filter;
pub mod document_list;
pub mod document_passwords;
pub mod documents;
pub mod erasure;
mod error;
pub mod export;
pub mod fetches;
pub mod file_batches;
pub mod holds;
pub mod idempotency;
pub mod ingestion;
pub mod invitations;
pub mod jobs;
pub mod key_makers;
mod lease;
pub mod ledger;
pub mod mail_tokens;
pub mod mails;
pub mod maintenance;
pub mod oauth;
pub mod originals;
pub mod outbox;
mod params;
pub mod part_uploads;
mod proof;
pub mod publication;
pub mod quotas;
pub mod rate_limits;
pub mod realtime;
pub mod redrive;
pub mod regeneration;
pub mod rerankers;
pub mod responses;
pub mod retention;
pub mod rights;
mod row;
pub mod schedules;
pub mod secrets;
pub mod sessions;
pub mod slow_lane;
pub mod staged;
pub mod sweep;
mod tenant;
pub mod texts;
mod throttles;
pub mod timeline;
mod types;
pub mod uploads;
pub mod usage;
pub mod users;
pub mod vector_stores;
pub mod versions;
pub mod webhooks;

pub use bounds::Bounds;
pub use connection::{DatabaseLogin, Store};
pub use lease::{FencingToken, LeaseState};
pub use params::{Element, Param, ToParam};
pub use proof::{TenantId, TokenClaims, Verified};
pub use row::{FromColumn, Row};
pub use tenant::Tenant;

//! The nouns of Dynamic RAG: ids, rules, errors and job messages. No I/O, no AWS, no HTTP.
//!
//! Every other crate may depend on this one; this one depends on none of them.

pub mod answers;
pub mod api_keys;
pub mod audit;
pub mod bulk;
pub mod chat;
pub mod chunks;
pub mod collections;
pub mod company;
pub mod config;
pub mod config_change;
pub mod document_passwords;
pub mod documents;
pub mod error;
pub mod fetches;
mod given;
pub mod identity;
pub mod ids;
pub mod jobs;
pub mod mail_tokens;
pub mod metadata;
pub mod money;
mod named;
pub mod oauth;
pub mod passwords;
pub mod queues;
pub mod quotas;
pub mod realtime;
pub mod regeneration;
pub mod schedules;
pub mod search;
pub mod segments;
pub mod sessions;
pub mod shown_config;
pub mod spending;
pub mod storage;
pub mod tables;
pub mod tasks;
pub mod titles;
pub mod versions;
pub mod warnings;
pub mod webhooks;

pub use error::{Error, FieldError, Kind, Result};
pub use given::given;
pub use ids::{
    AnswerId, ApiKeyId, ChatSessionId, CollectionId, CustomerId, DeliveryId, DocumentId,
    FileBatchId, InvitationId, JobId, RunId, SessionId, UploadPartId, UserId, WebhookId,
};
pub use versions::VersionNumber;

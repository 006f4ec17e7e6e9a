//! Requests embeddings from an OpenAI-compatible provider, and counts tokens; asks rerankers ([`rerank`]).
//!
//! A process builds one [`Client`]; each call names a [`Provider`] (address, key, model), so that
//! one process serves many tenants. [`Client::embed`] is for a query or a single request;
//! [`Batches`] takes a document's chunks and returns them batch by batch, so that each can be
//! stored before the next is paid for. [`InputType`] tells a model whether a text is a query or a
//! passage. [`chat`] asks chat models. Every failure of embeddings is an [`EmbedError`], which says whether and when the work may be retried,
//! or the code with which it ends.

mod batches;
pub mod chat;
mod client;
mod error;
mod gate;
mod inputs;
mod prices;
mod provider;
pub mod rerank;
mod retry;
mod tokens;
mod wire;

pub use batches::{Batch, BatchLimits, Batches, plan_batches};
pub use client::{Call, Client};
pub use error::EmbedError;
pub use inputs::InputType;
pub use prices::{PRICE_VERSION, PlatformModels, Price, listed_embedding_cost};
pub use provider::{EmbeddingSettings, Provider};
pub use tokens::count_tokens;
pub use wire::Embedded;

//! The local stack's embedding server: OpenAI's `/v1/embeddings` over a small real model.
//!
//! It serves sentence-transformers/all-MiniLM-L6-v2 (384 dimensions, unit length) on loopback, so
//! that search results on a developer's machine mean something and no account is needed. It is not
//! deployed. [`wire`] is the HTTP form, [`routes`] the server, [`worker`] the queue between the two
//! worlds, [`model`] the arithmetic.
//!
//! Where it differs from OpenAI: a text is cut after 256 tokens (the model reads no more) instead of
//! being refused after 8,192; `usage` counts what was read, in the model's own tokens; token ids as
//! input are refused, since they would be of another vocabulary; any model name is accepted and
//! echoed.

pub mod args;
pub mod model;
pub mod routes;
pub mod wire;
pub mod worker;

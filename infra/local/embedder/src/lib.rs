//! The local stack's embedding server: OpenAI's `/v1/embeddings` over two small real models.
//!
//! It serves sentence-transformers/all-MiniLM-L6-v2 (English) and intfloat/multilingual-e5-small (a hundred
//! languages), both with 384 dimensions and unit length, on loopback, so that search results on a developer's
//! machine mean something and no account is needed. It is not deployed. [`wire`] is the HTTP form, [`routes`]
//! the server, [`worker`] the queue between the two worlds, [`model`] a model, [`minilm`] and [`e5`] read its
//! files, [`encoder`] and [`kernel`] are the arithmetic.
//!
//! Where it differs from OpenAI: a text is cut after 256 (MiniLM) or 512 tokens (e5), special ones included,
//! since the model reads no more, instead of being refused after 8,192; `usage` counts what was read, in the
//! model's own tokens; token ids as input are refused, since they would be of another vocabulary.

pub mod args;
pub mod e5;
pub mod encoder;
pub mod kernel;
pub mod math;
pub mod minilm;
pub mod model;
pub mod routes;
pub mod wire;
pub mod worker;

//! The HTTP edge: the middleware around every handler, and the types that handlers are written with.
//!
//! A group's binary is `dynrag_api::run(routes().router(Default::default()))`. The stack around it is built in
//! [`stack::wrap`]; the access policy is an extractor in the handler's signature ([`Caller`]); errors are
//! `dynrag_domain::Error` and become `application/problem+json` in one place ([`problem`]).

mod added_document;
mod address;
mod app_with;
mod caller;
pub mod cursor;
pub mod disposition;
pub mod event_stream;
mod extract;
pub mod idempotency;
mod invocation;
mod links;
pub mod live_event;
pub mod multipart;
mod nodelay;
pub mod oauth_error;
pub mod openai_error;
pub mod openapi;
pub mod paging;
mod path;
pub mod problem;
pub mod responses;
mod route_name;
mod routes;
mod serve;
pub mod session;
pub mod stack;
mod strict;
pub mod timeline;
pub mod usage;

pub use added_document::{AcceptedDocument, AddedAnswer, WaitQuery, wait_time};
pub use address::SourceAddress;
pub use app_with::{AppWith, With};
pub use caller::{Caller, scopes};
pub use dynrag_app::App;
pub use dynrag_domain::given;
pub use extract::{Form, Json, Query, body_bytes, body_too_large, from_json, is_form};
pub use links::Link;
pub use path::{Path, PathId, PathIds};
pub use problem::Failure;
pub use route_name::RouteName;
pub use routes::{RouteInfo, Routes};
pub use serve::{run, run_streaming};

/// The return type of a handler.
pub type Answer<T> = Result<T, Failure>;

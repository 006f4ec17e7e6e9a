//! Requests to customer-supplied URLs: pages to ingest, and webhooks to call.
//!
//! **Invariant:** no connection is made to a non-public address, whatever the URL, the redirect or
//! the DNS answer says, unless the deployment allows `host:port`. [`Policy`] checks the URL (scheme,
//! credentials, port, name, literal address in any notation); the resolver used by the connector
//! rejects a name if any of its addresses is not public, so there is no second resolution; every
//! redirect is checked like the first request.
//!
//! [`Client::get`] fetches a page, [`Client::post`] calls a webhook, which [`webhook`] signs, and [`Client::call`] a
//! service whose answer matters.
//! [`robots`], [`sitemap`] and [`links`] tell a crawler where it may go and what there is. They read
//! hostile input in linear time and never fail: unreadable parts are left out.
//!
//! [`Policy::check`] is for the request that stores a URL: it rejects early and without DNS what
//! would be rejected later. A failure is a [`WebError`], with a code, a sentence for the customer
//! and whether to retry.

mod address;
mod body;
mod client;
mod error;
mod guard;
mod html;
pub mod links;
mod lookup;
mod normal;
mod pattern;
pub mod robots;
pub mod sitemap;
pub mod webhook;

pub use body::Overflow;
pub use client::{Answer, Client, Get, Limits, Settings};
pub use error::{DnsFailure, Reason, WebError};
pub use guard::{MAX_URL, Policy, parse_url};
pub use lookup::{Lookup, SystemLookup};
pub use normal::{normalise, same_host};

/// Our name in robots.txt, `X-Robots-Tag` and `<meta name>`.
pub const AGENT: &str = "DynamicRAG";

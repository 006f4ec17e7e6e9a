//! Requests to addresses that customers name: pages to ingest, and webhooks to call.
//!
//! **Invariant:** no connection is made to an address that is not public, whatever the URL, the
//! redirect or the DNS answer says, unless the deployment vouches for `host:port`. [`Policy`] reads
//! the URL (scheme, credentials, port, name, literal address in whatever notation); the resolver
//! that the connector itself asks refuses a name if any of its addresses is not public, so there is
//! no second resolution; every redirect is a request like the first.
//!
//! [`Client::get`] fetches a page, [`Client::post`] calls a webhook, which [`webhook`] signs.
//! [`robots`], [`sitemap`] and [`links`] are what a crawler needs to know where it may go and where
//! there is something. They read hostile input in linear time and never fail: what cannot be read is
//! left out.
//!
//! [`Policy::check`] is for the request that stores a URL: it says early and without DNS what would
//! be refused later. A failure is a [`WebError`], with a code, a sentence for the customer and
//! whether to try again.

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

/// What sites call us in robots.txt, `X-Robots-Tag` and `<meta name>`.
pub const AGENT: &str = "DynamicRAG";

//! The client against real servers on loopback.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod crawl;
mod hostile;
mod limits;
mod requests;
mod server;
mod ssrf;
mod tls;

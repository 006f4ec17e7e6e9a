//! Name resolution, once for each connection.
//!
//! [`Checked`] is the connector's own resolver, so the addresses that are checked are the ones
//! connected to: there is no second resolution for a rebinding DNS server to answer differently.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{address::is_public, error::DnsFailure};

/// Finds the addresses of a name. The system's resolver outside of tests.
pub trait Lookup: Send + Sync {
    /// All addresses of a host name.
    ///
    /// # Errors
    /// The resolver's error; the text goes to the log.
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A failed lookup, as it travels through the HTTP client's errors.
#[derive(Debug, thiserror::Error)]
#[error("lookup failed")]
pub(crate) struct LookupError(pub(crate) DnsFailure);

/// Refuses a name altogether where any of its addresses is not public.
pub(crate) struct Checked(pub(crate) Arc<dyn Lookup>);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        resolve(Arc::clone(&self.0), name, is_public)
    }
}

/// Takes every address, for hosts the deployment vouches for.
pub(crate) struct Unchecked(pub(crate) Arc<dyn Lookup>);

impl Resolve for Unchecked {
    fn resolve(&self, name: Name) -> Resolving {
        resolve(Arc::clone(&self.0), name, |_| true)
    }
}

fn resolve(lookup: Arc<dyn Lookup>, name: Name, accept: fn(IpAddr) -> bool) -> Resolving {
    Box::pin(async move {
        let found = lookup.lookup(name.as_str()).await;
        let found = found.map_err(|error| LookupError(DnsFailure::Failed(error.to_string())))?;
        if found.is_empty() {
            Err(LookupError(DnsFailure::Failed("no addresses".to_owned())))?;
        }
        if !found.iter().copied().all(accept) {
            Err(LookupError(DnsFailure::Blocked))?;
        }
        // Port 0 stands for the URL's port.
        let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
        Ok(Box::new(addresses) as Addrs)
    })
}

//! Clients created once per cold start, and rate limits per host.

use std::time::Duration;

use dynrag_app::{App, web_policy};
use dynrag_cloud::Objects;
use dynrag_domain::Result;
use dynrag_store::Store;
use dynrag_web::{Client, Settings};
use sha2::{Digest, Sha256};
use url::Url;

/// Clients.
pub(crate) struct Parts {
    pub(crate) app: App,
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) web: Client,
}

impl Parts {
    /// Reads configuration and secrets.
    pub(crate) async fn load() -> Result<Self> {
        let settings = Settings {
            policy: web_policy()?,
            ..Settings::default()
        };
        let app = App::default();
        Ok(Self {
            store: app.unbounded_store().await?.clone(),
            objects: app.documents().await?.0.clone(),
            web: Client::new(settings)?,
            app,
        })
    }

    /// Takes a turn at a URL's host: returns the wait; `None` if that is too long.
    pub(crate) async fn turn(&self, url: &Url, delay: Duration) -> Result<Option<Duration>> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(0);
        let host: [u8; 32] = Sha256::digest(format!("{host}:{port}")).into();
        self.store.host_turn(&host, delay).await
    }
}

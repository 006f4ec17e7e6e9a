//! Locations of the tables, and opening them: one session, a bounded set of open tenants.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use dynrag_domain::{ids::CustomerId, storage::lancedb_prefix, tables::TableVersion};
use lance::{Dataset, dataset::builder::DatasetBuilder, session::Session};
use lancedb::{Connection, ObjectStoreRegistry, connect};
use lru::LruCache;
use tokio::sync::OnceCell;

use crate::{Error, Result, objects::Objects, recorded, reuse::Places};

/// Tenants kept open: an open one costs some kilobytes and saves a manifest read.
const OPEN_TENANTS: NonZeroUsize = match NonZeroUsize::new(64) {
    Some(number) => number,
    None => NonZeroUsize::MIN,
};

/// Location of the vectors.
#[derive(Clone, Debug)]
pub enum Location {
    /// A bucket. Credentials come from the default AWS chain.
    S3 {
        /// The vectors bucket.
        bucket: String,
        /// An endpoint other than AWS's, for an emulator. `http` is allowed only if the endpoint uses
        /// it.
        endpoint: Option<String>,
        /// The bucket's region.
        region: String,
    },
    /// A folder, for tests.
    Local(PathBuf),
}

impl Location {
    /// URI of a customer's database, without a slash at the end.
    fn uri(&self, customer: CustomerId) -> String {
        let prefix = lancedb_prefix(customer);
        match self {
            Self::S3 { bucket, .. } => format!("s3://{bucket}/{prefix}"),
            Self::Local(folder) => folder.join(prefix).to_string_lossy().into_owned(),
        }
    }

    /// Options of the object store. Every request has a timeout: a hung one would hold the tenant's row
    /// lock.
    fn options(&self) -> HashMap<String, String> {
        let Self::S3 {
            endpoint, region, ..
        } = self
        else {
            return HashMap::new();
        };
        let mut options = HashMap::from([
            ("region".into(), region.clone()),
            ("connect_timeout".into(), "3s".into()),
            ("timeout".into(), "20s".into()),
            ("client_max_retries".into(), "3".into()),
            ("client_retry_timeout".into(), "30".into()),
        ]);
        if let Some(endpoint) = endpoint {
            options.insert("endpoint".into(), endpoint.clone());
            // A custom endpoint has no bucket subdomains.
            options.insert("virtual_hosted_style_request".into(), "false".into());
            if endpoint.starts_with("http://") {
                options.insert("allow_http".into(), "true".into());
            }
        }
        options
    }
}

/// State of a tenant between calls.
#[derive(Default)]
struct Tenant {
    /// For writing. Readers do without: connecting costs a request.
    connection: Option<Connection>,
    /// The table as it was opened last, at the version it was opened at.
    reader: Option<(TableVersion, Arc<Dataset>)>,
    /// Locations of texts' vectors, at the version in which they were last looked up.
    places: Option<(TableVersion, Places)>,
}

/// All customers' tables. Built once per process and shared.
pub struct Vectors {
    pub(crate) location: Location,
    pub(crate) options: HashMap<String, String>,
    session: Arc<Session>,
    tenants: Mutex<LruCache<CustomerId, Tenant>>,
    pub(crate) objects: OnceCell<Objects>,
    /// What is in memory of segments.
    pub(crate) cache: dynrag_index::Cache,
    /// What the cache may hold.
    pub(crate) segment_bytes: usize,
    /// Bytes a scan may have in flight.
    pub(crate) scan_bytes: u64,
    #[cfg(test)]
    pub(crate) hooks: crate::tests::Hooks,
}

impl Vectors {
    /// Prepares access; nothing is read yet.
    ///
    /// `memory_bytes` is what this crate may keep: three quarters for what was read of segments, an
    /// eighth for Lance's metadata, the rest for what a scan has in flight. Give it a fraction of
    /// the function's memory; Lance's own defaults are 7 GiB.
    pub fn new(location: Location, memory_bytes: usize) -> Self {
        let segment_bytes = memory_bytes / 4 * 3;
        let metadata = (memory_bytes / 8).clamp(1 << 20, 256 << 20);
        // No table has an index yet.
        let index = 1 << 20;
        let session = Session::new(index, metadata, Arc::new(ObjectStoreRegistry::default()));
        Self {
            options: location.options(),
            location,
            session: Arc::new(session),
            tenants: Mutex::new(LruCache::new(OPEN_TENANTS)),
            objects: OnceCell::new(),
            cache: dynrag_index::Cache::new(segment_bytes),
            segment_bytes,
            scan_bytes: (memory_bytes as u64 / 8).clamp(8 << 20, 256 << 20),
            #[cfg(test)]
            hooks: crate::tests::Hooks::default(),
        }
    }

    /// The customer's database, for writing; connected lazily.
    pub(crate) async fn connection(&self, customer: CustomerId) -> Result<Connection> {
        if let Some(connection) = self.tenant(customer, |tenant| tenant.connection.clone()) {
            return Ok(connection);
        }
        let connection = connect(&self.location.uri(customer))
            .storage_options(self.options.clone())
            .session(self.session.clone())
            .execute()
            .await?;
        self.tenant(customer, |tenant| {
            tenant.connection = Some(connection.clone());
        });
        Ok(connection)
    }

    /// The customer's table at a recorded version.
    ///
    /// # Errors
    /// [`Error::VersionGone`] where there is no such version.
    pub(crate) async fn dataset(
        &self,
        customer: CustomerId,
        recorded: TableVersion,
    ) -> Result<Arc<Dataset>> {
        if let Some((at, dataset)) = self.tenant(customer, |tenant| tenant.reader.clone())
            && at == recorded
        {
            return Ok(dataset);
        }
        let version = recorded.lance().ok_or(Error::VersionGone)?;
        let table = recorded::table(recorded.generation());
        // Opened by number, so that no listing for the latest version is paid for.
        let uri = format!("{}/{table}.lance", self.location.uri(customer));
        let dataset = DatasetBuilder::from_uri(uri)
            .with_version(version)
            .with_session(self.session.clone())
            .with_storage_options(self.options.clone())
            .load()
            .await?;
        let dataset = Arc::new(dataset);
        // Kept for the next call, and for the others: Lance's registry holds the HTTP client weakly.
        self.tenant(customer, |tenant| {
            tenant.reader = Some((recorded, dataset.clone()));
        });
        Ok(dataset)
    }

    /// Locations of texts' vectors in a recorded version; empty until the first lookup. Those of
    /// another version are dropped.
    pub(crate) fn places(&self, customer: CustomerId, recorded: TableVersion) -> Places {
        self.tenant(customer, |tenant| match &tenant.places {
            Some((at, places)) if *at == recorded => places.clone(),
            _ => {
                let places = Places::default();
                tenant.places = Some((recorded, places.clone()));
                places
            }
        })
    }

    /// Reads or changes a tenant. The least recently used one makes room for a new one.
    fn tenant<T>(&self, customer: CustomerId, f: impl FnOnce(&mut Tenant) -> T) -> T {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        f(tenants.get_or_insert_mut(customer, Tenant::default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_allowed_only_where_the_endpoint_says_so() {
        let at = |endpoint: Option<&str>| {
            Location::S3 {
                bucket: "b".into(),
                endpoint: endpoint.map(Into::into),
                region: "eu-central-1".into(),
            }
            .options()
        };
        assert_eq!(at(Some("http://localhost:4566"))["allow_http"], "true");
        assert!(!at(Some("https://s3.example.com")).contains_key("allow_http"));
        assert!(!at(None).contains_key("allow_http"));
        assert!(at(None).contains_key("timeout"));
    }
}

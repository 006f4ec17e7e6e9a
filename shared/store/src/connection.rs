//! The login, TLS and the pool.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use dynrag_domain::{Error, Result};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    bounds::Bounds,
    error,
    params::{self, Param},
    proof::TenantId,
    row::Row,
    tenant::Tenant,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A database login, the JSON of a database secret.
#[derive(Deserialize)]
pub struct DatabaseLogin {
    host: String,
    #[serde(deserialize_with = "port")]
    port: u16,
    dbname: String,
    username: String,
    password: SecretString,
    /// Certificates of the authority that signs the server's certificate; if empty, the public authorities.
    #[serde(default, rename = "caPem")]
    ca_pem: String,
}

/// CloudFormation writes numbers into a secret's template as strings.
fn port<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Port {
        Number(u16),
        Text(String),
    }
    match Port::deserialize(deserializer)? {
        Port::Number(n) => Ok(n),
        Port::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl DatabaseLogin {
    /// Reads the JSON of a database secret: host, port, dbname, username, password, caPem.
    ///
    /// # Errors
    /// `internal_error` if it has another form; the error does not repeat the secret.
    pub fn from_secret(json: &SecretString) -> Result<Self> {
        serde_json::from_str(json.expose_secret()).map_err(|e| {
            Error::internal_fault(format!(
                "database secret, line {}: {:?}",
                e.line(),
                e.classify()
            ))
        })
    }

    /// The role that logs in.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The role's password.
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// Returns the settings and the TLS of a connection. The server's certificate and name are always verified; that
    /// cannot be switched off.
    ///
    /// # Errors
    /// `internal_error` if `caPem` holds no certificate.
    pub fn connector(&self) -> Result<(tokio_postgres::Config, MakeRustlsConnect)> {
        let mut config = tokio_postgres::Config::new();
        config
            .host(&self.host)
            .port(self.port)
            .dbname(&self.dbname)
            .user(&self.username)
            .password(self.password.expose_secret())
            .ssl_mode(SslMode::Require)
            .application_name("dynamic-rag")
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(15));

        let mut roots = RootCertStore::empty();
        if self.ca_pem.trim().is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        } else {
            for certificate in CertificateDer::pem_slice_iter(self.ca_pem.as_bytes()) {
                let certificate =
                    certificate.map_err(|e| Error::internal_fault(format!("caPem: {e}")))?;
                roots
                    .add(certificate)
                    .map_err(|e| Error::internal_fault(format!("caPem: {e}")))?;
            }
            if roots.is_empty() {
                return Err(Error::internal_fault("caPem contains no certificate"));
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .map_err(Error::internal_fault)?
        .with_root_certificates(roots)
        .with_no_client_auth();
        Ok((config, MakeRustlsConnect::new(tls)))
    }
}

/// The database, as the app's role sees it, within bounds.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    bounds: Bounds,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Prepares a pool without connecting. A function instance serves one request at a time and needs one connection;
    /// the embedding function, which renews leases while it stores, needs two.
    ///
    /// # Errors
    /// `internal_error` if the login's certificate is unusable.
    pub fn new(login: &DatabaseLogin, connections: usize) -> Result<Self> {
        let (config, tls) = login.connector()?;
        let manager = Manager::from_config(
            config,
            tls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(connections)
            .wait_timeout(Some(Duration::from_secs(10)))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(Error::internal_fault)?;
        Ok(Self {
            pool,
            bounds: Bounds::default(),
        })
    }

    /// Does the same as [`new`](Self::new), from the JSON of a database secret.
    ///
    /// # Errors
    /// `internal_error` if the secret is unusable.
    pub fn from_secret(json: &SecretString, connections: usize) -> Result<Self> {
        Self::new(&DatabaseLogin::from_secret(json)?, connections)
    }

    /// Returns the same database within bounds, which apply to all of its transactions.
    #[must_use]
    pub fn bounded(&self, bounds: Bounds) -> Self {
        Self {
            pool: self.pool.clone(),
            bounds,
        }
    }

    pub(crate) fn is_bound(&self) -> bool {
        self.bounds.collections.is_some()
    }

    pub(crate) async fn connection(&self) -> Result<Object> {
        self.pool.get().await.map_err(|e| error::pool(&e))
    }

    /// Begins a transaction in which only this customer's rows within the store's [`Bounds`] exist. If it is dropped
    /// without [`Tenant::commit`], it is rolled back.
    ///
    /// # Errors
    /// `unavailable` if there is no connection.
    pub async fn tenant(&self, tenant: TenantId) -> Result<Tenant> {
        // A connection that died while the function was frozen fails only now; try a fresh one.
        match Tenant::begin(self.connection().await?, tenant, &self.bounds).await {
            Err(e) if error::is_disconnected(&e) => {
                Tenant::begin(self.connection().await?, tenant, &self.bounds).await
            }
            other => other,
        }
        .map_err(|e| error::statement(&e))
    }

    /// Calls a SECURITY DEFINER function: a single statement outside any tenant.
    pub(crate) async fn call(&self, sql: &str, params: &[&dyn Param]) -> Result<Vec<Row>> {
        match params::query(&self.connection().await?, sql, params).await {
            Err(e) if error::is_disconnected(&e) => {
                params::query(&self.connection().await?, sql, params).await
            }
            other => other,
        }
        .map_err(|e| error::statement(&e))
    }

    /// Does the same as [`call`](Self::call), for a function that always returns a row.
    pub(crate) async fn call_one(&self, sql: &str, params: &[&dyn Param]) -> Result<Row> {
        params::one(self.call(sql, params).await?, sql)
    }

    /// Checks that the database answers. If the future is dropped before the answer, the connection is closed, so that
    /// the next query gets a fresh one and does not queue behind a query that may never be answered.
    ///
    /// # Errors
    /// `unavailable` if it does not.
    pub async fn ping(&self) -> Result<()> {
        match Question::ask(self.connection().await?).await {
            Err(e) if error::is_disconnected(&e) => Question::ask(self.connection().await?).await,
            other => other,
        }
        .map_err(|e| error::statement(&e))
    }
}

/// A connection that is closed unless its query was answered.
struct Question(Option<Object>);

impl Question {
    async fn ask(connection: Object) -> Result<(), tokio_postgres::Error> {
        let mut question = Self(Some(connection));
        if let Some(connection) = &question.0 {
            connection.query_typed("SELECT 1", &[]).await?;
        }
        drop(question.0.take());
        Ok(())
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(json: &str) -> Result<DatabaseLogin> {
        DatabaseLogin::from_secret(&SecretString::from(json.to_owned()))
    }

    #[test]
    fn a_secret_of_either_port_form_is_read_and_an_unreadable_one_is_not_repeated() {
        let json = r#"{"host":"h","port":"5432","dbname":"d","username":"u","password":"hunter2"}"#;
        assert_eq!(login(json).unwrap().username(), "u");
        assert!(login(&json.replace("\"5432\"", "5432")).is_ok());
        let error = login(&json.replace("5432", "hunter2")).err().unwrap();
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_certificate_that_is_none_is_refused() {
        let json = r#"{"host":"h","port":1,"dbname":"d","username":"u","password":"p","caPem":"nonsense"}"#;
        assert!(login(json).unwrap().connector().is_err());
    }
}

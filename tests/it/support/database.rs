//! A database per test: a clone of a template that the real migrations made, dropped with the test.
//!
//! The template's name contains the hash of the migrations. Whatever concerns the whole cluster (creating the
//! template, and every run of `migrate`, which sets the app role's password) happens under an advisory
//! lock in the `postgres` database, as every test is a separate process.

use std::fs;

use dynrag_migrate::{Migrated, migrate};
use dynrag_store::{DatabaseLogin, Store};
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use url::Url;
use uuid::Uuid;

use super::known::{checkout, known};

/// An arbitrary number, shared by the tests of a cluster.
const CLUSTER_LOCK: i64 = 0x7465_7374;

/// The role that logs in.
#[derive(Clone, Copy)]
pub enum Role {
    Superuser,
    Owner,
    App,
}

/// A database of one test.
pub struct Database {
    pub name: String,
}

/// Held during changes that concern the whole cluster.
pub struct ClusterLock(#[expect(dead_code, reason = "the lock ends with its connection")] Client);

impl ClusterLock {
    pub async fn take() -> Self {
        let client = connect(&login(Role::Superuser, "postgres")).await;
        client
            .batch_execute(&format!("SELECT pg_advisory_lock({CLUSTER_LOCK})"))
            .await
            .unwrap();
        Self(client)
    }
}

/// A role's login to a database of the cluster, as its secret would give it.
pub fn login(role: Role, database: &str) -> DatabaseLogin {
    let known = known();
    let url = match role {
        Role::Superuser => &known.postgres_superuser_url,
        Role::Owner => &known.postgres_owner_url,
        Role::App => &known.postgres_app_url,
    };
    let url = Url::parse(url).unwrap();
    login_at(
        "localhost",
        url.port().unwrap(),
        &url,
        database,
        &fs::read_to_string(&known.postgres_ca).unwrap(),
    )
}

/// Like [`login`], for the app, through another server on this machine with its own CA.
pub fn app_login_through(port: u16, database: &str, ca_pem: &str) -> DatabaseLogin {
    login_at(
        "localhost",
        port,
        &Url::parse(&known().postgres_app_url).unwrap(),
        database,
        ca_pem,
    )
}

fn login_at(host: &str, port: u16, url: &Url, database: &str, ca_pem: &str) -> DatabaseLogin {
    let secret = json!({
        "host": host,
        "port": port,
        "dbname": database,
        "username": url.username(),
        "password": url.password().unwrap(),
        "caPem": ca_pem,
    });
    DatabaseLogin::from_secret(&SecretString::from(secret.to_string())).unwrap()
}

/// A plain connection over verified TLS.
pub async fn connect(login: &DatabaseLogin) -> Client {
    let (config, tls) = login.connector().unwrap();
    let (client, connection) = config.connect(tls).await.unwrap();
    // Ends with the client, or with an error that the client's next statement reports.
    tokio::spawn(connection);
    client
}

/// Runs the migrations on a database of this cluster.
pub async fn migrate_database(name: &str) -> Migrated {
    migrate(&login(Role::Owner, name), &login(Role::App, name))
        .await
        .unwrap()
}

fn template() -> String {
    let folders = ["migrations", "migrations/functions"];
    let files = folders.map(|folder| fs::read_dir(checkout().join(folder)).unwrap());
    let mut files: Vec<_> = files
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".sql") && name != "schema.sql"
    });
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(fs::read(file).unwrap());
    }
    format!("template_{}", &hex::encode(digest.finalize())[..16])
}

/// Creates the template database, unless it exists, and returns its name. It is marked as a template last, so that an
/// incomplete one is created again.
async fn ensure_template() -> String {
    let name = template();
    let admin = connect(&login(Role::Superuser, "postgres")).await;
    let complete = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate";
    if admin.query_opt(complete, &[&name]).await.unwrap().is_some() {
        return name;
    }
    let _lock = ClusterLock::take().await;
    if admin.query_opt(complete, &[&name]).await.unwrap().is_some() {
        return name;
    }
    admin
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await
        .unwrap();
    admin
        .batch_execute(&format!("CREATE DATABASE {name} OWNER dynrag_owner"))
        .await
        .unwrap();
    migrate_database(&name).await;
    // A connection to a template, even one about to end, keeps it from being cloned.
    let gone =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        .await
        .unwrap();
    admin.batch_execute(&gone).await.unwrap();
    admin
        .batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true"))
        .await
        .unwrap();
    name
}

impl Database {
    /// An empty database with the schema of this release.
    pub async fn fresh() -> Self {
        let template = ensure_template().await;
        Self::create(&format!("TEMPLATE {template}")).await
    }

    /// A database without any migration.
    pub async fn without_schema() -> Self {
        Self::create("").await
    }

    async fn create(options: &str) -> Self {
        let name = format!("t_{}", Uuid::new_v4().simple());
        let admin = connect(&login(Role::Superuser, "postgres")).await;
        admin
            .batch_execute(&format!(
                "CREATE DATABASE {name} OWNER dynrag_owner {options}"
            ))
            .await
            .unwrap();
        Self { name }
    }

    pub fn login(&self, role: Role) -> DatabaseLogin {
        login(role, &self.name)
    }

    /// Returns a store like that of the functions, with this many connections.
    pub fn store(&self, connections: usize) -> Store {
        Store::new(&self.login(Role::App), connections).unwrap()
    }

    /// A plain connection as the app's role.
    pub async fn app(&self) -> Client {
        connect(&self.login(Role::App)).await
    }

    /// A connection that sees everything, to inspect rows and to change times.
    pub async fn superuser(&self) -> Client {
        connect(&self.login(Role::Superuser)).await
    }
}

impl Drop for Database {
    /// This also runs after a failed test, whose runtime may be shutting down: hence the separate thread.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let (config, tls) = login(Role::Superuser, "postgres")
                    .connector()
                    .map_err(std::io::Error::other)?;
                let (client, connection) =
                    config.connect(tls).await.map_err(std::io::Error::other)?;
                tokio::spawn(connection);
                client
                    .batch_execute(&statement)
                    .await
                    .map_err(std::io::Error::other)
            })
        });
        match dropped.join() {
            Ok(Ok(())) => {}
            // The cluster is removed with the stack.
            other => eprintln!("{} is left behind: {other:?}", self.name),
        }
    }
}

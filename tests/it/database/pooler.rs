//! Behind pgbouncer in transaction mode: every statement may run on another server connection.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use dynrag_domain::{
    CustomerId,
    documents::filter::{Filter, Sort},
};
use dynrag_store::Store;
use tempfile::TempDir;
use tokio::{net::TcpListener, time::sleep};
use url::Url;

use crate::support::{
    database::{Database, app_login_through, connect},
    known::known,
    seed,
};

const PGBOUNCER: &str = "/usr/sbin/pgbouncer";
const TENANTS: usize = 10;

/// A pgbouncer in front of the stack's PostgreSQL, ended with the test.
struct Pooler {
    process: Child,
    port: u16,
    /// Its self-signed certificate.
    ca_pem: String,
    _folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("pgbouncer: {error}");
        }
    }
}

fn run(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn certificate(folder: &Path) {
    run(Command::new("openssl").current_dir(folder).args(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
         -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out certificate.pem"
            .split_whitespace(),
    ));
}

impl Pooler {
    async fn start() -> Self {
        assert!(
            Path::new(PGBOUNCER).exists(),
            "pgbouncer is missing: `stack.py needs` installs it"
        );
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path());
        let app = Url::parse(&known().postgres_app_url).unwrap();
        let users = format!("\"{}\" \"{}\"\n", app.username(), app.password().unwrap());
        fs::write(folder.path().join("users.txt"), users).unwrap();
        fs::copy(&known().postgres_ca, folder.path().join("server-ca.pem")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let at = folder.path().display();
        let mut settings = format!(
            "[databases]\n* = host=localhost port={}\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 2\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {at}/users.txt\n\
             client_tls_sslmode = require\nclient_tls_key_file = {at}/key.pem\nclient_tls_cert_file = {at}/certificate.pem\n\
             server_tls_sslmode = verify-full\nserver_tls_ca_file = {at}/server-ca.pem\n",
            app.port().unwrap()
        );
        // It refuses to run as root; wherever PostgreSQL is installed, its user exists.
        if folder
            .path()
            .metadata()
            .is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
        {
            settings.push_str("user = postgres\n");
            run(Command::new("chown")
                .args(["-R", "postgres"])
                .arg(folder.path()));
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        }
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new(PGBOUNCER)
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let ca_pem = fs::read_to_string(folder.path().join("certificate.pem")).unwrap();
        let mut pooler = Self {
            process,
            port,
            ca_pem,
            _folder: folder,
        };
        while tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
        {
            let ended = pooler.process.try_wait().unwrap();
            let log = fs::read_to_string(pooler._folder.path().join("log")).unwrap();
            assert!(ended.is_none(), "pgbouncer ended: {log}");
            sleep(Duration::from_millis(20)).await;
        }
        pooler
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_behind_a_pooler_see_only_their_own_rows() {
    let database = Database::fresh().await;
    let direct = database.store(1);
    let mut customers = Vec::new();
    for number in 0..TENANTS {
        let customer = seed::customer(&direct).await;
        seed::add(&direct, customer.id, None, &format!("text {number}")).await;
        customers.push(customer);
    }
    let pooler = Pooler::start().await;
    let login = || app_login_through(pooler.port, &database.name, &pooler.ca_pem);
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let (store, customers) = (Store::new(&login(), 1).unwrap(), customers.clone());
            tokio::spawn(async move {
                for turn in 0..25 {
                    let customer = &customers[(task * 3 + turn) % TENANTS];
                    let admitted = if turn % 2 == 0 {
                        store
                            .admit_user(customer.verified(), seed::endpoint("documents-list"))
                            .await
                    } else {
                        store
                            .admit_api_key(
                                &customer.key_public_id,
                                &customer.key_hash,
                                seed::endpoint("documents-list"),
                            )
                            .await
                    };
                    assert_eq!(admitted.unwrap().tenant(), customer.id);
                    let tx = store.tenant(customer.id).await.unwrap();
                    let rows = tx
                        .query("SELECT customer_id FROM documents", &[])
                        .await
                        .unwrap();
                    tx.commit().await.unwrap();
                    let seen: Vec<CustomerId> =
                        rows.iter().map(|row| row.get(0).unwrap()).collect();
                    assert_eq!(seen, [customer.id.customer_id()]);
                    assert_eq!(
                        store
                            .list_documents(
                                customer.id,
                                &Filter::default(),
                                Sort::default(),
                                None,
                                9
                            )
                            .await
                            .unwrap()
                            .len(),
                        1
                    );
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Eight clients share two server connections, neither of which remembers a tenant.
    let served = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dynamic-rag'
                  AND usename = 'dynrag_app'";
    drop(direct);
    let served: i64 = database
        .superuser()
        .await
        .query_one(served, &[])
        .await
        .unwrap()
        .get(0);
    assert!((1..=3).contains(&served), "{served} connections");
    let client = connect(&login()).await;
    let rows = client
        .query_typed("SELECT 1 FROM documents", &[])
        .await
        .unwrap();
    assert!(rows.is_empty());
}

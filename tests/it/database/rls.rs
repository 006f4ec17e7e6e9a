//! Row-level security holds even if the code forgets. Every table × every operation, without
//! a WHERE, as the wrong tenant and as none; and broken databases in which these checks must fail.

use dynrag_domain::{chunks::Extracted, money::Usd, spending::Payer};
use dynrag_store::{
    TenantId,
    ledger::{ProviderCall, Purpose},
};
use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use super::catalogue::{Table, findings, tables};
use crate::support::{database::Database, seed};

/// A table with rows of both customers.
struct Probed {
    table: Table,
    /// How many rows are ours.
    own: u64,
    /// A row of theirs.
    their_row: String,
}

/// A database in which two customers have rows in every table.
struct Seeded {
    database: Database,
    superuser: Client,
    tables: Vec<Probed>,
    ours: TenantId,
    theirs: TenantId,
}

async fn seeded() -> Seeded {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let mut customers = Vec::new();
    for _ in 0..2 {
        let customer = seed::customer(&store).await;
        store
            .admit_user(customer.verified(), seed::endpoint("documents-list"))
            .await
            .unwrap();
        let (document, version) = seed::add(&store, customer.id, None, "a text").await;
        let claim = store
            .claim(
                customer.id,
                document,
                version,
                std::time::Duration::from_secs(60),
            )
            .await
            .unwrap()
            .unwrap();
        store
            .stage(
                customer.id,
                &claim.embedding_model,
                &[(document, &hex::encode(seed::sha256("a text")))],
                &[vec![1.0, 2.0]],
                &[ProviderCall {
                    call_id: Uuid::new_v4(),
                    purpose: Purpose::Embedding(document, version),
                    model: claim.embedding_model.clone(),
                    attempt: 1,
                    inputs: 1,
                    outcome: "ok",
                    cached_tokens: 0,
                    output_tokens: 0,
                    tokens: 3,
                    price_version: "test",
                    cost: Usd::from_nanos(60),
                    paid_by: Payer::Platform,
                }],
            )
            .await
            .unwrap();
        let (text, small) = (Extracted::default(), Some(&b"packed"[..]));
        let lease = std::time::Duration::from_secs(90);
        let described = store.describe_version(&claim, lease, 1, &[1; 32], &text, small);
        assert!(described.await.unwrap().is_held());
        let webhook = "WITH hook AS (
                INSERT INTO webhooks (customer_id, id, name, trigger_type) VALUES ($1, $2, 'hook', 'manual')
                RETURNING customer_id, id)
            , run AS (
                INSERT INTO webhook_runs (customer_id, id, webhook_id, planned_at)
                SELECT customer_id, id, id, now() FROM hook)
            INSERT INTO webhook_deliveries (customer_id, id, webhook_id, event, payload)
            SELECT customer_id, id, id, 'webhook.test', '{}' FROM hook";
        superuser
            .execute(webhook, &[&customer.id.as_uuid(), &Uuid::new_v4()])
            .await
            .unwrap();
        seed::account(&store, &customer).await;
        seed::password(&store, customer.id, document).await;
        let source = "INSERT INTO chat_sources (customer_id, session_id, number, document_id, version)
            SELECT customer_id, session_id, number, $2, 1 FROM chat_messages WHERE customer_id = $1 AND role = 'assistant'";
        let of: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&customer.id.as_uuid(), &document.as_uuid()];
        superuser.execute(source, &of).await.unwrap();
        for (insert, values) in [
            (
                "part_uploads (customer_id, document_id, bytes)",
                "$1, $2, 7",
            ),
            (
                "upload_parts (customer_id, document_id, id, bytes)",
                "$1, $2, gen_random_uuid(), 7",
            ),
        ] {
            let insert = format!("INSERT INTO {insert} VALUES ({values})");
            superuser.execute(&insert, &of).await.unwrap();
        }
        let bound = "INSERT INTO api_key_collections (customer_id, api_key_id, collection_id)
            SELECT customer_id, $2, id FROM collections WHERE customer_id = $1";
        let (id, key) = (customer.id.as_uuid(), customer.key.as_uuid());
        superuser.execute(bound, &[&id, &key]).await.unwrap();
        let listening = "WITH ticket AS (
                INSERT INTO connection_tickets (customer_id, id, secret_hash, api_key_id, expires_at)
                VALUES ($1, gen_random_uuid(), sha256('ticket'), $2, now()))
            , connection AS (
                INSERT INTO connections (customer_id, id, api_key_id) VALUES ($1, $1::text, $2) RETURNING customer_id, id)
            , subscription AS (
                INSERT INTO subscriptions (customer_id, connection_id, channel, subject)
                SELECT customer_id, id, 'jobs', customer_id FROM connection)
            INSERT INTO pushes (customer_id, connection_id, channel, subject)
            SELECT customer_id, id, 'jobs', customer_id FROM connection";
        superuser.execute(listening, &[&id, &key]).await.unwrap();
        let granting = "
            WITH code AS (
                INSERT INTO oauth_codes (customer_id, id, secret_hash, user_id, client_id, client_name, redirect_uri, challenge,
                                         resource, scopes, expires_at)
                SELECT customer_id, gen_random_uuid(), sha256('code'), user_id, 'c', 'C', 'https://client.example/', repeat('x', 43),
                       'https://api.example/mcp', '{search}', now()
                FROM sessions WHERE customer_id = $1 LIMIT 1)
            INSERT INTO oauth_grants (customer_id, session_id, client_id, client_name, redirect_uri, resource, scopes)
            SELECT customer_id, id, 'c', 'C', 'https://client.example/', 'https://api.example/mcp', '{search}'
            FROM sessions WHERE customer_id = $1 LIMIT 1";
        superuser.execute(granting, &[&id]).await.unwrap();
        customers.push(customer.id);
    }
    let (ours, theirs) = (customers[0], customers[1]);
    let mut probed = Vec::new();
    for table in tables(&superuser).await {
        let rows = format!(
            "SELECT to_jsonb(t)::text FROM {} t WHERE {} = $1",
            table.name, table.key
        );
        let our_rows = superuser.query(&rows, &[&ours.as_uuid()]).await.unwrap();
        let their_rows = superuser.query(&rows, &[&theirs.as_uuid()]).await.unwrap();
        let unseeded = our_rows.is_empty() || their_rows.is_empty();
        assert!(
            !unseeded,
            "{} has no rows to be tested with: seed it here",
            table.name
        );
        probed.push(Probed {
            own: our_rows.len() as u64,
            their_row: their_rows[0].get(0),
            table,
        });
    }
    Seeded {
        database,
        superuser,
        tables: probed,
        ours,
        theirs,
    }
}

/// Runs a statement as a tenant, or as none, within a transaction, and undoes it. Returns the number of
/// rows.
async fn touched(
    client: &Client,
    tenant: Option<TenantId>,
    sql: &str,
) -> Result<u64, tokio_postgres::Error> {
    client.batch_execute("SAVEPOINT before").await.unwrap();
    if let Some(tenant) = tenant {
        client
            .batch_execute(&format!(
                "SELECT set_config('app.customer_id', '{tenant}', true)"
            ))
            .await
            .unwrap();
    }
    let touched = client.execute(sql, &[]).await;
    client.batch_execute("ROLLBACK TO before").await.unwrap();
    touched
}

/// Everything that the app's role reaches but should not.
async fn leaks(client: &Client, seeded: &Seeded) -> Vec<String> {
    let (ours, theirs) = (seeded.ours, seeded.theirs);
    let mut leaks = Vec::new();
    for Probed {
        table: Table { name, key },
        own,
        their_row,
    } in &seeded.tables
    {
        let insert = format!(
            "INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::{name}, '{}')",
            their_row.replace('\'', "''")
        );
        for (tenant, own) in [(None, 0), (Some(ours), *own)] {
            // Constants only: a statement that reads a column is subject to the policy for SELECT as
            // well, which would hide that its own is missing.
            let statements = [
                ("SELECT", format!("SELECT 1 FROM {name}"), own),
                (
                    "SELECT of theirs",
                    format!("SELECT 1 FROM {name} WHERE {key} = '{theirs}'"),
                    0,
                ),
                ("UPDATE", format!("UPDATE {name} SET {key} = '{ours}'"), own),
                (
                    "UPDATE away",
                    format!("UPDATE {name} SET {key} = '{theirs}'"),
                    0,
                ),
                ("DELETE", format!("DELETE FROM {name}"), own),
                ("INSERT", insert.clone(), 0),
            ];
            for (operation, sql, allowed) in statements {
                match touched(client, tenant, &sql).await {
                    // Otherwise a tenant that sees nothing would pass.
                    Ok(rows) if operation == "SELECT" && rows == allowed => {}
                    Ok(rows) if operation != "SELECT" && rows <= allowed => {}
                    // Refused by row-level security, or for lack of a privilege.
                    Err(e) if e.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {}
                    reached => leaks.push(format!(
                        "{name}: {operation} as {tenant:?}: {reached:?}, not {allowed}"
                    )),
                }
            }
        }
    }
    leaks
}

#[tokio::test]
async fn statements_without_a_tenant_filter_reach_no_foreign_rows() {
    let seeded = seeded().await;
    let app = seeded.database.app().await;
    app.batch_execute("BEGIN").await.unwrap();
    assert_eq!(leaks(&app, &seeded).await, Vec::<String>::new());
}

/// Possible mistakes, and whether the app then reaches foreign rows (otherwise only the catalogue shows them).
const BROKEN: [(&str, bool); 14] = [
    (
        "ALTER POLICY tenant ON documents USING (true) WITH CHECK (true)",
        true,
    ),
    ("ALTER TABLE users DISABLE ROW LEVEL SECURITY", true),
    ("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY", false),
    (
        "ALTER POLICY tenant ON document_versions WITH CHECK (true)",
        true,
    ),
    (
        "ALTER POLICY tenant ON outbox USING (customer_id = current_customer_id() OR current_customer_id() IS NULL)",
        true,
    ),
    (
        "CREATE POLICY report ON index_versions FOR SELECT TO dynrag_app USING (true)",
        true,
    ),
    (
        "CREATE POLICY tidy ON usage_metrics FOR UPDATE TO dynrag_app USING (true) WITH CHECK (true)",
        true,
    ),
    (
        "CREATE POLICY purge ON refresh_tokens FOR DELETE TO dynrag_app USING (true)",
        true,
    ),
    (
        "CREATE VIEW everybodys_secrets AS SELECT * FROM customer_secrets; GRANT SELECT ON everybodys_secrets TO dynrag_app",
        false,
    ),
    (
        "CREATE FUNCTION everybody() RETURNS SETOF customers LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM customers'; \
      GRANT EXECUTE ON FUNCTION everybody() TO PUBLIC",
        false,
    ),
    (
        "CREATE TABLE notes (id uuid PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customers); \
      GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO dynrag_app",
        false,
    ),
    ("DROP POLICY bound ON document_versions", false),
    (
        "DROP POLICY bound ON documents; CREATE POLICY bound ON documents TO dynrag_app USING (true) WITH CHECK (true)",
        true,
    ),
    (
        "CREATE UNIQUE INDEX one ON documents (id); ALTER TABLE webhooks ADD COLUMN document_id uuid REFERENCES documents (id)",
        false,
    ),
];

/// The negative control: the checks above, in a database with one mistake.
#[tokio::test]
async fn every_broken_database_is_detected() {
    let seeded = seeded().await;
    let client = &seeded.superuser;
    let mut missed = Vec::new();
    for (mistake, reaches) in BROKEN {
        // Undone afterwards, as the mistakes must not cover for each other.
        client.batch_execute("BEGIN").await.unwrap();
        client.batch_execute(mistake).await.unwrap();
        if findings(client).await.is_empty() {
            missed.push(format!("by the catalogue: {mistake}"));
        }
        client
            .batch_execute("SET LOCAL ROLE dynrag_app")
            .await
            .unwrap();
        if reaches && leaks(client, &seeded).await.is_empty() {
            missed.push(format!("by the statements: {mistake}"));
        }
        client.batch_execute("ROLLBACK").await.unwrap();
    }
    assert_eq!(missed, Vec::<String>::new());
    // The check that detects all of them is silent without a mistake.
    client
        .batch_execute("BEGIN; SET LOCAL ROLE dynrag_app")
        .await
        .unwrap();
    assert_eq!(leaks(client, &seeded).await, Vec::<String>::new());
}

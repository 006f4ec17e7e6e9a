//! What a customer takes along: its rows as JSON, without what is secret, and where its originals lie.

use dynrag_domain::{DocumentId, Error, Result, storage};

use crate::{Store, TenantId, ingestion};

/// A table of an export: its columns that stay here, what a line is made of beside them, and its order.
struct Table {
    name: &'static str,
    key: &'static str,
    without: &'static str,
    /// JSON of the row `t`.
    line: &'static str,
    /// Which rows.
    only: &'static str,
    order: &'static str,
}

const fn table(name: &'static str, without: &'static str, order: &'static str) -> Table {
    Table {
        name,
        key: "customer_id",
        without,
        line: "to_jsonb(t)",
        only: "true",
        order,
    }
}

/// A document with what the API shows of its version: the published one, else the latest. Its own columns win.
const DOCUMENT: &str = "(SELECT to_jsonb(v) - '{document_id,version,object_id,bundle_offset,original_version,reprocess,\
to_fetch,published_at,superseded_at,retired_at}'::text[] FROM document_versions v
WHERE (v.customer_id, v.document_id, v.version)
    = (t.customer_id, t.id, coalesce(t.published_version, t.latest_version))) || to_jsonb(t)";

/// Everything of the customer but counters, copies of what is elsewhere, hashes and sealed secrets.
const TABLES: [Table; 13] = [
    Table {
        key: "id",
        ..table(
            "customers",
            "{wrapped_data_key,data_key_wrapped_at,erase_at}",
            "id",
        )
    },
    Table {
        line: "config_of(t)",
        ..table("customer_config", "{}", "customer_id")
    },
    table("users", "{password_hash,tokens_valid_from}", "id"),
    table("invitations", "{}", "id"),
    table("api_keys", "{secret_hash}", "id"),
    table("api_key_collections", "{}", "api_key_id, collection_id"),
    table("collections", "{}", "id"),
    Table {
        line: DOCUMENT,
        only: "t.deleted_at IS NULL",
        ..table(
            "documents",
            "{lease_token,lease_expires_at,resend_at,upload_swept_at}",
            "id",
        )
    },
    table("document_versions", "{}", "document_id, version"),
    table(
        "webhooks",
        "{token_hash,secret_version,previous_token_hash,previous_secret_version,previous_until}",
        "id",
    ),
    table("usage_metrics", "{}", "day, operation"),
    table("provider_calls", "{}", "id"),
    table("audit_log", "{}", "at, id"),
];

/// Rows asked for at once.
const PAGE: i64 = 1000;

/// An original to take along.
#[derive(Clone, Debug)]
pub struct Original {
    /// Document.
    pub document_id: DocumentId,
    /// Version.
    pub version: i32,
    /// Version that brought it.
    pub original_version: i32,
    /// Where it lies.
    pub original: storage::Original,
    /// Its size in bytes; 0 where that is not known yet.
    pub bytes: u64,
    /// Name it came with.
    pub file_name: Option<String>,
    /// Format, by its short name.
    pub format: String,
    /// Whether its text was read, and so is kept.
    pub has_text: bool,
}

/// The tables there are.
pub fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name)
}

impl Store {
    /// A page of a table's rows, each as a line of JSON; empty after the last.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn export_rows(
        &self,
        customer: TenantId,
        name: &str,
        page: i64,
    ) -> Result<Vec<String>> {
        let table = TABLES
            .iter()
            .find(|table| table.name == name)
            .ok_or_else(|| Error::internal_fault("exports have no such table"))?;
        let Table {
            name,
            key,
            without,
            line,
            only,
            order,
        } = table;
        // All of it constants of this file.
        let sql = format!(
            "SELECT (({line}) - '{without}'::text[])::text AS line FROM {name} t
             WHERE {key} = $1 AND {only} ORDER BY {order} LIMIT {PAGE} OFFSET $2"
        );
        let tx = self.tenant(customer).await?;
        let rows = tx.query(&sql, &[&customer, &(page * PAGE)]).await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("line")).collect()
    }

    /// The next originals after a document's version.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn export_originals(
        &self,
        customer: TenantId,
        after: Option<(DocumentId, i32)>,
        most: i64,
    ) -> Result<Vec<Original>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/export/originals.sql"),
                &[
                    &customer,
                    &after.map(|(id, _)| id),
                    &after.map(|(_, version)| version),
                    &most,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(Original {
                    document_id: row.get("document_id")?,
                    version: row.get("version")?,
                    original_version: row.get("original_version")?,
                    original: ingestion::original(row)?,
                    bytes: row
                        .get::<Option<i64>>("bytes")?
                        .and_then(|bytes| u64::try_from(bytes).ok())
                        .unwrap_or(0),
                    file_name: row.get("file_name")?,
                    format: row.get("format")?,
                    has_text: row.get("has_text")?,
                })
            })
            .collect()
    }
}

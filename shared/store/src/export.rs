//! The data of a customer's export: its rows as JSON, without secrets, and the locations of its originals.

use dynrag_domain::{DocumentId, Error, Result, VersionNumber, storage};

use crate::{Store, TenantId, ingestion};

/// A table of an export: its excluded columns, the source of additional fields, and its order.
struct Table {
    name: &'static str,
    key: &'static str,
    without: &'static str,
    /// JSON of the row `t`.
    line: &'static str,
    /// Condition that selects the rows.
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

/// A document with the details of its version that the API shows: the published one, else the latest. The document's
/// own columns take precedence.
const DOCUMENT: &str = "(SELECT to_jsonb(v) - '{document_id,version,object_id,bundle_offset,original_version,reprocess,\
to_fetch,published_at,superseded_at,retired_at}'::text[] FROM document_versions v
WHERE (v.customer_id, v.document_id, v.version)
    = (t.customer_id, t.id, coalesce(t.published_version, t.latest_version))) || to_jsonb(t)";

/// A reranker with its price as the API has it.
const RERANKER: &str = "to_jsonb(t) || jsonb_build_object('usd_per_thousand_searches',
    trim_scale(t.nano_usd_per_thousand_searches::numeric / 1000000000)::text)";

/// All of the customer's data except counters, copies, hashes and sealed secrets.
const TABLES: [Table; 20] = [
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
    Table {
        line: RERANKER,
        ..table(
            "rerankers",
            "{nano_usd_per_thousand_searches}",
            "customer_id",
        )
    },
    table("chat_providers", "{nonce,ciphertext}", "name"),
    table("chat_sessions", "{}", "id"),
    table("chat_messages", "{}", "session_id, number"),
    table("chat_feedback", "{}", "session_id, number"),
    table("responses", "{}", "id"),
    table("file_batches", "{}", "id"),
    table("usage_metrics", "{}", "day, operation"),
    table("provider_calls", "{}", "id"),
    table("audit_log", "{}", "at, id"),
];

/// Rows per page.
const PAGE: i64 = 1000;

/// An original to export.
#[derive(Clone, Debug)]
pub struct Original {
    /// Document.
    pub document_id: DocumentId,
    /// Version.
    pub version: VersionNumber,
    /// Version that introduced the original.
    pub original_version: VersionNumber,
    /// Location in S3.
    pub original: storage::Original,
    /// Size in bytes; 0 if it is not known yet.
    pub bytes: u64,
    /// Original file name.
    pub file_name: Option<String>,
    /// Format, by its short name.
    pub format: String,
    /// Whether its text was read, and is therefore stored.
    pub has_text: bool,
}

/// Returns the names of the tables.
pub fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name)
}

impl Store {
    /// Returns a page of a table's rows, each as a line of JSON; empty after the last.
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
        // All parts are constants of this file.
        let sql = format!(
            "SELECT (({line}) - '{without}'::text[])::text AS line FROM {name} t
             WHERE {key} = $1 AND {only} ORDER BY {order} LIMIT {PAGE} OFFSET $2"
        );
        let tx = self.tenant(customer).await?;
        let rows = tx.query(&sql, &[&customer, &(page * PAGE)]).await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("line")).collect()
    }

    /// Returns the next originals after a document's version.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn export_originals(
        &self,
        customer: TenantId,
        after: Option<(DocumentId, VersionNumber)>,
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

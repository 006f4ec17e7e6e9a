//! Filters of searches in PostgreSQL: the same cases as in memory, and no error for any value.

use dynrag_domain::{
    CollectionId, DocumentId,
    metadata::Metadata,
    search::filter::{Filter, FilterInput},
};
use dynrag_store::{Store, TenantId};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_postgres::types::Json;

use crate::support::{database::Database, seed};

/// What `shared/domain` reads too.
const CASES: &str = include_str!("../../../shared/domain/src/search/filter/cases.json");

#[derive(Deserialize)]
struct Cases {
    documents: Vec<Described>,
    cases: Vec<(Box<RawValue>, Vec<usize>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    title: String,
    r#type: String,
    source: String,
    collection: Option<String>,
    external_id: Option<String>,
    file_name: Option<String>,
    source_url: Option<String>,
    created_at: String,
    updated_at: String,
    metadata: Metadata,
}

struct Scene {
    _database: Database,
    store: Store,
    customer: TenantId,
    /// The documents, by their numbers.
    ids: Vec<DocumentId>,
    collections: [(&'static str, CollectionId); 2],
}

const DESCRIBE: &str = "UPDATE documents SET title = $2, source = $3, collection_id = $4, external_id = $5, file_name = $6,
    source_url = $7, created_at = $8::text::timestamptz, updated_at = $9::text::timestamptz, metadata = $10 WHERE id = $1";

async fn scene(documents: &[Described]) -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(2), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let collections = [
        ("A", seed::collection(&store, customer, "A").await),
        ("B", seed::collection(&store, customer, "B").await),
    ];
    superuser
        .batch_execute("ALTER TABLE documents DISABLE TRIGGER touch")
        .await
        .unwrap();
    let mut ids = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let (id, _) = seed::add(&store, customer, None, &format!("text {number}")).await;
        let named = |(name, _): &&(&str, _)| document.collection.as_deref() == Some(*name);
        let collection = collections.iter().find(named).map(|(_, id)| id.as_uuid());
        superuser
            .execute(
                DESCRIBE,
                &[
                    &id.as_uuid(),
                    &document.title,
                    &document.source,
                    &collection,
                    &document.external_id,
                    &document.file_name,
                    &document.source_url,
                    &document.created_at,
                    &document.updated_at,
                    &Json(&document.metadata),
                ],
            )
            .await
            .unwrap();
        superuser
            .execute(
                "UPDATE document_versions SET format = $2 WHERE document_id = $1",
                &[&id.as_uuid(), &document.r#type],
            )
            .await
            .unwrap();
        ids.push(id);
    }
    // Another customer's document, which would match nearly everything.
    let theirs = seed::customer(&store).await.id;
    seed::add(&store, theirs, Some("kb/1"), "text 0").await;
    Scene {
        _database: database,
        store,
        customer,
        ids,
        collections,
    }
}

impl Scene {
    /// A filter with the ids filled in.
    fn filter(&self, json: &RawValue) -> Filter {
        let mut json = json.get().to_owned();
        for (name, id) in &self.collections {
            json = json.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        for (number, id) in self.ids.iter().enumerate() {
            json = json.replace(&format!("\"${number}\""), &format!("\"{id}\""));
        }
        let input: FilterInput = serde_json::from_str(&json).unwrap();
        input.parse_documents("").unwrap()
    }

    /// The numbers of the documents that match, in order.
    async fn matching(&self, filter: &Filter) -> Vec<usize> {
        let found = self.store.filtered_documents(self.customer, filter).await;
        let found = found.unwrap_or_else(|error| panic!("{filter}: {error:?}"));
        let number = |id| self.ids.iter().position(|known| known == id).unwrap();
        let mut numbers: Vec<_> = found.iter().map(number).collect();
        numbers.sort_unstable();
        numbers
    }
}

#[tokio::test]
async fn postgres_decides_every_case_as_memory_does() {
    let cases: Cases = serde_json::from_str(CASES).unwrap();
    let scene = scene(&cases.documents).await;
    for (json, expected) in &cases.cases {
        let filter = scene.filter(json);
        assert_eq!(scene.matching(&filter).await, *expected, "{json}");
        // A negation is the complement, also where there is no value.
        let complement: Vec<_> = (0..scene.ids.len())
            .filter(|number| !expected.contains(number))
            .collect();
        let negation = Filter::Not(Box::new(filter));
        assert_eq!(scene.matching(&negation).await, complement, "not {json}");
    }
}

#[tokio::test]
async fn the_largest_filters_are_accepted() {
    let cases: Cases = serde_json::from_str(CASES).unwrap();
    let scene = scene(&cases.documents).await;
    let list = |values: &[String]| format!("[{}]", values.join(","));
    let numbers: Vec<_> = (1_021..2_021).map(|n| n.to_string()).collect();
    let days: Vec<_> = (0..1_000)
        .map(|n| format!("\"{:04}-01-01\"", 1_027 + n))
        .collect();
    let text = format!("\"{}\"", "\u{1F600}\\\\".repeat(1_000));
    let one = r#"{"field": "metadata.tags", "op": "exists"}"#;
    for (json, expected) in [
        (
            format!(
                r#"{{"field": "metadata.year", "op": "in", "value": {}}}"#,
                list(&numbers)
            ),
            vec![0, 2],
        ),
        (
            format!(
                r#"{{"field": "createdAt", "op": "in", "value": {}}}"#,
                list(&days)
            ),
            vec![0, 1],
        ),
        (
            format!(r#"{{"field": "metadata.quote", "op": "lt", "value": {text}}}"#),
            vec![5],
        ),
        (
            format!(r#"{{"field": "metadata.quote", "op": "contains", "value": {text}}}"#),
            vec![],
        ),
        (
            format!(
                r#"{{"field": "metadata.year", "op": "lt", "value": {}}}"#,
                "9".repeat(100)
            ),
            vec![0, 2, 4],
        ),
        (
            format!(r#"{{"and": [{}]}}"#, vec![one; 255].join(",")),
            vec![0, 1, 4, 5],
        ),
    ] {
        let filter = scene.filter(&RawValue::from_string(json).unwrap());
        assert_eq!(scene.matching(&filter).await, expected);
    }
}

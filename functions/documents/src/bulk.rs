//! `POST /api/documents/bulk`: one action on many documents, selected by ids or conditions.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Link,
    responses::{Accepted, Either},
    scopes::{DocumentsWrite, Unbound},
};
use dynrag_app::documents;
use dynrag_domain::{
    CollectionId, DocumentId, Error, JobId, Result,
    bulk::{BulkAction, BulkOperation, MAX_IDS},
    documents::{
        FailureCode, Format, Source, Status,
        filter::{self, Filter, Presence},
    },
    identity::Scope,
    metadata::Metadata,
    search::filter::FilterInput,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::several::Several;

/// An action and the documents for it: `ids` or `filter`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct BulkRequest {
    action: BulkAction,
    /// The documents' ids. Ids of documents that do not exist are ignored.
    #[schema(min_items = 1, max_items = 1000)]
    ids: Option<Vec<DocumentId>>,
    /// Selects the documents that meet all of these conditions; at least one is required.
    filter: Option<DocumentConditions>,
    /// For `move`: the target collection; null moves documents out of their collection.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<CollectionId>)]
    collection_id: Option<Option<CollectionId>>,
    /// For `delete`: delete permanently, without undelete, regardless of `deletionRetentionDays`.
    #[serde(default)]
    permanent: bool,
    /// Only count the documents and return a sample.
    #[serde(default)]
    dry_run: bool,
}

/// Conditions, as in the list of documents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DocumentConditions {
    /// Select deleted documents that can be undeleted, instead of present ones. Implied by `undelete`; otherwise only
    /// allowed with a permanent `delete`.
    #[serde(default)]
    deleted: bool,
    /// Words, each of which is part of the title, the file name, the external id or the URL, case-insensitive.
    #[schema(min_length = 1, max_length = 512)]
    q: Option<String>,
    /// A filter as in searches, on properties of documents.
    filter: Option<FilterInput>,
    #[schema(min_length = 1, max_length = 256)]
    external_id: Option<String>,
    /// Part of the title, case-insensitive.
    #[schema(min_length = 1, max_length = 512)]
    title: Option<String>,
    /// The whole file name.
    #[schema(min_length = 1, max_length = 512)]
    file_name: Option<String>,
    #[schema(value_type = Option<Vec<Format>>, min_items = 1)]
    format: Option<Several<Format>>,
    #[schema(value_type = Option<Vec<Source>>, min_items = 1)]
    source: Option<Several<Source>>,
    #[schema(value_type = Option<Vec<Status>>, min_items = 1)]
    status: Option<Several<Status>>,
    code: Option<FailureCode>,
    /// A collection, or `none` for documents in no collection.
    collection_id: Option<String>,
    /// Metadata contains these members with these values.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_after: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_before: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_after: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_before: Option<String>,
}

/// The documents that an action would affect.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkPreview {
    action: BulkAction,
    /// Number of selected documents.
    documents: i64,
    /// A sample of them, newest first.
    sample: Vec<BulkSample>,
}

#[derive(Serialize, ToSchema)]
struct BulkSample {
    id: DocumentId,
    title: String,
}

impl BulkPreview {
    fn new(action: BulkAction, preview: documents::BulkPreview) -> Self {
        let sample = preview.sample.into_iter().map(|document| BulkSample {
            id: document.id,
            title: document.title,
        });
        Self {
            action,
            documents: preview.documents,
            sample: sample.collect(),
        }
    }
}

/// A started bulk action.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartedBulk {
    job_id: JobId,
    status_url: Link,
    action: BulkAction,
    /// Number of selected documents. Documents added later are not affected.
    documents: i64,
}

impl DocumentConditions {
    fn filter(self, action: BulkAction, permanent: bool) -> Result<Filter> {
        let time = |name: &str, text: Option<String>| {
            text.map(|text| filter::time(&format!("/filter/{name}"), &text))
                .transpose()
        };
        let collection = self
            .collection_id
            .map(|text| filter::collection("/filter/collectionId", &text));
        let presence = match (action, self.deleted) {
            (BulkAction::Delete, true) if !permanent => {
                let detail = "they are already deleted; set permanent to delete them permanently";
                return Err(Error::field("/filter/deleted", detail));
            }
            (BulkAction::Delete | BulkAction::Undelete, true) => Presence::Deleted,
            (_, true) => {
                let detail = "only with action undelete, or with action delete and permanent";
                return Err(Error::field("/filter/deleted", detail));
            }
            (_, false) => Presence::Present,
        };
        let mut filter = Filter {
            presence,
            ids: None,
            words: self
                .q
                .map(|text| filter::words("/filter/q", &text))
                .transpose()?,
            meets: self
                .filter
                .map(|filter| filter.parse_documents("/filter/filter"))
                .transpose()?,
            external_id: self.external_id,
            title: self.title,
            file_name: self.file_name,
            formats: self.format.map(|several| several.0),
            sources: self.source.map(|several| several.0),
            statuses: self.status.map(|several| several.0),
            code: self.code,
            collection: collection.transpose()?,
            metadata: self.metadata,
            created_after: time("createdAfter", self.created_after)?,
            created_before: time("createdBefore", self.created_before)?,
            updated_after: time("updatedAfter", self.updated_after)?,
            updated_before: time("updatedBefore", self.updated_before)?,
        };
        if filter.is_empty() {
            // An automation whose expressions evaluate to nothing would delete everything.
            let detail = "at least one condition; to select every document, set createdBefore to now or later";
            return Err(Error::field("/filter", detail));
        }
        if action == BulkAction::Undelete {
            filter.presence = Presence::Deleted;
        }
        filter.check("/filter")
    }
}

/// A checked request.
struct CheckedBulk {
    operation: BulkOperation,
    filter: Filter,
}

impl BulkRequest {
    fn check(self) -> Result<CheckedBulk> {
        let to = match (self.action, self.collection_id) {
            (BulkAction::Move, Some(to)) => to,
            (BulkAction::Move, None) => {
                let detail = "the id of the target collection, or null for none";
                return Err(Error::field("/collectionId", detail));
            }
            (_, None) => None,
            (_, Some(_)) => return Err(Error::field("/collectionId", "only with action move")),
        };
        if self.permanent && self.action != BulkAction::Delete {
            return Err(Error::field("/permanent", "only with action delete"));
        }
        let filter = match (self.ids, self.filter) {
            (Some(ids), None) if !(1..=MAX_IDS).contains(&ids.len()) => {
                let detail = format!("1 to {MAX_IDS} ids; to select more documents, use filter");
                return Err(Error::field("/ids", detail));
            }
            (Some(ids), None) => Filter {
                presence: match (self.action, self.permanent) {
                    (BulkAction::Undelete, _) => Presence::Deleted,
                    (_, true) => Presence::Either,
                    (_, false) => Presence::Present,
                },
                ids: Some(ids),
                ..Filter::default()
            },
            (None, Some(conditions)) => conditions.filter(self.action, self.permanent)?,
            (Some(_), Some(_)) | (None, None) => {
                return Err(Error::field("", "either ids or filter"));
            }
        };
        let operation = BulkOperation {
            action: self.action,
            collection_id: to,
            permanent: self.permanent,
        };
        Ok(CheckedBulk { operation, filter })
    }
}

/// Previews an action's documents, or starts it.
pub(crate) async fn bulk(
    caller: Caller<Unbound<DocumentsWrite>>,
    State(app): State<Arc<App>>,
    Json(body): Json<BulkRequest>,
) -> Answer<Either<Json<BulkPreview>, Accepted<StartedBulk>>> {
    // Conditions and titles disclose what documents contain.
    if body.dry_run || body.filter.is_some() {
        caller.require(Scope::DocumentsRead)?;
    }
    let dry_run = body.dry_run;
    let CheckedBulk { operation, filter } = body.check()?;
    let action = operation.action;
    if dry_run {
        let preview = documents::preview_bulk(&caller, &filter).await?;
        return Ok(Either::Left(Json(BulkPreview::new(action, preview))));
    }
    let (job_id, documents) = documents::start_bulk(&app, &caller, operation, &filter).await?;
    Ok(Either::Right(Accepted(StartedBulk {
        job_id,
        status_url: Link::to_job(job_id),
        action,
        documents,
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(body: Value) -> Result<CheckedBulk> {
        serde_json::from_str::<BulkRequest>(&body.to_string())
            .unwrap()
            .check()
    }

    #[test]
    fn a_request_must_be_complete_and_unambiguous() {
        let id = "01936f6e-3c00-7000-8000-000000000040";
        for (body, pointer) in [
            (json!({"action": "delete"}), ""),
            (
                json!({"action": "delete", "ids": [id], "filter": {"title": "a"}}),
                "",
            ),
            (json!({"action": "delete", "ids": []}), "/ids"),
            (json!({"action": "delete", "ids": vec![id; 1001]}), "/ids"),
            (json!({"action": "delete", "filter": {}}), "/filter"),
            (
                json!({"action": "delete", "filter": {"title": ""}}),
                "/filter/title",
            ),
            (
                json!({"action": "delete", "filter": {"status": []}}),
                "/filter/status",
            ),
            (
                json!({"action": "delete", "filter": {"createdAfter": "now"}}),
                "/filter/createdAfter",
            ),
            (
                json!({"action": "delete", "ids": [id], "collectionId": id}),
                "/collectionId",
            ),
            (json!({"action": "move", "ids": [id]}), "/collectionId"),
            (
                json!({"action": "undelete", "ids": [id], "permanent": true}),
                "/permanent",
            ),
            (json!({"action": "undelete", "filter": {}}), "/filter"),
            (
                json!({"action": "delete", "filter": {"metadata": {}}}),
                "/filter/metadata",
            ),
            (
                json!({"action": "delete", "filter": {"title": " "}}),
                "/filter/title",
            ),
            (
                json!({"action": "delete", "filter": {"deleted": true}}),
                "/filter/deleted",
            ),
            (
                json!({"action": "move", "filter": {"deleted": true}, "collectionId": id}),
                "/filter/deleted",
            ),
        ] {
            let error = check(body.clone()).err().unwrap();
            assert_eq!(error.fields()[0].pointer, pointer, "{body}");
        }
        let moved = check(json!({"action": "move", "ids": [id], "collectionId": null})).unwrap();
        assert_eq!(moved.operation.collection_id, None);
        let digits = json!({"action": "retry", "filter": {"metadata": {"n": 1}}}).to_string();
        let digits = digits.replace(":1}", ":0.10000000000000000001}");
        let wanted = serde_json::from_str::<BulkRequest>(&digits)
            .unwrap()
            .check()
            .unwrap();
        let metadata = wanted.filter.metadata.unwrap();
        assert_eq!(metadata.as_str(), r#"{"n":0.10000000000000000001}"#);
    }
}

//! Notifications to receivers, as `webhooks` of the OpenAPI document.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, VersionNumber,
    documents::{FailureCode, Status},
    webhooks::Event,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, HttpMethod, PathItem, Paths, Ref, RefOr, Required, Response, Schema,
        path::{OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{ObjectBuilder, Type},
    },
};

/// A notification of a document event.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its schema is read; the database writes it")]
struct Notification {
    r#type: Event,
    timestamp: DateTime<Utc>,
    data: NotificationData,
}

/// The document at the time of the event. Fields without a value are left out.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "its schema is read; the database writes it")]
struct NotificationData {
    doc_id: DocumentId,
    version: VersionNumber,
    status: NotifiedStatus,
    code: Option<FailureCode>,
    title: String,
    external_id: Option<String>,
    source_url: Option<String>,
    file_name: Option<String>,
    collection_id: Option<CollectionId>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<String>,
}

/// A document status, or `deleted`.
struct NotifiedStatus;

impl PartialSchema for NotifiedStatus {
    fn schema() -> RefOr<Schema> {
        let ended = [Status::Completed, Status::Failed, Status::NeedsAction];
        let names = ended
            .iter()
            .map(|status| status.as_str())
            .chain(["deleted"]);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for NotifiedStatus {}

fn header(name: &str, sentence: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(sentence))
        .schema(Some(String::schema()))
}

/// Returns the requests to receivers, one for each event, and their schemas.
pub(super) fn webhooks() -> (Paths, Vec<(String, RefOr<Schema>)>) {
    let mut paths = Paths::new();
    for event in Event::ALL {
        let body = Content::new(Some(Ref::from_schema_name("Notification")));
        let operation = OperationBuilder::new()
            .summary(Some("Sent to subscribers of this event"))
            .description(Some(
                "Signed according to Standard Webhooks (https://www.standardwebhooks.com). Delivered at least once, always with the same webhook-id.",
            ))
            .parameter(header("webhook-id", "The notification's id, the same for every attempt."))
            .parameter(header("webhook-timestamp", "Time of this attempt, in Unix seconds."))
            .parameter(header("webhook-signature", "One or two signatures, each `v1,` and base64, separated by a space."))
            .request_body(Some(
                RequestBodyBuilder::new()
                    .content("application/json", body)
                    .required(Some(Required::True))
                    .build(),
            ))
            .response("2XX", Response::new("Accepted"))
            .response("410", Response::new("Gone: the platform disables the webhook"));
        let item = PathItem::new(HttpMethod::Post, operation);
        paths.paths.insert(event.as_str().to_owned(), item);
    }
    let mut schemas = vec![("Notification".to_owned(), Notification::schema())];
    Notification::schemas(&mut schemas);
    (paths, schemas)
}

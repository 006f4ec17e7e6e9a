//! `GET /api/openapi.json`: all routes as an OpenAPI document. It is generated from the code of all groups,
//! which this function does not contain; a test keeps the file current.

use axum::response::{IntoResponse, Response};
use dynrag_api::{
    Answer,
    openapi::{Description, Success},
};
use http::header;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema},
};

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The document.
pub(crate) struct Document;

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ];
        (headers, DOCUMENT).into_response()
    }
}

/// An OpenAPI document; its schema is defined by OpenAPI.
struct OpenApi;

impl PartialSchema for OpenApi {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().into()
    }
}

impl ToSchema for OpenApi {}

impl Success for Document {
    fn describe(description: &mut Description) {
        description.responds::<OpenApi>(200, "OK");
    }
}

/// Returns the document.
pub(crate) async fn openapi() -> Answer<Document> {
    Ok(Document)
}

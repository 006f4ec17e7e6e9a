//! Extractors whose refusals are problem documents with a pointer to what is wrong.

use std::str::FromStr;

use axum::{
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Request,
        rejection::RawPathParamsRejection,
    },
    http::request::Parts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dynrag_domain::{
    ApiKeyId, CollectionId, CustomerId, DeliveryId, DocumentId, Error, JobId, Kind, Result, UserId,
    WebhookId, documents::VersionNumber,
};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{openapi::Description, problem::Failure};

/// Largest body after decoding: what Lambda's 6 MB of payload leave of a base64 body.
pub const MAX_BODY: usize = 4_500_000;

/// Reads a body, up to the limit of every route.
///
/// # Errors
/// `body_too_large`, which names the other way in.
pub async fn body_bytes(request: Request) -> Result<Bytes> {
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) if e.downcast_ref::<LengthLimitError>().is_some() => Err(body_too_large()),
        Err(e) => Err(
            Error::new(Kind::Malformed, "unreadable_body", "The body ended early.")
                .because(e.to_string()),
        ),
    }
}

/// The refusal of a body over the limit of every route.
pub fn body_too_large() -> Error {
    Error::new(
        Kind::TooLarge,
        "body_too_large",
        format!(
            "A body may have {MAX_BODY} bytes. Upload larger files through /api/ingest/presigned-url."
        ),
    )
}

/// A JSON body, or a JSON answer.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            return Err(not_declared().into());
        }
        let bytes = body_bytes(request).await?;
        Ok(Self(from_json(&bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Failure;

    /// None for a request without a body.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Failure> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state)
                .await
                .map(Some);
        }
        if body_bytes(request).await?.is_empty() {
            Ok(None)
        } else {
            Err(not_declared().into())
        }
    }
}

fn not_declared() -> Error {
    Error::new(
        Kind::UnsupportedType,
        "unsupported_media_type",
        "Send the body as application/json.",
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence.to_ascii_lowercase().ends_with("+json")
}

/// Parses a JSON object as [`Json`] parses a body, for example a part of a body that was read already. Bytes that are
/// not JSON are malformed; JSON that does not fit the type is a bad field.
///
/// # Errors
/// `invalid_json`; `invalid_fields`, with pointers relative to this part.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.is_empty() {
        return Err(Error::new(
            Kind::Malformed,
            "invalid_json",
            "The body is empty; send a JSON object.",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let pointer = pointer(e.path());
        let inner = e.into_inner();
        if !inner.is_data() {
            return not_json(&inner);
        }
        let detail = describe(&inner);
        match missing(&detail) {
            Some(field) => Error::field(format!("{pointer}/{field}"), "this is needed"),
            None => Error::field(pointer, detail),
        }
    })?;
    deserializer.end().map_err(|e| not_json(&e))?;
    // Serde would take a list for a struct, its fields by their order.
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Ok(value),
        _ => Err(Error::field("", "a JSON object")),
    }
}

/// For a field of a change in which null takes something away: `Option<Option<T>>` that tells null from
/// nothing, with `#[serde(default, deserialize_with = "dynrag_api::given")]`.
///
/// # Errors
/// The deserializer's own.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The field of serde's "missing field `title`".
fn missing(detail: &str) -> Option<&str> {
    detail.strip_prefix("missing field `")?.strip_suffix('`')
}

fn not_json(error: &serde_json::Error) -> Error {
    Error::new(
        Kind::Malformed,
        "invalid_json",
        format!(
            "The body is not valid JSON (line {}, column {}).",
            error.line(),
            error.column()
        ),
    )
}

/// Serde's sentence without its position and the names of our types.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let sentence = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(sentence, _)| sentence);
    let (said, expected) = match sentence.split_once(", expected ") {
        Some((said, expected)) => (said, Some(expected)),
        None => (sentence, None),
    };
    let expected = expected.map(|expected| match expected.split(' ').next() {
        Some("struct" | "internally" | "map" | "adjacently") => "an object",
        Some("sequence") => "a list",
        Some("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64") => "a whole number",
        Some("f32" | "f64") => "a number",
        _ => expected,
    });
    match expected {
        Some(expected) => format!("{said}, expected {expected}"),
        None => said.to_owned(),
    }
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        axum::extract::Query::<T>::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|e| Error::new(Kind::Invalid, "invalid_query", e.body_text()).into())
    }
}

/// The id in a path, or two of them. One that does not parse belongs to nothing: 404.
pub struct Path<T>(pub T);

/// An id that a path may have, and what its parameter is called.
pub trait PathId: FromStr<Err = Error> + ToSchema {
    /// The parameter, for the OpenAPI document.
    const PARAMETER: &'static str = "id";
}

impl PathId for ApiKeyId {}
impl PathId for CollectionId {}
impl PathId for CustomerId {}
impl PathId for DocumentId {}
impl PathId for JobId {}
impl PathId for UserId {}
impl PathId for WebhookId {}
impl PathId for VersionNumber {
    const PARAMETER: &'static str = "version";
}
impl PathId for DeliveryId {
    const PARAMETER: &'static str = "deliveryId";
}

/// What the parameters of a path are read as: an id, or a pair of them.
pub trait PathIds: Sized {
    /// Reads them, in their order.
    ///
    /// # Errors
    /// `not_found`; an internal fault where the route has fewer.
    fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self>;

    /// Adds the parameters to what is known of an operation.
    fn describe(description: &mut Description);
}

impl<T: PathId> PathIds for T {
    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self> {
        let missing = || Error::internal_fault("route has too few path parameters");
        texts.next().ok_or_else(missing)?.parse()
    }

    fn describe(description: &mut Description) {
        description.path_parameter::<T>(T::PARAMETER);
    }
}

impl<A: PathId, B: PathId> PathIds for (A, B) {
    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self> {
        // Where neither parses it is the inner one that does not exist, as for ids that nobody has.
        match (A::read(&mut texts), B::read(texts)) {
            (Ok(outer), Ok(inner)) => Ok((outer, inner)),
            (_, Err(error)) | (Err(error), Ok(_)) => Err(error),
        }
    }

    fn describe(description: &mut Description) {
        A::describe(description);
        B::describe(description);
    }
}

impl<S: Send + Sync, T: PathIds> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let params = axum::extract::RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|e: RawPathParamsRejection| {
                Error::not_found("resource").because(e.body_text())
            })?;
        Ok(Self(T::read(params.iter().map(|(_, text)| text))?))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "read by serde")]
        items: Vec<Item>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[expect(dead_code, reason = "read by serde")]
        size: u32,
    }

    #[test]
    fn a_bad_field_is_pointed_at() {
        let error = |json: &str| from_json::<Body>(json.as_bytes()).unwrap_err();
        assert_eq!(
            error(r#"{"items":[{"size":"x"}]}"#).fields()[0].pointer,
            "/items/0/size"
        );
        assert_eq!(
            error(r#"{"items":[{"size":1,"colour":2}]}"#).fields()[0].pointer,
            "/items/0/colour"
        );
        assert_eq!(error(r#"{"items":[],"items":[]}"#).kind(), Kind::Invalid);
        assert_eq!(error(r#"{"items":["#).code(), "invalid_json");
        assert_eq!(error(r#"{"items":[]} x"#).code(), "invalid_json");
        let latin = from_json::<String>(b"\"caf\xe9\"").unwrap_err();
        assert_eq!(latin.code(), "invalid_json");
        assert_eq!(error("").code(), "invalid_json");
        assert_eq!(error("{}").fields()[0].pointer, "/items");
        assert_eq!(
            error(r#"{"items":[{"size":"x"}]}"#).fields()[0].detail,
            "invalid type: string \"x\", expected a whole number"
        );
        // As deep as a stack is not.
        assert_eq!(error(&"[".repeat(100_000)).kind(), Kind::Invalid);
        let deep = format!(r#"{{"items":{}"#, "[".repeat(100_000));
        assert_eq!(error(&deep).kind(), Kind::Invalid);
    }

    #[test]
    fn a_list_is_no_object() {
        let error = |json: &str| from_json::<Body>(json.as_bytes()).unwrap_err();
        for json in ["[[]]", " [[]]", "[]", "[[{\"size\":1}]]"] {
            assert_eq!(error(json).kind(), Kind::Invalid, "{json}");
        }
    }
}

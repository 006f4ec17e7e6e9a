//! Extractors whose rejections are problem documents with a pointer to the invalid field.

use axum::{
    extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dynrag_domain::{Error, Kind, Result};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{problem::Failure, strict::Strict};

/// Largest decoded body: a base64 body must fit into Lambda's payload of 6 MB.
pub const MAX_BODY: usize = 4_500_000;

/// The media type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Deepest nesting of JSON, the limit of serde_json.
const MAX_DEPTH: usize = 127;

/// Reads a body, up to the limit for all routes.
///
/// # Errors
/// `body_too_large`, which points to presigned uploads; `unreadable_body`.
pub async fn body_bytes(request: Request) -> Result<Bytes> {
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) if e.downcast_ref::<LengthLimitError>().is_some() => Err(body_too_large()),
        Err(e) => Err(Error::new(
            Kind::Malformed,
            "unreadable_body",
            "The body ended early. Send the request again.",
        )
        .because(e.to_string())),
    }
}

/// Returns the error for a body over the limit for all routes.
pub fn body_too_large() -> Error {
    Error::new(
        Kind::TooLarge,
        "body_too_large",
        format!(
            "A body may have at most {MAX_BODY} bytes. Upload larger files with POST /api/ingest/presigned-url."
        ),
    )
}

/// A JSON body of a request or response.
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

    /// Returns `None` for a request without a body.
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

/// Parses a JSON object as [`Json`] parses a body, for example a part of a body that was already read. Bytes that are
/// not JSON are malformed; JSON that does not fit the type is an invalid field.
///
/// # Errors
/// `invalid_json`; `invalid_fields`, with pointers relative to this part.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // PowerShell and .NET send a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(Error::new(
            Kind::Malformed,
            "invalid_json",
            "The body is empty. Send a JSON object.",
        ));
    }
    // Serde would accept an array for a struct, with its fields in order.
    if !matches!(
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()),
        Some(b'{')
    ) {
        let parsed: serde_json::Result<IgnoredAny> = serde_json::from_slice(bytes);
        return Err(match parsed {
            Err(error) if !error.is_data() => not_json(&error),
            _ => Error::field("", "a JSON object"),
        });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Strict(&mut deserializer)).map_err(|e| {
        let pointer = pointer(e.path());
        let inner = e.into_inner();
        if is_too_deep(&inner) {
            return Error::field(pointer, format!("nested at most {MAX_DEPTH} levels deep"));
        }
        if !inner.is_data() {
            return not_json(&inner);
        }
        bad_field(pointer, &inner.to_string())
    })?;
    deserializer.end().map_err(|e| not_json(&e))?;
    Ok(value)
}

fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

/// Returns the error for a field that serde rejected, from serde's message.
fn bad_field(pointer: String, sentence: &str) -> Error {
    let detail = describe(sentence);
    if let Some(name) = quoted(sentence, "duplicate field ") {
        return Error::field(format!("{pointer}/{name}"), "given more than once");
    }
    // An enum name that is a key of an object.
    if let (Some(object), Some(name)) = (
        pointer.strip_suffix("/?"),
        quoted(sentence, "unknown variant "),
    ) {
        return Error::field(format!("{object}/{name}"), detail);
    }
    match missing(&detail) {
        Some(field) => Error::field(format!("{pointer}/{field}"), "required"),
        None => Error::field(pointer, detail),
    }
}

/// Returns the field name of serde's "missing field `title`".
fn missing(detail: &str) -> Option<&str> {
    quoted(detail, "missing field ")
}

/// Returns the name in backticks after the beginning of a message.
fn quoted<'a>(sentence: &'a str, beginning: &str) -> Option<&'a str> {
    let name = sentence.strip_prefix(beginning)?.strip_prefix('`')?;
    name.split('`').next()
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

/// Returns serde's message without its position and Rust type names.
fn describe(sentence: &str) -> String {
    let sentence = sentence
        .rsplit_once(" at line ")
        .map_or(sentence, |(sentence, _)| sentence);
    // Messages of parsers of numbers, booleans, ids and times.
    let begins = |with: &[&str]| with.iter().any(|with| sentence.starts_with(with));
    if begins(&["invalid digit", "number too ", "cannot parse integer"]) {
        return "a whole number".to_owned();
    }
    if begins(&["UUID parsing failed"]) {
        return "an id such as 01936f6e-3c00-7000-8000-00000000000d".to_owned();
    }
    if begins(&[
        "input contains invalid characters",
        "premature end of input",
        "input is out of range",
        "trailing input",
    ]) {
        return "a time such as 2026-11-21T09:30:00Z".to_owned();
    }
    if sentence.starts_with("provided string was not `true`") {
        return "true or false".to_owned();
    }
    let (said, expected) = match sentence.split_once(", expected ") {
        Some((said, expected)) => (said, Some(expected)),
        None => (sentence, None),
    };
    // Names in backticks, one or more.
    let names = expected
        .map(|expected| expected.replace('`', ""))
        .filter(|names| !names.is_empty());
    match (&names, said) {
        (Some(names), said) if said.starts_with("unknown variant ") => return names.clone(),
        (Some(names), said) if said.starts_with("unknown field ") => {
            let known = names.strip_prefix("one of ").unwrap_or(names);
            return format!("unknown; known fields: {known}");
        }
        (_, said) if said.starts_with("unknown field ") => return "unknown".to_owned(),
        _ => {}
    }
    let expected = expected.map(|expected| {
        match expected
            .split(' ')
            .find(|word| *word != "a" && *word != "an")
        {
            Some("struct" | "internally" | "map" | "adjacently") => "an object",
            Some("sequence") => "a list",
            Some("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64") => "a whole number",
            Some("f32" | "f64") => "a number",
            _ => expected,
        }
    });
    match expected {
        Some(expected) => format!("{said}, expected {expected}"),
        None => said.to_owned(),
    }
}

/// Returns a JSON pointer (RFC 6901).
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

/// Whether a body is declared as a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok()?.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FORM))
}

/// The body of a form.
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        if !is_form(request.headers()) {
            return Err(Error::new(
                Kind::UnsupportedType,
                "unsupported_media_type",
                format!("Send the body as {FORM}."),
            )
            .into());
        }
        let bytes = body_bytes(request).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::field("", "UTF-8"))?;
        Ok(Self(from_query(text)?))
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        Ok(Self(from_query(parts.uri.query().unwrap_or_default())?))
    }
}

fn from_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|e| {
        let pointer = pointer(e.path());
        bad_field(pointer, &e.into_inner().to_string())
    })
}

/// Rejects a query on a route without parameters: ignoring it would mislead.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn no_query(query: Option<&str>) -> Result<()> {
    match form_urlencoded::parse(query.unwrap_or_default().as_bytes()).next() {
        Some((name, _)) => {
            let name = name.replace('~', "~0").replace('/', "~1");
            Err(Error::field(
                format!("/{name}"),
                "this route has no query parameters",
            ))
        }
        None => Ok(()),
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
    fn an_invalid_field_has_a_pointer() {
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
        let latin = from_json::<serde_json::Value>(b"{\"a\":\"caf\xe9\"}").unwrap_err();
        assert_eq!(latin.code(), "invalid_json");
        assert_eq!(error("").code(), "invalid_json");
        assert_eq!(error("{}").fields()[0].pointer, "/items");
        assert_eq!(error(r#"{"items":[[1]]}"#).fields()[0].pointer, "/items/0");
        assert_eq!(
            error(r#"{"items":[],"items":[]}"#).fields()[0].pointer,
            "/items"
        );
        assert_eq!(
            error(r#"{"items":5}"#).fields()[0].detail,
            "invalid type: integer `5`, expected a list"
        );
        assert_eq!(
            error(r#"{"items":[{"size":"x"}]}"#).fields()[0].detail,
            "invalid type: string \"x\", expected a whole number"
        );
        // Deeper than the stack allows.
        assert_eq!(error(&"[".repeat(100_000)).code(), "invalid_json");
        let deep = format!(r#"{{"items":{}"#, "[".repeat(100_000));
        assert_eq!(error(&deep).kind(), Kind::Invalid);
    }

    #[test]
    fn a_byte_order_mark_is_accepted_and_depth_is_limited() {
        let body: Body = from_json(b"\xef\xbb\xbf{\"items\":[]}").unwrap();
        drop(body);
        let nested = |depth: usize| {
            let json = format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
            from_json::<serde_json::Map<String, serde_json::Value>>(json.as_bytes())
        };
        assert!(nested(120).is_ok());
        let error = nested(200).unwrap_err();
        assert_eq!(error.fields()[0].detail, "nested at most 127 levels deep");
    }

    #[test]
    fn an_invalid_query_parameter_has_a_pointer() {
        #[derive(Deserialize, Debug)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        #[expect(dead_code, reason = "read by serde")]
        struct Wanted {
            file_name: String,
            limit: Option<u32>,
            exact: Option<bool>,
            order: Option<Order>,
        }
        #[derive(Deserialize, Debug)]
        #[serde(rename_all = "camelCase")]
        enum Order {
            Up,
            Down,
            None,
        }
        for (query, pointer, detail) in [
            ("", "/fileName", "required"),
            ("fileName=a&limit=ten", "/limit", "a whole number"),
            ("fileName=a&limit=-1", "/limit", "a whole number"),
            ("fileName=a&limit=99999999999", "/limit", "a whole number"),
            ("fileName=a&exact=1", "/exact", "true or false"),
            (
                "fileName=a&colour=red",
                "/colour",
                "unknown; known fields: fileName, limit, exact, order",
            ),
            ("fileName=a&fileName=b", "/fileName", "given more than once"),
            ("fileName=a&limit=", "/limit", "a whole number"),
            ("fileName=a&order=red", "/order", "one of up, down, none"),
        ] {
            let error = from_query::<Wanted>(query).unwrap_err();
            let field = &error.fields()[0];
            assert_eq!(
                (&*field.pointer, &*field.detail),
                (pointer, detail),
                "{query}"
            );
        }
        assert!(from_query::<Wanted>("fileName=a%20b&limit=3").is_ok());
        assert!(no_query(None).is_ok() && no_query(Some("")).is_ok());
        assert_eq!(
            no_query(Some("wait=5")).unwrap_err().fields()[0].pointer,
            "/wait"
        );
    }

    #[test]
    fn an_array_is_rejected_for_an_object() {
        let error = |json: &str| from_json::<Body>(json.as_bytes()).unwrap_err();
        for json in ["[[]]", " [[]]", "[]", "[[{\"size\":1}]]"] {
            assert_eq!(error(json).kind(), Kind::Invalid, "{json}");
        }
    }
}

//! Whatever another system sends, as a document: JSON, a form, or the bytes of a file with what is known of
//! it in headers and query (as n8n's HTTP Request node sends binary data).

use axum::{
    body::Body as RequestBody,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use dynrag_api::{
    Failure, body_bytes,
    openapi::{self, Argument},
};
use dynrag_domain::{
    CollectionId, Error, Kind, Result,
    config::CustomerConfig,
    documents::{Format, MAX_TITLE, OnDuplicate, Source},
};
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::{
    accept::Content,
    document::Body,
    fields::{self, Description},
    file::{self, Part},
    wait::Waiting,
};

/// The fields of a text as `POST /api/ingest/document` takes it. An object of others is a document itself.
const FIELDS: [&str; 8] = [
    "title",
    "content",
    "contentType",
    "externalId",
    "metadata",
    "onDuplicate",
    "chunking",
    "collectionId",
];
/// What other systems call a title.
const TITLES: [&str; 3] = ["title", "name", "subject"];
/// Headers that describe a document, and their fields. The query goes before them.
const HEADERS: [(&str, &str); 6] = [
    ("x-title", "title"),
    ("x-external-id", "externalId"),
    ("x-metadata", "metadata"),
    ("x-on-duplicate", "onDuplicate"),
    ("x-chunking", "chunking"),
    ("x-collection-id", "collectionId"),
];

/// What the query says of the document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Said {
    /// Seconds to hold the answer until the document has ended; none where it is left out.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
    title: Option<String>,
    external_id: Option<String>,
    on_duplicate: Option<OnDuplicate>,
    collection_id: Option<CollectionId>,
}

impl Said {
    /// How long the caller waits.
    pub(crate) fn waiting(&self) -> Waiting {
        Waiting::seconds(self.wait)
    }
}

/// A body with its headers.
pub(crate) struct Payload {
    headers: HeaderMap,
    body: Bytes,
}

impl Argument for Payload {
    fn describe(description: &mut openapi::Description) {
        for (name, field) in HEADERS {
            description.header(name, &format!("`{field}`, where the body does not say it."));
        }
        description.any_body();
    }
}

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let body = body_bytes(Request::new(body)).await?;
        Ok(Self::new(parts.headers, body))
    }
}

impl Payload {
    pub(crate) fn new(headers: HeaderMap, body: Bytes) -> Self {
        Self { headers, body }
    }

    /// Description and content, checked. What names itself nowhere is called `untitled`.
    ///
    /// # Errors
    /// `invalid_fields`, `invalid_json`, `invalid_multipart`, `unsupported_type`, `file_too_large`,
    /// `empty_document`.
    pub(crate) async fn read(
        self,
        config: &CustomerConfig,
        said: Said,
        untitled: &str,
    ) -> Result<(Description, Content)> {
        let described = described(&self.headers, said)?;
        let content_type = text(&self.headers, header::CONTENT_TYPE.as_str())?;
        let declared = content_type.as_deref().unwrap_or_default();
        let essence = declared.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => {
                let fields = form_fields(form_urlencoded::parse(&self.body).into_owned());
                of_fields(config, fields, described, untitled)
            }
            "multipart/form-data" => {
                let mut request = Request::new(RequestBody::from(self.body));
                *request.headers_mut() = self.headers;
                of_parts(config, file::parts(request).await?, described, untitled)
            }
            json if json == "application/json" || json.ends_with("+json") => {
                of_json(config, self.body, described, untitled)
            }
            _ => {
                let name = file_name(&self.headers)?;
                of_file(config, self.body, name, Some(declared), described, untitled)
            }
        }
    }
}

/// What headers and query say.
fn described(headers: &HeaderMap, said: Said) -> Result<Description> {
    let mut description = Description::default();
    for (header, field) in HEADERS {
        if let Some(text) = text(headers, header)? {
            description.set(field, text)?;
        }
    }
    description.title = said.title.or(description.title);
    description.external_id = said.external_id.or(description.external_id);
    description.on_duplicate = said.on_duplicate.unwrap_or(description.on_duplicate);
    description.collection_id = said.collection_id.or(description.collection_id);
    Ok(description)
}

/// A header's text, which clients send as UTF-8.
fn text(headers: &HeaderMap, name: &str) -> Result<Option<String>> {
    let mut values = headers.get_all(name).iter();
    let utf8 = |value: &HeaderValue| {
        String::from_utf8(value.as_bytes().to_vec()).map(|text| text.trim().to_owned())
    };
    match (values.next().map(utf8), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text)),
        _ => Err(Error::new(
            Kind::Malformed,
            "invalid_header",
            format!("{name} is one value in UTF-8."),
        )),
    }
}

/// The name of a file sent as it is.
fn file_name(headers: &HeaderMap) -> Result<Option<String>> {
    let disposition = text(headers, header::CONTENT_DISPOSITION.as_str())?;
    let name = match disposition.as_deref().and_then(disposed) {
        Some(name) => Some(name),
        None => text(headers, "x-file-name")?,
    };
    Ok(name.as_deref().and_then(fields::file_name))
}

/// The file's name in a `Content-Disposition` (RFC 6266): `filename*` before `filename`.
fn disposed(value: &str) -> Option<String> {
    let (mut plain, mut extended) = (None, None);
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (text, after) = parameter(after.trim_start());
        match name.trim().to_ascii_lowercase().as_str() {
            "filename" => plain = Some(text),
            "filename*" => extended = decoded(&text),
            _ => {}
        }
        match after.split_once(';') {
            Some((_, more)) if more.contains('=') => rest = more,
            _ => return extended.or(plain),
        }
    }
}

/// A parameter's value, quoted or not, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '"' if !escaped => return (value, &quoted[at + 1..]),
            '\\' if !escaped => escaped = true,
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    (value, "")
}

/// RFC 8187: `UTF-8''caf%C3%A9.pdf`.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '\'');
    let (charset, _, value) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let text = percent_decode_str(value).decode_utf8().ok()?;
    Some(text.into_owned())
}

/// The fields of a form as an object; what comes more than once is a list.
fn form_fields(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, text) in pairs {
        // Objects, as JSON text.
        let value = match name.as_str() {
            "metadata" | "chunking" => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            _ => Value::String(text),
        };
        match fields.get_mut(&name) {
            None => drop(fields.insert(name, value)),
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    fields
}

fn of_fields(
    config: &CustomerConfig,
    fields: Map<String, Value>,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let bytes = Value::Object(fields).to_string();
    of_json(config, bytes.into(), described, untitled)
}

/// A form with a file, the rest of which describes it; or one without, which is an object.
fn of_parts(
    config: &CustomerConfig,
    parts: Vec<Part>,
    mut described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let is_file = |part: &Part| part.file_name.is_some() || part.name == "file";
    let (files, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_file);
    let mut files = files.into_iter();
    let file = match (files.next(), files.next()) {
        (Some(file), None) => file,
        (Some(_), Some(second)) => {
            return Err(Error::field(second.pointer(), "one file a request"));
        }
        (None, _) => {
            let pairs = others
                .into_iter()
                .map(|part| part.text().map(|text| (part.name, text)))
                .collect::<Result<Vec<_>>>()?;
            return of_fields(config, form_fields(pairs.into_iter()), described, untitled);
        }
    };
    let mut more = Map::new();
    for part in others {
        let text = part.text()?;
        if !described.set(&part.name, text.clone())? {
            more.insert(part.name, Value::String(text));
        }
    }
    // What the sender says beside is kept; what it calls metadata goes before.
    match &mut described.metadata {
        Some(Value::Object(metadata)) => more.extend(std::mem::take(metadata)),
        Some(_) => return described.check().and_then(|_| Err(not_an_object())),
        None => {}
    }
    described.metadata =
        Some(Value::Object(more)).filter(|more| *more != Value::Object(Map::new()));
    let declared = file.content_type.as_deref();
    of_file(
        config,
        file.bytes,
        file.file_name,
        declared,
        described,
        untitled,
    )
}

fn not_an_object() -> Error {
    Error::field("/metadata", "an object")
}

fn of_file(
    config: &CustomerConfig,
    bytes: Bytes,
    name: Option<String>,
    declared: Option<&str>,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let title = described.title.or_else(|| match name {
        Some(_) => None,
        None => Some(untitled.to_owned()),
    });
    let description = Description { title, ..described }.check()?;
    let content = file::content(config, Source::Webhook, bytes, name, declared)?;
    Ok((description, content))
}

/// An object of the fields of a text is that text; anything else is a document of JSON itself.
fn of_json(
    config: &CustomerConfig,
    bytes: Bytes,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| {
        Error::new(
            Kind::Malformed,
            "invalid_json",
            format!(
                "The body is not valid JSON (line {}, column {}).",
                e.line(),
                e.column()
            ),
        )
    })?;
    let map = value.as_object();
    let is_text = map.is_some_and(|map| {
        map.get("content").is_some_and(Value::is_string)
            && map.keys().all(|key| FIELDS.contains(&key.as_str()))
    });
    if is_text && let Value::Object(map) = value {
        return of_text(config, map, described, untitled);
    }
    let own = |name: &str| map.and_then(|map| map.get(name)).and_then(Value::as_str);
    let title = described.title.or_else(|| {
        let titles = TITLES.iter().filter_map(|name| own(name));
        let mut clean = titles.map(clean).filter(|title| !title.is_empty());
        clean.next()
    });
    let description = Description {
        title: Some(title.unwrap_or_else(|| untitled.to_owned())),
        external_id: described
            .external_id
            .or_else(|| own("externalId").map(str::to_owned)),
        ..described
    }
    .check()?;
    let format = fields::check_format(config, Format::Json)?;
    fields::check_size(config, bytes.len() as u64)?;
    let content = Content {
        source: Source::Webhook,
        format,
        file_name: None,
        bytes,
    };
    Ok((description, content))
}

/// As `POST /api/ingest/document`, where headers and query fill in what the body leaves out.
fn of_text(
    config: &CustomerConfig,
    mut map: Map<String, Value>,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let mut fill = |name: &str, value: Option<Value>| {
        if let (None, Some(value)) = (map.get(name), value) {
            map.insert(name.to_owned(), value);
        }
    };
    let title = described.title.unwrap_or_else(|| untitled.to_owned());
    fill("title", Some(title.into()));
    fill("externalId", described.external_id.map(Value::from));
    fill("metadata", described.metadata);
    let on_duplicate = serde_json::to_value(described.on_duplicate);
    let chunking = described.chunking.map(serde_json::to_value).transpose();
    fill("chunking", chunking.map_err(Error::internal_fault)?);
    let collection = described.collection_id;
    fill("collectionId", collection.map(|id| id.to_string().into()));
    fill(
        "onDuplicate",
        Some(on_duplicate.map_err(Error::internal_fault)?),
    );
    let body: Body = dynrag_api::from_value(Value::Object(map))?;
    let (description, content) = body.read(config)?;
    let source = Source::Webhook;
    Ok((description, Content { source, ..content }))
}

/// Another system's title, made one of ours.
fn clean(title: &str) -> String {
    let spaced: String = title
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_TITLE)
        .collect();
    spaced.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config() -> CustomerConfig {
        serde_json::from_value(json!({
            "requestsPerMinute": 60, "requestsPerDay": 1000, "classLimits": {}, "maxDocuments": 10,
            "maxFileBytes": 1000, "allowedTypes": ["pdf", "txt", "html", "md", "csv", "json"],
            "chunking": {"size": 1000, "overlap": 200}, "embeddingModel": "m", "monthlyBudgetUsd": null,
            "budgetAlertPercent": 80, "retentionDays": 30
        }))
        .unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        pairs
            .iter()
            .map(|(name, text)| (name.parse().unwrap(), value(text)))
            .collect()
    }

    async fn read(
        pairs: &[(&'static str, &str)],
        query: &str,
        body: &str,
    ) -> Result<(Description, Content)> {
        let said: Said = serde_urlencoded(query);
        let payload = Payload::new(headers(pairs), Bytes::from(body.to_owned()));
        payload.read(&config(), said, "hook").await
    }

    fn serde_urlencoded(query: &str) -> Said {
        let uri = format!("/?{query}").parse().unwrap();
        axum::extract::Query::try_from_uri(&uri).unwrap().0
    }

    #[tokio::test]
    async fn a_text_is_a_text_and_other_json_is_itself() {
        let kind = ("content-type", "application/json; charset=utf-8");
        for (query, body, title, id, format, bytes) in [
            (
                "",
                r##"{"title": "T", "content": "# A", "contentType": "text/markdown"}"##,
                "T",
                None,
                Format::Md,
                "# A",
            ),
            (
                "title=Q&externalId=q",
                r#"{"content": "A"}"#,
                "Q",
                Some("q"),
                Format::Txt,
                "A",
            ),
            (
                "title=Q",
                r#"{"title": "T", "content": "A"}"#,
                "T",
                None,
                Format::Txt,
                "A",
            ),
            ("", r#"{"content": "A"}"#, "hook", None, Format::Txt, "A"),
            // Not only a text's fields: nothing of it is lost.
            (
                "",
                r#"{"title":"T","content":"A","link":"x"}"#,
                "T",
                None,
                Format::Json,
                r#"{"title":"T","content":"A","link":"x"}"#,
            ),
            (
                "",
                r#"{"subject": " S\n1 ", "externalId": "7"}"#,
                "S 1",
                Some("7"),
                Format::Json,
                r#"{"subject": " S\n1 ", "externalId": "7"}"#,
            ),
            (
                "",
                r#"{"name": ""}"#,
                "hook",
                None,
                Format::Json,
                r#"{"name": ""}"#,
            ),
            ("title=Q", "[1, 2]", "Q", None, Format::Json, "[1, 2]"),
        ] {
            let (description, content) = read(&[kind], query, body).await.unwrap();
            assert_eq!(description.title.as_deref(), Some(title), "{body}");
            assert_eq!(description.external_id.as_deref(), id, "{body}");
            assert_eq!(content.format, format, "{body}");
            assert_eq!(content.bytes, bytes, "{body}");
            assert_eq!(content.source, Source::Webhook);
        }
        for (body, code) in [
            ("{", "invalid_json"),
            ("", "invalid_json"),
            (r#"{"title": "", "content": "A"}"#, "invalid_fields"),
            (r#"{"content": " "}"#, "invalid_fields"),
            (&"[".repeat(500), "invalid_json"),
        ] {
            let error = read(&[kind], "", body).await.err().unwrap();
            assert_eq!(error.code(), code, "{body}");
        }
    }

    #[tokio::test]
    async fn a_file_is_described_by_headers_and_query() {
        let described = [
            ("content-type", "text/csv"),
            (
                "content-disposition",
                "attachment; filename=\"a \\\"b\\\".csv\"; x=1",
            ),
            ("x-title", "Caf\u{e9}"),
            ("x-external-id", "7"),
            ("x-metadata", r#"{"year": 2026}"#),
        ];
        let (description, content) = read(&described, "title=Q", "a,b\n1,2\n").await.unwrap();
        assert_eq!(description.title.as_deref(), Some("Q"));
        assert_eq!(description.external_id.as_deref(), Some("7"));
        assert_eq!(description.metadata, Some(json!({"year": 2026})));
        assert_eq!(content.format, Format::Csv);
        assert_eq!(content.file_name.as_deref(), Some("a \"b\".csv"));
        let (description, _) = read(&described, "", "a,b\n1,2\n").await.unwrap();
        assert_eq!(description.title.as_deref(), Some("Caf\u{e9}"));

        for (disposition, name) in [
            ("attachment; filename=a.md", Some("a.md")),
            (
                "attachment; filename=b.md; filename*=UTF-8''caf%C3%A9.md",
                Some("caf\u{e9}.md"),
            ),
            ("attachment; filename*=UTF-8''..%2F..%2Fa.md", Some("a.md")),
            (
                "attachment; filename*=latin1''a.md; filename=b.md",
                Some("b.md"),
            ),
            ("attachment", Some("x.md")),
            ("attachment; filename", Some("x.md")),
            ("", Some("x.md")),
        ] {
            let pairs = [
                ("content-disposition", disposition),
                ("x-file-name", "x.md"),
            ];
            let (_, content) = read(&pairs, "", "text").await.unwrap();
            assert_eq!(content.file_name.as_deref(), name, "{disposition}");
        }
        let (description, _) = read(&[("content-type", "text/plain")], "", "t")
            .await
            .unwrap();
        assert_eq!(description.title.as_deref(), Some("hook"));
        for (pairs, body, code) in [
            (&[("x-metadata", "[")][..], "t", "invalid_fields"),
            (&[("x-metadata", "[]")], "t", "invalid_fields"),
            (&[("x-title", "")], "t", "invalid_fields"),
            (&[], "", "empty_document"),
            (&[], " ", "empty_document"),
            (&[], "\u{0}\u{1}\u{2}", "unsupported_type"),
        ] {
            let error = read(pairs, "", body).await.err().unwrap();
            assert_eq!(error.code(), code, "{pairs:?} {body:?}");
        }
    }

    #[tokio::test]
    async fn a_collection_is_named_in_any_of_five_places() {
        let id = |n: u8| format!("01936f6e-3c00-7000-8000-0000000000{n:02}");
        let json = ("content-type", "application/json");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let parts = ("content-type", "multipart/form-data; boundary=X");
        let (one, two, three) = (id(1), id(2), id(3));
        let header = ("x-collection-id", one.as_str());
        let query = format!("collectionId={two}");
        let text = format!(r#"{{"content": "A", "collectionId": "{three}"}}"#);
        let fields = format!("content=A&collectionId={three}");
        let file = format!(
            "--X\r\ncontent-disposition: form-data; name=collectionId\r\n\r\n{three}\r\n--X\r\n\
             content-disposition: form-data; name=file; filename=a.md\r\n\r\n# A\r\n--X--\r\n"
        );
        // Another system's own field is content.
        let other = r#"{"subject": "S", "collectionId": 7}"#;
        for (pairs, query, body, expected) in [
            (&[header][..], "", "A", &one),
            (&[header], &*query, "A", &two),
            (&[header, json], &query, &*text, &three),
            (&[header, form], &query, &fields, &three),
            (&[header, parts], &query, &file, &three),
            (&[header, json], "", r#"{"content": "A"}"#, &one),
            (&[json], &query, other, &two),
        ] {
            let (description, _) = read(pairs, query, body).await.unwrap();
            let collection = description.collection_id.map(|id| id.to_string());
            assert_eq!(collection.as_ref(), Some(expected), "{pairs:?} {body}");
        }
        let none = read(&[json], "", other).await.unwrap().0.collection_id;
        assert!(none.is_none());
        for (pairs, body) in [
            (&[("x-collection-id", "7")][..], "A"),
            (&[json], r#"{"content": "A", "collectionId": "7"}"#),
            (&[form], "content=A&collectionId=7"),
        ] {
            let error = read(pairs, "", body).await.err().unwrap();
            assert_eq!(error.fields()[0].pointer, "/collectionId", "{body}");
        }
    }

    #[tokio::test]
    async fn forms_with_and_without_a_file() {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let (description, content) = read(
            &[kind],
            "",
            "title=A+b&content=C%C3%A9&metadata=%7B%22y%22%3A1%7D",
        )
        .await
        .unwrap();
        assert_eq!(description.title.as_deref(), Some("A b"));
        assert_eq!(description.metadata, Some(json!({"y": 1})));
        assert_eq!(content.bytes, "C\u{e9}");
        let (description, content) = read(&[kind], "", "name=N&tag=1&tag=2").await.unwrap();
        assert_eq!(description.title.as_deref(), Some("N"));
        assert_eq!(content.bytes, r#"{"name":"N","tag":["1","2"]}"#);

        let kind = ("content-type", "multipart/form-data; boundary=X");
        let part = |disposition: &str, text: &str| {
            format!("--X\r\ncontent-disposition: form-data; {disposition}\r\n\r\n{text}\r\n")
        };
        let file = part("name=\"data\"; filename=\"a.md\"", "# A");
        let form = format!(
            "{}{}{file}--X--\r\n",
            part("name=title", "T"),
            part("name=from", "n8n")
        );
        let (description, content) = read(&[kind], "", &form).await.unwrap();
        assert_eq!(description.title.as_deref(), Some("T"));
        assert_eq!(description.metadata, Some(json!({"from": "n8n"})));
        assert_eq!((content.format, &*content.bytes), (Format::Md, &b"# A"[..]));
        let alone = format!("{file}--X--\r\n");
        assert_eq!(read(&[kind], "", &alone).await.unwrap().0.metadata, None);
        let without = format!("{}--X--\r\n", part("name=subject", "S"));
        let (description, content) = read(&[kind], "", &without).await.unwrap();
        assert_eq!(description.title.as_deref(), Some("S"));
        assert_eq!(content.format, Format::Json);
        let two = format!("{file}{file}--X--\r\n");
        assert_eq!(
            read(&[kind], "", &two).await.err().unwrap().code(),
            "invalid_fields"
        );
    }
}

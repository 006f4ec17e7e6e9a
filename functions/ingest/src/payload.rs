//! Whatever another system sends, as a document: JSON, a form, or the bytes of a file with what is known of
//! it in headers and query (as n8n's HTTP Request node sends binary data).

mod headers;

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
use http::{HeaderMap, header};
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
use headers::{file_name, text};

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
mod tests;

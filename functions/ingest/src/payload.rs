//! Payloads of other systems as documents: JSON, a form, or a file's bytes with its description in headers and query
//! (as n8n's HTTP Request node sends binary data).

mod headers;

use std::time::Duration;

use axum::{
    body::Body as RequestBody,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use dynrag_api::{
    Failure, body_bytes,
    multipart::{Part, parts},
    openapi::{self, Argument},
    wait_time,
};
use dynrag_app::documents::{Content, Description, NewText, check_format, check_size};
use dynrag_domain::{
    CollectionId, Error, Kind, Result,
    config::CustomerConfig,
    documents::{Format, MAX_TITLE, OnDuplicate, Source},
    metadata::{Members, Metadata},
};
use http::{HeaderMap, header};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::{document::NewDocument, fields, file};
use headers::{file_name, text};

/// The fields of the body of `POST /api/ingest/document`. An object with other fields is itself the document.
const FIELDS: [&str; 10] = [
    "title",
    "content",
    "contentType",
    "externalId",
    "metadata",
    "onDuplicate",
    "chunking",
    "collectionId",
    "includeHidden",
    ATTACHMENTS,
];
/// Our field only if it is a boolean: email services send files or the number of files under this name.
const ATTACHMENTS: &str = "attachments";
/// Names under which other systems send a title.
const TITLES: [&str; 3] = ["title", "name", "subject"];
/// Headers that describe a document, and their fields. The query takes precedence.
const HEADERS: [(&str, &str); 8] = [
    ("x-title", "title"),
    ("x-external-id", "externalId"),
    ("x-metadata", "metadata"),
    ("x-on-duplicate", "onDuplicate"),
    ("x-chunking", "chunking"),
    ("x-collection-id", "collectionId"),
    ("x-include-hidden", "includeHidden"),
    ("x-attachments", ATTACHMENTS),
];

/// The query: fields of the document, and how long to wait.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WebhookQuery {
    /// Seconds to wait for processing to end before the response is sent. Default: 0.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
    title: Option<String>,
    external_id: Option<String>,
    on_duplicate: Option<OnDuplicate>,
    collection_id: Option<CollectionId>,
    include_hidden: Option<bool>,
    attachments: Option<bool>,
}

impl WebhookQuery {
    /// Returns the time to wait.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn time(&self) -> Result<Duration> {
        wait_time(self.wait)
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
            description.header(
                name,
                &format!("`{field}`, if the body does not contain it."),
            );
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

    /// Returns the checked description and content. `untitled` is the title of a document without one.
    ///
    /// # Errors
    /// `invalid_fields`, `invalid_json`, `invalid_multipart`, `unsupported_type`, `file_too_large`,
    /// `empty_document`.
    pub(crate) async fn read(
        self,
        config: &CustomerConfig,
        query: WebhookQuery,
        untitled: &str,
    ) -> Result<(Description, Content)> {
        let described = described(&self.headers, query)?;
        let content_type = text(&self.headers, header::CONTENT_TYPE.as_str())?;
        let declared = content_type.as_deref().unwrap_or_default();
        let essence = declared.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => {
                let fields = form_fields(form_urlencoded::parse(&self.body).into_owned())?;
                of_fields(config, fields, described, untitled)
            }
            "multipart/form-data" => {
                let mut request = Request::new(RequestBody::from(self.body));
                *request.headers_mut() = self.headers;
                of_parts(config, parts(request).await?, described, untitled)
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

/// Returns the description in headers and query.
fn described(headers: &HeaderMap, query: WebhookQuery) -> Result<Description> {
    let mut description = Description::default();
    for (header, field) in HEADERS {
        if let Some(text) = text(headers, header)? {
            fields::set(&mut description, field, text)?;
        }
    }
    description.title = query.title.or(description.title);
    description.external_id = query.external_id.or(description.external_id);
    description.on_duplicate = query.on_duplicate.unwrap_or(description.on_duplicate);
    description.collection_id = query.collection_id.or(description.collection_id);
    let extraction = &mut description.extraction;
    extraction.include_hidden = query.include_hidden.or(extraction.include_hidden);
    extraction.attachments = query.attachments.or(extraction.attachments);
    Ok(description)
}

fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "false")
}

/// Returns the fields of a form as an object; a repeated field becomes a list.
fn form_fields(pairs: impl Iterator<Item = (String, String)>) -> Result<Members> {
    let mut all: IndexMap<String, Vec<Box<RawValue>>> = IndexMap::new();
    for (name, text) in pairs {
        let json = match name.as_str() {
            // Objects and booleans are JSON text.
            "metadata" | "chunking" | "includeHidden" => RawValue::from_string(text.clone()).ok(),
            ATTACHMENTS if is_boolean(&text) => RawValue::from_string(text.clone()).ok(),
            _ => None,
        };
        let value = match json {
            Some(json) => json,
            None => to_raw_value(&text).map_err(Error::internal_fault)?,
        };
        all.entry(name).or_default().push(value);
    }
    let mut fields = Members::default();
    for (name, mut values) in all {
        let value = match values.len() {
            1 => values.remove(0),
            _ => to_raw_value(&values).map_err(Error::internal_fault)?,
        };
        fields.insert(name, value);
    }
    Ok(fields)
}

fn of_fields(
    config: &CustomerConfig,
    fields: Members,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let bytes = serde_json::to_vec(&fields).map_err(Error::internal_fault)?;
    of_json(config, bytes.into(), described, untitled)
}

/// Whether a part is a file: it has a file name, or a type that form fields do not have.
fn is_file(part: &Part) -> bool {
    let typed = || {
        let declared = part.content_type.as_deref().unwrap_or_default();
        let essence = declared.split(';').next().unwrap_or_default().trim();
        let bytes = essence.eq_ignore_ascii_case("application/octet-stream");
        let text = [Format::Txt, Format::Json];
        bytes || Format::from_media_type(essence).is_some_and(|format| !text.contains(&format))
    };
    part.file_name.is_some()
        || part.name == "file"
        || (!FIELDS.contains(&part.name.as_str()) && typed())
}

/// Reads a form: with a file, its other fields describe the file; without one, it is an object.
fn of_parts(
    config: &CustomerConfig,
    parts: Vec<Part>,
    mut described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let (files, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_file);
    let mut files = files.into_iter();
    let file = match (files.next(), files.next()) {
        (Some(file), None) => file,
        (Some(_), Some(second)) => {
            return Err(Error::field(second.pointer(), "only one file per request"));
        }
        (None, _) => {
            let pairs = others
                .into_iter()
                .map(|part| part.text().map(|text| (part.name, text)))
                .collect::<Result<Vec<_>>>()?;
            let fields = form_fields(pairs.into_iter())?;
            return of_fields(config, fields, described, untitled);
        }
    };
    let mut more = Members::default();
    for part in others {
        let text = part.text()?;
        let is_ours = part.name != ATTACHMENTS || is_boolean(&text);
        if !is_ours || !fields::set(&mut described, &part.name, text.clone())? {
            more.insert_value(&part.name, &text)
                .map_err(Error::internal_fault)?;
        }
    }
    // The sender's other fields are kept as metadata; its `metadata` field takes precedence.
    if let Some(metadata) = &described.metadata {
        let members = metadata.members();
        more.extend(members.ok_or_else(|| Error::field("/metadata", "an object"))?);
    }
    described.metadata = (!more.is_empty()).then(|| Metadata::from(more));
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

fn of_file(
    config: &CustomerConfig,
    bytes: Bytes,
    name: Option<String>,
    declared: Option<&str>,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let description = Description {
        fallback_title: Some(untitled.to_owned()),
        ..described
    }
    .check()?;
    let content = file::content(config, Source::Webhook, bytes, name, declared)?;
    Ok((description, content))
}

/// Reads JSON: an object with the fields of a text is that text; any other JSON is itself the document.
fn of_json(
    config: &CustomerConfig,
    bytes: Bytes,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    if bytes.trim_ascii().is_empty() {
        return Err(Error::new(
            Kind::Malformed,
            "invalid_json",
            "The body is empty. Send the document, or a JSON object that describes it.",
        ));
    }
    let whole: &RawValue = serde_json::from_slice(&bytes).map_err(|e| {
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
    let members: Members = serde_json::from_str(whole.get()).unwrap_or_default();
    let attachments = members.get(ATTACHMENTS);
    let is_text = members.text("content").is_some()
        && members.names().all(|name| FIELDS.contains(&name))
        && attachments.is_none_or(|value| is_boolean(value.get()));
    if is_text {
        return of_text(config, members, described, untitled);
    }
    let title = described.title.or_else(|| {
        let titles = TITLES.iter().filter_map(|name| members.text(name));
        let mut clean = titles.map(|title| clean(&title));
        clean.find(|title| !title.is_empty())
    });
    let external_id = || fields::external_id_text(members.get("externalId")?);
    let description = Description {
        title,
        fallback_title: Some(untitled.to_owned()),
        external_id: described.external_id.or_else(external_id),
        ..described
    }
    .check()?;
    let format = check_format(config, Format::Json)?;
    check_size(config, bytes.len() as u64)?;
    let content = Content {
        source: Source::Webhook,
        format,
        file_name: None,
        bytes,
    };
    Ok((description, content))
}

/// Reads a text as `POST /api/ingest/document` does; headers and query supply fields that the body leaves out.
fn of_text(
    config: &CustomerConfig,
    members: Members,
    described: Description,
    untitled: &str,
) -> Result<(Description, Content)> {
    let named = described.title.is_some() || members.text("title").is_some();
    let title = described.title.unwrap_or_else(|| untitled.to_owned());
    let mut fill = Members::default();
    let on_duplicate = described.on_duplicate;
    let filled = [
        ("title", to_raw_value(&title)),
        ("externalId", to_raw_value(&described.external_id)),
        ("metadata", to_raw_value(&described.metadata)),
        ("chunking", to_raw_value(&described.chunking)),
        ("collectionId", to_raw_value(&described.collection_id)),
        (
            "includeHidden",
            to_raw_value(&described.extraction.include_hidden),
        ),
        (ATTACHMENTS, to_raw_value(&described.extraction.attachments)),
        ("onDuplicate", to_raw_value(&on_duplicate)),
    ];
    for (name, value) in filled {
        fill.insert(name.to_owned(), value.map_err(Error::internal_fault)?);
    }
    fill.extend(members);
    let json = serde_json::to_vec(&fill).map_err(Error::internal_fault)?;
    let body: NewDocument = dynrag_api::from_json(&json)?;
    let (mut description, content) = NewText::from(body).check(config)?;
    if !named {
        description.fallback_title = description.title.take();
    }
    let source = Source::Webhook;
    Ok((description, Content { source, ..content }))
}

/// Returns another system's title as a valid one.
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

//! Resources: documents and their versions, as text.

use dynrag_api::cursor;
use dynrag_app::documents;
use dynrag_domain::{
    DocumentId, Error, Kind, Result, VersionNumber,
    documents::filter::{Filter, Sort},
    identity::Scope,
};
use dynrag_store::{document_list::Position, documents::Document};
use rmcp::{
    ErrorData,
    model::{
        ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
        ResourceContents, ResourceTemplate,
    },
};

use crate::{call::Call, tool_error, versions};

const PREFIX: &str = "dynrag://documents/";
/// Documents of a page.
const PAGE: usize = 50;
const SORT: Sort = Sort::UpdatedAtDescending;
/// Bytes of text of a resource: they fit into a response in any script.
const MOST_BYTES: usize = 1_000_000;

/// A page of documents; none for a caller that may not read them.
///
/// # Errors
/// Invalid parameters for a wrong cursor; an internal error without a database.
pub(crate) async fn list(
    call: &Call,
    cursor: Option<&str>,
) -> Result<ListResourcesResult, ErrorData> {
    if !call.caller.has(Scope::DocumentsRead) {
        return Ok(ListResourcesResult::with_all_items(Vec::new()));
    }
    let page = page(call, cursor).await;
    let (resources, next) = page.map_err(|error| tool_error::data(&error))?;
    let mut list = ListResourcesResult::with_all_items(resources);
    list.next_cursor = next;
    Ok(list)
}

async fn page(call: &Call, cursor: Option<&str>) -> Result<(Vec<Resource>, Option<String>)> {
    let after: Option<Position> = cursor.map(cursor::decode).transpose()?;
    if after.as_ref().is_some_and(|after| !after.is_of(SORT)) {
        let detail = "The cursor is not valid. Start again without a cursor.";
        return Err(Error::new(Kind::Invalid, "invalid_cursor", detail));
    }
    let (store, customer) = (call.caller.store(), call.caller.tenant());
    let rows = PAGE as i64 + 1;
    let mut rows = store
        .list_documents(customer, &Filter::default(), SORT, after.as_ref(), rows)
        .await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let behind = rows.last().filter(|_| has_more);
    let behind = behind.map(|row| Position::behind(row, SORT));
    let next = behind.map(|behind| cursor::encode(&behind)).transpose()?;
    Ok((rows.into_iter().map(resource).collect(), next))
}

fn resource(document: Document) -> Resource {
    let resource = Resource::new(format!("{PREFIX}{}", document.id), document.title.clone())
        .with_title(document.title)
        .with_mime_type("text/plain");
    match document.source_url {
        Some(url) => resource.with_description(format!("Fetched from {url}")),
        None => resource,
    }
}

/// How resources are named.
pub(crate) fn templates(call: &Call) -> ListResourceTemplatesResult {
    if !call.caller.has(Scope::DocumentsRead) {
        return ListResourceTemplatesResult::with_all_items(Vec::new());
    }
    let document = ResourceTemplate::new(format!("{PREFIX}{{documentId}}"), "document")
        .with_title("A document")
        .with_description("The text of the version that is searched.")
        .with_mime_type("text/plain");
    let version = format!("{PREFIX}{{documentId}}/versions/{{version}}");
    let version = ResourceTemplate::new(version, "document version")
        .with_title("A version of a document")
        .with_description("The text of a version, for as long as it is kept.")
        .with_mime_type("text/plain");
    ListResourceTemplatesResult::with_all_items(vec![document, version])
}

/// Reads a document or a version.
///
/// # Errors
/// Resource not found; an internal error without a database or S3.
pub(crate) async fn read(call: &Call, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let unknown = || {
        let uri: String = uri.chars().take(200).collect();
        let data = Some(serde_json::json!({"uri": uri}));
        ErrorData::resource_not_found("Resource not found", data)
    };
    let named = parse(uri).ok_or_else(unknown)?;
    if !call.caller.has(Scope::DocumentsRead) {
        return Err(unknown());
    }
    match text(call, named).await {
        Ok(text) => Ok(ReadResourceResult::new(vec![ResourceContents::text(
            text, uri,
        )])),
        Err(error) if error.kind() == Kind::NotFound => Err(unknown()),
        Err(error) => Err(tool_error::data(&error)),
    }
}

fn parse(uri: &str) -> Option<(DocumentId, Option<VersionNumber>)> {
    let rest = uri.strip_prefix(PREFIX)?;
    let (id, version) = match rest.split_once("/versions/") {
        Some((id, version)) => (id, Some(version)),
        None => (rest, None),
    };
    let id = id.parse().ok()?;
    match version {
        None => Some((id, None)),
        Some(version) => {
            let number: i32 = version.parse().ok()?;
            Some((id, Some(number.try_into().ok()?)))
        }
    }
}

async fn text(call: &Call, (id, version): (DocumentId, Option<VersionNumber>)) -> Result<String> {
    let caller = &call.caller;
    let document = caller.store().get_document(caller.tenant(), id).await?;
    let version = versions::meant(&document, version);
    let mut text = documents::extracted(&call.app, caller, id, version)
        .await?
        .text;
    if text.len() > MOST_BYTES {
        text.truncate(text.floor_char_boundary(MOST_BYTES));
        text.push_str("\n\n[The text goes on. Call fetch to read it in parts.]");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_a_document_or_one_of_its_versions() {
        let id = DocumentId::generate();
        assert_eq!(parse(&format!("{PREFIX}{id}")), Some((id, None)));
        let second = VersionNumber::try_from(2).unwrap();
        let uri = format!("{PREFIX}{id}/versions/2");
        assert_eq!(parse(&uri), Some((id, Some(second))));
        for bad in ["", "x", PREFIX, "file:///etc/passwd"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        for bad in ["/versions/", "/versions/0", "/versions/1/2", "/../x"] {
            assert_eq!(parse(&format!("{PREFIX}{id}{bad}")), None, "{bad}");
        }
    }
}

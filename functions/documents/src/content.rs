//! `GET /api/documents/{id}/content`: the extracted text, in ranges.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, Path, Query, scopes::DocumentsRead};
use dynrag_app::documents;
use dynrag_domain::{
    DocumentId, Error, FieldError, Result, VersionNumber,
    chunks::{Extracted, Section},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most characters of a response: they fit into a Lambda response in any script.
const MAX_LIMIT: u32 = 500_000;
const DEFAULT_LIMIT: u32 = 100_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentQuery {
    /// Version number. Default: the published version, else the latest.
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// Start of the range, in characters.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4294967295i64)]
    offset: Option<u32>,
    /// Length of the range, in characters.
    #[schema(minimum = 1, maximum = 500000, default = 100000)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContentSection)]
struct SectionBody {
    /// Start of the section, in characters of the whole text.
    start: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    heading_path: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentContent)]
pub(crate) struct Content {
    doc_id: DocumentId,
    version: VersionNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The reader that extracted the text.
    engine: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<u32>,
    /// Length of the whole text, in characters.
    characters: usize,
    text: String,
    /// Start and end of `text` in characters.
    char_span: [usize; 2],
    /// Value of `offset` for the next range; null at the end.
    next_offset: Option<usize>,
    /// Sections that begin in this range.
    sections: Vec<SectionBody>,
}

impl ContentQuery {
    /// Returns the version, and start and length of the range.
    fn check(&self) -> Result<(Option<VersionNumber>, usize, usize)> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        let version = self.version.map(VersionNumber::try_from).transpose();
        if version.is_err() {
            bad("/version", "from 1".to_owned());
        }
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            bad("/limit", format!("from 1 to {MAX_LIMIT}"));
        }
        if !fields.is_empty() {
            return Err(Error::fields_invalid(fields));
        }
        let offset = self.offset.unwrap_or(0) as usize;
        Ok((version?, offset, limit as usize))
    }
}

/// Returns a range of a version's text.
pub(crate) async fn content(
    caller: Caller<DocumentsRead>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
    Query(query): Query<ContentQuery>,
) -> Answer<Json<Content>> {
    let (version, offset, limit) = query.check()?;
    let store = caller.store();
    let document = store.get_document(caller.tenant(), id).await?;
    let version = version
        .or(document.published_version)
        .unwrap_or(document.latest_version);
    let extracted = documents::extracted(&app, &caller, id, version).await?;
    Ok(Json(range(id, version, extracted, offset, limit)))
}

fn range(
    doc_id: DocumentId,
    version: VersionNumber,
    extracted: Extracted,
    offset: usize,
    limit: usize,
) -> Content {
    let all = extracted.text.as_str();
    let characters = all.chars().count();
    let text: String = all.chars().skip(offset).take(limit).collect();
    let start = offset.min(characters);
    let end = start + text.chars().count();
    // Sections are in order: each is counted from the previous one.
    let (mut counted, mut at) = (0, 0);
    let mut sections = Vec::new();
    for Section {
        start: byte,
        page,
        heading_path,
    } in extracted.sections
    {
        // The reader's output is not trusted: a section out of order is skipped.
        let Some(between) = all.get(counted..byte) else {
            continue;
        };
        at += between.chars().count();
        counted = byte;
        if (start..end).contains(&at) {
            sections.push(SectionBody {
                start: at,
                page,
                heading_path,
            });
        }
    }
    Content {
        doc_id,
        version,
        title: extracted.title,
        engine: extracted.engine,
        pages: extracted.pages,
        characters,
        text,
        char_span: [start, end],
        next_offset: (end < characters).then_some(end),
        sections,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_continue_in_characters() {
        let extracted = Extracted {
            text: "été\n\nune page\n\nfin".to_owned(),
            sections: vec![Section {
                start: "été\n\nune page\n\n".len(),
                page: Some(2),
                heading_path: vec!["fin".to_owned()],
            }],
            ..Extracted::default()
        };
        let part = |offset, limit| {
            range(
                DocumentId::generate(),
                VersionNumber::FIRST,
                extracted.clone(),
                offset,
                limit,
            )
        };
        let (first, second) = (part(0, 10), part(10, 10));
        assert_eq!(format!("{}{}", first.text, second.text), extracted.text);
        assert_eq!((first.char_span, first.next_offset), ([0, 10], Some(10)));
        assert_eq!((second.char_span, second.next_offset), ([10, 18], None));
        assert!(first.sections.is_empty());
        assert_eq!(
            (second.sections[0].start, second.sections[0].page),
            (15, Some(2))
        );
        let out_of_order = Extracted {
            sections: [9, 2, 1000]
                .map(|start| Section {
                    start,
                    ..Section::default()
                })
                .into(),
            ..extracted.clone()
        };
        let kept = range(
            DocumentId::generate(),
            VersionNumber::FIRST,
            out_of_order,
            0,
            100,
        )
        .sections;
        assert_eq!(kept.len(), 1);
        let beyond = part(99, 10);
        assert_eq!((beyond.text.as_str(), beyond.char_span), ("", [18, 18]));
    }
}

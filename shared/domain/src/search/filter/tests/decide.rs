//! Which documents and chunks a filter matches.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::*;
use crate::{
    documents::{Format, Source},
    ids::{CollectionId, DocumentId},
    metadata::Metadata,
};

#[derive(Deserialize)]
struct Cases {
    documents: Vec<Described>,
    cases: Vec<(Box<RawValue>, Vec<usize>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(skip, default = "DocumentId::generate")]
    id: DocumentId,
    title: String,
    r#type: Format,
    source: Source,
    collection: Option<String>,
    #[serde(skip)]
    collection_id: Option<CollectionId>,
    external_id: Option<String>,
    file_name: Option<String>,
    source_url: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    metadata: Metadata,
}

/// A chunk of a document.
struct Chunk<'a> {
    document: &'a Described,
    page: Option<u32>,
    language: Option<&'a str>,
}

impl DocumentFields for Chunk<'_> {
    fn document_id(&self) -> DocumentId {
        self.document.id
    }

    fn title(&self) -> &str {
        &self.document.title
    }

    fn format(&self) -> Format {
        self.document.r#type
    }

    fn source(&self) -> Source {
        self.document.source
    }

    fn collection_id(&self) -> Option<CollectionId> {
        self.document.collection_id
    }

    fn external_id(&self) -> Option<&str> {
        self.document.external_id.as_deref()
    }

    fn file_name(&self) -> Option<&str> {
        self.document.file_name.as_deref()
    }

    fn source_url(&self) -> Option<&str> {
        self.document.source_url.as_deref()
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.document.created_at
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.document.updated_at
    }

    fn metadata(&self) -> &Metadata {
        &self.document.metadata
    }
}

impl ChunkFields for Chunk<'_> {
    fn page(&self) -> Option<u32> {
        self.page
    }

    fn language(&self) -> Option<&str> {
        self.language
    }
}

/// The documents of cases.json, and its cases with the ids filled in.
fn cases() -> (Vec<Described>, Vec<(Filter, Vec<usize>)>) {
    let mut cases: Cases = serde_json::from_str(include_str!("../cases.json")).unwrap();
    let collections = [
        ("A", CollectionId::generate()),
        ("B", CollectionId::generate()),
    ];
    for document in &mut cases.documents {
        let named = |(name, _): &&(&str, _)| document.collection.as_deref() == Some(*name);
        document.collection_id = collections.iter().find(named).map(|(_, id)| *id);
    }
    let filled = |json: &RawValue| {
        let mut json = json.get().to_owned();
        for (name, id) in &collections {
            json = json.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        for (number, document) in cases.documents.iter().enumerate() {
            json = json.replace(&format!("\"${number}\""), &format!("\"{}\"", document.id));
        }
        parsed(&json).unwrap_or_else(|error| panic!("{json}: {:?}", error.fields()))
    };
    let filters = cases.cases.iter();
    let filters = filters.map(|(json, expected)| (filled(json), expected.clone()));
    let filters = filters.collect();
    (cases.documents, filters)
}

#[test]
fn every_case_matches_exactly_the_right_documents() {
    let (documents, filters) = cases();
    assert!(filters.len() > 100);
    for (filter, expected) in filters {
        let chunk = |document| Chunk {
            document,
            page: None,
            language: None,
        };
        let found: Vec<_> = (0..documents.len())
            .filter(|number| filter.matches(&chunk(&documents[*number])))
            .collect();
        assert_eq!(found, expected, "{filter}");
        // All of it is for Postgres.
        let split = filter.split();
        assert!(split.chunks.is_none() && split.sets.is_empty() && split.documents.is_some());
    }
}

/// Pages and languages of chunks.
const CHUNKS: [(Option<u32>, Option<&str>); 4] = [
    (Some(1), Some("en")),
    (Some(2), Some("en-GB")),
    (Some(10), Some("de")),
    (None, None),
];

const OF_CHUNKS: &[(&str, &[usize])] = &[
    (r#"{"field": "page", "op": "eq", "value": 2}"#, &[1]),
    (r#"{"field": "page", "op": "ne", "value": 2}"#, &[0, 2, 3]),
    (r#"{"field": "page", "op": "gt", "value": 2}"#, &[2]),
    (r#"{"field": "page", "op": "gte", "value": 2}"#, &[1, 2]),
    (r#"{"field": "page", "op": "lt", "value": 2}"#, &[0]),
    (r#"{"field": "page", "op": "lte", "value": 2}"#, &[0, 1]),
    (
        r#"{"not": {"field": "page", "op": "lte", "value": 2}}"#,
        &[2, 3],
    ),
    (
        r#"{"field": "page", "op": "in", "value": [1, 10]}"#,
        &[0, 2],
    ),
    (r#"{"field": "page", "op": "exists", "value": false}"#, &[3]),
    (
        r#"{"field": "language", "op": "eq", "value": "en"}"#,
        &[0, 1],
    ),
    (
        r#"{"field": "language", "op": "eq", "value": "EN-us"}"#,
        &[0, 1],
    ),
    (
        r#"{"field": "language", "op": "nin", "value": ["en", "fr"]}"#,
        &[2, 3],
    ),
    (r#"{"field": "language", "op": "exists"}"#, &[0, 1, 2]),
];

#[test]
fn chunks_are_filtered_by_page_and_language() {
    let (documents, _) = cases();
    for (json, expected) in OF_CHUNKS {
        let filter = parsed(json).unwrap();
        assert!(!filter.documents_only());
        let chunks = CHUNKS.iter().map(|(page, language)| Chunk {
            document: &documents[0],
            page: *page,
            language: *language,
        });
        let found: Vec<_> = chunks.map(|chunk| filter.matches(&chunk)).collect();
        let expected: Vec<_> = (0..4).map(|number| expected.contains(&number)).collect();
        assert_eq!(found, expected, "{json}");
    }
}

/// Filters, whether their split has a condition on documents, the number of its sets, and whether one on chunks.
const SPLITS: &[(&str, bool, usize, bool)] = &[
    (
        r#"{"field": "title", "op": "startsWith", "value": "A"}"#,
        true,
        0,
        false,
    ),
    (
        r#"{"field": "page", "op": "gt", "value": 1}"#,
        false,
        0,
        true,
    ),
    (
        r#"{"and": [{"field": "page", "op": "gt", "value": 1}, {"and": [{"field": "type", "op": "eq", "value": "pdf"},
            {"field": "language", "op": "eq", "value": "en"}]}, {"field": "metadata.year", "op": "eq", "value": 2020}]}"#,
        true,
        0,
        true,
    ),
    (
        r#"{"or": [{"field": "page", "op": "eq", "value": 2}, {"field": "type", "op": "eq", "value": "pdf"},
            {"field": "metadata.year", "op": "eq", "value": "2020"}]}"#,
        false,
        1,
        true,
    ),
    (
        r#"{"and": [{"not": {"and": [{"field": "page", "op": "eq", "value": 2}, {"field": "type", "op": "eq", "value": "pdf"}]}},
            {"or": [{"field": "language", "op": "ne", "value": "de"}, {"not": {"field": "source", "op": "eq", "value": "api"}}]},
            {"field": "externalId", "op": "exists"}]}"#,
        true,
        2,
        true,
    ),
];

#[test]
fn the_parts_of_a_split_decide_as_the_whole() {
    let (documents, _) = cases();
    for (json, of_documents, sets, of_chunks) in SPLITS {
        let whole = parsed(json).unwrap();
        let split = whole.clone().split();
        assert_eq!(split.documents.is_some(), *of_documents, "{json}");
        assert_eq!(split.sets.len(), *sets, "{json}");
        assert_eq!(split.chunks.is_some(), *of_chunks, "{json}");
        assert!(
            split
                .documents
                .iter()
                .chain(&split.sets)
                .all(Filter::documents_only)
        );
        let mut kept = 0;
        for document in &documents {
            for (page, language) in CHUNKS {
                let chunk = Chunk {
                    document,
                    page,
                    language,
                };
                let in_set = |set: usize| split.sets[set].matches(&chunk);
                let by_document = split
                    .documents
                    .as_ref()
                    .is_none_or(|part| part.matches(&chunk));
                let by_chunk = split
                    .chunks
                    .as_ref()
                    .is_none_or(|part| part.matches(&chunk, &in_set));
                let expected = whole.matches(&chunk);
                assert_eq!(by_document && by_chunk, expected, "{json}");
                kept += usize::from(expected);
            }
        }
        assert!(
            (1..documents.len() * CHUNKS.len()).contains(&kept),
            "{json}"
        );
    }
}

#[test]
fn of_repeated_members_the_last_counts_as_in_postgres() {
    let (mut documents, _) = cases();
    documents[0].metadata = Metadata::parse(r#"{"a": 1, "a": {"b": 2, "b": 3}}"#).unwrap();
    let chunk = Chunk {
        document: &documents[0],
        page: None,
        language: None,
    };
    for (value, expected) in [(2, false), (3, true)] {
        let json = format!(r#"{{"field": "metadata.a.b", "op": "eq", "value": {value}}}"#);
        assert_eq!(parsed(&json).unwrap().matches(&chunk), expected);
    }
}

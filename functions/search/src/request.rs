//! The body of a search.

use dynrag_domain::{
    CollectionId, DocumentId, Error, FieldError, Result,
    search::{
        AsOfInput, MAX_CANDIDATES, MAX_NEIGHBORS, MAX_QUERIES, MAX_QUERY, MAX_RESULTS, MAX_TOP_K,
        Mode, filter::FilterInput,
    },
};
use dynrag_retrieval::Question;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{page, rerank::Rerank};

/// Most document ids in a search request.
const MAX_DOCUMENTS: usize = 1_000;
/// Longest name of a model.
const MAX_MODEL: usize = 100;
/// Weight of relevance beside novelty, unless the request gives another.
const LAMBDA: f32 = 0.7;

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SearchRequest {
    #[schema(min_length = 1, max_length = 8000)]
    query: String,
    /// Other ways to put the query. The results of all are fused by reciprocal rank.
    #[serde(default)]
    #[schema(max_items = 7)]
    queries: Vec<String>,
    /// Results of a page.
    #[serde(default = "default_top_k")]
    #[schema(default = 5, minimum = 1, maximum = 100)]
    top_k: u32,
    /// `nextCursor` of the previous page, with the same request otherwise.
    #[serde(skip_serializing)]
    cursor: Option<String>,
    #[serde(default)]
    #[schema(default = "hybrid")]
    mode: Mode,
    /// Weight of vector search in mode `hybrid`, from 0 to 1. By default it depends on the query: a kind of search that
    /// knows nothing about it does not count.
    #[schema(minimum = 0, maximum = 1)]
    alpha: Option<f32>,
    /// Search only chunks that meet this.
    filter: Option<FilterInput>,
    #[schema(max_items = 1000)]
    document_ids: Option<Vec<DocumentId>>,
    /// Search only documents that are in this collection at present.
    collection_id: Option<CollectionId>,
    /// Search the versions that were published at this time (RFC 3339), or when `{"documentId", "version"}` was published.
    /// Filters and collections are those of the present, and deleted documents are not found.
    as_of: Option<AsOfInput>,
    /// Search the vectors of this model: the present one, or one whose vectors were built beside it (`switch: manual` of
    /// `POST /api/documents/regenerate`).
    #[schema(min_length = 1, max_length = 100)]
    model: Option<String>,
    /// Least `score` of a result, on the scale of the mode.
    min_score: Option<f32>,
    /// Most results of a document.
    #[schema(minimum = 1, maximum = 100)]
    max_per_document: Option<u32>,
    /// Chunks to return on each side of a result.
    #[serde(default)]
    #[schema(default = 0, minimum = 0, maximum = 5)]
    neighbors: u32,
    /// Prefer results that differ from each other (maximal marginal relevance).
    mmr: Option<Mmr>,
    /// Put the best chunks into the order of your reranker: `true`, or how many. See `PUT /api/customers/reranker`.
    rerank: Option<Rerank>,
    /// Have your chat model put `query` in up to three other ways, which are searched as well; see `chatModels` in the
    /// configuration.
    #[serde(default)]
    rewrite: bool,
    /// Have your chat model write a passage that would answer `query`, and search for what is like it.
    #[serde(default)]
    hypothetical: bool,
    /// Tell which parts of `text` match words of the query.
    #[serde(default)]
    highlight: bool,
    /// Tell how the kinds of search were weighted.
    #[serde(default)]
    explain: bool,
}

/// How results are made to differ from each other.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Mmr {
    /// Weight of relevance beside novelty, from 0 to 1; 1 changes nothing.
    #[serde(default = "default_lambda")]
    #[schema(default = 0.7, minimum = 0, maximum = 1)]
    lambda: f32,
}

fn default_top_k() -> u32 {
    5
}

fn default_lambda() -> f32 {
    LAMBDA
}

impl SearchRequest {
    /// Whether an explanation is asked for.
    pub(crate) fn explains(&self) -> bool {
        self.explain
    }

    /// How many chunks are reranked, if any.
    pub(crate) fn candidates(&self) -> Option<u32> {
        self.rerank.as_ref().and_then(Rerank::candidates)
    }

    /// Returns the checked question about documents, of each its best chunk.
    ///
    /// # Errors
    /// `invalid_fields` with every bad field; `invalid_cursor`.
    pub(crate) fn question_of_documents(&self) -> Result<Question<'_>> {
        let question = self.question()?;
        if self.max_per_document.is_some() {
            return Err(Error::field(
                "/maxPerDocument",
                "a search of documents has none",
            ));
        }
        Ok(Question {
            max_per_document: Some(1),
            ..question
        })
    }

    /// Returns the checked question.
    ///
    /// # Errors
    /// `invalid_fields` with every bad field; `invalid_cursor`.
    pub(crate) fn question(&self) -> Result<Question<'_>> {
        let mut fields = Vec::new();
        let mut check = |holds: bool, pointer: &str, detail: String| {
            if !holds {
                fields.push(FieldError {
                    pointer: pointer.to_owned(),
                    detail,
                });
            }
        };
        let text = |text: &str| (1..=MAX_QUERY).contains(&text.trim().chars().count());
        let characters = || format!("from 1 to {MAX_QUERY} characters");
        check(text(&self.query), "/query", characters());
        for (place, query) in self.queries.iter().enumerate() {
            check(text(query), &format!("/queries/{place}"), characters());
        }
        check(
            self.queries.len() < MAX_QUERIES,
            "/queries",
            format!("at most {} beside query", MAX_QUERIES - 1),
        );
        check(
            (1..=MAX_TOP_K).contains(&self.top_k),
            "/topK",
            format!("from 1 to {MAX_TOP_K}"),
        );
        let share = |share: Option<f32>| share.is_none_or(|share| (0.0..=1.0).contains(&share));
        check(share(self.alpha), "/alpha", "from 0 to 1".to_owned());
        check(
            share(self.mmr.as_ref().map(|mmr| mmr.lambda)),
            "/mmr/lambda",
            "from 0 to 1".to_owned(),
        );
        let ids = self.document_ids.as_ref().map_or(0, Vec::len);
        check(
            ids <= MAX_DOCUMENTS,
            "/documentIds",
            format!("at most {MAX_DOCUMENTS}"),
        );
        check(
            self.min_score.is_none_or(f32::is_finite),
            "/minScore",
            "a number".to_owned(),
        );
        let most = self.max_per_document;
        check(
            most.is_none_or(|most| (1..=MAX_TOP_K).contains(&most)),
            "/maxPerDocument",
            format!("from 1 to {MAX_TOP_K}"),
        );
        check(
            self.neighbors <= MAX_NEIGHBORS,
            "/neighbors",
            format!("from 0 to {MAX_NEIGHBORS}"),
        );
        let candidates = self.candidates();
        check(
            candidates.is_none_or(|candidates| (1..=MAX_CANDIDATES).contains(&candidates)),
            "/rerank/candidates",
            format!("from 1 to {MAX_CANDIDATES}"),
        );
        check(
            candidates.is_none() || self.cursor.is_none(),
            "/cursor",
            "not with rerank, which orders the first page only".to_owned(),
        );
        check(
            !(self.rewrite || self.hypothetical) || self.cursor.is_none(),
            "/cursor",
            "not with rewrite or hypothetical, which a model would write anew".to_owned(),
        );
        check(
            !(self.hypothetical && self.mode == Mode::Text),
            "/hypothetical",
            "not in mode text, which needs no vector".to_owned(),
        );
        let as_of = self.as_of.as_ref().map(AsOfInput::moment);
        check(
            as_of != Some(None),
            "/asOf",
            "an RFC 3339 time such as 2026-11-21T10:00:00Z".to_owned(),
        );
        let model = self.model.as_deref();
        check(
            model.is_none_or(|model| (1..=MAX_MODEL).contains(&model.len())),
            "/model",
            "the name of an embedding model".to_owned(),
        );
        check(
            model.is_none() || as_of.is_none(),
            "/asOf",
            "not with model: vectors of another model are those of the present".to_owned(),
        );
        let filter = self.filter.as_ref().map(|filter| filter.parse("/filter"));
        let filter = match filter.transpose() {
            Ok(filter) => filter,
            Err(error) => {
                fields.extend(error.fields().iter().cloned());
                None
            }
        };
        if !fields.is_empty() {
            return Err(Error::fields_invalid(fields));
        }
        let offset = match &self.cursor {
            Some(cursor) => page::offset(self, cursor)?,
            None => 0,
        };
        let left = (MAX_RESULTS as usize).saturating_sub(offset);
        let texts = std::iter::once(&self.query).chain(&self.queries);
        Ok(Question {
            texts: texts.map(|text| text.trim()).collect(),
            top_k: left.min(self.top_k as usize),
            offset,
            mode: self.mode,
            alpha: self.alpha,
            document_ids: self.document_ids.as_deref(),
            collection_id: self.collection_id,
            filter,
            as_of: as_of.flatten(),
            model,
            min_score: self.min_score,
            max_per_document: self.max_per_document.map(|most| most as usize),
            mmr: self.mmr.as_ref().map(|mmr| mmr.lambda),
            candidates: candidates.map(|candidates| candidates as usize),
            rewrite: self.rewrite,
            hypothetical: self.hypothetical,
            neighbors: self.neighbors as usize,
            highlight: self.highlight,
        })
    }
}

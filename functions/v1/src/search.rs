//! `POST /v1/vector_stores/{id}/search`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, Path, With, scopes::Search};
use dynrag_domain::{
    CollectionId, Error, FieldError, Result,
    search::{Hit, MAX_QUERIES, MAX_QUERY, Mode},
};
use dynrag_retrieval::{Question, Retriever};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    attributes::{self, Attributes},
    filters,
    ids::{FileId, VectorStoreId},
    vector_store_files::TextPart,
};

/// Results, unless another number is asked for, and most of them.
const DEFAULT_RESULTS: usize = 10;
const MAX_RESULTS: usize = 50;

#[derive(Deserialize, ToSchema)]
#[schema(as = VectorStoreSearch)]
pub(crate) struct Request {
    /// What to search for: a text, or several, whose results are fused.
    #[schema(value_type = Object)]
    query: Texts,
    /// A comparison of an attribute, or a combination of such.
    #[schema(value_type = Option<Object>)]
    filters: Option<Value>,
    #[schema(minimum = 1, maximum = 50, default = 10)]
    max_num_results: Option<usize>,
    ranking_options: Option<RankingOptions>,
    /// Have your chat model put the query in other ways, which are searched as well.
    rewrite_query: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, ToSchema)]
struct RankingOptions {
    /// `auto`, `none` or the name of a ranker; all are ours.
    #[expect(dead_code, reason = "there is one ranker")]
    ranker: Option<String>,
    /// Least score, from 0 to 1: that of the best possible result for both kinds of search is 1.
    #[schema(minimum = 0, maximum = 1)]
    score_threshold: Option<f32>,
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[schema(as = VectorStoreSearchResults)]
pub(crate) struct Results {
    object: &'static str,
    /// What was searched for.
    search_query: Vec<String>,
    data: Vec<Found>,
    has_more: bool,
    #[schema(value_type = Option<String>, required)]
    next_page: (),
}

#[derive(Serialize, ToSchema)]
#[schema(as = VectorStoreSearchResult)]
struct Found {
    file_id: FileId,
    filename: String,
    score: f32,
    #[schema(value_type = Object)]
    attributes: Attributes,
    content: [TextPart; 1],
}

impl From<Hit> for Found {
    fn from(hit: Hit) -> Self {
        Self {
            file_id: FileId(hit.document_id),
            filename: hit.origin.file_name.unwrap_or(hit.title),
            score: hit.score,
            attributes: attributes::of(&hit.metadata),
            content: [TextPart::new(hit.text)],
        }
    }
}

impl Request {
    fn texts(&self) -> Result<Vec<&str>> {
        let texts: Vec<&str> = match &self.query {
            Texts::One(text) => vec![text.trim()],
            Texts::Many(texts) => texts.iter().map(|text| text.trim()).collect(),
        };
        let mut bad = Vec::new();
        let mut check = |holds: bool, detail: String| {
            if !holds {
                bad.push(FieldError {
                    pointer: "/query".to_owned(),
                    detail,
                });
            }
        };
        check(
            (1..=MAX_QUERIES).contains(&texts.len()),
            format!("from 1 to {MAX_QUERIES} texts"),
        );
        check(
            texts
                .iter()
                .all(|text| (1..=MAX_QUERY).contains(&text.chars().count())),
            format!("from 1 to {MAX_QUERY} characters"),
        );
        match bad.is_empty() {
            true => Ok(texts),
            false => Err(Error::fields_invalid(bad)),
        }
    }

    fn question(&self, store: CollectionId) -> Result<Question<'_>> {
        let results = self.max_num_results.unwrap_or(DEFAULT_RESULTS);
        if !(1..=MAX_RESULTS).contains(&results) {
            let detail = format!("from 1 to {MAX_RESULTS}");
            return Err(Error::field("/max_num_results", detail));
        }
        let filter = self.filters.as_ref().filter(|filter| !filter.is_null());
        let filter = filter.map(|filter| filters::check(filter, "/filters"));
        let threshold = self
            .ranking_options
            .as_ref()
            .and_then(|options| options.score_threshold);
        Ok(Question {
            texts: self.texts()?,
            top_k: results,
            offset: 0,
            mode: Mode::Hybrid,
            alpha: None,
            document_ids: None,
            collection_id: Some(store),
            filter: filter.transpose()?,
            as_of: None,
            model: None,
            min_score: threshold,
            max_per_document: None,
            mmr: None,
            candidates: None,
            rewrite: self.rewrite_query == Some(true),
            hypothetical: false,
            neighbors: 0,
            highlight: false,
        })
    }
}

/// Searches a vector store.
pub(crate) async fn search(
    caller: Caller<Search>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Path(VectorStoreId(store)): Path<VectorStoreId>,
    Json(body): Json<Request>,
) -> Answer<Json<Results>> {
    let question = body.question(store)?;
    caller
        .store()
        .has_vector_store(caller.tenant(), store)
        .await?;
    let found = retriever.search(&app, &caller, &question).await?;
    let texts = question.texts.iter().map(|text| (*text).to_owned());
    Ok(Json(Results {
        object: "vector_store.search_results.page",
        search_query: texts.chain(found.rewriting.queries).collect(),
        data: found.hits.into_iter().map(Found::from).collect(),
        has_more: false,
        next_page: (),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_bad_parameter_is_named() {
        let store = CollectionId::generate();
        let check = |body: Value| {
            let request: Request = serde_json::from_value(body).unwrap();
            let error = request.question(store).map(|_| ());
            error.map_err(|error| error.fields()[0].pointer.clone())
        };
        assert_eq!(
            check(json!({"query": ["a", "b"], "ranking_options": {"ranker": "auto"}})),
            Ok(())
        );
        for (body, pointer) in [
            (json!({"query": " "}), "/query"),
            (json!({"query": []}), "/query"),
            (json!({"query": "x".repeat(MAX_QUERY + 1)}), "/query"),
            (
                json!({"query": "a", "max_num_results": 51}),
                "/max_num_results",
            ),
            (
                json!({"query": "a", "filters": {"type": "like"}}),
                "/filters/type",
            ),
        ] {
            assert_eq!(check(body), Err(pointer.to_owned()));
        }
    }
}

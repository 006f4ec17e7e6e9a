//! `search`, as ChatGPT's connectors call it.

use dynrag_domain::{Result, identity::Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    call::Call,
    tools::{Callable, Shown, found::Asked},
    versions,
};

/// Documents of a result.
const RESULTS: usize = 10;

pub(crate) struct Search;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// What to look for, in any language: a question or keywords.
    #[schema(min_length = 1, max_length = 8000)]
    query: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Results {
    /// The best documents, the best first.
    results: Vec<Found>,
}

#[derive(Serialize, ToSchema)]
struct Found {
    /// For `fetch`.
    id: String,
    title: String,
    /// Where the text of the version is.
    url: String,
}

impl Callable for Search {
    const NAME: &'static str = "search";
    const TITLE: &'static str = "Search documents";
    const DESCRIPTION: &'static str = "Finds the documents that fit a query best. Returns id, title and URL of each; call fetch with an id to read \
         the text. To get the matching passages themselves, or to filter, call chunks_search.";
    const SCOPE: Scope = Scope::Search;
    type Arguments = Arguments;
    type Output = Results;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<Results>> {
        let asked = Asked {
            max_per_document: Some(1),
            ..Asked::new(&arguments.query)?
        };
        let found = asked.search(call, RESULTS, 0).await?;
        let results = found.hits.into_iter().map(|hit| Found {
            id: versions::id(hit.document_id, hit.version),
            url: call.url(hit.document_id, hit.version),
            title: hit.title,
        });
        let results = results.collect();
        Ok(Results { results }.into())
    }
}

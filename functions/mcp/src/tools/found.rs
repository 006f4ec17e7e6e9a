//! What the tools that search have in common.

use dynrag_domain::{
    CollectionId, DocumentId, Error, Result,
    search::{AsOf, MAX_QUERY, Mode, filter::Filter},
};
use dynrag_retrieval::{Found, Question};

use crate::call::Call;

/// A checked search.
pub(crate) struct Asked<'a> {
    pub(crate) query: &'a str,
    pub(crate) mode: Mode,
    pub(crate) filter: Option<Filter>,
    pub(crate) collection: Option<CollectionId>,
    pub(crate) documents: Option<&'a [DocumentId]>,
    pub(crate) as_of: Option<AsOf>,
    pub(crate) max_per_document: Option<usize>,
}

impl<'a> Asked<'a> {
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn new(query: &'a str) -> Result<Self> {
        let query = query.trim();
        if !(1..=MAX_QUERY).contains(&query.chars().count()) {
            let detail = format!("from 1 to {MAX_QUERY} characters");
            return Err(Error::field("/query", detail));
        }
        Ok(Self {
            query,
            mode: Mode::Hybrid,
            filter: None,
            collection: None,
            documents: None,
            as_of: None,
            max_per_document: None,
        })
    }

    /// Finds so many, after so many.
    pub(crate) async fn search(self, call: &Call, most: usize, offset: usize) -> Result<Found> {
        let question = Question {
            texts: vec![self.query],
            top_k: most,
            offset,
            mode: self.mode,
            alpha: None,
            document_ids: self.documents,
            collection_id: self.collection,
            filter: self.filter,
            as_of: self.as_of,
            model: None,
            min_score: None,
            max_per_document: self.max_per_document,
            mmr: None,
            candidates: None,
            rewrite: false,
            hypothetical: false,
            neighbors: 0,
            highlight: false,
        };
        // Boxed: the types of nested futures would otherwise exceed the compiler's depth.
        Box::pin(call.retriever.search(&call.app, &call.caller, &question)).await
    }
}

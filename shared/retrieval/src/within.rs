//! The documents and chunks that a question is about.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Result, collections,
    search::{
        AsOf,
        filter::{ChunkFilter, Filter},
    },
};
use dynrag_store::admission::Admission;
use dynrag_vectors::ChunkCondition;

use crate::Question;

/// What is searched.
#[derive(Debug, Default)]
pub(crate) struct Within {
    /// `None`: all documents.
    pub(crate) documents: Option<Vec<DocumentId>>,
    /// Weight of the vectors in hybrid searches of the collection.
    pub(crate) alpha: Option<f32>,
    /// What was published then; `None` for what is now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// `None`: all chunks of these.
    filter: Option<ChunkFilter>,
    /// The documents of the sets that `filter` refers to.
    sets: Vec<HashSet<DocumentId>>,
}

impl Within {
    /// Whether there is nothing to search.
    pub(crate) fn is_empty(&self) -> bool {
        self.documents.as_ref().is_some_and(Vec::is_empty)
    }

    pub(crate) fn chunks(&self) -> Option<ChunkCondition<'_>> {
        self.filter.as_ref().map(|filter| ChunkCondition {
            filter,
            sets: &self.sets,
        })
    }
}

/// Reads what a question is about.
pub(crate) async fn within(caller: &Admission, question: &Question<'_>) -> Result<Within> {
    let mut within = Within::default();
    let mut of_filter = None;
    if let Some(filter) = question.filter.clone() {
        let split = filter.split();
        if let Some(filter) = &split.documents {
            of_filter = Some(meeting(caller, filter).await?);
        }
        for filter in &split.sets {
            within.sets.push(meeting(caller, filter).await?);
        }
        within.filter = split.chunks;
    }
    let store = caller.store();
    within.as_of = match question.as_of {
        None => None,
        Some(AsOf::Time(time)) => Some(time),
        Some(AsOf::Version(document, version)) => {
            let published = store.published_at(caller.tenant(), document, version);
            let unknown = || Error::field("/asOf", "no such version of a document was published");
            Some(published.await?.ok_or_else(unknown)?)
        }
    };
    within.documents = match question.collection_id {
        Some(collection) => {
            let documents = store
                .collection_documents(caller.tenant(), collection)
                .await?;
            let (documents, alpha) = documents.ok_or_else(collections::unknown)?;
            within.alpha = alpha.map(|alpha| alpha as f32);
            Some(documents)
        }
        // Row-level security does not cover the vectors: the documents of a bound key are listed.
        None => store.bound_documents(caller.tenant()).await?,
    };
    let wanted = question.document_ids;
    let wanted = wanted.map(|ids| ids.iter().copied().collect::<HashSet<_>>());
    for set in [of_filter, wanted].into_iter().flatten() {
        within.documents = Some(match within.documents {
            None => set.into_iter().collect(),
            Some(documents) => {
                let both = documents.into_iter().filter(|id| set.contains(id));
                both.collect()
            }
        });
    }
    Ok(within)
}

/// The documents that meet a filter and that the caller may see.
async fn meeting(caller: &Admission, filter: &Filter) -> Result<HashSet<DocumentId>> {
    let store = caller.store();
    let documents = store.filtered_documents(caller.tenant(), filter).await?;
    Ok(documents.into_iter().collect())
}

//! Enforces the customer's limits before any cost is incurred: a single document must not make every search of its
//! customer slow or impossible.

use dynrag_domain::{chunks::Extracted, documents::FailureCode};
use dynrag_store::ingestion::Claim;

use crate::{
    chunked::{ChunkedDocument, StoppedDocument},
    parts::Parts,
    stop::Stop,
};

/// Maximum groups of sentences of a semantic cut, per chunk that a document may have. Each group is embedded.
const GROUPS_FOR_CHUNK: usize = 4;

fn exceeds(number: usize, limit: i64) -> bool {
    i64::try_from(number).is_ok_and(|number| number > limit)
}

fn refused(code: FailureCode, number: usize, what: &str) -> Stop {
    Stop::Failed(code, format!("{number} {what}"))
}

/// Checks pages and characters of a text.
pub(crate) fn check_text(claim: &Claim, extracted: &Extracted) -> Result<(), Stop> {
    let pages = extracted.pages.map_or(0, |pages| pages as usize);
    if exceeds(pages, claim.max_pages.into()) {
        return Err(refused(FailureCode::TooManyPages, pages, "pages"));
    }
    let characters = extracted.text.chars().count();
    if exceeds(characters, claim.max_characters) {
        let code = FailureCode::TextTooLarge;
        return Err(refused(code, characters, "characters"));
    }
    Ok(())
}

/// Checks the number of groups that are embedded to find the cuts.
pub(crate) fn check_groups(claim: &Claim, groups: usize) -> Result<(), Stop> {
    check_chunks(claim, groups / GROUPS_FOR_CHUNK)
}

/// Checks the number of a document's chunks.
pub(crate) fn check_chunks(claim: &Claim, chunks: usize) -> Result<(), Stop> {
    if exceeds(chunks, claim.max_document_chunks.into()) {
        return Err(refused(FailureCode::TooManyChunks, chunks, "chunks"));
    }
    Ok(())
}

/// Of documents of one customer, those for which there is room, in order. The others are stopped.
pub(crate) async fn with_room(
    parts: &Parts,
    cuts: Vec<ChunkedDocument>,
    stopped: &mut Vec<StoppedDocument>,
) -> Vec<ChunkedDocument> {
    let Some(claim) = cuts.first().map(|cut| cut.lease.claim.clone()) else {
        return cuts;
    };
    let ids: Vec<_> = cuts.iter().map(|cut| cut.lease.claim.document_id).collect();
    let published = parts.store.published_chunks(claim.tenant, &ids).await;
    let mut all = match published {
        Ok(published) => published,
        Err(error) => {
            stopped.extend(
                cuts.into_iter()
                    .map(|cut| (cut, Stop::Retry(error.clone()))),
            );
            return Vec::new();
        }
    };
    let mut kept = Vec::new();
    for cut in cuts {
        let chunks = cut.chunks.len();
        let sum = all + i64::try_from(chunks).unwrap_or(i64::MAX);
        if sum > claim.max_chunks.into() {
            let stop = refused(FailureCode::ChunkLimit, chunks, "chunks more");
            stopped.push((cut, stop));
        } else {
            all = sum;
            kept.push(cut);
        }
    }
    kept
}

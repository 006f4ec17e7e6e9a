//! Pages of results.

use dynrag_api::cursor;
use dynrag_domain::{Error, Kind, Result, search::MAX_RESULTS};
use dynrag_retrieval::Question;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::request::SearchRequest;

/// A cursor's content: a place in the results, and the fingerprint of the search.
#[derive(Serialize, Deserialize)]
struct Mark {
    search: String,
    offset: usize,
}

/// Returns the cursor of the next page, if there may be one after so many results.
pub(crate) fn next(
    body: &SearchRequest,
    question: &Question<'_>,
    found: usize,
) -> Result<Option<String>> {
    // The candidates are those of one page, and so are a model's words.
    if question.candidates.is_some() || question.rewrite || question.hypothetical {
        return Ok(None);
    }
    let offset = question.offset + question.top_k;
    if found < question.top_k || offset >= MAX_RESULTS as usize {
        return Ok(None);
    }
    let search = fingerprint(body)?;
    cursor::encode(&Mark { search, offset }).map(Some)
}

/// Returns the offset of the page that a cursor of this search stands for.
///
/// # Errors
/// `invalid_cursor`.
pub(crate) fn offset(body: &SearchRequest, text: &str) -> Result<usize> {
    let mark: Mark = cursor::decode(text)?;
    // Cursors are not signed: an offset beyond the last page was made up.
    if mark.search == fingerprint(body)? && mark.offset < MAX_RESULTS as usize {
        return Ok(mark.offset);
    }
    Err(Error::new(
        Kind::Invalid,
        "invalid_cursor",
        "The cursor belongs to another search. Send it with the request of the first page, or start again without it.",
    ))
}

/// A hash of everything but the cursor.
fn fingerprint(body: &SearchRequest) -> Result<String> {
    let search = serde_json::to_vec(body).map_err(Error::internal_fault)?;
    Ok(hex::encode(&Sha256::digest(search)[..12]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_no_page_has_is_refused() {
        let body: SearchRequest = serde_json::from_str(r#"{"query": "q"}"#).unwrap();
        let search = fingerprint(&body).unwrap();
        let cursor = |offset| {
            let search = search.clone();
            cursor::encode(&Mark { search, offset }).unwrap()
        };
        assert_eq!(offset(&body, &cursor(995)).unwrap(), 995);
        for beyond in [MAX_RESULTS as usize, usize::MAX] {
            let refused = offset(&body, &cursor(beyond)).unwrap_err();
            assert_eq!(refused.code(), "invalid_cursor");
        }
        let other: SearchRequest = serde_json::from_str(r#"{"query": "other"}"#).unwrap();
        assert!(offset(&other, &cursor(5)).is_err());
    }
}

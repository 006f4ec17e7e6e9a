//! The passages that an answer is made from, exactly as their versions have them.

use std::collections::HashMap;

use dynrag_app::{App, documents};
use dynrag_domain::{DocumentId, Kind, Result, VersionNumber, search::Hit};
use dynrag_store::admission::Admission;

/// Gives hits the text of their version at their span. A parent's text is made of its children and has other white space
/// between them; all other texts are exact. A passage whose version is gone is left out.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn exact(app: &App, caller: &Admission, hits: Vec<Hit>) -> Result<Vec<Hit>> {
    // Of one document at a time: a text may be large.
    let mut versions: Vec<Version> = hits
        .iter()
        .filter(|hit| hit.match_span.is_some())
        .map(version)
        .collect();
    versions.sort_unstable();
    versions.dedup();
    let mut texts: HashMap<(Version, (u32, u32)), String> = HashMap::new();
    for of in versions {
        let Some(text) = text(app, caller, of).await? else {
            continue;
        };
        for hit in hits.iter().filter(|hit| version(hit) == of) {
            let (start, end) = (hit.char_span.0 as usize, hit.char_span.1 as usize);
            let part = text.chars().skip(start).take(end.saturating_sub(start));
            texts.insert((of, hit.char_span), part.collect());
        }
    }
    let exact = hits.into_iter().filter_map(|hit| {
        if hit.match_span.is_none() {
            return Some(hit);
        }
        let text = texts.get(&(version(&hit), hit.char_span))?.clone();
        Some(Hit { text, ..hit })
    });
    Ok(exact.collect())
}

type Version = (DocumentId, VersionNumber);

fn version(hit: &Hit) -> Version {
    (hit.document_id, hit.version)
}

async fn text(
    app: &App,
    caller: &Admission,
    (document, version): Version,
) -> Result<Option<String>> {
    match documents::extracted(app, caller, document, version).await {
        Ok(extracted) => Ok(Some(extracted.text)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

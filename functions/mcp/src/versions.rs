//! The ids by which clients name versions of documents: `<document>:<version>`, or `<document>` for the present one.

use dynrag_domain::{DocumentId, Error, Result, VersionNumber};
use dynrag_store::documents::Document;

/// The id of a version.
pub(crate) fn id(document: DocumentId, version: VersionNumber) -> String {
    format!("{document}:{version}")
}

/// A version that a client names; `None` for the present one.
pub(crate) type Named = (DocumentId, Option<VersionNumber>);

/// Parses an id.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn parse(text: &str) -> Result<Named> {
    let parse = || {
        let (document, version) = match text.split_once(':') {
            Some((document, version)) => (document, Some(version)),
            None => (text, None),
        };
        let version = version.map(|version| version.parse::<i32>().ok()?.try_into().ok());
        Some((document.parse().ok()?, version))
    };
    match parse() {
        Some((document, None)) => Ok((document, None)),
        Some((document, Some(Some(version)))) => Ok((document, Some(version))),
        _ => Err(Error::field("/id", "an id that search returned")),
    }
}

/// The version that is meant: the published one unless one is named, or the latest if none is published.
pub(crate) fn meant(document: &Document, named: Option<VersionNumber>) -> VersionNumber {
    named
        .or(document.published_version)
        .unwrap_or(document.latest_version)
}

//! Object keys in the buckets. Every key and URI of the project is built here, from parsed ids.

use uuid::Uuid;

use crate::{
    error::{Error, Result},
    ids::{CustomerId, DocumentId, JobId, UploadPartId},
    versions::VersionNumber,
};

/// Prefix of presigned uploads; the only one with event notifications.
pub const UPLOADS_PREFIX: &str = "uploads/";

/// Prefix of parts of files that are uploaded in parts.
pub const PARTS_PREFIX: &str = "parts/";

/// Prefix of the parts of a file; ends in a slash.
pub fn parts_prefix(customer: CustomerId, document: DocumentId) -> String {
    format!("{PARTS_PREFIX}{customer}/{document}/")
}

/// Key of a part of a file in the documents bucket; a lifecycle rule deletes it after two days.
pub fn part_key(customer: CustomerId, document: DocumentId, part: UploadPartId) -> String {
    format!("{}{part}", parts_prefix(customer, document))
}

/// Key of a presigned upload in the documents bucket.
pub fn upload_key(customer: CustomerId, document: DocumentId) -> String {
    format!("{UPLOADS_PREFIX}{customer}/{document}")
}

/// Parses the ids from the key of an event notification.
///
/// # Errors
/// `not_found` for a key that [`upload_key`] cannot have built.
pub fn parse_upload_key(key: &str) -> Result<(CustomerId, DocumentId)> {
    let no = || Error::not_found("upload");
    let (customer, document) = key
        .strip_prefix(UPLOADS_PREFIX)
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(no)?;
    Ok((
        customer.parse().map_err(|_| no())?,
        document.parse().map_err(|_| no())?,
    ))
}

/// Prefix of all objects of a document, of all versions; ends in a slash.
pub fn document_prefix(customer: CustomerId, document: DocumentId) -> String {
    format!("customers/{customer}/documents/{document}/")
}

/// Prefix of the objects of one version of a document.
pub fn version_prefix(
    customer: CustomerId,
    document: DocumentId,
    version: VersionNumber,
) -> String {
    format!("{}{version}/", document_prefix(customer, document))
}

/// Key of a version's original bytes. `object` is unique to each request that writes, so that
/// two requests that race for a version never overwrite each other's bytes.
pub fn original_key(
    customer: CustomerId,
    document: DocumentId,
    version: VersionNumber,
    object: Uuid,
) -> String {
    format!("{}{object}", version_prefix(customer, document, version))
}

/// Key of an object that holds the originals of many documents.
pub fn bundle_key(customer: CustomerId, bundle: Uuid) -> String {
    format!("customers/{customer}/bundles/{bundle}")
}

/// Where a version's original bytes are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Original {
    /// In an object of its own.
    Alone(Uuid),
    /// In a bundle, at a byte offset.
    Bundled {
        /// The bundle.
        bundle: Uuid,
        /// Offset of its first byte.
        offset: u64,
    },
}

/// Key of the copy of an original in a bundle, made for its download.
pub fn original_copy_key(
    customer: CustomerId,
    document: DocumentId,
    version: VersionNumber,
) -> String {
    format!("{}original", version_prefix(customer, document, version))
}

/// Key of a version's extracted text (JSON of [`crate::chunks::Extracted`]).
pub fn extracted_key(customer: CustomerId, document: DocumentId, version: VersionNumber) -> String {
    format!(
        "{}{version}/extracted.json",
        document_prefix(customer, document)
    )
}

/// Prefix of exports in the documents bucket; a lifecycle rule deletes them after a week.
pub const EXPORTS_PREFIX: &str = "exports/";

/// Key of a file of an export. Each attempt writes its own file, so that two attempts at the same export do not
/// overwrite each other's.
pub fn export_key(customer: CustomerId, job: JobId, file: Uuid) -> String {
    format!("{}{file}.zip", export_prefix(customer, job))
}

/// Prefix of all exports of a customer; ends in a slash.
pub fn exports_prefix(customer: CustomerId) -> String {
    format!("{EXPORTS_PREFIX}{customer}/")
}

/// Prefix of the files of an export; ends in a slash.
pub fn export_prefix(customer: CustomerId, job: JobId) -> String {
    format!("{}{job}/", exports_prefix(customer))
}

/// Prefixes of all of a customer's objects in the documents bucket; each ends in a slash.
pub fn customer_prefixes(customer: CustomerId) -> [String; 4] {
    ["customers/", UPLOADS_PREFIX, PARTS_PREFIX, EXPORTS_PREFIX]
        .map(|prefix| format!("{prefix}{customer}/"))
}

/// Prefix of all of a customer's objects in the vectors bucket; ends in a slash.
pub fn vectors_prefix(customer: CustomerId) -> String {
    format!("customers/{customer}/")
}

/// Prefix of a customer's LanceDB database in the vectors bucket, without a slash at the end.
pub fn lancedb_prefix(customer: CustomerId) -> String {
    format!("customers/{customer}/lancedb")
}

/// Prefix of a customer's segments in the vectors bucket, without a slash at the end.
pub fn segments_prefix(customer: CustomerId) -> String {
    format!("customers/{customer}/segments")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upload_keys_round_trip_and_nothing_else_parses() {
        let (c, d) = (CustomerId::generate(), DocumentId::generate());
        let parsed = parse_upload_key(&upload_key(c, d)).unwrap();
        assert_eq!(parsed, (c, d));
        for hostile in [
            "",
            "uploads/",
            "uploads/a/b",
            &format!("uploads/{c}/../{d}"),
            &format!("customers/{c}/{d}"),
        ] {
            assert!(parse_upload_key(hostile).is_err(), "{hostile:?}");
        }
    }
}

//! Extracted texts that are small enough for Postgres: most are, and a request to S3 costs more than storing a few
//! kilobytes.

use std::io::{Read, Write};

use dynrag_domain::{DocumentId, Error, Result, VersionNumber};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use crate::{Store, Tenant, TenantId};

/// Size of the JSON in bytes above which packing is not attempted.
const MOST_JSON: usize = 64 * 1024;
/// Size of a packed text in bytes above which it goes to S3.
const MOST_PACKED: usize = 8 * 1024;

/// Packs the JSON of an extracted text; `None` if it belongs in S3.
///
/// # Errors
/// Only if memory runs out.
pub fn pack(json: &[u8]) -> Result<Option<Vec<u8>>> {
    if json.len() > MOST_JSON {
        return Ok(None);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json).map_err(Error::internal_fault)?;
    let packed = encoder.finish().map_err(Error::internal_fault)?;
    Ok((packed.len() <= MOST_PACKED).then_some(packed))
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let mut json = Vec::new();
    let most = MOST_JSON as u64;
    ZlibDecoder::new(packed)
        .take(most)
        .read_to_end(&mut json)
        .map_err(Error::internal_fault)?;
    Ok(json)
}

pub(crate) async fn insert(
    tx: &Tenant,
    document: DocumentId,
    version: VersionNumber,
    packed: &[u8],
) -> Result<()> {
    tx.query(
        include_str!("../queries/texts/insert.sql"),
        &[&tx.customer_id(), &document, &version, &packed],
    )
    .await
    .map(drop)
}

impl Store {
    /// Returns the JSON of a version's extracted text; `None` if it is in S3, or does not exist.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn small_text(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
    ) -> Result<Option<Vec<u8>>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/texts/get.sql"),
                &[&customer, &document, &version],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| unpack(row.get("extracted")?)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn a_small_text_comes_back_and_a_large_one_is_left_to_s3() {
        let json = br#"{"text":"Small."}"#;
        let packed = pack(json).unwrap().unwrap();
        assert_eq!(unpack(&packed).unwrap(), json);
        assert!(pack(&vec![b'a'; MOST_JSON + 1]).unwrap().is_none());
        let noise: Vec<u8> = (0..1000_u32)
            .flat_map(|n| Sha256::digest(n.to_le_bytes()).to_vec())
            .collect();
        assert!(pack(&noise).unwrap().is_none());
    }
}

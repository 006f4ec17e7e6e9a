//! Vectors that are paid for and not in LanceDB yet, found by their text. A worker that is killed between the
//! provider's response and the publication leaves them here, and the next attempt pays only for the rest.

use std::collections::HashMap;

use dynrag_domain::{DocumentId, Result};

use crate::{
    Store, TenantId,
    ledger::{self, ProviderCall, Purpose},
};

/// Encodes vectors for staging: little-endian float32.
fn to_bytes(vectors: &[Vec<f32>]) -> Vec<Vec<u8>> {
    vectors
        .iter()
        .map(|vector| vector.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect()
}

fn of_bytes(bytes: &[u8]) -> Vec<f32> {
    let (fours, _) = bytes.as_chunks::<4>();
    fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

impl Store {
    /// Returns the vectors of these texts by their SHA-256 in hex, whichever document they were paid for.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn read_staged(
        &self,
        customer: TenantId,
        model: &str,
        hashes: &[String],
    ) -> Result<HashMap<String, Vec<f32>>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/staged/read.sql"),
                &[&customer, &model, &hashes],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                let bytes: &[u8] = row.get("vector")?;
                let hash = row.get("text_hash")?;
                Ok((hash, of_bytes(bytes)))
            })
            .collect()
    }

    /// Stores vectors that were just paid for, each with the hash of its text and a document that contains it, and the
    /// calls they took in the ledger.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn stage(
        &self,
        customer: TenantId,
        model: &str,
        texts: &[(DocumentId, &str)],
        vectors: &[Vec<f32>],
        calls: &[ProviderCall],
    ) -> Result<()> {
        let ids: Vec<DocumentId> = texts.iter().map(|(id, _)| *id).collect();
        let hashes: Vec<&str> = texts.iter().map(|(_, hash)| *hash).collect();
        let vectors = to_bytes(vectors);
        let regenerates = calls
            .iter()
            .any(|call| matches!(call.purpose, Purpose::Regenerating(_)));
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/staged/stage.sql"),
            &[&customer, &model, &ids, &hashes, &vectors, &regenerates],
        )
        .await?;
        ledger::record(&tx, calls).await?;
        tx.commit().await
    }
}

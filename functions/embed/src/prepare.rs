//! From a claim to chunks, and from chunks and vectors to rows: everything that does not need the tenant's lock.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use dynrag_chunking::{Plan, plan};
use dynrag_cloud::vault;
use dynrag_domain::{
    Error, Kind,
    chunks::{Chunk, Extracted, Properties},
    documents::{FailureCode, Format},
    jobs::Lane,
    metadata::{Members, Metadata},
    storage::{self, Original},
};
use dynrag_extract::{Failure, Options};
use dynrag_llm::count_tokens;
use dynrag_store::{ingestion::Claim, ledger::Purpose, texts};
use dynrag_vectors::Row;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::{
    attachments,
    bundles::Bundles,
    chunked::{ChunkedDocument, EmbeddingRequest, Prepared, StoppedDocument},
    embedding::{self, Answer},
    lease::{self, Lease},
    limits,
    parts::Parts,
    stop::Stop,
};

/// Reads a document and chunks it.
pub(crate) async fn cut(
    parts: &Parts,
    bundles: &Bundles,
    claim: Claim,
    deadline: Instant,
) -> Result<ChunkedDocument, Stop> {
    let lease = Lease::keep(&parts.store, claim, parts.config.lease);
    let (extracted, chunks, tokens, charged) = lease
        .guard(async {
            let extracted = read(parts, bundles, &lease.claim).await?;
            let mut charged = 0;
            let chunks = match plan(&extracted, lease.claim.chunking) {
                Plan::Ready(chunks) => chunks,
                Plan::NeedsVectors(semantic) => {
                    limits::check_groups(&lease.claim, semantic.groups().len())?;
                    let (vectors, tokens) =
                        group_vectors(parts, &lease.claim, semantic.groups(), deadline).await?;
                    charged = tokens;
                    semantic.cut(&vectors)?
                }
            };
            if chunks.is_empty() {
                return Err(Stop::Failed(FailureCode::EmptyDocument, "no chunks".into()));
            }
            limits::check_chunks(&lease.claim, chunks.len())?;
            let tokens = count(&chunks);
            Ok((extracted, chunks, tokens, charged))
        })
        .await?;
    Ok(ChunkedDocument {
        title: lease.claim.title_with(&extracted),
        properties: extracted.properties,
        lease,
        chunks,
        tokens,
        charged,
    })
}

fn count(chunks: &[Chunk]) -> Vec<u64> {
    chunks
        .iter()
        .map(|chunk| count_tokens(&chunk.text))
        .collect()
}

/// The vectors for finding the cuts, and the tokens charged for them.
async fn group_vectors(
    parts: &Parts,
    claim: &Claim,
    groups: &[Chunk],
    deadline: Instant,
) -> Result<(HashMap<String, Vec<f32>>, u64), Stop> {
    let document = claim.document_id;
    let wish = EmbeddingRequest {
        document,
        purpose: Purpose::Chunking(document, claim.version),
        chunks: groups,
        tokens: &count(groups),
    };
    let (customer, model) = (claim.tenant, &claim.embedding_model);
    let answer = embedding::vectors(parts, customer, model, &[wish], deadline).await;
    match answer.stop(document, groups) {
        None => {
            let charged = answer.charged(document);
            Ok((answer.vectors, charged))
        }
        Some(stop) => Err(stop),
    }
}

impl ChunkedDocument {
    /// The texts that need vectors.
    pub(crate) fn wish(&self) -> EmbeddingRequest<'_> {
        let claim = &self.lease.claim;
        EmbeddingRequest {
            document: claim.document_id,
            purpose: Purpose::Embedding(claim.document_id, claim.version),
            chunks: &self.chunks,
            tokens: &self.tokens,
        }
    }

    /// Combines chunks and vectors. A vector is moved out of the answer at its last use, so that a batch's
    /// vectors are in memory once.
    pub(crate) fn prepared(
        self,
        answer: &mut Answer,
        uses: &mut HashMap<String, usize>,
    ) -> Result<Prepared, Box<StoppedDocument>> {
        let mut take = |hash: &String| {
            let left = uses.get_mut(hash)?;
            *left = left.saturating_sub(1);
            if *left == 0 {
                answer.vectors.remove(hash)
            } else {
                answer.vectors.get(hash).cloned()
            }
        };
        let hashes = self.chunks.iter().map(|chunk| &chunk.text_hash);
        let Some(vectors) = hashes.map(&mut take).collect::<Option<Vec<_>>>() else {
            let fault = Error::internal_fault("a chunk has no vector");
            return Err(Box::new((self, fault.into())));
        };
        let metadata = match metadata(&self.lease.claim.metadata, &self.properties) {
            Ok(metadata) => Arc::new(metadata),
            Err(error) => return Err(Box::new((self, error.into()))),
        };
        let title: Arc<str> = self.title.into();
        let claim = self.lease.claim.clone();
        let model: Arc<str> = claim.embedding_model.as_str().into();
        let rows = self
            .chunks
            .into_iter()
            .zip(vectors)
            .map(|(chunk, vector)| Row {
                document: claim.document_id,
                version: claim.version,
                title: title.clone(),
                metadata: metadata.clone(),
                chunk,
                vector,
                model: model.clone(),
                language: self.properties.language.clone(),
                published_at: None,
            });
        Ok(Prepared {
            rows: rows.collect(),
            tokens: self.charged + answer.charged(claim.document_id),
            chunk_tokens: self.tokens.iter().sum(),
            lease: self.lease,
        })
    }
}

/// Gets the original, checks it against the customer's limits, extracts its text and records its properties.
async fn read(parts: &Parts, bundles: &Bundles, claim: &Claim) -> Result<Extracted, Stop> {
    let Claim {
        tenant,
        document_id,
        version,
        ..
    } = *claim;
    let bytes = original(parts, bundles, claim).await?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    if !claim.reprocess && claim.published_hash.as_deref() == Some(hash.as_slice()) {
        return Err(Stop::Unchanged);
    }
    if !claim
        .allowed_types
        .iter()
        .any(|name| name == claim.format.as_str())
    {
        return Err(Stop::Failed(
            FailureCode::UnsupportedType,
            "type is not allowed (any more)".into(),
        ));
    }
    let options = Options {
        password: None,
        include_hidden: claim.include_hidden,
        max_pages: u32::try_from(claim.max_pages).ok(),
    };
    let mut extracted = parts
        .extractor
        .extract_with(claim.format, &bytes, options)
        .await?;
    if let Err(failure) = &extracted
        && failure.code == FailureCode::PasswordProtected
        && let Some(password) = password(parts, claim).await?
    {
        let options = Options {
            password: Some(&password),
            ..options
        };
        let with = parts.extractor.extract_with(claim.format, &bytes, options);
        extracted = with.await?;
    }
    let mut extracted = extracted.map_err(|failure| unread(parts, failure))?;
    limits::check_text(claim, &extracted)?;
    if claim.format == Format::Eml {
        attachments::settle(parts, claim, &bytes, &mut extracted.warnings).await?;
    }
    let size = i64::try_from(bytes.len()).map_err(Error::internal_fault)?;
    drop(bytes);
    let json = serde_json::to_vec(&extracted).map_err(Error::internal_fault)?;
    let small = texts::pack(&json)?;
    if small.is_none() {
        let key = storage::extracted_key(tenant.customer_id(), document_id, version);
        parts
            .objects
            .put(&key, "application/json", json.into())
            .await?;
    }
    let lease = parts.config.lease;
    let store = &parts.store;
    let described = store.describe_version(claim, lease, size, &hash, &extracted, small.as_deref());
    lease::check(described.await?)?;
    Ok(extracted)
}

/// Why a document was not read.
fn unread(parts: &Parts, failure: Failure) -> Stop {
    if parts.slow_lane.takes(&failure) {
        Stop::Slow
    } else {
        Stop::Failed(failure.code, failure.detail)
    }
}

/// The document's password, if its customer gave one.
async fn password(parts: &Parts, claim: &Claim) -> Result<Option<SecretString>, Error> {
    let customer = claim.tenant;
    let stored = parts
        .store
        .document_password(customer, claim.document_id)
        .await?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    let key = parts
        .vault
        .unwrap_key(customer.customer_id(), &stored.wrapped_data_key)
        .await?;
    let sealed = &stored.sealed;
    let purpose = vault::Purpose::DocumentPassword;
    let password = key.open(purpose, 1, &sealed.nonce, &sealed.ciphertext)?;
    let password = std::str::from_utf8(&password).map_err(Error::internal_fault)?;
    Ok(Some(SecretString::from(password.to_owned())))
}

/// The original's bytes.
async fn original(parts: &Parts, bundles: &Bundles, claim: &Claim) -> Result<Bytes, Stop> {
    let Claim {
        tenant,
        document_id,
        original_version,
        ..
    } = *claim;
    let limit = u64::try_from(claim.max_file_bytes).unwrap_or(0);
    match claim.original {
        Original::Alone(object) => {
            let customer = tenant.customer_id();
            let key = storage::original_key(customer, document_id, original_version, object);
            match parts.objects.get(&key, limit).await {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err(Stop::Failed(FailureCode::OriginalMissing, key)),
                Err(e) if e.kind() == Kind::TooLarge => {
                    Err(Stop::Failed(FailureCode::FileTooLarge, e.to_string()))
                }
                Err(e) => Err(e.into()),
            }
        }
        Original::Bundled { bundle, offset } => {
            let size = claim.bytes.unwrap_or(0);
            if size > limit {
                let detail = format!("{size} bytes");
                return Err(Stop::Failed(FailureCode::FileTooLarge, detail));
            }
            let objects = &parts.objects;
            // The others of a batch are needed next; a single document is read alone.
            let stretch = if claim.lane == Lane::Bulk {
                bundles
                    .stretch(objects, tenant.customer_id(), bundle, offset, size)
                    .await?
            } else {
                let key = storage::bundle_key(tenant.customer_id(), bundle);
                objects.get_range(&key, offset, size).await?
            };
            match stretch {
                Some(bytes) => Ok(bytes),
                // Moved to another bundle since the claim, because a neighbour was deleted.
                None => Err(Stop::Retry(Error::unavailable("bundle is gone"))),
            }
        }
    }
}

/// The file's own metadata and the customer's, which takes precedence.
fn metadata(given: &Metadata, properties: &Properties) -> Result<Metadata, Error> {
    let said = serde_json::to_string(properties).map_err(Error::internal_fault)?;
    let mut all: Members = serde_json::from_str(&said).map_err(Error::internal_fault)?;
    all.extend(given.members().unwrap_or_default());
    Ok(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_customers_word_goes_before_the_files() {
        let properties = Properties {
            author: Some("A. File".to_owned()),
            language: Some("en".to_owned()),
            ..Properties::default()
        };
        let given = Metadata::parse(r#"{"author":"Somebody","price":1.10}"#).unwrap();
        assert_eq!(
            metadata(&given, &properties).unwrap().as_str(),
            r#"{"author":"Somebody","language":"en","price":1.10}"#
        );
    }
}

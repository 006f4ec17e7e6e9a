//! From a claim to rows: everything before the tenant's lock is needed.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use dynrag_chunking::{Plan, plan};
use dynrag_cloud::vault;
use dynrag_domain::{
    CustomerId, Error, Kind,
    chunks::{Chunk, Extracted, Properties},
    documents::{FailureCode, Stage},
    storage::{self, Original},
};
use dynrag_embeddings::ledger;
use dynrag_llm::{BatchLimits, Batches, EmbedError, count_tokens, embedding_cost};
use dynrag_store::{ingestion::Claim, ledger::Purpose, texts};
use dynrag_vectors::Row;
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::{lease::Lease, parts::Parts};

/// Waited where a provider limits the rate and does not say for how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// A document ready to be stored, its lease alive.
pub(crate) struct Prepared {
    pub(crate) lease: Lease,
    pub(crate) rows: Vec<Row>,
    /// Tokens the provider charged for.
    pub(crate) tokens: u64,
    /// Tokens of the chunks.
    pub(crate) chunk_tokens: u64,
}

/// Why a claim does not lead to a publication.
pub(crate) enum Stop {
    /// The content is what is published already.
    Unchanged,
    /// The lease is another's: leave everything alone.
    Lost,
    /// Ended badly, for the log with a detail.
    Failed(FailureCode, String),
    /// The provider wants us to wait.
    Wait(Duration),
    /// Something that may pass.
    Retry(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Retry(error)
    }
}

impl From<EmbedError> for Stop {
    fn from(error: EmbedError) -> Self {
        match (error.failure_code(), &error) {
            (Some(code), _) => Self::Failed(code, error.to_string()),
            (None, EmbedError::RateLimited { retry_after }) => {
                Self::Wait(retry_after.unwrap_or(DEFAULT_WAIT))
            }
            (None, _) => Self::Retry(Error::unavailable(error)),
        }
    }
}

/// Reads, cuts and embeds a document.
pub(crate) async fn prepare(
    parts: &Parts,
    claim: Claim,
    deadline: Instant,
) -> Result<Prepared, Stop> {
    let lease = Lease::keep(&parts.store, claim, parts.config.lease);
    let (rows, tokens, chunk_tokens) = lease
        .guard(async {
            let extracted = read(parts, &lease.claim).await?;
            lease.stage(Stage::Chunking).await?;
            let mut tokens = 0;
            let chunks = match plan(&extracted, lease.claim.chunking) {
                Plan::Ready(chunks) => chunks,
                Plan::NeedsVectors(semantic) => {
                    let groups = semantic.groups();
                    let claim = &*lease.claim;
                    let purpose = Purpose::Chunking(claim.document_id, claim.version);
                    let (vectors, charged) = embed(parts, claim, purpose, groups, deadline).await?;
                    tokens += charged;
                    semantic.cut(&vectors)?
                }
            };
            if chunks.is_empty() {
                return Err(Stop::Failed(FailureCode::EmptyDocument, "no chunks".into()));
            }
            lease.stage(Stage::Embedding).await?;
            let claim = &*lease.claim;
            let purpose = Purpose::Embedding(claim.document_id, claim.version);
            let (vectors, charged) = embed(parts, claim, purpose, &chunks, deadline).await?;
            tokens += charged;
            let counted = chunks
                .iter()
                .map(|chunk| u64::from(count_tokens(&chunk.text)));
            let chunk_tokens = counted.sum();
            let title = lease.claim.title_with(&extracted);
            let rows = rows(
                &lease.claim,
                &title,
                &extracted.properties,
                chunks,
                &vectors,
            )?;
            lease.stage(Stage::Storing).await?;
            Ok((rows, tokens, chunk_tokens))
        })
        .await?;
    Ok(Prepared {
        lease,
        rows,
        tokens,
        chunk_tokens,
    })
}

/// Gets the original, checks it against the customer's limits, and extracts its text.
async fn read(parts: &Parts, claim: &Claim) -> Result<Extracted, Stop> {
    let Claim {
        customer_id,
        document_id,
        version,
        ..
    } = *claim;
    let bytes = original(parts, claim).await?;
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
    let mut extracted = parts.extractor.extract(claim.format, &bytes).await?;
    if let Err(failure) = &extracted
        && failure.code == FailureCode::PasswordProtected
        && let Some(password) = password(parts, claim).await?
    {
        let with = parts
            .extractor
            .extract_with(claim.format, &bytes, Some(&password));
        extracted = with.await?;
    }
    let extracted = extracted.map_err(|failure| Stop::Failed(failure.code, failure.detail))?;
    let size = i64::try_from(bytes.len()).map_err(Error::internal_fault)?;
    drop(bytes);
    let json = serde_json::to_vec(&extracted).map_err(Error::internal_fault)?;
    let small = texts::pack(&json)?;
    if small.is_none() {
        let key = storage::extracted_key(customer_id, document_id, version);
        parts
            .objects
            .put(&key, "application/json", json.into())
            .await?;
    }
    parts
        .store
        .describe_version(
            claim,
            size,
            &hash,
            claim.format,
            &extracted,
            small.as_deref(),
        )
        .await?;
    Ok(extracted)
}

/// What the document is opened with, where its customer gave something.
async fn password(parts: &Parts, claim: &Claim) -> Result<Option<SecretString>, Error> {
    let customer = claim.customer_id;
    let stored = parts
        .store
        .document_password(customer, claim.document_id)
        .await?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    let key = parts
        .vault
        .unwrap_key(customer, &stored.wrapped_data_key)
        .await?;
    let sealed = &stored.sealed;
    let purpose = vault::Purpose::DocumentPassword;
    let password = key.open(purpose, 1, &sealed.nonce, &sealed.ciphertext)?;
    let password = std::str::from_utf8(&password).map_err(Error::internal_fault)?;
    Ok(Some(SecretString::from(password.to_owned())))
}

/// The original's bytes.
async fn original(parts: &Parts, claim: &Claim) -> Result<Bytes, Stop> {
    let Claim {
        customer_id,
        document_id,
        original_version,
        ..
    } = *claim;
    let limit = u64::try_from(claim.max_file_bytes).unwrap_or(0);
    match claim.original {
        Original::Alone(object) => {
            let key = storage::original_key(customer_id, document_id, original_version, object);
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
            let key = storage::bundle_key(customer_id, bundle);
            match parts.objects.get_range(&key, offset, size).await? {
                Some(bytes) => Ok(bytes),
                // Moved to another bundle since the claim, as a neighbour was deleted.
                None => Err(Stop::Retry(Error::unavailable("bundle is gone"))),
            }
        }
    }
}

/// The vector of each text, by its hash, and the tokens that were charged now. Each text is paid for
/// once: what an earlier try staged and what another document has already is not asked again.
async fn embed(
    parts: &Parts,
    claim: &Claim,
    purpose: Purpose,
    chunks: &[Chunk],
    deadline: Instant,
) -> Result<(HashMap<String, Vec<f32>>, u64), Stop> {
    let wanted: HashSet<&String> = chunks.iter().map(|chunk| &chunk.text_hash).collect();
    let wanted: Vec<String> = wanted.into_iter().cloned().collect();
    let mut vectors = parts.store.read_staged(claim, &wanted).await?;
    let left: Vec<String> = wanted
        .into_iter()
        .filter(|hash| !vectors.contains_key(hash))
        .collect();
    if !left.is_empty() {
        let recorded = parts.store.recorded_version(claim.customer_id).await?;
        match parts
            .vectors
            .reuse(claim.customer_id, recorded, &claim.embedding_model, &left)
            .await
        {
            Ok(reused) => vectors.extend(reused),
            // Pruned since; asking the model costs a little, waiting would cost time.
            Err(dynrag_vectors::Error::VersionGone) => {}
            Err(error) => return Err(Error::from(error).into()),
        }
    }
    let mut seen = HashSet::new();
    let missing: Vec<&Chunk> = chunks
        .iter()
        .filter(|chunk| !vectors.contains_key(&chunk.text_hash) && seen.insert(&chunk.text_hash))
        .collect();
    let mut tokens = 0;
    if !missing.is_empty() {
        let provider = parts
            .embeddings
            .provider(&parts.store, claim.customer_id, &claim.embedding_model)
            .await?;
        let texts: Vec<&str> = missing.iter().map(|chunk| chunk.text.as_str()).collect();
        check_budget(parts, claim.customer_id, &claim.embedding_model, &texts).await?;
        let mut batches = Batches::new(
            &parts.embeddings.client,
            &provider,
            &texts,
            BatchLimits::default(),
        )?;
        loop {
            let batch = batches.next(deadline).await;
            let calls = ledger(purpose, &claim.embedding_model, batches.take_calls());
            let batch = match batch {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                Err(error) => {
                    parts.store.record_calls(claim.customer_id, &calls).await?;
                    return Err(error.into());
                }
            };
            let hashes: Vec<String> = missing[batch.range]
                .iter()
                .map(|chunk| chunk.text_hash.clone())
                .collect();
            parts
                .store
                .stage(claim, &hashes, &batch.vectors, &calls)
                .await?;
            tokens += batch.prompt_tokens;
            vectors.extend(hashes.into_iter().zip(batch.vectors));
        }
    }
    Ok((vectors, tokens))
}

/// Stops before the calls that would exceed the customer's budget of the month.
pub(crate) async fn check_budget(
    parts: &Parts,
    customer: CustomerId,
    model: &str,
    texts: &[&str],
) -> Result<(), Stop> {
    let Some(left) = parts.store.budget_left(customer).await? else {
        return Ok(());
    };
    let tokens = texts.iter().map(|text| u64::from(count_tokens(text))).sum();
    let cost = embedding_cost(model, tokens);
    if cost <= left {
        return Ok(());
    }
    Err(Stop::Failed(
        FailureCode::BudgetExceeded,
        format!("would cost {cost} USD, {left} USD are left"),
    ))
}

fn rows(
    claim: &Claim,
    title: &str,
    properties: &Properties,
    chunks: Vec<Chunk>,
    vectors: &HashMap<String, Vec<f32>>,
) -> Result<Vec<Row>, Stop> {
    let title: Arc<str> = title.into();
    let metadata = Arc::new(metadata(&claim.metadata, properties)?);
    let model: Arc<str> = claim.embedding_model.as_str().into();
    chunks
        .into_iter()
        .map(|chunk| {
            let vector = vectors
                .get(&chunk.text_hash)
                .cloned()
                .ok_or_else(|| Error::internal_fault("a chunk has no vector"))?;
            Ok(Row {
                document: claim.document_id,
                version: claim.version,
                title: title.clone(),
                metadata: metadata.clone(),
                chunk,
                vector,
                model: model.clone(),
                language: properties.language.clone(),
            })
        })
        .collect()
}

/// What the file says of itself, and what its customer says of it, which goes before.
fn metadata(given: &Value, properties: &Properties) -> Result<Value, Error> {
    let mut metadata = serde_json::to_value(properties).map_err(Error::internal_fault)?;
    if let (Some(all), Some(given)) = (metadata.as_object_mut(), given.as_object()) {
        all.extend(given.clone());
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_customers_word_goes_before_the_files() {
        let properties = Properties {
            author: Some("A. File".to_owned()),
            language: Some("en".to_owned()),
            ..Properties::default()
        };
        let given = json!({"author": "Somebody", "year": 2026});
        assert_eq!(
            metadata(&given, &properties).unwrap(),
            json!({"author": "Somebody", "language": "en", "year": 2026})
        );
    }
}

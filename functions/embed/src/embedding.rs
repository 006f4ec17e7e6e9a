//! Vectors for the texts of documents. Those of one customer and model are requested together, in as few requests as
//! possible: a hundred small documents of a batch are one request to the provider, not a hundred.
//!
//! Each text is paid for once: texts staged by an earlier attempt or present in another document are not requested
//! again, and each response is staged before the next request is made. All texts here are passages to the model
//! ([`InputType`]), also those that only help to find the cuts: one hash is one vector.

use std::collections::{HashMap, HashSet};

use dynrag_app::embeddings::{Access, Embeddings, ledger};
use dynrag_domain::{
    DocumentId, Error,
    chunks::Chunk,
    documents::{FailureCode, Stage},
    spending::{Allowance, Payer},
};
use dynrag_llm::{Batch, BatchLimits, Batches, InputType, Price};
use dynrag_store::{
    TenantId,
    ingestion::Claim,
    ledger::{ProviderCall, Purpose},
};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::{
    CONCURRENCY,
    chunked::{ChunkedDocument, EmbeddingRequest, Prepared, StoppedDocument},
    limits,
    parts::Parts,
    stop::Stop,
};

/// A text that has no vector yet.
pub(crate) struct Text<'a> {
    /// One of its documents, with which its vector is staged.
    pub(crate) document: DocumentId,
    /// Purpose in the ledger.
    pub(crate) purpose: Purpose,
    /// SHA-256 in hex.
    pub(crate) hash: &'a str,
    pub(crate) text: &'a str,
    /// Its tokens, with what the model wants before a passage.
    pub(crate) tokens: u64,
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.text
    }
}

/// Texts being embedded by a provider; each answer is staged, and its calls recorded, before it is returned.
pub(crate) struct Asking<'a> {
    parts: &'a Parts,
    customer: TenantId,
    model: &'a str,
    terms: (Payer, Price),
    texts: &'a [Text<'a>],
    batches: Batches<'a, Text<'a>>,
}

/// Result of a request.
pub(crate) struct Answered<'a> {
    texts: &'a [Text<'a>],
    batch: Batch,
    calls: Vec<ProviderCall>,
}

impl Answered<'_> {
    /// The vectors by the hash of their text.
    pub(crate) fn vectors(self) -> impl Iterator<Item = (String, Vec<f32>)> {
        let hashes = self.texts.iter().map(|text| text.hash.to_owned());
        hashes.zip(self.batch.vectors)
    }
}

impl<'a> Asking<'a> {
    /// Plans the requests for texts with distinct hashes.
    pub(crate) fn new(
        parts: &'a Parts,
        embeddings: &'a Embeddings,
        customer: TenantId,
        model: &'a str,
        access: &'a Access,
        texts: &'a [Text<'a>],
    ) -> Result<Self, Stop> {
        let price = access.price().map_err(|code| refused(model, code))?;
        let tokens: Vec<u64> = texts.iter().map(|text| text.tokens).collect();
        let batches = Batches::new(
            &embeddings.client,
            &access.provider,
            texts,
            &tokens,
            BatchLimits::default(),
        )?;
        Ok(Self {
            parts,
            customer,
            model,
            terms: (access.paid_by, price),
            texts,
            batches,
        })
    }

    /// Makes the next request. `None`: there are no more.
    pub(crate) async fn next(&mut self, deadline: Instant) -> Result<Option<Answered<'a>>, Stop> {
        let Some(range) = self.batches.upcoming() else {
            return Ok(None);
        };
        let texts = &self.texts[range];
        let batch = self.batches.next(deadline).await;
        let shares = texts.iter().map(|text| (text.purpose, text.tokens));
        let calls = ledger(self.model, self.terms, shares, self.batches.take_calls());
        let store = &self.parts.store;
        let batch = match batch {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(None),
            Err(error) => {
                store.record_calls(self.customer, &calls).await?;
                return Err(error.into());
            }
        };
        let named: Vec<(DocumentId, &str)> = texts
            .iter()
            .map(|text| (text.document, text.hash))
            .collect();
        store
            .stage(self.customer, self.model, &named, &batch.vectors, &calls)
            .await?;
        Ok(Some(Answered {
            texts,
            batch,
            calls,
        }))
    }
}

/// Results of some documents' requests.
#[derive(Default)]
pub(crate) struct Answer {
    /// By the hash of their text.
    pub(crate) vectors: HashMap<String, Vec<f32>>,
    /// Tokens the provider charged now, by document.
    charged: HashMap<DocumentId, u64>,
    /// Documents whose vectors are not paid for, with the reason.
    unpaid: HashMap<DocumentId, FailureCode>,
    /// Reason why some texts were not requested.
    stop: Option<Stop>,
}

impl Answer {
    /// Tokens the provider charged now for a document.
    pub(crate) fn charged(&self, document: DocumentId) -> u64 {
        self.charged.get(&document).copied().unwrap_or(0)
    }

    /// Reason why a document lacks some of its vectors. `None`: it has them all.
    pub(crate) fn stop(&self, document: DocumentId, chunks: &[Chunk]) -> Option<Stop> {
        let has = |chunk: &Chunk| self.vectors.contains_key(&chunk.text_hash);
        if chunks.iter().all(has) {
            return None;
        }
        if let Some(code) = self.unpaid.get(&document) {
            return Some(Stop::Failed(*code, "nothing is paid for it".to_owned()));
        }
        let unknown = || Error::internal_fault("a chunk has no vector").into();
        Some(self.stop.clone().unwrap_or_else(unknown))
    }
}

/// The vectors of documents of one customer, as far as available.
pub(crate) async fn vectors(
    parts: &Parts,
    customer: TenantId,
    model: &str,
    wishes: &[EmbeddingRequest<'_>],
    deadline: Instant,
) -> Answer {
    let mut answer = Answer::default();
    let asked = ask(parts, customer, model, wishes, deadline, &mut answer).await;
    answer.stop = asked.err();
    answer
}

async fn ask(
    parts: &Parts,
    customer: TenantId,
    model: &str,
    wishes: &[EmbeddingRequest<'_>],
    deadline: Instant,
    answer: &mut Answer,
) -> Result<(), Stop> {
    let chunks = wishes.iter().flat_map(|wish| wish.chunks);
    let wanted: HashSet<&String> = chunks.map(|chunk| &chunk.text_hash).collect();
    let wanted: Vec<String> = wanted.into_iter().cloned().collect();
    answer.vectors = known(parts, customer, model, wanted).await?;
    let complete = |wish: &EmbeddingRequest<'_>| answer.stop(wish.document, wish.chunks).is_none();
    if wishes.iter().all(complete) {
        return Ok(());
    }
    let embeddings = parts.app.embeddings().await?;
    let access = embeddings
        .access(&parts.store, customer.customer_id(), model)
        .await?;
    let texts = affordable(parts, customer, &access, wishes, answer).await?;
    if texts.is_empty() {
        return Ok(());
    }
    let mut asking = Asking::new(parts, embeddings, customer, model, &access, &texts)?;
    while let Some(answered) = asking.next(deadline).await? {
        for call in &answered.calls {
            if let Purpose::Chunking(document, _) | Purpose::Embedding(document, _) = call.purpose {
                *answer.charged.entry(document).or_default() += call.tokens;
            }
        }
        answer.vectors.extend(answered.vectors());
    }
    Ok(())
}

/// Existing vectors: staged by an earlier attempt, or in the table.
async fn known(
    parts: &Parts,
    customer: TenantId,
    model: &str,
    mut hashes: Vec<String>,
) -> Result<HashMap<String, Vec<f32>>, Stop> {
    let mut vectors = parts.store.read_staged(customer, model, &hashes).await?;
    hashes.retain(|hash| !vectors.contains_key(hash));
    if !hashes.is_empty() {
        let recorded = parts.store.recorded_version(customer).await?;
        let reused = parts
            .vectors
            .reuse(customer.customer_id(), recorded, model, &hashes)
            .await;
        match reused {
            Ok(reused) => vectors.extend(reused),
            // Pruned since; calling the model costs a little, waiting would cost time.
            Err(dynrag_vectors::Error::VersionGone) => {}
            Err(error) => return Err(Error::from(error).into()),
        }
    }
    Ok(vectors)
}

/// Ends a document whose vectors are not paid for.
pub(crate) fn refused(model: &str, code: FailureCode) -> Stop {
    Stop::Failed(code, format!("{model} is not paid for"))
}

/// The remaining budget of the key in use, which may have been set or deleted a moment ago.
pub(crate) async fn allowance(
    parts: &Parts,
    customer: TenantId,
    access: &Access,
) -> Result<Allowance, Stop> {
    let mut allowance = parts.store.allowance(customer).await?;
    if access.paid_by == Payer::Customer {
        // With or without its own key, a customer without a verified address has no payer (`payer_of`).
        allowance.payer = allowance.payer.map(|_| Payer::Customer);
    } else if allowance.payer == Some(Payer::Customer) {
        return Err(Error::unavailable("the customer's key was set meanwhile").into());
    }
    Ok(allowance)
}

/// The texts without a vector, each once, of the documents that fit into the month's budgets.
async fn affordable<'a>(
    parts: &Parts,
    customer: TenantId,
    access: &Access,
    wishes: &[EmbeddingRequest<'a>],
    answer: &mut Answer,
) -> Result<Vec<Text<'a>>, Stop> {
    let mut left = allowance(parts, customer, access).await?;
    let prefix = InputType::Passage.prefix_tokens(access.provider.model());
    let mut texts: Vec<Text<'a>> = Vec::new();
    let mut asked: HashSet<&str> = HashSet::new();
    for wish in wishes {
        let mut seen = HashSet::new();
        let own: Vec<Text<'a>> = wish
            .chunks
            .iter()
            .zip(wish.tokens)
            .map(|(chunk, tokens)| Text {
                document: wish.document,
                purpose: wish.purpose,
                hash: &chunk.text_hash,
                text: &chunk.text,
                tokens: tokens.saturating_add(prefix),
            })
            .filter(|text| !answer.vectors.contains_key(text.hash) && !asked.contains(text.hash))
            .filter(|text| seen.insert(text.hash))
            .collect();
        let tokens = own.iter().map(|text| text.tokens).sum();
        if let Err(code) = access.cost(tokens).and_then(|cost| left.take(cost)) {
            answer.unpaid.insert(wish.document, code);
            continue;
        }
        asked.extend(own.iter().map(|text| text.hash));
        texts.extend(own);
    }
    Ok(texts)
}

/// Gives documents of one customer and model their vectors. First attempts are requested together. A document that
/// was tried before is requested alone, so that one bad document cannot fail the batch twice.
pub(crate) async fn embed(
    parts: &Parts,
    cuts: Vec<ChunkedDocument>,
    deadline: Instant,
) -> (Vec<Prepared>, Vec<StoppedDocument>) {
    let (mut prepared, mut stopped) = (Vec::new(), Vec::new());
    let cuts = limits::with_room(parts, cuts, &mut stopped).await;
    let (first, again): (Vec<ChunkedDocument>, Vec<ChunkedDocument>) = cuts
        .into_iter()
        .partition(|cut| cut.lease.claim.attempts <= 1);
    let rounds = again.into_iter().map(|cut| vec![cut]);
    let rounds = std::iter::once(first).chain(rounds);
    let mut ends = stream::iter(rounds)
        .map(|cuts| Box::pin(round(parts, cuts, deadline)))
        .buffer_unordered(CONCURRENCY);
    while let Some((some, others)) = ends.next().await {
        prepared.extend(some);
        stopped.extend(others);
    }
    (prepared, stopped)
}

/// One request for all; if the provider rejects its content, one for each.
async fn round(
    parts: &Parts,
    cuts: Vec<ChunkedDocument>,
    deadline: Instant,
) -> (Vec<Prepared>, Vec<StoppedDocument>) {
    let (mut prepared, mut stopped) = (Vec::new(), Vec::new());
    let mut rounds = vec![cuts];
    while let Some(round) = rounds.pop() {
        let round = stage(parts, round, Stage::Embedding, &mut stopped).await;
        let Some(claim) = round.first().map(|cut| cut.lease.claim.clone()) else {
            continue;
        };
        let wishes: Vec<EmbeddingRequest<'_>> = round.iter().map(ChunkedDocument::wish).collect();
        let (customer, model) = (claim.tenant, claim.embedding_model.as_str());
        let mut answer = vectors(parts, customer, model, &wishes, deadline).await;
        drop(wishes);
        let alone = round.len() == 1;
        let mut complete = Vec::new();
        for cut in round {
            match answer.stop(cut.lease.claim.document_id, &cut.chunks) {
                None => complete.push(cut),
                Some(Stop::Failed(FailureCode::EmbeddingRejected, _)) if !alone => {
                    rounds.push(vec![cut]);
                }
                Some(stop) => stopped.push((cut, stop)),
            }
        }
        let complete = stage(parts, complete, Stage::Storing, &mut stopped).await;
        let mut uses = uses(&complete);
        for cut in complete {
            match cut.prepared(&mut answer, &mut uses) {
                Ok(done) => prepared.push(done),
                Err(left) => stopped.push(*left),
            }
        }
    }
    (prepared, stopped)
}

/// Records the stage of documents of one customer, and continues with those whose leases are still valid.
async fn stage(
    parts: &Parts,
    cuts: Vec<ChunkedDocument>,
    stage: Stage,
    stopped: &mut Vec<StoppedDocument>,
) -> Vec<ChunkedDocument> {
    let Some(customer) = cuts.first().map(|cut| cut.lease.claim.tenant) else {
        return cuts;
    };
    let claims: Vec<&Claim> = cuts.iter().map(|cut| &*cut.lease.claim).collect();
    let lease = parts.config.lease;
    let held = parts
        .store
        .progress_all(customer, &claims, Some(stage), lease)
        .await;
    let stop = match &held {
        Ok(_) => Stop::Lost,
        Err(error) => Stop::Retry(error.clone()),
    };
    let held = held.unwrap_or_default();
    let (held, lost): (Vec<ChunkedDocument>, Vec<ChunkedDocument>) = cuts
        .into_iter()
        .partition(|cut| held.contains(&cut.lease.claim.document_id));
    stopped.extend(lost.into_iter().map(|cut| (cut, stop.clone())));
    held
}

/// Number of chunks that use the vector of each text.
fn uses(cuts: &[ChunkedDocument]) -> HashMap<String, usize> {
    let mut uses = HashMap::new();
    for chunk in cuts.iter().flat_map(|cut| &cut.chunks) {
        *uses.entry(chunk.text_hash.clone()).or_default() += 1;
    }
    uses
}

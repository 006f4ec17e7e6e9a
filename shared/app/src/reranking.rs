//! Access of each customer to its own reranker.

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{CustomerId, Error, Result, money::Usd, spending::Payer};
use dynrag_llm::rerank::{RerankCall, RerankClient, Reranker};
use dynrag_store::{
    admission::Admission,
    ledger::{self, ProviderCall},
    secrets::SealedSecrets,
};
use dynrag_web::Settings;
use secrecy::SecretString;
use uuid::Uuid;

use crate::{App, web_policy};

/// The price list of rerankers: what their customers said.
const PRICE_VERSION: &str = "customer";

/// A customer's reranker with its key, and what it costs.
pub struct RerankAccess {
    /// The reranker.
    pub reranker: Reranker,
    usd_per_thousand_searches: Option<Usd>,
}

impl RerankAccess {
    /// Returns the ledger entries of requests, which the customer's own key paid for.
    pub fn ledger(&self, calls: &[RerankCall]) -> Vec<ProviderCall> {
        let calls = calls.iter().map(|call| ProviderCall {
            call_id: Uuid::new_v4(),
            purpose: ledger::Purpose::Reranking,
            model: self.reranker.model.clone(),
            attempt: call.attempt,
            inputs: u32::try_from(call.texts).unwrap_or(u32::MAX),
            outcome: call.outcome,
            tokens: call.tokens,
            cached_tokens: 0,
            output_tokens: 0,
            price_version: PRICE_VERSION,
            cost: self.cost(call.units),
            paid_by: Payer::Customer,
        });
        calls.collect()
    }

    /// Returns the cost of searches; nothing if the price is not known.
    fn cost(&self, units: u32) -> Usd {
        let price = self.usd_per_thousand_searches.unwrap_or_default();
        Usd::from_nanos(price.nanos().saturating_mul(units.into()) / 1_000)
    }
}

/// Creates the client of all rerankers, which goes through the guard for customers' URLs.
///
/// # Errors
/// `internal_error` if a setting is not valid.
pub(crate) fn client() -> Result<RerankClient> {
    RerankClient::new(Settings {
        policy: web_policy()?,
        ..Settings::default()
    })
}

/// Returns the caller's reranker, if it has one.
///
/// # Errors
/// `unavailable`; `internal_error` if its key cannot be decrypted.
pub async fn access(app: &App, caller: &Admission) -> Result<Option<RerankAccess>> {
    let Some(row) = caller.store().reranker(caller.tenant()).await? else {
        return Ok(None);
    };
    let api_key = match &row.key {
        Some(sealed) => Some(open(app, caller.customer_id, sealed).await?),
        None => None,
    };
    Ok(Some(RerankAccess {
        reranker: Reranker {
            url: dynrag_web::parse_url(&row.url)?,
            model: row.model,
            api_key,
        },
        usd_per_thousand_searches: row.usd_per_thousand_searches,
    }))
}

async fn open(app: &App, customer: CustomerId, sealed: &SealedSecrets) -> Result<SecretString> {
    let secret = sealed
        .secrets
        .first()
        .ok_or_else(|| Error::internal_fault("a reranker's key without a version"))?;
    let vault = app.vault().await?;
    let data_key = vault.unwrap_key(customer, &sealed.wrapped_data_key).await?;
    let purpose = Purpose::RerankerKey;
    let key = data_key.open(purpose, secret.version, &secret.nonce, &secret.ciphertext)?;
    let key = std::str::from_utf8(&key).map_err(Error::internal_fault)?;
    Ok(SecretString::from(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_cost_what_the_customer_said() {
        let access = |price: Option<&str>| RerankAccess {
            reranker: Reranker {
                url: dynrag_web::parse_url("https://a.example/").unwrap(),
                model: "m".to_owned(),
                api_key: None,
            },
            usd_per_thousand_searches: price.map(|price| price.parse().unwrap()),
        };
        let call = |units| RerankCall {
            attempt: 1,
            texts: 50,
            outcome: "ok",
            units,
            tokens: 9,
        };
        for (price, units, cost) in [
            (Some("2"), 1, "0.002"),
            (Some("2"), 3, "0.006"),
            (Some("2"), 0, "0"),
            (None, 1, "0"),
        ] {
            let lines = access(price).ledger(&[call(units)]);
            assert_eq!(lines[0].cost.to_string(), cost, "{price:?} {units}");
            assert_eq!(lines[0].paid_by, Payer::Customer);
            assert_eq!((lines[0].inputs, lines[0].tokens), (50, 9));
        }
    }
}

//! The customer's own reranker: where it is asked, and its key, sealed in the vault.

use std::time::Duration;

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{Error, FieldError, Result, audit::Action, money::Usd};
use dynrag_store::{admission::Admission, audit, rerankers, secrets};
use dynrag_web::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{App, customers::key_is_valid, sealing::Sealer, web_policy};

pub use dynrag_store::rerankers::RerankerRow;

/// Longest name of a model, in characters.
const MAX_MODEL: usize = 200;
/// Highest price of a thousand searches.
const MAX_PRICE: Usd = Usd::from_nanos(1_000_000_000_000);

/// A reranker to set.
pub struct NewReranker {
    /// Where it is asked.
    pub url: String,
    /// Its model.
    pub model: String,
    /// Its key; `None` for a server that needs none.
    pub api_key: Option<SecretString>,
    /// What a thousand searches cost, if it is known.
    pub usd_per_thousand_searches: Option<Usd>,
}

impl NewReranker {
    /// Checks all fields at once and returns the URL as it is asked.
    fn check(&self, policy: &Policy) -> Result<String> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        let url = match web_address(&self.url, policy) {
            Ok(url) => url,
            Err(detail) => {
                bad("/url", detail);
                String::new()
            }
        };
        let model = self.model.trim();
        if !(1..=MAX_MODEL).contains(&model.chars().count()) || model.contains(char::is_control) {
            bad(
                "/model",
                format!("1 to {MAX_MODEL} characters, without control characters"),
            );
        }
        if let Some(key) = &self.api_key
            && let Err(detail) = key_is_valid(key.expose_secret().trim())
        {
            bad("/apiKey", detail);
        }
        if self
            .usd_per_thousand_searches
            .is_some_and(|price| price > MAX_PRICE)
        {
            bad(
                "/usdPerThousandSearches",
                format!("at most {MAX_PRICE} dollars"),
            );
        }
        if fields.is_empty() {
            return Ok(url);
        }
        Err(Error::fields_invalid(fields))
    }
}

/// Parses a URL, if requests to it are allowed. The fragment is dropped, as it is never sent.
fn web_address(text: &str, policy: &Policy) -> std::result::Result<String, String> {
    let mut url = dynrag_web::parse_url(text.trim()).map_err(|error| error.to_string())?;
    url.set_fragment(None);
    // A key is sent, and texts.
    let strict = policy.clone().https_only();
    strict.check(&url).map_err(|error| error.to_string())?;
    Ok(url.into())
}

/// Returns the caller's reranker.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn get(caller: &Admission) -> Result<RerankerRow> {
    let row = caller.store().reranker(caller.tenant()).await?;
    row.ok_or_else(|| Error::not_found("reranker"))
}

/// Sets the reranker, which replaces an older one with its key: a key is never sent to a URL that it was not given for.
///
/// # Errors
/// `email_not_verified` (forbidden); `invalid_fields`; `unavailable` without a database or KMS.
pub async fn set(app: &App, caller: &Admission, new: &NewReranker) -> Result<()> {
    caller.check_verified()?;
    let url = new.check(&web_policy()?)?;
    let model = new.model.trim();
    let vault = app.vault().await?;
    let tx = caller.store().tenant(caller.tenant()).await?;
    let sealer = Sealer::lock(&tx, vault).await?;
    match &new.api_key {
        Some(key) => {
            let key = key.expose_secret().trim().as_bytes();
            let secret = sealer.seal_next(Purpose::RerankerKey, key).await?;
            secrets::replace(&tx, &secret, Duration::ZERO).await?;
        }
        None => {
            secrets::delete(&tx, Purpose::RerankerKey.as_str()).await?;
        }
    }
    rerankers::set(&tx, &url, model, new.usd_per_thousand_searches).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    // The URL's query may hold a secret.
    let host = dynrag_web::parse_url(&url)?.host_str().map(str::to_owned);
    let details = json!({"host": host, "model": model, "hasApiKey": new.api_key.is_some()});
    audit::record(&tx, actor, Action::RerankerSet, target, &details).await?;
    tx.commit().await
}

/// Deletes the reranker with its key.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn delete(caller: &Admission) -> Result<()> {
    let tx = caller.store().tenant(caller.tenant()).await?;
    secrets::lock(&tx).await?;
    if !rerankers::delete(&tx).await? {
        return Err(Error::not_found("reranker"));
    }
    secrets::delete(&tx, Purpose::RerankerKey.as_str()).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    audit::record(&tx, actor, Action::RerankerDeleted, target, &json!({})).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(url: &str) -> NewReranker {
        NewReranker {
            url: url.to_owned(),
            model: " rerank-v3.5 ".to_owned(),
            api_key: Some("rk-0123456789".into()),
            usd_per_thousand_searches: Some(Usd::from_nanos(2_000_000_000)),
        }
    }

    fn fields(new: &NewReranker) -> Vec<String> {
        let error = new.check(&Policy::default()).unwrap_err();
        let fields = error.fields().iter();
        fields.map(|field| field.pointer.clone()).collect()
    }

    #[test]
    fn only_public_https_addresses_pass() {
        let url = new("https://Api.example.com/v1/rerank?v=2#part");
        assert_eq!(
            url.check(&Policy::default()).unwrap(),
            "https://api.example.com/v1/rerank?v=2"
        );
        let allowed = Policy::default().with_allowed("127.0.0.1:8080").unwrap();
        assert!(new("http://127.0.0.1:8080/rerank").check(&allowed).is_ok());
        for url in [
            "http://api.example.com/v1/rerank",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://u:p@example.com/",
            "https://example.com:8080/",
            "ftp://example.com/",
            "example.com",
            "",
        ] {
            assert_eq!(fields(&new(url)), ["/url"], "{url}");
        }
    }

    #[test]
    fn all_bad_fields_are_named() {
        let bad = NewReranker {
            url: "rerank".to_owned(),
            model: String::new(),
            api_key: Some("a key".into()),
            usd_per_thousand_searches: Some(Usd::from_nanos(MAX_PRICE.nanos() + 1)),
        };
        let all = ["/url", "/model", "/apiKey", "/usdPerThousandSearches"];
        assert_eq!(fields(&bad), all);
    }
}

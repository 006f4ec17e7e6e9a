//! Authentication of requests to a webhook's own URL: by its token, or by a signature with its secret (Standard
//! Webhooks). The 401 does not disclose the reason: an unknown or paused webhook, a wrong token and an expired
//! signature get the same response.
//!
//! A signed message is accepted once. Its `webhook-id`, which the signature covers, is stored as an idempotency
//! key of the webhook for a day, far longer than a signature is valid: a replay gets the first response.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the id is written | nothing | the sender's next attempt counts as the first |
//! | later, before the response is stored | an id without a response | the next attempt after the lease; it finds an added document as a duplicate |
//! | after the response is stored | the response | the next attempt gets it |

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, FromRequestParts, RawPathParams, Request};
use bytes::Bytes;
use chrono::Utc;
use dynrag_api::{
    App, Failure, Query, RouteName, SourceAddress, body_bytes,
    idempotency::Attempt,
    openapi::{Argument, Description},
    stack::RequestLog,
};
use dynrag_cloud::vault::Purpose;
use dynrag_domain::{
    CollectionId, CustomerId, Error, Kind, Result, WebhookId,
    identity::{Class, Scope},
    webhooks::token_hash,
};
use dynrag_store::{
    admission::{Admission, Endpoint},
    webhooks::FoundWebhook,
};
use dynrag_web::webhook::{self, Secret};
use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use crate::payload::{Payload, WebhookQuery};

const TOKEN: &str = "x-webhook-token";
/// Longest `webhook-id`, the limit of an idempotency key.
const MAX_MESSAGE_ID: usize = 255;

/// A verified and admitted request to a webhook's URL.
pub(crate) struct Incoming {
    /// The admitted caller.
    pub(crate) caller: Admission,
    /// The webhook's name.
    pub(crate) name: String,
    /// The webhook's collection.
    pub(crate) collection: Option<CollectionId>,
    /// The query: fields of the document.
    pub(crate) query: WebhookQuery,
    /// The body with its headers.
    pub(crate) payload: Payload,
}

impl Argument for Incoming {
    fn describe(description: &mut Description) {
        description.path_parameter::<WebhookId>("webhookId");
        description.webhook_security();
        Query::<WebhookQuery>::describe(description);
        for (name, sentence) in [
            ("webhook-id", "Id of the message; each id is accepted once."),
            (
                "webhook-timestamp",
                "Unix seconds, within five minutes of the present time.",
            ),
            (
                "webhook-signature",
                "`v1,` and the base64 of the HMAC-SHA-256 of `{id}.{timestamp}.{body}` (Standard Webhooks). Replaces the token.",
            ),
        ] {
            description.header(name, sentence);
        }
        Payload::describe(description);
    }
}

/// A sender's proof of authorization.
enum Proof<'a> {
    Signature,
    Token(&'a str),
}

/// A request with a valid token or signature.
struct Verified {
    customer: CustomerId,
    webhook: WebhookId,
    name: String,
    collection: Option<CollectionId>,
    /// The message's id, if it is signed.
    message: Option<String>,
}

/// Returns the only error of authentication.
fn refused(internal: impl Into<String>) -> Error {
    Error::new(
        Kind::Unauthenticated,
        "unauthenticated",
        "Sign the request with the webhook's secret (webhook-id, webhook-timestamp, webhook-signature), or send its token as X-Webhook-Token. The webhook must be active.",
    )
    .because(internal)
}

impl<'a> Proof<'a> {
    /// Returns the proof. A signature takes precedence over tokens; two tokens are ambiguous.
    fn of(headers: &'a HeaderMap) -> Result<Self> {
        if headers.contains_key(webhook::SIGNATURE) {
            return Ok(Self::Signature);
        }
        let text = |value: &'a http::HeaderValue| {
            let text = value.to_str().map(str::trim);
            text.map_err(|_| refused("credential is not ASCII"))
        };
        let mut found = Vec::with_capacity(1);
        for value in headers.get_all(TOKEN) {
            found.push(text(value)?);
        }
        for value in headers.get_all(header::AUTHORIZATION) {
            match text(value)?.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    found.push(token.trim());
                }
                _ => return Err(refused("authorization is not Bearer")),
            }
        }
        match found[..] {
            [token] => Ok(Self::Token(token)),
            [] => Err(refused("no credential")),
            _ => Err(refused("more than one credential")),
        }
    }

    /// Checks the proof. Returns the id of a signed message.
    async fn check(
        &self,
        app: &App,
        found: &FoundWebhook,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Option<String>> {
        let token = match self {
            Self::Token(token) => token,
            Self::Signature => {
                let secrets = open(app, found).await?;
                let id = webhook::verify(&secrets, headers, body, Utc::now().timestamp())
                    .map_err(|e| refused(e.to_string()))?;
                return Ok(Some(id.to_owned()));
            }
        };
        let hash = token_hash(token);
        let fits = |known: &Vec<u8>| bool::from(known.as_slice().ct_eq(&hash));
        if found.token_hashes.iter().any(fits) {
            Ok(None)
        } else {
            Err(refused("wrong token"))
        }
    }
}

async fn open(app: &App, found: &FoundWebhook) -> Result<Vec<Secret>> {
    let (sealed, customer) = (&found.sealed, found.customer_id);
    let vault = app.vault().await?;
    let key = vault.unwrap_key(customer, &sealed.wrapped_data_key).await?;
    let open = |s: &dynrag_store::secrets::SealedSecret| {
        let plain = key.open(Purpose::Webhook, s.version, &s.nonce, &s.ciphertext)?;
        let text = std::str::from_utf8(&plain).map_err(Error::internal_fault)?;
        Secret::parse(text).map_err(Error::internal_fault)
    };
    sealed.secrets.iter().map(open).collect()
}

async fn verify(
    app: &App,
    webhook: Option<WebhookId>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Verified> {
    let proof = Proof::of(headers)?;
    let webhook = webhook.ok_or_else(|| refused("not the id of a webhook"))?;
    let found = app.unbounded_store().await?.find_webhook(webhook).await?;
    let found = found.ok_or_else(|| refused("webhook does not exist or is not active"))?;
    let message = proof.check(app, &found, headers, body).await?;
    Ok(Verified {
        customer: found.customer_id,
        webhook,
        name: found.name,
        collection: found.collection,
        message,
    })
}

/// Returns the id in the path.
async fn webhook_id(parts: &mut http::request::Parts) -> Option<WebhookId> {
    let parameters = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, text) = parameters.iter().next()?;
    text.parse().ok()
}

impl<S> FromRequest<S> for Incoming
where
    Arc<App>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let app = Arc::<App>::from_ref(state);
        let (mut parts, body) = request.into_parts();
        let route = parts.extensions.get::<RouteName>().copied();
        let route = route.ok_or_else(|| Error::internal_fault("route has no name"))?;
        // Before any connection: a request without a credential gets its 401 even if a dependency is down.
        Proof::of(&parts.headers)?;
        let body: Bytes = body_bytes(Request::new(body)).await?;
        let webhook = webhook_id(&mut parts).await;
        let verified = match verify(&app, webhook, &parts.headers, &body).await {
            Ok(verified) => verified,
            Err(error) => {
                if error.kind() == Kind::Unauthenticated {
                    let Ok(address) = SourceAddress::from_request_parts(&mut parts, &()).await;
                    app.attempt(route.0, address.bytes()).await?;
                }
                return Err(error.into());
            }
        };
        let endpoint = Endpoint {
            name: route.0,
            class: Class::of(Some(Scope::DocumentsWrite)),
        };
        let store = app.unbounded_store().await?;
        let facts = parts.extensions.get::<RequestLog>();
        let caller = match store
            .admit_webhook(verified.customer, verified.webhook, endpoint)
            .await
        {
            Ok(caller) => caller,
            Err(stopped) => {
                if let Some(facts) = facts {
                    facts.note(None, stopped.limits);
                }
                return Err(Failure(*stopped.error));
            }
        };
        if let Some(facts) = facts {
            facts.note(Some(caller.customer_id), caller.limits.clone());
        }
        let attempt = parts.extensions.get::<Attempt>();
        match (&verified.message, attempt) {
            (Some(id), _) if id.len() > MAX_MESSAGE_ID => {
                let detail = format!("webhook-id must have at most {MAX_MESSAGE_ID} characters.");
                return Err(Error::new(Kind::Invalid, "invalid_webhook_id", detail).into());
            }
            // Not the Idempotency-Key, which the signature does not cover.
            (Some(id), Some(attempt)) => attempt.begin_as(store, &caller, route, id).await?,
            (Some(_), None) => {
                return Err(
                    Error::internal_fault("signed message without an idempotency guard").into(),
                );
            }
            (None, Some(attempt)) => attempt.begin(store, &caller, route).await?,
            (None, None) => {}
        }
        let Query(query) = Query::from_request_parts(&mut parts, &()).await?;
        Ok(Self {
            caller,
            name: verified.name,
            collection: verified.collection,
            query,
            payload: Payload::new(parts.headers, body),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(pairs: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        match Proof::of(&headers) {
            Ok(Proof::Token(token)) => Some(token.to_owned()),
            Ok(Proof::Signature) => Some("signed".to_owned()),
            Err(error) => {
                assert_eq!(error.kind(), Kind::Unauthenticated);
                None
            }
        }
    }

    #[test]
    fn exactly_one_proof_and_a_signature_takes_precedence() {
        for (pairs, expected) in [
            (&[("x-webhook-token", " whk_a ")][..], Some("whk_a")),
            (&[("authorization", "bearer whk_a")], Some("whk_a")),
            (
                &[("webhook-signature", "v1,x"), ("x-webhook-token", "whk_a")],
                Some("signed"),
            ),
            (&[("authorization", "Basic eDp5")], None),
            (&[("authorization", "whk_a")], None),
            (
                &[
                    ("authorization", "Bearer whk_a"),
                    ("x-webhook-token", "whk_a"),
                ],
                None,
            ),
            (&[("x-webhook-token", "a"), ("x-webhook-token", "b")], None),
            (&[], None),
        ] {
            assert_eq!(token(pairs).as_deref(), expected, "{pairs:?}");
        }
    }
}

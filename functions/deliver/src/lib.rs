//! Sends notifications to webhooks, signed according to Standard Webhooks
//! (<https://www.standardwebhooks.com>), until their receivers accept them: at least once, always
//! under the same id.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | after the document's end is committed | a row that is due | `sweep` sends its message |
//! | after the claim, before the request | a row under a lease | `sweep`, once the lease has lapsed; the attempt counts |
//! | after it took a turn at the host, before that is written | the same; the turn is lost | the same |
//! | after the request, before its outcome is written | the same | the same: the receiver gets it again, under its id |
//! | after a failure is written, before the message of the next attempt | a row that will be due | `sweep`, half a minute after it is due |
//! | anywhere, and the queue delivers again | | the claim: not due, or ended |
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

mod turns;

use std::time::{Duration, Instant};

use chrono::Utc;
use dynrag_app::{App, web_policy};
use dynrag_cloud::{Vault, vault::Purpose};
use dynrag_domain::{
    Error, Result,
    webhooks::{Delivery as Message, WebhookStatus, wait_after},
};
use dynrag_store::{
    LeaseState, Store, TenantId,
    deliveries::{Claimed, Failure},
    secrets::SealedSecret,
};
use dynrag_web::{
    Answer, Client, Limits, Settings, WebError, parse_url,
    webhook::{Secret, sign},
};
use dynrag_worker::{Delivery, Invocation};
use futures::future::join_all;
use http::{HeaderValue, header};
use tokio::sync::OnceCell;

/// Timeout of a receiver, from the first byte to the last.
const PATIENCE: Duration = Duration::from_secs(15);
/// Lease of an attempt: longer than an attempt takes.
const LEASE: Duration = Duration::from_secs(45);
/// Reserved from the function's timeout: an attempt that cannot finish in time is not started.
const RESERVE: Duration = Duration::from_secs(20);
/// SQS's maximum delivery delay; a longer wait is left to `sweep`.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
/// A turn within this time is waited for.
const MOMENT: Duration = Duration::from_secs(1);
/// Database connections, and so concurrent statements.
const CONNECTIONS: usize = 4;

/// Clients created once per cold start.
#[derive(Default)]
pub struct Deliver {
    parts: OnceCell<Parts>,
}

impl Deliver {
    /// Sends the notifications concurrently; returns those that could not even be claimed.
    ///
    /// # Errors
    /// `unavailable` or `internal_error`, before anything was done.
    pub async fn run(
        &self,
        batch: Invocation<Vec<Delivery<Message>>>,
    ) -> Result<Vec<Delivery<Message>>> {
        let parts = self.parts.get_or_try_init(Parts::load).await?;
        let deadline = batch.deadline;
        let tries = batch.event.into_iter().map(|delivery| async move {
            match parts.attempt(&delivery.job, deadline).await {
                Ok(()) => None,
                Err(error) => {
                    let (code, cause) = (error.code(), error.internal());
                    tracing::error!(
                        message_id = delivery.message_id,
                        code,
                        cause,
                        "delivery failed"
                    );
                    Some(delivery)
                }
            }
        });
        Ok(join_all(tries).await.into_iter().flatten().collect())
    }
}

struct Parts {
    app: App,
    store: Store,
    vault: Vault,
    client: Client,
}

/// Outcome of an attempt.
#[derive(Debug)]
enum Outcome {
    Taken(u16),
    /// 410: the receiver wants no other notifications either.
    Gone,
    Failed(Failure, Option<Duration>),
}

impl Outcome {
    fn of(answer: std::result::Result<Answer, WebError>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                tracing::info!(code = error.code(), cause = error.detail(), "no answer");
                let failure = Failure {
                    status: None,
                    code: error.code(),
                };
                return Self::Failed(failure, None);
            }
        };
        match answer.status.as_u16() {
            status @ 200..300 => Self::Taken(status),
            410 => Self::Gone,
            status => {
                let failure = Failure {
                    status: Some(status),
                    code: "http_status",
                };
                Self::Failed(failure, answer.retry_after())
            }
        }
    }
}

impl Parts {
    async fn load() -> Result<Self> {
        let policy = web_policy()?.https_only();
        let limits = Limits {
            first_byte: PATIENCE,
            whole: PATIENCE,
            ..Limits::default()
        };
        let client = Client::new(Settings {
            policy,
            limits,
            ..Settings::default()
        })?;
        let app = App::new(CONNECTIONS);
        Ok(Self {
            store: app.unbounded_store().await?.clone(),
            vault: app.vault().await?.clone(),
            app,
            client,
        })
    }

    async fn attempt(&self, message: &Message, deadline: Instant) -> Result<()> {
        let Message::Notice { delivery_id, .. } = *message;
        if Instant::now() + RESERVE > deadline {
            // `sweep` sends the message again.
            return Ok(());
        }
        let claimed = self
            .store
            .claim_delivery(TenantId::of_message(message), delivery_id, LEASE)
            .await?;
        let Some(claimed) = claimed else {
            return Ok(());
        };
        // From here on the lease brings it back, so the message can be deleted whatever happens.
        if let Err(error) = self.carry_out(&claimed, message).await {
            let (code, cause) = (error.code(), error.internal());
            tracing::error!(delivery_id = %delivery_id, code, cause, "left to the sweep");
        }
        Ok(())
    }

    async fn carry_out(&self, claimed: &Claimed, message: &Message) -> Result<()> {
        if claimed.status != WebhookStatus::Active {
            return self.store.discard_delivery(claimed).await;
        }
        let wait = turns::wait(&self.store, claimed).await?;
        if wait > MOMENT {
            return match self.store.await_turn(claimed, wait).await? {
                LeaseState::Held => self.send_after(message, wait).await,
                LeaseState::Lost => Ok(()),
            };
        }
        tokio::time::sleep(wait).await;
        let outcome = Outcome::of(self.send(claimed).await?);
        let attempts = claimed.attempts;
        tracing::info!(
            customer_id = %claimed.tenant, webhook_id = %claimed.webhook_id, delivery_id = %claimed.id,
            attempts, outcome = ?outcome, "notice tried"
        );
        match outcome {
            Outcome::Taken(status) => self.store.delivered(claimed, status).await,
            Outcome::Gone => {
                let failure = Failure {
                    status: Some(410),
                    code: "http_status",
                };
                self.store.receiver_gone(claimed, &failure).await
            }
            Outcome::Failed(failure, retry_after) => {
                let wait = wait_after(attempts, retry_after, rand::random());
                let again = self.store.delivery_failed(claimed, &failure, wait).await?;
                match wait {
                    Some(wait) if again => self.send_after(message, wait).await,
                    _ => Ok(()),
                }
            }
        }
    }

    /// Sends the message of a later attempt. Beyond SQS's maximum delay it is left to `sweep`.
    async fn send_after(&self, message: &Message, wait: Duration) -> Result<()> {
        if wait >= LONGEST_DELAY {
            return Ok(());
        }
        // Rounded up: before it is due, a message is moot.
        let delay = Duration::from_secs(wait.as_secs() + 1);
        self.app.send_after(message, delay).await
    }

    /// Signs and sends a notification.
    ///
    /// # Errors
    /// The outer error is internal: nothing was sent.
    async fn send(&self, claimed: &Claimed) -> Result<std::result::Result<Answer, WebError>> {
        let secrets = self.secrets(claimed).await?;
        let body = claimed.payload.get().as_bytes().to_vec();
        let id = claimed.id.to_string();
        let mut headers =
            sign(&secrets, &id, Utc::now().timestamp(), &body).map_err(Error::internal_fault)?;
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        let url = claimed.url.as_deref().unwrap_or_default();
        Ok(match parse_url(url) {
            Ok(url) => self.client.post(&url, headers, body).await,
            Err(error) => Err(error),
        })
    }

    /// The webhook's valid secrets, newest first: two in the day after a rotation.
    async fn secrets(&self, claimed: &Claimed) -> Result<Vec<Secret>> {
        let sealed = &claimed.sealed;
        let key = self
            .vault
            .unwrap_key(claimed.tenant.customer_id(), &sealed.wrapped_data_key)
            .await?;
        let open = |s: &SealedSecret| {
            let plain = key.open(Purpose::Webhook, s.version, &s.nonce, &s.ciphertext)?;
            let text = std::str::from_utf8(&plain).map_err(Error::internal_fault)?;
            Secret::parse(text).map_err(Error::internal_fault)
        };
        sealed.secrets.iter().map(open).collect()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answered(status: u16, retry_after: Option<&'static str>) -> Outcome {
        let headers = retry_after.map(|wait| (header::RETRY_AFTER, HeaderValue::from_static(wait)));
        Outcome::of(Ok(Answer {
            url: parse_url("https://example.com/").unwrap(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter(headers),
            body: Vec::new(),
            cut: false,
        }))
    }

    #[test]
    fn only_a_success_is_one_and_only_a_410_is_the_end() {
        for status in [200, 201, 202, 204, 299] {
            assert!(matches!(answered(status, None), Outcome::Taken(s) if s == status));
        }
        assert!(matches!(answered(410, None), Outcome::Gone));
        for status in [301, 307, 400, 401, 404, 409, 429, 500, 503] {
            match answered(status, Some("120")) {
                Outcome::Failed(failure, wait) => {
                    assert_eq!(failure.status, Some(status));
                    assert_eq!(failure.code, "http_status");
                    assert_eq!(wait, Some(Duration::from_secs(120)));
                }
                other => panic!("{status}: {other:?}"),
            }
        }
    }

    #[test]
    fn no_answer_is_a_failure_with_a_code() {
        match Outcome::of(Err(WebError::Timeout)) {
            Outcome::Failed(failure, None) => {
                assert_eq!((failure.status, failure.code), (None, "fetch_timeout"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_try_ends_before_its_lease_and_before_the_function() {
        assert!(PATIENCE < RESERVE && RESERVE < LEASE);
    }
}

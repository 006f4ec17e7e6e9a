//! `GET /health`: checks the essential dependencies. Needs no credentials and reveals only the result of each check;
//! causes are in the log.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use dynrag_api::{Answer, App, Json, Query, With};
use dynrag_domain::{Error, Kind};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{
    check::{Outcome, cause, check},
    outside::{DeepChecks, DeepResults},
};

/// Deadline for reading the login, which happens once per instance.
const SECRETS_LIMIT: Duration = Duration::from_millis(1_200);
/// Deadline for all but the deep checks.
const LIMIT: Duration = Duration::from_millis(1_800);

#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = HealthChecks)]
struct Checks {
    /// The secret with the database login.
    secrets: Outcome,
    database: Outcome,
    /// The embedding provider; only with `deep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Outcome>,
    /// All job queues; only with `deep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Option<Outcome>,
    /// Both buckets; only with `deep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    buckets: Option<Outcome>,
}

impl Checks {
    fn all_ok(&self) -> bool {
        let deep = [self.provider, self.queues, self.buckets];
        [self.secrets, self.database]
            .into_iter()
            .chain(deep.into_iter().flatten())
            .all(|outcome| outcome == Outcome::Ok)
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
    checks: Checks,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealthQuery {
    /// Whether to check the embedding provider, the queues and the buckets too. Their results are cached for some
    /// seconds.
    #[serde(default)]
    #[schema(default = false)]
    deep: bool,
}

/// Checks the login, and with it the database.
async fn near(app: &App) -> (Outcome, Outcome) {
    let began = Instant::now();
    let login = async { app.unbounded_store().await.map(drop).map_err(|e| cause(&e)) };
    let secrets = check("secrets", began + SECRETS_LIMIT, login).await;
    if secrets != Outcome::Ok {
        return (secrets, Outcome::Skipped);
    }
    let ping = async {
        let store = app.unbounded_store().await.map_err(|e| cause(&e))?;
        store.ping().await.map_err(|e| cause(&e))
    };
    (secrets, check("database", began + LIMIT, ping).await)
}

/// Runs all checks concurrently; 503 if one fails.
pub(crate) async fn health(
    State(app): State<Arc<App>>,
    State(With(outside)): State<With<DeepChecks>>,
    Query(query): Query<HealthQuery>,
) -> Answer<Json<Health>> {
    let far = async {
        if query.deep {
            Some(outside.found(&app).await)
        } else {
            None
        }
    };
    let ((secrets, database), far) = tokio::join!(near(&app), far);
    let checks = Checks {
        secrets,
        database,
        provider: far.map(|DeepResults { provider, .. }| provider),
        queues: far.map(|DeepResults { queues, .. }| queues),
        buckets: far.map(|DeepResults { buckets, .. }| buckets),
    };
    if !checks.all_ok() {
        let found = serde_json::to_value(checks).map_err(Error::internal_fault)?;
        let sentence =
            "A dependency of the service is not available; see checks. Try again shortly.";
        let error = Error::new(Kind::Unavailable, "unhealthy", sentence);
        return Err(error
            .because(found.to_string())
            .with("checks", found)
            .into());
    }
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        checks,
    }))
}

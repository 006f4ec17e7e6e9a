//! `GET /health`: whether what everything depends on answers. Needs no credentials and tells nothing
//! but yes or no.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
    checks: Checks,
}

#[derive(Serialize, ToSchema)]
struct Checks {
    secrets: &'static str,
    database: &'static str,
}

/// Reads the database's secret and asks the database for an answer; 503 when either fails.
pub(crate) async fn health(State(context): State<Arc<Context>>) -> Answer<Json<Health>> {
    context.unbounded_store().await?.ping().await?;
    let checks = Checks {
        secrets: "ok",
        database: "ok",
    };
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        checks,
    }))
}

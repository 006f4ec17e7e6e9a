//! `GET PUT /api/customers/config`: limits and settings. Customers can see the platform's limits but not change them.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json,
    scopes::{AdminTenant, Anyone},
};
use dynrag_app::customers::configuration;
use dynrag_domain::{
    config::CustomerConfig, config_change::ConfigChange, shown_config::ShownConfig,
};

/// Returns the part of the configuration that the caller may see.
pub(crate) async fn get(caller: Caller<Anyone>) -> Answer<Json<ShownConfig>> {
    Ok(Json(caller.config.shown(caller.sees_account())?))
}

/// Changes the customer's settings, with effect from its next request.
pub(crate) async fn update(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    Json(change): Json<ConfigChange>,
) -> Answer<Json<CustomerConfig>> {
    Ok(Json(configuration::change(&app, &caller, change).await?))
}

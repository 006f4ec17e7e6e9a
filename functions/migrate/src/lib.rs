//! Migrates the database to the schema of this release.
//!
//! | event | action |
//! |---|---|
//! | a custom resource of CloudFormation | migrates on create and update, nothing on delete; always answers |
//! | `{"grantAdmin": {"email": "…"}}` | makes a user an administrator of the platform |
//! | anything else | migrates |

mod admin;
mod custom_resource;
mod functions;
mod migrations;

use std::time::Instant;

use dynrag_cloud::Cloud;
use dynrag_config::{DatabaseConfig, OwnerDatabaseConfig};
use dynrag_domain::{Error, Result};
use dynrag_store::DatabaseLogin;
use serde::Deserialize;
use serde_json::{Value, json};

pub use migrations::{Migrated, migrate};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantAdmin {
    grant_admin: Email,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Email {
    email: String,
}

/// Handles an event; see the table above.
///
/// # Errors
/// The reason why the database was not migrated. For a custom resource it is sent as the
/// response instead, since CloudFormation would otherwise wait for an hour.
pub async fn handle(event: Value, deadline: Instant) -> Result<Value> {
    if event.get("RequestType").is_some() {
        let request = serde_json::from_value(event).map_err(Error::internal_fault)?;
        return custom_resource::answer(request, deadline).await;
    }
    if event.get("grantAdmin").is_some() {
        let request: GrantAdmin = serde_json::from_value(event).map_err(Error::internal_fault)?;
        return admin::grant(&request.grant_admin.email).await;
    }
    let migrated = migrate_configured().await?;
    Ok(json!({
        "applied": migrated.applied,
        "version": migrated.version,
        "functionsReplaced": migrated.functions_replaced,
    }))
}

/// Migrates the database the environment names.
async fn migrate_configured() -> Result<Migrated> {
    let secrets = Cloud::load().await.secrets();
    let owner = OwnerDatabaseConfig::from_env().map_err(Error::internal_fault)?;
    let app = DatabaseConfig::from_env().map_err(Error::internal_fault)?;
    let owner = DatabaseLogin::from_secret(&secrets.read(&owner.secret_arn).await?)?;
    let app = DatabaseLogin::from_secret(&secrets.read(&app.secret_arn).await?)?;
    migrate(&owner, &app).await
}

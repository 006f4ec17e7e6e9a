//! Makes a user an administrator of the platform.

use dynrag_app::App;
use dynrag_domain::{Error, Kind, Result, identity::Email};
use dynrag_store::users;
use serde_json::{Value, json};

/// Grants the right to the user with this address.
pub(crate) async fn grant(email: &str) -> Result<Value> {
    let email =
        Email::try_from(email).map_err(|detail| Error::field("/grantAdmin/email", detail))?;
    let app = App::default();
    let store = app.unbounded_store().await?;
    let login = store.find_login(&email).await?.ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "not_found",
            "No active user has this address. Sign it up first.",
        )
        .because("grantAdmin: no active user has this address")
    })?;
    let tx = store.tenant(login.customer_id).await?;
    users::grant_admin(&tx, login.user_id).await?;
    tx.commit().await?;
    tracing::info!(customer_id = %login.customer_id, user_id = %login.user_id, "platform admin granted");
    Ok(json!({"customerId": login.customer_id, "userId": login.user_id, "platformAdmin": true}))
}

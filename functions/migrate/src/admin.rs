//! Makes a user an administrator of the platform.

use dynrag_app::{App, administration};
use dynrag_domain::{Error, Result, identity::Email};
use serde_json::{Value, json};

/// Grants the right to the user with this address.
pub(crate) async fn grant(email: &str) -> Result<Value> {
    let email =
        Email::try_from(email).map_err(|detail| Error::field("/grantAdmin/email", detail))?;
    let (customer, user) = administration::grant(&App::default(), &email).await?;
    Ok(json!({"customerId": customer, "userId": user, "platformAdmin": true}))
}

//! Platform administration: limits, suspension and deletion of customers, and invitations to sign up.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use dynrag_domain::{
    CustomerId, Error, Kind, Result, UserId, company::CustomerStatus, config::PlatformLimits,
    identity::Email, tasks::Task,
};
use dynrag_store::{admission::Admission, users};
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{App, passwords};

/// How long an invitation to sign up is valid.
const INVITATION_TIME: TimeDelta = TimeDelta::days(14);
/// Characters of `0-9A-Za-z` of an invitation's token: 256 bits.
const INVITATION_CHARACTERS: usize = 43;

/// Sets a customer's limits. Limits that are left out stay unchanged.
///
/// # Errors
/// `invalid_fields`; `not_found`; `unavailable`.
pub async fn set_limits(
    caller: &Admission,
    customer: CustomerId,
    limits: &PlatformLimits,
) -> Result<()> {
    limits.check().map_err(Error::fields_invalid)?;
    if limits.named().next().is_none() {
        return Err(Error::field("", "at least one limit"));
    }
    let by = caller.administrator()?;
    caller.store().admin_set_limits(by, customer, limits).await
}

/// Suspends a customer: its callers are rejected from the next request on.
///
/// # Errors
/// `invalid_fields` for the administrator's own customer; `not_found`; `unavailable`.
pub async fn suspend(caller: &Admission, customer: CustomerId) -> Result<()> {
    if customer == caller.customer_id {
        let detail = "not your own customer, because you could not activate it again";
        return Err(Error::field("/id", detail));
    }
    set_status(caller, customer, CustomerStatus::Suspended).await
}

/// Reactivates a customer.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn activate(caller: &Admission, customer: CustomerId) -> Result<()> {
    set_status(caller, customer, CustomerStatus::Active).await
}

async fn set_status(
    caller: &Admission,
    customer: CustomerId,
    status: CustomerStatus,
) -> Result<()> {
    let by = caller.administrator()?;
    let store = caller.store();
    store.admin_set_status(by, customer, status).await?;
    tracing::info!(customer_id = %customer, user_id = %by.user_id, status = status.as_str(), "status set");
    Ok(())
}

/// Deletes a customer permanently, as when it deletes its own account. `confirm` repeats its company name or id.
///
/// # Errors
/// `invalid_fields` for the administrator's own customer, or if `confirm` does not match; `wrong_password` (forbidden)
/// if the administrator's password is wrong; `too_many_attempts` (rate limited); `not_found`; `unavailable`.
pub async fn delete_customer(
    app: &App,
    caller: &Admission,
    customer: CustomerId,
    password: SecretString,
    confirm: &str,
) -> Result<()> {
    if customer == caller.customer_id {
        let detail = "not your own customer; use DELETE /api/customers";
        return Err(Error::field("/id", detail));
    }
    let by = caller.administrator()?;
    passwords::check_own(caller, "admin-customers-delete", password).await?;
    let store = caller.store();
    store.admin_delete_customer(by, customer, confirm).await?;
    // The customer's row records that this is due: `sweep` sends the task if this fails.
    app.send_due(&Task::erase(customer)).await;
    tracing::warn!(customer_id = %customer, user_id = %by.user_id, "customer deleted by an administrator");
    Ok(())
}

/// An invitation to sign up.
pub struct SignupInvitation {
    /// The token: shown once and valid once.
    pub token: SecretString,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
}

/// Creates an invitation to sign up.
///
/// # Errors
/// `unavailable` without a database.
pub async fn invite(caller: &Admission) -> Result<SignupInvitation> {
    let token = Alphanumeric.sample_string(&mut rand::rng(), INVITATION_CHARACTERS);
    let token = SecretString::from(token);
    let expires_at = (Utc::now() + INVITATION_TIME).trunc_subsecs(0);
    let hash: [u8; 32] = Sha256::digest(token.expose_secret().as_bytes()).into();
    let by = caller.administrator()?;
    let store = caller.store();
    store.add_signup_invitation(by, &hash, expires_at).await?;
    tracing::info!(user_id = %by.user_id, "signup invitation created");
    Ok(SignupInvitation { token, expires_at })
}

/// Makes the active user with this address an administrator of the platform.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn grant(app: &App, email: &Email) -> Result<(CustomerId, UserId)> {
    let store = app.unbounded_store().await?;
    let login = store.find_login(email).await?.ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "not_found",
            "No active user has this email address. Sign up with it first.",
        )
        .because("grantAdmin: no active user has this address")
    })?;
    let tx = store.tenant(login.tenant).await?;
    users::grant_admin(&tx, login.user_id).await?;
    tx.commit().await?;
    tracing::info!(customer_id = %login.tenant, user_id = %login.user_id, "platform admin granted");
    Ok((login.tenant.customer_id(), login.user_id))
}

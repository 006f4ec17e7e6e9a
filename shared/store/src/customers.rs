//! Signing a customer up.

use dynrag_domain::{
    ApiKeyId, CustomerId, Error, Result, UserId,
    identity::{Email, Scope},
};
use tokio_postgres::types::Type;

use crate::{Tenant, error, secrets::SealedSecret, users};

/// All that a new customer starts with.
pub struct NewCustomer<'a> {
    /// The company, where it was given.
    pub company_name: Option<&'a str>,
    /// The customer's data key, wrapped by KMS.
    pub wrapped_data_key: &'a [u8],
    /// Embedding model.
    pub embedding_model: &'a str,
    /// Its first user.
    pub user_id: UserId,
    /// The user's address.
    pub email: &'a Email,
    /// argon2id, PHC string.
    pub password_hash: &'a str,
    /// The default API key.
    pub api_key_id: ApiKeyId,
    /// Its public part.
    pub api_key_public_id: &'a str,
    /// SHA-256 of its secret part.
    pub api_key_hash: &'a [u8; 32],
    /// The token secrets.
    pub secrets: &'a [SealedSecret],
}

/// Inserts a customer in the transaction of its own new id.
///
/// # Errors
/// `email_taken` (conflict) when a user with that address exists.
pub async fn insert(tx: &Tenant, new: &NewCustomer<'_>) -> Result<()> {
    let customer: CustomerId = tx.customer_id();
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    tx.try_query(
        include_str!("../queries/customers/insert.sql"),
        &[
            (&customer.as_uuid(), Type::UUID),
            (&new.company_name, Type::TEXT),
            (&new.wrapped_data_key, Type::BYTEA),
            (&new.embedding_model, Type::TEXT),
            (&new.user_id.as_uuid(), Type::UUID),
            (&new.email.as_str(), Type::TEXT),
            (&new.password_hash, Type::TEXT),
            (&new.api_key_id.as_uuid(), Type::UUID),
            (&new.api_key_public_id, Type::TEXT),
            (&new.api_key_hash.as_slice(), Type::BYTEA),
            (&scopes, Type::TEXT_ARRAY),
        ],
    )
    .await?
    .map_err(|e| match error::constraint(&e) {
        Some("users_email_key") => users::email_taken(),
        _ => error::statement(&e),
    })?;
    for secret in new.secrets {
        tx.query(
            include_str!("../queries/secrets/insert.sql"),
            &[
                (&customer.as_uuid(), Type::UUID),
                (&secret.purpose, Type::TEXT),
                (&secret.version, Type::INT4),
                (&secret.nonce.as_slice(), Type::BYTEA),
                (&secret.ciphertext.as_slice(), Type::BYTEA),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Uses up an invitation to sign up, in the signup's transaction. False: there is none, or no longer.
///
/// # Errors
/// `unavailable` without a database.
pub async fn use_signup_invitation(tx: &Tenant, token_hash: &[u8; 32]) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/customers/use_signup_invitation.sql"),
            &[(&token_hash.as_slice(), Type::BYTEA)],
        )
        .await?;
    row.map_or(Ok(false), |row| {
        row.try_get("used")
            .map_err(|e| Error::internal_fault(format!("customers: {e}")))
    })
}

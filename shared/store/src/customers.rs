//! Signup of a customer, and its changes to itself.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    ApiKeyId, CustomerId, Error, Result, UserId,
    chat::ChatModelName,
    company::CustomerStatus,
    config::CustomerConfig,
    documents::FailureCode,
    identity::{Email, Scope},
    money::Usd,
};

use crate::{
    Store, Tenant, TenantId, documents, error,
    secrets::{self, SealedSecret},
    users,
};

/// The initial data of a customer.
pub struct NewCustomer<'a> {
    /// The company, if given.
    pub company_name: Option<&'a str>,
    /// The customer's data key, wrapped by KMS.
    pub wrapped_data_key: &'a [u8],
    /// Embedding model.
    pub embedding_model: &'a str,
    /// The most that the platform's key may cost for it in a month.
    pub platform_budget: Usd,
    /// Whether the platform's key may be used immediately, before an address is verified.
    pub platform_key: bool,
    /// Its first user.
    pub user_id: UserId,
    /// The user's address.
    pub email: &'a Email,
    /// argon2id, PHC string.
    pub password_hash: &'a str,
    /// The default API key.
    pub api_key_id: ApiKeyId,
    /// The key's public part.
    pub api_key_public_id: &'a str,
    /// SHA-256 of the key's secret part.
    pub api_key_hash: &'a [u8; 32],
    /// The token secrets.
    pub secrets: &'a [SealedSecret],
}

/// Inserts a customer, in a transaction of its own new id.
///
/// # Errors
/// `email_taken` (conflict) if a user with that address exists.
pub async fn insert(tx: &Tenant, new: &NewCustomer<'_>) -> Result<()> {
    let customer: CustomerId = tx.customer_id();
    tx.try_query(
        include_str!("../queries/customers/insert.sql"),
        &[
            &customer,
            &new.company_name,
            &new.wrapped_data_key,
            &new.embedding_model,
            &new.user_id,
            &new.email,
            &new.password_hash,
            &new.api_key_id,
            &new.api_key_public_id,
            &new.api_key_hash,
            &Scope::ALL.as_slice(),
            &(new.platform_budget.nanos() / 1_000),
            &new.platform_key,
        ],
    )
    .await?
    .map_err(|e| match error::constraint(&e) {
        Some("users_email_key") => users::email_taken(),
        _ => error::statement(&e),
    })?;
    for secret in new.secrets {
        secrets::insert(tx, secret).await?;
    }
    Ok(())
}

/// Uses up an invitation to sign up, in the signup's transaction. Returns false if there is no valid one.
///
/// # Errors
/// `unavailable` without a database.
pub async fn use_signup_invitation(tx: &Tenant, token_hash: &[u8; 32]) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/customers/use_signup_invitation.sql"),
            &[&token_hash],
        )
        .await?;
    row.map_or(Ok(false), |row| row.get("used"))
}

/// Lets the platform's key be used for the customer, one of whose users has verified an address, and queues the
/// documents that have waited for it.
///
/// # Errors
/// `unavailable` without a database.
pub async fn open_platform_key(tx: &Tenant) -> Result<()> {
    let opened = tx
        .query_opt(
            include_str!("../queries/customers/open_platform_key.sql"),
            &[&tx.customer_id()],
        )
        .await?;
    if opened.is_some() {
        documents::release(tx, &[FailureCode::EmailNotVerified]).await?;
    }
    Ok(())
}

/// A customer.
#[derive(Clone, Debug)]
pub struct CustomerRow {
    /// Its id.
    pub id: CustomerId,
    /// The company.
    pub company_name: Option<String>,
    /// The customer's status.
    pub status: CustomerStatus,
    /// Whether it has its own provider key.
    pub has_openai_key: bool,
    /// When it signed up.
    pub created_at: DateTime<Utc>,
}

/// Returns the customer of a transaction.
///
/// # Errors
/// `unavailable` without a database.
pub async fn get(tx: &Tenant) -> Result<CustomerRow> {
    let row = tx
        .query_opt(
            include_str!("../queries/customers/get.sql"),
            &[&tx.customer_id()],
        )
        .await?
        .ok_or_else(|| Error::not_found("customer"))?;
    Ok(CustomerRow {
        id: tx.customer_id(),
        company_name: row.get("company_name")?,
        status: row.get("status")?,
        has_openai_key: row.get("has_openai_key")?,
        created_at: row.get("created_at")?,
    })
}

/// Changes or removes the company's name.
///
/// # Errors
/// `unavailable` without a database.
pub async fn rename(tx: &Tenant, company_name: Option<&str>) -> Result<()> {
    tx.query(
        include_str!("../queries/customers/rename.sql"),
        &[&tx.customer_id(), &company_name],
    )
    .await
    .map(drop)
}

/// Stores a customer's settings, which are already checked. `now` is the configuration that they were chosen from.
///
/// # Errors
/// `unavailable` without a database.
pub async fn configure(tx: &Tenant, now: &CustomerConfig, config: &CustomerConfig) -> Result<()> {
    let lowered = Some(config.max_file_bytes).filter(|bytes| *bytes != now.max_file_bytes);
    let number = |n: u32| i32::try_from(n).map_err(Error::internal_fault);
    let (size, overlap) = (
        number(config.chunking.size)?,
        number(config.chunking.overlap)?,
    );
    let chat_models = config.chat_models.iter().map(ChatModelName::to_string);
    let chat_models: Vec<String> = chat_models.collect();
    let usd = |budget: Option<Usd>| budget.map(|budget| budget.to_string());
    let budget = usd(config.monthly_budget_usd);
    let (of_caller, of_session) = (
        usd(config.chat_user_budget_usd),
        usd(config.chat_session_budget_usd),
    );
    let classes = serde_json::to_value(&config.class_limits).map_err(Error::internal_fault)?;
    tx.query(
        include_str!("../queries/customers/configure.sql"),
        &[
            &tx.customer_id(),
            &lowered,
            &config.allowed_types,
            &size,
            &overlap,
            &budget,
            &config.budget_alert_percent,
            &config.retention_days,
            &config.deletion_retention_days,
            &classes,
            &config.chunking.strategy,
            &config.chunking.unit,
            &chat_models,
            &of_caller,
            &of_session,
        ],
    )
    .await
    .map(drop)
}

impl Store {
    /// Returns a customer.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_customer(&self, customer: TenantId) -> Result<CustomerRow> {
        let tx = self.tenant(customer).await?;
        let row = get(&tx).await?;
        tx.commit().await?;
        Ok(row)
    }
}

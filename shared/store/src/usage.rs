//! What a customer used beyond its requests, which `admit()` counts.

use dynrag_domain::{CustomerId, Error, Result};
use tokio_postgres::types::Type;

use crate::Store;

impl Store {
    /// Counts a call of the model's provider and its tokens under an operation of today.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn add_tokens(
        &self,
        customer: CustomerId,
        operation: &str,
        tokens: u64,
    ) -> Result<()> {
        let tokens = i64::try_from(tokens).map_err(Error::internal_fault)?;
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/usage/add_tokens.sql"),
            &[
                (&customer.as_uuid(), Type::UUID),
                (&operation, Type::TEXT),
                (&tokens, Type::INT8),
            ],
        )
        .await?;
        tx.commit().await
    }
}

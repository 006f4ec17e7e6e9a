//! Secrets Manager.

use dynrag_domain::{Error, Result};
use secrecy::SecretString;

use crate::error;

/// Reads secrets.
#[derive(Clone)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
}

impl Secrets {
    pub(crate) fn new(client: aws_sdk_secretsmanager::Client) -> Self {
        Self { client }
    }

    /// The text of a secret.
    ///
    /// # Errors
    /// `unavailable`, or `internal_error` where the function may not read it.
    pub async fn read(&self, arn: &str) -> Result<SecretString> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(arn)
            .send()
            .await
            .map_err(|e| error::call("secretsmanager:GetSecretValue", &e))?;
        answer
            .secret_string
            .map(SecretString::from)
            .ok_or_else(|| Error::internal_fault(format!("secret {arn} has no text")))
    }
}

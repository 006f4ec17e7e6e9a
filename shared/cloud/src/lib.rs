//! AWS: S3, SQS, SES, Secrets Manager, KMS, API Gateway's WebSocket connections, and the vault of envelope encryption.
//!
//! [`Cloud`] is loaded once per cold start and makes the clients, which are cheap to clone.

pub mod connections;
mod disposition;
mod error;
pub mod mail;
pub mod objects;
pub mod presign;
pub mod queue;
mod secrets;
pub mod vault;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

pub use connections::Connections;
pub use mail::Mailer;
pub use objects::{Objects, Reader, Writer};
pub use queue::QueueClient;
pub use secrets::Secrets;
pub use vault::Vault;

/// Credentials, region and HTTP client, shared by all clients.
#[derive(Clone)]
pub struct Cloud {
    config: SdkConfig,
}

impl Cloud {
    /// Loads the configuration from the environment. Every call has a timeout: a request that hangs
    /// is retried, and an operation gives up well before a function's own timeout.
    pub async fn load() -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(Duration::from_secs(20))
            .operation_timeout(Duration::from_secs(60))
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .load()
            .await;
        Self { config }
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(aws_sdk_secretsmanager::Client::new(&self.config))
    }

    /// A bucket of S3.
    pub fn objects(&self, bucket: &str) -> Objects {
        // A custom endpoint has no host name per bucket.
        let path_style = self.config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .force_path_style(path_style)
            .build();
        Objects::new(aws_sdk_s3::Client::from_conf(config), bucket)
    }

    /// A queue of SQS.
    pub fn queue(&self, url: &str) -> QueueClient {
        QueueClient::new(aws_sdk_sqs::Client::new(&self.config), url)
    }

    /// The connections of a WebSocket API, by the address of its stage.
    pub fn connections(&self, endpoint: &str) -> Connections {
        // Events of others wait meanwhile.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(5))
            .build();
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(&self.config)
            .endpoint_url(endpoint)
            .timeout_config(timeouts)
            .build();
        Connections::new(aws_sdk_apigatewaymanagement::Client::from_conf(config))
    }

    /// SES, with the sender address of emails.
    pub fn mailer(&self, from: &str) -> Mailer {
        Mailer::new(aws_sdk_sesv2::Client::new(&self.config), from)
    }

    /// The vault under a KMS key.
    pub fn vault(&self, kms_key_arn: &str) -> Vault {
        Vault::new(aws_sdk_kms::Client::new(&self.config), kms_key_arn)
    }

    /// The configuration itself, for presigning.
    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.config
    }
}

//! A function's environment: one struct per concern, each read by its `from_env`.
//!
//! The only crate that reads environment variables. A missing or unreadable variable is an error that
//! names it, raised at the first use of the concern rather than at the first request that happens to
//! need it. Secrets never come from the environment: variables hold the ARN of a secret.

mod chat;
mod embeddings;

use std::{path::PathBuf, str::FromStr, time::Duration};

use dynrag_domain::queues::Queue;

pub use chat::ChatConfig;
pub use embeddings::{EmbeddingModelConfig, EmbeddingsConfig, PlatformModelsConfig};

/// A variable that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// Set to something that does not parse.
    #[error("environment variable {name} cannot be read: {reason}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
}

fn optional(name: &'static str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(
    name: &'static str,
    default: T,
) -> Result<T, ConfigError> {
    optional(name).map_or(Ok(default), |text| {
        text.parse().map_err(|e: T::Err| ConfigError::Invalid {
            name,
            reason: e.to_string(),
        })
    })
}

/// Location of Postgres: the secret with host, port, database and login.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `DATABASE_SECRET_ARN`: the app's login.
    pub secret_arn: String,
}

impl DatabaseConfig {
    /// Reads `DATABASE_SECRET_ARN`.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            secret_arn: required("DATABASE_SECRET_ARN")?,
        })
    }
}

/// The owner's login, which only `migrate` has.
#[derive(Clone, Debug)]
pub struct OwnerDatabaseConfig {
    /// `OWNER_DATABASE_SECRET_ARN`.
    pub secret_arn: String,
}

impl OwnerDatabaseConfig {
    /// Reads `OWNER_DATABASE_SECRET_ARN`.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            secret_arn: required("OWNER_DATABASE_SECRET_ARN")?,
        })
    }
}

/// The documents bucket and its uploads.
#[derive(Clone, Debug)]
pub struct DocumentsConfig {
    /// `DOCUMENTS_BUCKET`.
    pub bucket: String,
    /// `UPLOAD_EXPIRES_SECONDS`: how long a presigned upload may take to arrive; one hour by default.
    pub upload_expires: Duration,
}

impl DocumentsConfig {
    /// Reads `DOCUMENTS_BUCKET` and `UPLOAD_EXPIRES_SECONDS`.
    ///
    /// # Errors
    /// A variable is missing or no number.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: required("DOCUMENTS_BUCKET")?,
            upload_expires: Duration::from_secs(parsed("UPLOAD_EXPIRES_SECONDS", 3600)?),
        })
    }
}

/// The address of a queue, from `INGEST_QUEUE_URL`, `BULK_QUEUE_URL` and so on.
///
/// # Errors
/// The variable is missing.
pub fn queue_url(queue: Queue) -> Result<String, ConfigError> {
    required(match queue {
        Queue::Ingest => "INGEST_QUEUE_URL",
        Queue::Bulk => "BULK_QUEUE_URL",
        Queue::Slow => "SLOW_QUEUE_URL",
        Queue::Maintain => "MAINTAIN_QUEUE_URL",
        Queue::Fetch => "FETCH_QUEUE_URL",
        Queue::Deliver => "DELIVER_QUEUE_URL",
        Queue::Tasks => "TASKS_QUEUE_URL",
        Queue::Push => "PUSH_QUEUE_URL",
    })
}

/// The lane of documents that take long to read.
#[derive(Clone, Debug)]
pub struct SlowLaneConfig {
    /// `SLOW_SHARE_PERCENT` (50) of `EMBED_CONCURRENCY` (10), at least one: a customer's documents in
    /// the slow lane while others wait.
    pub share: i32,
    /// `QUICK_CPU_SECONDS`: CPU time that the other lanes grant to a reader; 2 by default.
    pub quick_cpu_seconds: u64,
}

impl SlowLaneConfig {
    /// Reads the three variables.
    ///
    /// # Errors
    /// A variable is missing or no number.
    pub fn from_env() -> Result<Self, ConfigError> {
        let all: i32 = parsed("EMBED_CONCURRENCY", 10)?;
        Ok(Self {
            share: (all.saturating_mul(parsed("SLOW_SHARE_PERCENT", 50)?) / 100).max(1),
            quick_cpu_seconds: parsed("QUICK_CPU_SECONDS", 2)?,
        })
    }
}

/// Requests to addresses that customers name.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// `host:port` pairs that are asked although they are not public.
    pub allow: Vec<String>,
}

impl WebConfig {
    /// Reads `WEB_ALLOW`, separated by commas; empty if it is missing.
    pub fn from_env() -> Self {
        let allow = optional("WEB_ALLOW").unwrap_or_default();
        let pairs = allow.split(',').map(str::trim).filter(|s| !s.is_empty());
        Self {
            allow: pairs.map(str::to_owned).collect(),
        }
    }
}

/// The API's public URL.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// `PUBLIC_API_URL`: scheme, host and path before every route, without a slash at the end, where the gateway does not
    /// know them: behind a proxy of another name.
    pub url: Option<String>,
}

impl ApiConfig {
    /// Reads `PUBLIC_API_URL`.
    pub fn from_env() -> Self {
        Self {
            url: optional("PUBLIC_API_URL").map(|url| url.trim_end_matches('/').to_owned()),
        }
    }
}

/// The MCP server.
#[derive(Clone, Debug)]
pub struct McpConfig {
    /// `ALLOWED_ORIGINS`: the origins of web pages that may call it, separated by commas.
    pub origins: Vec<String>,
}

impl McpConfig {
    /// Reads `ALLOWED_ORIGINS`.
    pub fn from_env() -> Self {
        let origins = optional("ALLOWED_ORIGINS").unwrap_or_default();
        let origins = origins.split(',').map(|origin| origin.trim().to_owned());
        Self {
            origins: origins.filter(|origin| !origin.is_empty()).collect(),
        }
    }
}

/// The WebSocket API.
#[derive(Clone, Debug)]
pub struct RealtimeConfig {
    /// `REALTIME_URL`: where clients connect, without a query.
    pub url: String,
}

impl RealtimeConfig {
    /// Reads `REALTIME_URL`.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            url: required("REALTIME_URL")?,
        })
    }
}

/// Where messages to WebSocket connections are posted.
#[derive(Clone, Debug)]
pub struct ConnectionsConfig {
    /// `CONNECTIONS_ENDPOINT`: the stage of the WebSocket API, before `/@connections`.
    pub endpoint: String,
}

impl ConnectionsConfig {
    /// Reads `CONNECTIONS_ENDPOINT`.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            endpoint: required("CONNECTIONS_ENDPOINT")?,
        })
    }
}

/// Outgoing email.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// `MAIL_FROM`: an address verified in SES; `None` if this deployment sends no email.
    pub from: Option<String>,
    /// `APP_URL`: base URL of the pages that links in emails lead to, without a trailing slash.
    pub app_url: Option<String>,
}

impl MailConfig {
    /// Reads `MAIL_FROM` and `APP_URL`.
    pub fn from_env() -> Self {
        Self {
            from: optional("MAIL_FROM"),
            app_url: optional("APP_URL").map(|url| url.trim_end_matches('/').to_owned()),
        }
    }
}

/// Limits on attempts of unauthenticated callers.
#[derive(Clone, Debug)]
pub struct ThrottleConfig {
    /// `ATTEMPTS_PER_ADDRESS`: per minute, network address and route; 20 by default.
    pub attempts_per_address: i32,
}

impl ThrottleConfig {
    /// Reads `ATTEMPTS_PER_ADDRESS`.
    ///
    /// # Errors
    /// The variable is no number.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            attempts_per_address: parsed("ATTEMPTS_PER_ADDRESS", 20)?,
        })
    }
}

/// Who may sign up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignupMode {
    /// Anyone.
    Open,
    /// Only with an invitation by a platform administrator.
    Invited,
    /// No one. Customers can still invite users.
    Closed,
}

impl FromStr for SignupMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "invited" => Ok(Self::Invited),
            "closed" => Ok(Self::Closed),
            _ => Err("open, invited or closed"),
        }
    }
}

impl SignupMode {
    /// Reads `SIGNUP_MODE`; open by default.
    ///
    /// # Errors
    /// The variable has another value.
    pub fn from_env() -> Result<Self, ConfigError> {
        parsed("SIGNUP_MODE", Self::Open)
    }
}

/// The key that wraps the customers' data keys.
#[derive(Clone, Debug)]
pub struct VaultConfig {
    /// `KMS_KEY_ARN`.
    pub kms_key_arn: String,
}

impl VaultConfig {
    /// Reads `KMS_KEY_ARN`.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            kms_key_arn: required("KMS_KEY_ARN")?,
        })
    }
}

/// Issuer of tokens: part of each token, so that one stage rejects the tokens of another.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// `dynamic-rag/<STAGE>`.
    pub issuer: String,
}

impl TokenConfig {
    /// Reads `STAGE`.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            issuer: format!("dynamic-rag/{}", required("STAGE")?),
        })
    }
}

/// The vectors bucket and the memory its readers may use.
#[derive(Clone, Debug)]
pub struct VectorsConfig {
    /// `VECTORS_BUCKET`.
    pub bucket: String,
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, where S3 is not AWS's.
    pub endpoint: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` in bytes; 1 GiB where it is not set.
    pub memory_bytes: u64,
}

impl VectorsConfig {
    /// Reads the variables.
    ///
    /// # Errors
    /// A variable is missing or cannot be read.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: required("VECTORS_BUCKET")?,
            region: required("AWS_REGION")?,
            endpoint: optional("AWS_ENDPOINT_URL_S3").or_else(|| optional("AWS_ENDPOINT_URL")),
            memory_bytes: parsed("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1024u64)? * 1024 * 1024,
        })
    }
}

/// Reading files.
#[derive(Clone, Debug)]
pub struct ExtractConfig {
    /// `PDFIUM_LIBRARY_PATH`; without it PDFs are read by the second engine alone.
    pub pdfium_library: Option<PathBuf>,
}

impl ExtractConfig {
    /// Reads `PDFIUM_LIBRARY_PATH`.
    pub fn from_env() -> Self {
        Self {
            pdfium_library: optional("PDFIUM_LIBRARY_PATH").map(PathBuf::from),
        }
    }
}

/// Limits of the embedding function.
#[derive(Clone, Debug)]
pub struct IngestionConfig {
    /// `LEASE_SECONDS`: how long a claim lasts without renewal; 90 by default.
    pub lease: Duration,
    /// `MAX_ATTEMPTS`: claims of one version before it is given up; 6 by default.
    pub max_attempts: i32,
}

impl IngestionConfig {
    /// Reads the two variables.
    ///
    /// # Errors
    /// A variable is no number.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            lease: Duration::from_secs(parsed("LEASE_SECONDS", 90)?),
            max_attempts: parsed("MAX_ATTEMPTS", 6)?,
        })
    }
}

/// The log filter.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `RUST_LOG`; by default `info`, and of LanceDB, which logs each file it opens, only warnings.
    pub filter: String,
}

impl LogConfig {
    /// Reads `RUST_LOG`.
    pub fn from_env() -> Self {
        Self {
            filter: optional("RUST_LOG").unwrap_or_else(|| "info,lance=warn".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_variable() {
        assert_eq!(
            required("DYNRAG_SURELY_NOT_SET").unwrap_err().to_string(),
            "environment variable DYNRAG_SURELY_NOT_SET is not set"
        );
    }
}

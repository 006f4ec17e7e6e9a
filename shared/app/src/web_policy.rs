//! The hosts that this deployment may send requests to.

use dynrag_config::WebConfig;
use dynrag_domain::{Error, Result};
use dynrag_web::Policy;

/// Returns the policy for requests to customers' URLs: public hosts, and those that `WEB_ALLOW` adds.
///
/// # Errors
/// `internal_error` if `WEB_ALLOW` is not a list of `host:port`.
pub fn web_policy() -> Result<Policy> {
    Policy::default()
        .with_all_allowed(&WebConfig::from_env().allow)
        .map_err(|_| Error::internal_fault("WEB_ALLOW is not a list of host:port"))
}

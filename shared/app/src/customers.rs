//! What a customer changes of its own account.

pub mod configuration;
pub mod profile;
pub mod provider_key;
pub mod signing_secrets;

//! Settings of a customer's account.

pub mod configuration;
pub mod profile;
pub mod provider_key;
pub mod signing_secrets;

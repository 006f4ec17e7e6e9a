//! A customer's account: its settings, keys and deletion.

pub mod configuration;
pub mod deletion;
pub mod profile;
pub mod provider_key;
pub mod signing_secrets;

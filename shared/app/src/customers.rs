//! A customer's account: its settings, keys and deletion.

pub mod chat_providers;
pub mod configuration;
pub mod deletion;
pub mod profile;
pub mod provider_key;
pub mod reranker;
pub mod signing_secrets;

/// Accepted lengths of a key of another service, in bytes.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;

/// Checks the form of a key of another service; whether it is right, only the service knows.
fn key_is_valid(key: &str) -> Result<(), String> {
    if KEY_LENGTHS.contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    let (shortest, longest) = (KEY_LENGTHS.start(), KEY_LENGTHS.end());
    Err(format!(
        "{shortest} to {longest} ASCII characters without spaces"
    ))
}

//! The location of the stack: the JSON file that `stack.py env` writes and `DYNRAG_STACK` names.

use std::{collections::HashMap, path::PathBuf, sync::OnceLock};

use serde::Deserialize;

/// The test stack, with credentials.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// The AWS emulator.
    pub aws_endpoint_url: String,
    pub aws_region: String,
    /// The root key of the account.
    pub aws_access_key_id: String,
    pub aws_secret_access_key: String,
    /// Path of the CA certificate of PostgreSQL.
    pub postgres_ca: PathBuf,
    pub postgres_superuser_url: String,
    pub postgres_owner_url: String,
    pub postgres_app_url: String,
    /// Folder of the binaries that are deployed.
    pub bin_dir: PathBuf,
    /// Logical id → name.
    pub functions: HashMap<String, String>,
}

/// The stack of this run.
///
/// # Panics
/// Without `DYNRAG_STACK`: `scripts/test.sh` sets it.
pub fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "the one variable of the tests")]
        let path = std::env::var("DYNRAG_STACK")
            .expect("DYNRAG_STACK names the file of `stack.py env`; see scripts/test.sh");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
    })
}

/// The checkout.
pub fn checkout() -> PathBuf {
    PathBuf::from("..")
}

//! Signing up, logging in, and who one is.

mod login;
mod me;
mod password_hash;
mod signup;

use std::sync::Arc;

use dynrag_api::{Context, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<Context>> {
    Routes::new()
        .post("auth-signup", "/api/auth/signup", signup::signup)
        .post("auth-login", "/api/auth/login", login::login)
        .get("auth-me", "/api/auth/me", me::me)
}

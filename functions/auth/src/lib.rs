//! Signing up, logging in and out, and who one is.

mod change_password;
mod login;
mod logout;
mod me;
mod password_hash;
mod refresh;
mod session;
mod signup;

use std::sync::Arc;

use dynrag_api::{Context, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<Context>> {
    Routes::new()
        .post("auth-signup", "/api/auth/signup", signup::signup)
        .post("auth-login", "/api/auth/login", login::login)
        .post("auth-refresh", "/api/auth/refresh", refresh::refresh)
        .post("auth-logout", "/api/auth/logout", logout::logout)
        .post(
            "auth-change-password",
            "/api/auth/change-password",
            change_password::change_password,
        )
        .get("auth-me", "/api/auth/me", me::me)
}

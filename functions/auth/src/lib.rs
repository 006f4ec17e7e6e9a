//! Signing up, logging in and out, passwords, links in mails, and who one is.

mod accept;
mod change_password;
mod delete_account;
mod forgot_password;
mod login;
mod logout;
mod mail_link;
mod me;
mod password_hash;
mod refresh;
mod reset_password;
mod session;
mod signup;
mod verify_email;

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
        .post(
            "auth-forgot-password",
            "/api/auth/forgot-password",
            forgot_password::forgot_password,
        )
        .post(
            "auth-reset-password",
            "/api/auth/reset-password",
            reset_password::reset_password,
        )
        .post(
            "auth-verify-email",
            "/api/auth/verify-email",
            verify_email::verify_email,
        )
        .post(
            "auth-resend-verification",
            "/api/auth/resend-verification",
            verify_email::resend,
        )
        .post("users-accept", "/api/users/accept", accept::accept)
        .delete(
            "customers-delete",
            "/api/customers",
            delete_account::delete_account,
        )
        .get("auth-me", "/api/auth/me", me::me)
}

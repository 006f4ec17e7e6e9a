//! Accounts and sessions: signup, login, passwords, links in emails, and the current caller.

mod change_password;
mod forgot_password;
mod login;
mod logout;
mod me;
mod refresh;
mod reset_password;
mod signup;
mod verify_email;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .post("auth-signup", "/api/auth/signup", "Sign up", signup::signup)
        .post("auth-login", "/api/auth/login", "Log in", login::login)
        .post(
            "auth-refresh",
            "/api/auth/refresh",
            "Refresh the access token",
            refresh::refresh,
        )
        .post(
            "auth-logout",
            "/api/auth/logout",
            "Log out of this session or all sessions",
            logout::logout,
        )
        .post(
            "auth-change-password",
            "/api/auth/change-password",
            "Change your password",
            change_password::change_password,
        )
        .post(
            "auth-forgot-password",
            "/api/auth/forgot-password",
            "Request a password reset email",
            forgot_password::forgot_password,
        )
        .post(
            "auth-reset-password",
            "/api/auth/reset-password",
            "Reset a password with an emailed token",
            reset_password::reset_password,
        )
        .post(
            "auth-verify-email",
            "/api/auth/verify-email",
            "Verify an email address",
            verify_email::verify_email,
        )
        .post(
            "auth-resend-verification",
            "/api/auth/resend-verification",
            "Resend the verification email",
            verify_email::resend,
        )
        .get(
            "auth-me",
            "/api/auth/me",
            "Get the current caller and its permissions",
            me::me,
        )
}

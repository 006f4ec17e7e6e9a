//! Signing up, logging in and out, passwords, links in mails, and who one is.

mod accept;
mod change_password;
mod delete_account;
mod delete_customer;
mod forgot_password;
mod login;
mod logout;
mod mail_link;
mod me;
mod own_password;
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
        .post(
            "auth-signup",
            "/api/auth/signup",
            "Sign up: a customer, its first user and a key",
            signup::signup,
        )
        .post("auth-login", "/api/auth/login", "Log in", login::login)
        .post(
            "auth-refresh",
            "/api/auth/refresh",
            "Exchange a refresh token for new tokens",
            refresh::refresh,
        )
        .post(
            "auth-logout",
            "/api/auth/logout",
            "End this session, or all of them",
            logout::logout,
        )
        .post(
            "auth-change-password",
            "/api/auth/change-password",
            "Change the password",
            change_password::change_password,
        )
        .post(
            "auth-forgot-password",
            "/api/auth/forgot-password",
            "Have a link mailed that sets a new password",
            forgot_password::forgot_password,
        )
        .post(
            "auth-reset-password",
            "/api/auth/reset-password",
            "Set a new password with the token of a mail",
            reset_password::reset_password,
        )
        .post(
            "auth-verify-email",
            "/api/auth/verify-email",
            "Verify an address with the token of a mail",
            verify_email::verify_email,
        )
        .post(
            "auth-resend-verification",
            "/api/auth/resend-verification",
            "Have the verification mailed again",
            verify_email::resend,
        )
        .post(
            "users-accept",
            "/api/users/accept",
            "Accept an invitation",
            accept::accept,
        )
        .delete(
            "customers-delete",
            "/api/customers",
            "Delete the customer and all its data",
            delete_account::delete_account,
        )
        .delete(
            "admin-customers-delete",
            "/api/admin/customers/{id}",
            "Delete a customer and all its data",
            delete_customer::delete_customer,
        )
        .get(
            "auth-me",
            "/api/auth/me",
            "Who is calling, and what they may do",
            me::me,
        )
}

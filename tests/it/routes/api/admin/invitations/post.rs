//! `POST /api/admin/invitations`.

use reqwest::Method;

use crate::support::stack::{
    Stack,
    admin::{admin, ask},
};

#[tokio::test]
async fn an_administrator_creates_a_signup_invitation() {
    let stack = Stack::load();
    let (admin, a) = tokio::join!(admin(&stack), stack.signup());
    let made = ask(&admin, Method::POST, "invitations", None).await.ok(201);
    for member in ["invitationToken", "expiresAt"] {
        assert!(made[member].is_string(), "{member}: {made}");
    }
    ask(&a, Method::POST, "invitations", None)
        .await
        .problem(404, "not_found");
}

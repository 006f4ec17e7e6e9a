//! `POST /api/auth/change-password`.

use serde_json::json;
use uuid::Uuid;

use crate::support::stack::{
    Stack,
    sessions::{me, post, refresh, tokens},
};

#[tokio::test]
async fn changing_the_password_ends_all_sessions() {
    let stack = Stack::load();
    let (mut a, b) = tokio::join!(stack.signup(), stack.signup());
    let new = format!("another long password {}", Uuid::new_v4());
    let other = tokens(&a.login().await.ok(200));
    let change = async |access: &str, current: &str, new: &str| {
        let body = json!({"currentPassword": current, "newPassword": new});
        post(&stack, access, "change-password", Some(body)).await
    };
    change(&a.access, "not this one", &new)
        .await
        .problem(403, "wrong_password");
    for weak in ["short", &a.email, &a.password, &"x".repeat(129)] {
        change(&a.access, &a.password, weak)
            .await
            .bad_fields(&["/newPassword"]);
    }
    assert_eq!(me(&stack, &a.access).await, 200);

    let changed = tokens(&change(&a.access, &a.password, &new).await.ok(200));
    for ended in [&a.access, &other.access] {
        assert_eq!(me(&stack, ended).await, 401);
    }
    assert_eq!(me(&stack, &changed.access).await, 200);
    refresh(&stack, &changed.refresh).await.ok(200);
    a.login().await.problem(401, "invalid_credentials");
    a.password = new;
    a.login().await.ok(200);
    b.login().await.ok(200);
}

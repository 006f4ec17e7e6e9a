//! `POST /api/auth/refresh`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    sessions::{me, refresh, set, tokens},
};

#[tokio::test]
async fn a_repeated_refresh_returns_the_same_successor() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let next = tokens(&refresh(&stack, &a.refresh).await.ok(200));
    assert_ne!(next.refresh, a.refresh);
    let again = tokens(&refresh(&stack, &a.refresh).await.ok(200));
    assert_eq!(again.refresh, next.refresh, "one successor");
    for access in [&a.access, &next.access, &again.access, &b.access] {
        assert_eq!(me(&stack, access).await, 200);
    }
    // The successor stays valid, and the other customer is not affected.
    refresh(&stack, &next.refresh).await.ok(200);
    refresh(&stack, &b.refresh).await.ok(200);
}

#[tokio::test]
async fn invalid_refresh_tokens_all_get_the_same_refusal() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mut cut = a.refresh.clone();
    cut.truncate(cut.len() - 3);
    let made_up = format!("e30.{}.c2ln", "eyJjaWQiOiJ4In0");
    let mut forms = Vec::new();
    for token in [&a.access, &cut, &made_up, &a.key, &String::new()] {
        let answer = refresh(&stack, token).await;
        answer.problem(401, "invalid_refresh_token");
        forms.push(crate::support::stack::answer::form(&answer));
    }
    for (take, give) in [
        (
            "users SET status = 'disabled'",
            "users SET status = 'active'",
        ),
        (
            "users SET tokens_valid_from = now() + interval '1 minute'",
            "users SET tokens_valid_from = '-infinity'",
        ),
        (
            "refresh_tokens SET expires_at = now()",
            "refresh_tokens SET expires_at = now() + interval '1 day'",
        ),
        (
            "refresh_tokens SET token_hash = decode(repeat('00', 32), 'hex')",
            "sessions SET updated_at = now()",
        ),
    ] {
        set(&a, take).await;
        let answer = refresh(&stack, &a.refresh).await;
        answer.problem(401, "invalid_refresh_token");
        forms.push(crate::support::stack::answer::form(&answer));
        set(&a, give).await;
    }
    assert!(
        forms.windows(2).all(|pair| pair[0] == pair[1]),
        "a refusal reveals its reason"
    );
    let suspend = "UPDATE customers SET status = $2 WHERE id = $1";
    for (status, expected) in [("suspended", 401), ("active", 200)] {
        let sql = stack.sql().await;
        sql.execute(suspend, &[&b.id, &status]).await.unwrap();
        assert_eq!(
            refresh(&stack, &b.refresh).await.status,
            expected,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_missing_refresh_token_is_reported() {
    let stack = Stack::load();
    let request = stack.http.post(stack.url("/api/auth/refresh"));
    Answer::of(request.json(&json!({})))
        .await
        .bad_fields(&["/refreshToken"]);
}

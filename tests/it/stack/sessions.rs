//! Refresh tokens are spent once, a stolen one is noticed (promise 14), and what ends a session ends it
//! everywhere at the next request.

use std::collections::HashSet;

use futures::future::join_all;

use crate::support::{
    size,
    stack::{
        Stack, Tenant,
        sessions::{me, refresh, tokens},
    },
};

async fn set(tenant: &Tenant, change: &str) {
    let statement = format!("UPDATE {change} WHERE customer_id = $1");
    let sql = tenant.stack.sql().await;
    sql.execute(&statement, &[&tenant.id]).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_is_spent_once_and_a_lost_answer_is_given_again() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let next = tokens(&refresh(&stack, &a.refresh).await.ok(200));
    assert_ne!(next.refresh, a.refresh);
    let again = tokens(&refresh(&stack, &a.refresh).await.ok(200));
    assert_eq!(again.refresh, next.refresh, "one successor");
    for access in [&a.access, &next.access, &again.access, &b.access] {
        assert_eq!(me(&stack, access).await, 200);
    }
    // The successor goes on, and the other customer was not concerned.
    refresh(&stack, &next.refresh).await.ok(200);
    refresh(&stack, &b.refresh).await.ok(200);
}

#[tokio::test]
async fn sixteen_at_once_get_the_same_successor() {
    let stack = Stack::load();
    let a = stack.signup().await;
    for _ in 0..size(5, 100) {
        let login = tokens(&a.login().await.ok(200));
        let answers = join_all((0..16).map(|_| refresh(&stack, &login.refresh))).await;
        let successors: HashSet<String> = answers
            .iter()
            .map(|answer| tokens(&answer.ok(200)).refresh)
            .collect();
        assert_eq!(successors.len(), 1);
        for successor in successors {
            refresh(&stack, &successor).await.ok(200);
        }
    }
    let rows = "SELECT max(n) FROM (SELECT count(*) AS n FROM refresh_tokens WHERE customer_id = $1
                GROUP BY session_id) AS sessions";
    assert_eq!(a.count(rows).await, 3, "login, successor, its successor");
}

#[tokio::test]
async fn a_stolen_token_ends_the_session_it_belongs_to() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // Whoever holds the stolen one comes after its owner has gone on: at once, or long after.
    let used = "refresh_tokens SET used_at = used_at - interval '11 seconds'";
    let families = size(3, 99);
    let ways = [(true, false), (false, true), (true, true)];
    for (spend_successor, late) in ways.into_iter().cycle().take(families) {
        let stolen = tokens(&a.login().await.ok(200));
        let other = tokens(&a.login().await.ok(200));
        let mut newest = tokens(&refresh(&stack, &stolen.refresh).await.ok(200));
        if spend_successor {
            newest = tokens(&refresh(&stack, &newest.refresh).await.ok(200));
        }
        if late {
            set(&a, used).await;
        }
        refresh(&stack, &stolen.refresh)
            .await
            .problem(401, "invalid_refresh_token");
        refresh(&stack, &newest.refresh)
            .await
            .problem(401, "invalid_refresh_token");
        assert_eq!(me(&stack, &stolen.access).await, 401);
        assert_eq!(me(&stack, &newest.access).await, 401);
        // The user's other session goes on.
        assert_eq!(me(&stack, &other.access).await, 200);
        refresh(&stack, &other.refresh).await.ok(200);
    }
    let told =
        "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND action = 'session.token_reused'";
    assert_eq!(a.count(told).await, families as i64);
}

#[tokio::test]
async fn what_is_no_refresh_token_of_a_live_session_is_refused_alike() {
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
        "a refusal tells why"
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

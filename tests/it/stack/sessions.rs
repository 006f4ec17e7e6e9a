//! Refresh tokens are used once, and reuse of a stolen one ends its session.

use std::collections::HashSet;

use futures::future::join_all;

use crate::support::{
    size,
    stack::{
        Stack,
        sessions::{me, refresh, set, tokens},
    },
};

#[tokio::test]
async fn concurrent_refreshes_get_the_same_successor() {
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
async fn reuse_of_a_refresh_token_ends_its_session() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // The thief uses the stolen token after its owner has rotated it: immediately, or long after.
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
        // The user's other session continues.
        assert_eq!(me(&stack, &other.access).await, 200);
        refresh(&stack, &other.refresh).await.ok(200);
    }
    let told =
        "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND action = 'session.token_reused'";
    assert_eq!(a.count(told).await, families as i64);
}

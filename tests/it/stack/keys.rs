//! What a key or user sees of the customer's account.

use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn budgets_and_company_details_are_shown_to_managers_only() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let working = [
        a.key_with(&["search"]).await,
        a.key_with(&["documents:read", "documents:write"]).await,
        a.user_with("user").await,
    ];
    let managing = [
        a.key_with(&["metrics"]).await,
        a.key_with(&["admin:tenant"]).await,
        a.access.clone(),
        a.key.clone(),
    ];
    let get = |bearer: &str, path: &str| {
        let request = stack.http.get(stack.url(path));
        Answer::of(request.bearer_auth(bearer))
    };
    for (bearers, whole) in [(&working[..], false), (&managing, true)] {
        for bearer in bearers {
            let config = get(bearer, "/api/customers/config").await.ok(200);
            assert_eq!(config["maxFileBytes"], 52_428_800, "{config}");
            assert!(config["chunking"]["size"].is_i64(), "{config}");
            for hidden in [
                "monthlyBudgetUsd",
                "budgetAlertPercent",
                "maxDocuments",
                "retentionDays",
            ] {
                assert_eq!(config.get(hidden).is_some(), whole, "{hidden}: {config}");
            }
            let me = get(bearer, "/api/auth/me").await.ok(200);
            assert_eq!(me["config"], config);
            let profile = get(bearer, "/api/customers/profile").await.ok(200);
            assert_eq!(profile["id"], json!(a.id));
            assert_eq!(profile.get("companyName").is_some(), whole, "{profile}");
            assert_eq!(profile.get("hasOpenaiKey").is_some(), whole, "{profile}");
        }
    }
}

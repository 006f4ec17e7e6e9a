//! `POST /oauth/authorize`.

use crate::support::stack::{
    Answer, Stack,
    oauth::{REDIRECT, with},
};

#[tokio::test]
async fn a_user_allows_some_or_denies() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let user = (a.email.as_str(), a.password.as_str());
    let client = stack.client(&[REDIRECT]).await;
    let asked = client.request("search documents:read documents:write");
    let page = stack.consent_page(&asked).await;
    let form = client.allowing(&page, &asked, user);

    let denied = with(&form, &[("decision", "deny"), ("password", "")]);
    let denied = Answer::of(stack.consent(&page.cookie, &denied)).await;
    let (to, parameters) = Stack::sent_to(&denied);
    assert_eq!(to, REDIRECT);
    assert_eq!(
        (&*parameters["error"], &*parameters["state"]),
        ("access_denied", "s-1")
    );
    assert_eq!(parameters["iss"], stack.url(""));

    let wrong = with(&form, &[("password", "wrong password")]);
    let again = Answer::of(stack.consent(&page.cookie, &wrong)).await;
    assert_eq!(again.status, 401, "{again}");
    let html = String::from_utf8_lossy(&again.body).into_owned();
    assert!(
        html.contains("password is wrong") && html.contains(&a.email),
        "{html}"
    );

    let nothing = [
        "allow.search",
        "allow.documents:read",
        "allow.documents:write",
    ]
    .map(|name| (name, ""));
    let nothing = Answer::of(stack.consent(&page.cookie, &with(&form, &nothing))).await;
    assert_eq!(nothing.status, 403, "{nothing}");

    let some = with(&form, &[("allow.documents:write", "")]);
    let allowed = Answer::of(stack.consent(&page.cookie, &some)).await;
    let (to, parameters) = Stack::sent_to(&allowed);
    assert_eq!(
        (to.as_str(), parameters["iss"].as_str()),
        (REDIRECT, stack.url("").as_str())
    );
    let tokens = client.tokens(&client.exchange(&parameters["code"])).await;
    assert_eq!(tokens.scope, "search documents:read");
    let granted =
        "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND action = 'client.granted'";
    assert_eq!(a.count(granted).await, 1);
}

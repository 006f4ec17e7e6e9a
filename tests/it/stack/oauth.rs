//! Attacks on the authorization server, each beside the same request without the attack, which succeeds (promise 36).

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Answer, Stack, Tenant,
    oauth::{Client, Fields, REDIRECT, VERIFIER, challenge, refused, with},
    word,
};

fn user(tenant: &Tenant) -> (&str, &str) {
    (&tenant.email, &tenant.password)
}

/// Asks for tokens and is refused; the code or token is still good for its owner.
async fn is_refused(client: &Client<'_>, fields: &Fields, error: &str, attack: &str) {
    let answer = client.stack.oauth("/oauth/token", fields).await;
    assert_eq!(refused(&answer), error, "{attack}");
    let text = String::from_utf8_lossy(&answer.body);
    assert!(!text.contains("access_token"), "{attack}: {text}");
}

#[tokio::test]
async fn a_code_is_of_use_to_its_client_alone_and_once() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (client, other) = tokio::join!(stack.client(&[REDIRECT]), stack.client(&[REDIRECT]));
    let code = client.code(&client.request("search"), user(&a)).await;
    let right = client.exchange(&code);
    let flipped = match &code[50..51] {
        "A" => "B",
        _ => "A",
    };
    let forged = format!("{}{flipped}{}", &code[..50], &code[51..]);
    let longer = format!("{code}A");
    let plain = challenge(VERIFIER);
    let other_verifier = VERIFIER.replace('a', "b");
    for (attack, changes) in [
        ("another client", &[("client_id", other.id.as_str())][..]),
        (
            "a client that there is not",
            &[("client_id", "drc_aaaaaaaaaaaaaaaaaaaaaa")],
        ),
        (
            "another redirect URI",
            &[("redirect_uri", "https://client.example/other")],
        ),
        (
            "a redirect URI with more",
            &[("redirect_uri", "https://client.example/callback?x=1")],
        ),
        (
            "another verifier",
            &[("code_verifier", other_verifier.as_str())],
        ),
        (
            "the challenge as verifier",
            &[("code_verifier", plain.as_str())],
        ),
        ("a short verifier", &[("code_verifier", "short")]),
        ("a verifier of other characters", &[("code_verifier", "é")]),
        ("a forged code", &[("code", forged.as_str())]),
        ("a longer code", &[("code", longer.as_str())]),
        ("no code of ours", &[("code", "SplxlOBeZQQYbYS6WxSbIA")]),
    ] {
        is_refused(&client, &with(&right, changes), "invalid_grant", attack).await;
    }
    for (attack, changes, error) in [
        (
            "no verifier",
            &[("code_verifier", "")][..],
            "invalid_request",
        ),
        (
            "no redirect URI",
            &[("redirect_uri", "")],
            "invalid_request",
        ),
        ("no client", &[("client_id", "")], "invalid_request"),
        (
            "another resource",
            &[("resource", "https://evil.example/mcp")],
            "invalid_target",
        ),
        (
            "the API as resource",
            &[("resource", "dynamic-rag-api")],
            "invalid_target",
        ),
        (
            "the code as refresh token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", code.as_str()),
            ],
            "invalid_grant",
        ),
        (
            "the password grant",
            &[("grant_type", "password")],
            "unsupported_grant_type",
        ),
    ] {
        is_refused(&client, &with(&right, changes), error, attack).await;
    }
    // The control: it is good for its client, without a resource too.
    let tokens = client.tokens(&with(&right, &[("resource", "")])).await;
    stack.mcp_method(&tokens.access, "ping", json!({})).await;
    // Once: the second holder ends what the first has.
    is_refused(&client, &right, "invalid_grant", "a used code").await;
    let answer = stack.mcp_answer(&tokens.access, "ping", json!({})).await;
    answer.problem(401, "unauthenticated");
    is_refused(
        &client,
        &client.refreshing(&tokens.refresh),
        "invalid_grant",
        "an ended session",
    )
    .await;
    let reused =
        "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND action = 'client.code_reused'";
    assert_eq!(a.count(reused).await, 1);

    // For a minute; and not for a user who was disabled meanwhile.
    let code = client.code(&client.request("search"), user(&a)).await;
    let sql = stack.sql().await;
    let age =
        "UPDATE oauth_codes SET expires_at = now() - interval '1 second' WHERE customer_id = $1";
    sql.execute(age, &[&a.id]).await.unwrap();
    is_refused(
        &client,
        &client.exchange(&code),
        "invalid_grant",
        "an expired code",
    )
    .await;
    let seconds = "SELECT max(extract(epoch FROM expires_at - now()))::bigint FROM oauth_codes WHERE customer_id = $1";
    let email = format!("u-{}@example.com", word());
    a.add_user_at(&email, "user").await;
    let code = client
        .code(&client.request("search"), (&email, &a.password))
        .await;
    assert!(a.count(seconds).await <= 60);
    let disable = "UPDATE users SET status = 'disabled' WHERE customer_id = $1 AND email = $2";
    sql.execute(disable, &[&a.id, &email]).await.unwrap();
    is_refused(
        &client,
        &client.exchange(&code),
        "invalid_grant",
        "a disabled user",
    )
    .await;
}

#[tokio::test]
async fn two_who_exchange_a_code_at_once_do_not_both_keep_tokens() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let client = stack.client(&[REDIRECT]).await;
    let code = client.code(&client.request("search"), user(&a)).await;
    let right = client.exchange(&code);
    let answers =
        futures::future::join_all((0..4).map(|_| stack.oauth("/oauth/token", &right))).await;
    let given: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(given.len(), 1, "{answers:?}");
    // Nobody knows which of them is the client.
    let access = given[0].json()["access_token"].as_str().unwrap().to_owned();
    let answer = stack.mcp_answer(&access, "ping", json!({})).await;
    answer.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_the_session() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (client, other) = tokio::join!(stack.client(&[REDIRECT]), stack.client(&[REDIRECT]));
    let tokens = client.connect(&a, "search documents:read").await;
    let theirs = client.connect(&b, "search").await;
    let right = client.refreshing(&tokens.refresh);
    let parts: Vec<&str> = tokens.refresh.split('.').collect();
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    let mixed = format!(
        "{}.{}",
        theirs.refresh.rsplit_once('.').unwrap().0,
        parts[2]
    );
    for (attack, changes, error) in [
        (
            "another client",
            &[("client_id", other.id.as_str())][..],
            "invalid_grant",
        ),
        (
            "an access token",
            &[("refresh_token", tokens.access.as_str())],
            "invalid_grant",
        ),
        (
            "a token of a login",
            &[("refresh_token", a.refresh.as_str())],
            "invalid_grant",
        ),
        (
            "a token without a signature",
            &[("refresh_token", unsigned.as_str())],
            "invalid_grant",
        ),
        (
            "another customer's claims",
            &[("refresh_token", mixed.as_str())],
            "invalid_grant",
        ),
        ("no token", &[("refresh_token", "x")], "invalid_grant"),
        (
            "an API key",
            &[("refresh_token", a.key.as_str())],
            "invalid_grant",
        ),
        (
            "more scopes",
            &[("scope", "search documents:write")],
            "invalid_scope",
        ),
        (
            "another resource",
            &[("resource", "https://evil.example/")],
            "invalid_target",
        ),
    ] {
        is_refused(&client, &with(&right, changes), error, attack).await;
    }
    // The control, with fewer scopes asked for; two at once get the same.
    let again = with(&right, &[("scope", "search")]);
    let (next, twin) = tokio::join!(client.tokens(&again), client.tokens(&right));
    assert_eq!(next.refresh, twin.refresh);
    // Used, and the successor too: one of the two holders stole it.
    client.tokens(&client.refreshing(&next.refresh)).await;
    is_refused(&client, &right, "invalid_grant", "a used token").await;
    let answer = stack.mcp_answer(&next.access, "ping", json!({})).await;
    answer.problem(401, "unauthenticated");
    stack.mcp_method(&theirs.access, "ping", json!({})).await;
}

#[tokio::test]
async fn a_user_is_sent_nowhere_but_to_the_client() {
    let stack = Stack::load();
    let uris = [
        REDIRECT,
        "http://127.0.0.1/callback",
        "cursor://app/callback",
    ];
    let client = stack.client(&uris).await;
    let right = client.request("search");
    for attack in [
        "https://evil.example/callback",
        "https://client.example.evil.example/callback",
        "https://client.example@evil.example/callback",
        "https://client.example/callback/",
        "https://client.example/callback/../evil",
        "https://client.example/callback?next=https://evil.example",
        "https://client.example/callback#x",
        "https://client.example:8443/callback",
        "https://CLIENT.example/callback",
        "https://client.example/Callback",
        "http://client.example/callback",
        "https://client.example/callback%2f",
        "//client.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://127.0.0.1:3000/other",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://localhost/callback",
        "cursor://evil/callback",
    ] {
        let answer = stack
            .authorize(&with(&right, &[("redirect_uri", attack)]))
            .await;
        assert_eq!(answer.status, 400, "{attack}: {answer}");
        assert!(answer.header("location").is_none(), "{attack}");
    }
    for (attack, changes) in [
        (
            "an unknown client",
            ("client_id", "drc_aaaaaaaaaaaaaaaaaaaaaa"),
        ),
        ("no client", ("client_id", "")),
        ("no redirect URI", ("redirect_uri", "")),
    ] {
        let answer = stack.authorize(&with(&right, &[changes])).await;
        assert!((400..=401).contains(&answer.status), "{attack}: {answer}");
        assert!(answer.header("location").is_none(), "{attack}");
    }
    // What is wrong with the rest, the client is told, with its state and who told it.
    let plain = VERIFIER;
    for (attack, changes, error) in [
        (
            "no PKCE",
            &[("code_challenge", ""), ("code_challenge_method", "")][..],
            "invalid_request",
        ),
        (
            "plain PKCE",
            &[
                ("code_challenge", plain),
                ("code_challenge_method", "plain"),
            ],
            "invalid_request",
        ),
        (
            "PKCE without a method",
            &[("code_challenge_method", "")],
            "invalid_request",
        ),
        (
            "a short challenge",
            &[("code_challenge", "abc")],
            "invalid_request",
        ),
        (
            "the implicit grant",
            &[("response_type", "token")],
            "unsupported_response_type",
        ),
        (
            "a hybrid",
            &[("response_type", "code id_token")],
            "unsupported_response_type",
        ),
        (
            "another resource",
            &[("resource", "https://evil.example/mcp")],
            "invalid_target",
        ),
    ] {
        let answer = stack.authorize(&with(&right, changes)).await;
        // A link to us does not lead on by itself, but to this computer.
        assert!(answer.header("location").is_none(), "{attack}");
        let (to, parameters) = Stack::led_back(&answer);
        assert_eq!(
            (to.as_str(), parameters["error"].as_str()),
            (REDIRECT, error),
            "{attack}"
        );
        assert_eq!(
            (&*parameters["state"], &parameters["iss"]),
            ("s-1", &stack.url("")),
            "{attack}"
        );
        assert!(!parameters.contains_key("code"), "{attack}");
    }
    let here = [
        ("redirect_uri", "http://127.0.0.1:5/callback"),
        ("response_type", "token"),
    ];
    let (_, parameters) = Stack::sent_to(&stack.authorize(&with(&right, &here)).await);
    assert_eq!(parameters["error"], "unsupported_response_type");
    // What the database does not take is no client.
    for odd in ["\0", "drc_", "drc_\0aaaaaaaaaaaaaaaaaaaaa"] {
        let answer = stack.authorize(&with(&right, &[("client_id", odd)])).await;
        assert_eq!(answer.status, 401, "{answer}");
    }
    // The controls: any port of this computer, the app's scheme, the site.
    for uri in [
        "http://127.0.0.1:49152/callback",
        "cursor://app/callback",
        REDIRECT,
    ] {
        stack
            .consent_page(&with(&right, &[("redirect_uri", uri)]))
            .await;
    }
}

#[tokio::test]
async fn nobody_consents_for_a_user() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let client = stack.client(&[REDIRECT]).await;
    let asked = client.request("search");
    let page = stack.consent_page(&asked).await;
    let other = stack.consent_page(&asked).await;
    let right = client.allowing(&page, &asked, user(&a));
    let post = async |cookie: &str, form: &Fields| Answer::of(stack.consent(cookie, form)).await;
    for (attack, cookie, changes) in [
        ("no cookie", "", &[][..]),
        ("no token", page.cookie.as_str(), &[("csrf", "")]),
        (
            "another page's token",
            page.cookie.as_str(),
            &[("csrf", other.csrf.as_str())],
        ),
        ("another page's cookie", other.cookie.as_str(), &[]),
        ("an empty cookie", "__Host-dynrag-consent=", &[("csrf", "")]),
        (
            "a chosen cookie",
            "__Host-dynrag-consent=x",
            &[("csrf", "x")],
        ),
        (
            "a cookie of another name",
            "dynrag-consent=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            &[("csrf", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")],
        ),
    ] {
        let answer = post(cookie, &with(&right, changes)).await;
        assert_eq!(answer.status, 400, "{attack}: {answer}");
    }
    for (attack, name, value) in [
        ("from another site", "sec-fetch-site", "cross-site"),
        ("from a sibling site", "sec-fetch-site", "same-site"),
        ("as JSON", "content-type", "application/json"),
        ("as text", "content-type", "text/plain"),
    ] {
        let mut request = stack.consent(&page.cookie, &right).build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let request = reqwest::RequestBuilder::from_parts(browser.build().unwrap(), request);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 400, "{attack}: {answer}");
    }
    // What was shown is checked again when it comes back.
    for (attack, changes, status) in [
        (
            "another redirect URI",
            &[("redirect_uri", "https://evil.example/")][..],
            400,
        ),
        (
            "another client",
            &[("client_id", "drc_aaaaaaaaaaaaaaaaaaaaaa")],
            401,
        ),
        ("no password", &[("password", "")], 401),
        (
            "the password of another",
            &[("email", b.email.as_str()), ("password", "wrong password")],
            401,
        ),
        ("nothing allowed", &[("allow.search", "")], 403),
    ] {
        let answer = post(&page.cookie, &with(&right, changes)).await;
        assert_eq!(answer.status, status, "{attack}: {answer}");
        assert!(answer.header("location").is_none(), "{attack}");
    }
    // More than was asked for is not granted, whatever boxes a form has.
    let more = with(
        &right,
        &[
            ("allow.documents:write", "on"),
            ("allow.admin:tenant", "on"),
            ("allow.webhooks", "on"),
        ],
    );
    let (_, parameters) = Stack::sent_to(&post(&page.cookie, &more).await);
    let tokens = client.tokens(&client.exchange(&parameters["code"])).await;
    assert_eq!(tokens.scope, "search");
    let scopes = with(&asked, &[("scope", "admin:tenant webhooks")]);
    let page = stack.consent_page(&scopes).await;
    assert!(!page.html.contains("admin:tenant") && !page.html.contains("webhooks"));
}

#[tokio::test]
async fn a_clients_session_ends_with_the_users() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let client = stack.client(&[REDIRECT]).await;
    let tokens = client.connect(&a, "search").await;
    stack.mcp_method(&tokens.access, "ping", json!({})).await;
    // So does one whose time is over in the middle of what a client does: it is told to refresh, and has to ask again.
    let late = client.connect(&a, "search").await;
    let expire = "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE customer_id = $1 AND id IN (
                      SELECT session_id FROM oauth_grants WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 1)";
    stack.sql().await.execute(expire, &[&a.id]).await.unwrap();
    let answer = stack.mcp_answer(&late.access, "ping", json!({})).await;
    answer.problem(401, "unauthenticated");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    stack.mcp_method(&tokens.access, "ping", json!({})).await;
    // A code that is not exchanged yet ends too.
    let code = client.code(&client.request("search"), user(&a)).await;
    let everywhere = a.call_as_user(Method::POST, "/api/auth/logout");
    assert_eq!(
        Answer::of(everywhere.json(&json!({"everywhere": true})))
            .await
            .status,
        204
    );
    let answer = stack.mcp_answer(&tokens.access, "ping", json!({})).await;
    answer.problem(401, "unauthenticated");
    is_refused(
        &client,
        &client.refreshing(&tokens.refresh),
        "invalid_grant",
        "after a logout",
    )
    .await;
    is_refused(
        &client,
        &client.exchange(&code),
        "invalid_grant",
        "a code from before a logout",
    )
    .await;
    // So does one from before a change of the password.
    let login = json!({"email": a.email, "password": a.password});
    let login = Answer::of(stack.http.post(stack.url("/api/auth/login")).json(&login))
        .await
        .ok(200);
    let code = client.code(&client.request("search"), user(&a)).await;
    let change = stack.http.post(stack.url("/api/auth/change-password"));
    let change = change.bearer_auth(login["accessToken"].as_str().unwrap());
    let body =
        json!({"currentPassword": a.password, "newPassword": format!("New password {}", word())});
    Answer::of(change.json(&body)).await.ok(200);
    is_refused(
        &client,
        &client.exchange(&code),
        "invalid_grant",
        "a code from before a change",
    )
    .await;
}

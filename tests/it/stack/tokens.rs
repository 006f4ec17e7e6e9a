//! Invalid credentials.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Utc;
use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand::RngExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    known::{checkout, known},
    runtime::Function,
    size,
    stack::{Answer, Stack, Tenant},
};

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The claims with one changed (or, with null, without it).
fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut changed = claims.clone();
    match value {
        Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
        value => changed[name] = value,
    }
    changed
}

fn sign(header: Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Returns the response to a caller with this bearer token.
async fn me(stack: &Stack, token: &str) -> Answer {
    Answer::of(stack.http.get(stack.url("/api/auth/me")).bearer_auth(token)).await
}

#[tokio::test]
async fn forged_tokens_all_get_the_same_refusal() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let good = claims(&a.access);
    let secret = stack.open_secret(a.id, "access_token").await;
    let other = stack.open_secret(b.id, "access_token").await;
    let hs256 = || Header::new(Algorithm::HS256);

    // The control: signed here with the right secret, the token is valid, so each of the following fails for its own
    // reason.
    let made = sign(hs256(), &good, &secret);
    assert_eq!(
        me(&stack, &made).await.ok(200)["customerId"],
        a.id.to_string()
    );

    let [header, payload, signature] =
        [0, 1, 2].map(|i| a.access.split('.').nth(i).unwrap().to_owned());
    let none = |alg: &str| {
        format!(
            "{}.{payload}.",
            encode(&format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#))
        )
    };
    let headed = |header: &str| format!("{}.{payload}.{signature}", encode(header));
    let now = Utc::now().timestamp();
    let claim = |name: &str, value: Value| sign(hs256(), &with(&good, name, value), &secret);
    let mut embedded = hs256();
    embedded.kid = Some("../../dev/null".into());
    embedded.jku = Some("http://127.0.0.1:9/keys".into());
    let forged = vec![
        ("nothing", String::new()),
        ("no token", "abc".to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{}.x", a.access)),
        ("no signature", format!("{header}.{payload}.")),
        ("alg none", none("none")),
        ("alg None", none("None")),
        ("alg none, signed", headed(r#"{"alg":"none"}"#)),
        ("alg of another family", headed(r#"{"alg":"RS256"}"#)),
        ("no alg", headed(r#"{"typ":"JWT"}"#)),
        ("two algs", headed(r#"{"alg":"none","alg":"HS256"}"#)),
        (
            "key in the header",
            headed(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#),
        ),
        ("HS512", sign(Header::new(Algorithm::HS512), &good, &secret)),
        ("HS384", sign(Header::new(Algorithm::HS384), &good, &secret)),
        ("another's secret", sign(hs256(), &good, &other)),
        ("an empty secret", sign(hs256(), &good, b"")),
        (
            "kid and jku with another's secret",
            sign(embedded, &good, &other),
        ),
        ("the customer exchanged", {
            let payload = encode(&with(&good, "cid", json!(b.id)).to_string());
            format!("{header}.{payload}.{signature}")
        }),
        ("another's customer, own secret", claim("cid", json!(b.id))),
        ("another's user", claim("sub", json!(b.user))),
        ("nobody's user", claim("sub", json!(uuid::Uuid::new_v4()))),
        ("a customer that is no id", claim("cid", json!("../x"))),
        ("no customer", claim("cid", Value::Null)),
        (
            "an unknown customer",
            claim("cid", json!(uuid::Uuid::new_v4())),
        ),
        ("expired", claim("exp", json!(now - 60))),
        (
            "expiry as text",
            claim("exp", json!(format!("{}", now + 600))),
        ),
        ("no expiry", claim("exp", Value::Null)),
        (
            "another deployment",
            claim("iss", json!("dynamic-rag/other")),
        ),
        ("another audience", claim("aud", json!("somebody-else"))),
        ("of the other kind", claim("typ", json!("refresh"))),
        ("an unknown claim", claim("admin", json!(true))),
        ("a made-up role", claim("role", json!("root"))),
        ("not yet valid", claim("nbf", json!(now + 600))),
        ("the refresh token", a.refresh.clone()),
        ("an API key with a wrong end", {
            let (rest, last) = a.key.split_at(a.key.len() - 1);
            format!("{rest}{}", if last == "0" { "1" } else { "0" })
        }),
        ("a key's public part", a.key[..21].to_owned()),
        (
            "too long",
            format!("{header}.{}.{signature}", "A".repeat(5_000)),
        ),
    ];
    let mut forms = Vec::new();
    for (what, token) in &forged {
        assert_ne!(*token, a.access);
        let answer = me(&stack, token).await;
        assert_eq!(answer.status, 401, "{what}: {answer}");
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{what}");
        forms.push(crate::support::stack::answer::form(&answer));
    }
    assert!(
        forms.windows(2).all(|pair| pair[0] == pair[1]),
        "a refusal reveals its reason"
    );

    // Single characters of the signed parts changed.
    let signed = header.len() + 1 + payload.len();
    for at in (0..signed)
        .step_by(17)
        .filter(|at| a.access.as_bytes()[*at] != b'.')
    {
        let mut mutant = a.access.clone().into_bytes();
        mutant[at] = if mutant[at] == b'A' { b'B' } else { b'A' };
        me(&stack, &String::from_utf8(mutant).unwrap())
            .await
            .problem(401, "unauthenticated");
    }
    me(&stack, &a.access).await.ok(200);
}

/// A token with a random change.
fn mutant(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let mut rng = rand::rng();
    loop {
        let at = rng.random_range(0..bytes.len());
        let any = b"ABCxyz019-_.="[rng.random_range(0..13)];
        match rng.random_range(0..5) {
            0 => bytes[at] = any,
            1 => bytes.insert(at, any),
            2 => drop(bytes.remove(at)),
            3 => bytes.truncate(at.max(1)),
            _ => {
                let other = rng.random_range(0..bytes.len());
                bytes.swap(at, other);
            }
        }
        if bytes != token.as_bytes() {
            return String::from_utf8(bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn mutated_tokens_and_keys_are_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut mutants = size(300, 10_000);
    while mutants > 0 {
        let some = mutants.min(8);
        let answers = join_all((0..some).map(async |n| {
            let token = mutant([&a.access, &a.key][n % 2]);
            (me(&stack, &token).await, token)
        }));
        for (answer, token) in answers.await {
            assert_eq!(answer.status, 401, "{token}: {answer}");
            answer.problem(401, "unauthenticated");
        }
        mutants -= some;
    }
    me(&stack, &a.access).await.ok(200);
    me(&stack, &a.key).await.ok(200);
}

#[tokio::test]
async fn a_token_of_an_unknown_customer_causes_no_kms_call() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // A call to this address fails, and would result in a 503.
    let variables = [("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")];
    let mut function = Function::start_with(&stack, "AuthMe", "dynrag-auth", &variables).await;
    let mut event: Value =
        serde_json::from_slice(&fs::read(checkout().join("events/http/auth-me.json")).unwrap())
            .unwrap();
    let mut status = async |token: &str| {
        event["headers"]["authorization"] = json!(format!("Bearer {token}"));
        function.answer(&event).await["statusCode"].clone()
    };
    let good = claims(&a.access);
    for _ in 0..size(50, 1_000) {
        let claims = with(&good, "cid", json!(uuid::Uuid::new_v4()));
        let token = sign(Header::new(Algorithm::HS256), &claims, b"made up");
        assert_eq!(status(&token).await, 401);
    }
    // The control: for an existing customer, KMS is called.
    assert_eq!(status(&a.access).await, 503);
}

/// Starts a proxy to the emulator that counts the calls, and returns its address.
async fn counting_proxy(stack: &Stack, calls: Arc<AtomicUsize>) -> String {
    let http = stack.http.clone();
    let pass = async move |request: axum::extract::Request| {
        calls.fetch_add(1, Ordering::SeqCst);
        let (mut head, body) = request.into_parts();
        head.headers.remove("host");
        head.headers.remove("content-length");
        let url = format!("{}{}", known().aws_endpoint_url, head.uri);
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let asked = http.request(head.method, url).headers(head.headers);
        let answer = asked.body(body).send().await.unwrap();
        let content_type = answer.headers()["content-type"].clone();
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        (status, [("content-type", content_type)], bytes)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(pass);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

#[tokio::test]
async fn kms_is_called_once_per_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let calls = Arc::new(AtomicUsize::new(0));
    let kms = counting_proxy(&stack, calls.clone()).await;
    let variables = [("AWS_ENDPOINT_URL_KMS", kms.as_str())];
    let mut function = Function::start_with(&stack, "AuthMe", "dynrag-auth", &variables).await;
    let mut event: Value =
        serde_json::from_slice(&fs::read(checkout().join("events/http/auth-me.json")).unwrap())
            .unwrap();
    for (tenant, asked) in [(&a, 1), (&a, 1), (&b, 2), (&a, 2), (&b, 2)] {
        event["headers"]["authorization"] = json!(format!("Bearer {}", tenant.access));
        assert_eq!(function.answer(&event).await["statusCode"], 200);
        assert_eq!(calls.load(Ordering::SeqCst), asked);
    }
}

#[tokio::test]
async fn exactly_one_credential_is_accepted() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let bearer = |token: &str| format!("Bearer {token}");
    let refused: Vec<Vec<(&str, String)>> = vec![
        vec![],
        vec![("authorization", a.access.clone())],
        vec![("authorization", format!("Basic {}", a.access))],
        vec![("authorization", "Bearer".into())],
        vec![
            ("authorization", bearer(&a.access)),
            ("x-api-key", a.key.clone()),
        ],
        vec![
            ("authorization", bearer(&a.access)),
            ("x-api-key", b.key.clone()),
        ],
        vec![
            ("authorization", bearer(&a.access)),
            ("authorization", bearer(&b.access)),
        ],
        vec![("x-api-key", a.key.clone()), ("x-api-key", b.key.clone())],
        vec![("x-api-key", a.access.clone())],
        vec![("x-api-key", String::new())],
        vec![("cookie", format!("token={}", a.access))],
    ];
    for headers in &refused {
        let mut request = stack.http.get(stack.url("/api/auth/me"));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 401, "{headers:?}: {answer}");
        answer.problem(401, "unauthenticated");
    }
    let in_query = stack
        .http
        .get(stack.url(&format!("/api/auth/me?access_token={}", a.access)));
    Answer::of(in_query).await.problem(401, "unauthenticated");
    // A single credential is accepted, a key in either header.
    for (name, value) in [
        ("authorization", bearer(&a.access)),
        ("authorization", format!("bearer {}", a.key)),
        ("x-api-key", a.key.clone()),
    ] {
        let request = stack
            .http
            .get(stack.url("/api/auth/me"))
            .header(name, value);
        assert_eq!(
            Answer::of(request).await.ok(200)["customerId"],
            a.id.to_string()
        );
    }
}

/// Status of `/api/auth/me` with the token, and with the key.
async fn statuses(tenant: &Tenant) -> (u16, u16) {
    let token = me(&tenant.stack, &tenant.access).await.status;
    (
        token,
        Answer::of(tenant.call(Method::GET, "/api/auth/me"))
            .await
            .status,
    )
}

#[tokio::test]
async fn revocations_apply_from_the_next_request() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    assert_eq!(statuses(&a).await, (200, 200));
    let set = async |statement: &str| {
        assert_eq!(
            stack
                .sql()
                .await
                .execute(statement, &[&a.id])
                .await
                .unwrap(),
            1,
            "{statement}"
        );
    };
    for (take, give, token, key) in [
        (
            "UPDATE users SET status = 'disabled' WHERE customer_id = $1",
            "UPDATE users SET status = 'active' WHERE customer_id = $1",
            401,
            200,
        ),
        (
            "UPDATE users SET tokens_valid_from = now() + interval '1 minute' WHERE customer_id = $1",
            "UPDATE users SET tokens_valid_from = '-infinity' WHERE customer_id = $1",
            401,
            200,
        ),
        (
            "UPDATE api_keys SET revoked_at = now() WHERE customer_id = $1",
            "UPDATE api_keys SET revoked_at = NULL WHERE customer_id = $1",
            200,
            401,
        ),
        (
            "UPDATE api_keys SET expires_at = now() WHERE customer_id = $1",
            "UPDATE api_keys SET expires_at = NULL WHERE customer_id = $1",
            200,
            401,
        ),
        (
            "UPDATE customers SET status = 'suspended' WHERE id = $1",
            "UPDATE customers SET status = 'active' WHERE id = $1",
            403,
            403,
        ),
        (
            "UPDATE customers SET status = 'deleted', erase_at = now() WHERE id = $1",
            "UPDATE customers SET status = 'active', erase_at = NULL WHERE id = $1",
            401,
            401,
        ),
    ] {
        set(take).await;
        assert_eq!(statuses(&a).await, (token, key), "{take}");
        assert_eq!(statuses(&b).await, (200, 200), "{take}");
        set(give).await;
        assert_eq!(statuses(&a).await, (200, 200), "{give}");
    }
}

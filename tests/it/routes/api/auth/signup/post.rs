//! `POST /api/auth/signup`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    known::checkout,
    runtime::Function,
    stack::{
        Stack,
        admin::{admin, ask},
        random,
    },
};

#[tokio::test]
async fn signup_can_require_an_invitation_or_be_closed() {
    let stack = Stack::load();
    let admin = admin(&stack).await;
    let made = ask(&admin, Method::POST, "invitations", None).await.ok(201);
    let token = made["invitationToken"].as_str().unwrap();
    let file = checkout().join("events/http/auth-signup.json");
    let event: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let signup = |token: Option<&str>| {
        let mut event = event.clone();
        let email = format!("s-{}@example.com", random(16).to_lowercase());
        let mut body = json!({"email": email, "password": random(20)});
        if let Some(token) = token {
            body["invitationToken"] = json!(token);
        }
        event["body"] = json!(body.to_string());
        event
    };
    let code = |answer: &Value| {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].clone(), body["code"].clone())
    };
    let start = async |mode| {
        Function::start_with(
            &stack,
            "AuthSignup",
            "dynrag-auth",
            &[("SIGNUP_MODE", mode)],
        )
        .await
    };
    let mut invited = start("invited").await;
    let required = (json!(403), json!("invitation_required"));
    assert_eq!(code(&invited.answer(&signup(None)).await), required);
    assert_eq!(
        code(&invited.answer(&signup(Some("made up"))).await),
        required
    );
    assert_eq!(
        invited.answer(&signup(Some(token))).await["statusCode"],
        201
    );
    // An invitation can be used once.
    assert_eq!(code(&invited.answer(&signup(Some(token))).await), required);
    let mut closed = start("closed").await;
    let closed = closed.answer(&signup(Some(token))).await;
    assert_eq!(code(&closed), (json!(403), json!("signup_closed")));
}

//! Accounts: users, keys, sessions, jobs, deletion.

use serde_json::json;

use super::{
    super::{Scene, USER, random_email},
    EMAIL, PASSWORD, TOKEN, call,
};

pub(super) async fn login(scene: &mut Scene) {
    let (email, password) = (scene.ours.email.clone(), scene.ours.password.clone());
    let event = scene.event(&[(EMAIL, &email), (PASSWORD, &password)]);
    let body = call(&mut scene.function, &event)
        .await
        .ok(200, &["user", "accessToken", "refreshToken", "expiresIn"]);
    assert_eq!(body["user"]["id"], json!(scene.ours.user));
    // The other tenant's password does not work, and an unknown address gets the same response.
    let wrong = scene.event(&[(EMAIL, &email), (PASSWORD, &scene.theirs.password)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(401, "invalid_credentials");
    let unknown = scene.event(&[(EMAIL, &random_email()), (PASSWORD, &password)]);
    call(&mut scene.function, &unknown)
        .await
        .problem(401, "invalid_credentials");
}

pub(super) async fn refresh(scene: &mut Scene) {
    let placeholder = "REFRESH_TOKEN";
    let event = scene.event(&[(placeholder, &scene.ours.refresh)]);
    let members = ["accessToken", "refreshToken", "tokenType", "expiresIn"];
    let body = call(&mut scene.function, &event).await.ok(200, &members);
    assert_ne!(body["refreshToken"], json!(scene.ours.refresh));
    let access = scene.event(&[(placeholder, &scene.theirs.access)]);
    call(&mut scene.function, &access)
        .await
        .problem(401, "invalid_refresh_token");
}

pub(super) async fn change_password(scene: &mut Scene) {
    let wrong = scene.event(&[(TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(403, "wrong_password");
    let (token, password) = (&scene.ours.access, &scene.ours.password);
    let event = scene.event(&[(TOKEN, token), (PASSWORD, password)]);
    let members = ["accessToken", "refreshToken"];
    call(&mut scene.function, &event).await.ok(200, &members);
    call(&mut scene.function, &event)
        .await
        .problem(401, "unauthenticated");
}

pub(super) async fn job(scene: &mut Scene) {
    let started = scene.ours.post("/api/customers/export", &json!({})).await;
    let id = started.ok(202)["jobId"].as_str().unwrap().to_owned();
    let placeholder = "01936f6e-3c00-7000-8000-00000000000a";
    let ours = scene.event(&[(placeholder, &id), (TOKEN, &scene.ours.access)]);
    let members = ["id", "kind", "status", "createdAt", "files"];
    let body = call(&mut scene.function, &ours).await.ok(200, &members);
    assert_eq!(body["kind"], "export");
    let theirs = scene.event(&[(placeholder, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
}

pub(super) async fn leave(scene: &mut Scene) {
    let wrong = scene.event(&[(TOKEN, &scene.ours.access)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(403, "wrong_password");
    let (token, password) = (&scene.ours.access, &scene.ours.password);
    let event = scene.event(&[(TOKEN, token), (PASSWORD, password)]);
    let body = call(&mut scene.function, &event).await.ok(202, &["status"]);
    assert_eq!(body["status"], "deleting");
    call(&mut scene.function, &event)
        .await
        .problem(401, "unauthenticated");
    scene.theirs.get("/api/documents").await.ok(200);
}

/// The placeholder for the token in an emailed link.
const MAIL_TOKEN: &str = "MAIL_TOKEN";

pub(super) async fn verify_email(scene: &mut Scene) {
    let mail = scene.stack.mail(&scene.ours.email, "Verify", 1).await;
    let event = scene.event(&[(MAIL_TOKEN, &mail.token())]);
    assert_eq!(scene.function.answer(&event).await["statusCode"], 204);
    call(&mut scene.function, &event)
        .await
        .problem(422, "invalid_link");
}

pub(super) async fn reset_password(scene: &mut Scene) {
    let body = json!({"email": scene.ours.email});
    let request = scene
        .stack
        .http
        .post(scene.stack.url("/api/auth/forgot-password"));
    assert_eq!(request.json(&body).send().await.unwrap().status(), 202);
    let mail = scene.stack.mail(&scene.ours.email, "new password", 1).await;
    let event = scene.event(&[(MAIL_TOKEN, &mail.token())]);
    assert_eq!(scene.function.answer(&event).await["statusCode"], 204);
    call(&mut scene.function, &event)
        .await
        .problem(422, "invalid_link");
}

pub(super) async fn accept(scene: &mut Scene) {
    let email = scene.ours.invited("user").await;
    let mail = scene.stack.mail(&email, "You are invited", 1).await;
    let event = scene.event(&[(MAIL_TOKEN, &mail.token())]);
    let members = ["customerId", "user", "accessToken", "refreshToken"];
    let body = call(&mut scene.function, &event).await.ok(201, &members);
    assert_eq!(body["customerId"], json!(scene.ours.id));
    assert_eq!(body["user"]["role"], "user");
    call(&mut scene.function, &event)
        .await
        .problem(422, "invalid_link");
}

pub(super) async fn user(scene: &mut Scene, route: &str) {
    let id = scene.ours.add_user("user").await.to_string();
    let theirs = scene.event(&[(USER, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(USER, &id), (TOKEN, &scene.ours.access)]);
    if route == "users-delete" {
        assert_eq!(scene.function.answer(&ours).await["statusCode"], 200);
    } else {
        let members = ["id", "email", "status", "createdAt"];
        let body = call(&mut scene.function, &ours).await.ok(200, &members);
        assert_eq!(body["role"], "business");
    }
}

pub(super) async fn delete_key(scene: &mut Scene) {
    let id = scene.ours.key_id().await.to_string();
    let placeholder = "01936f6e-3c00-7000-8000-00000000000e";
    let theirs = scene.event(&[(placeholder, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(placeholder, &id), (TOKEN, &scene.ours.access)]);
    assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
    call(&mut scene.function, &ours)
        .await
        .problem(404, "not_found");
}

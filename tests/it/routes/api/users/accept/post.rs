//! `POST /api/users/accept`.

use serde_json::json;

use crate::support::stack::{
    Stack, random,
    users::{SUBJECT, accept, delete},
};

#[tokio::test]
async fn a_withdrawn_or_expired_invitation_is_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (email, late) = (a.invited("user").await, a.invited("user").await);
    let mail = stack.mail(&email, SUBJECT, 1).await;
    let over = stack.mail(&late, SUBJECT, 1).await;
    let listed = a.get("/api/users").await.ok(200);
    let row = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["email"] == json!(email));
    delete(&a, row.unwrap()["id"].as_str().unwrap())
        .await
        .ok(200);
    accept(&stack, &mail.token(), &random(20))
        .await
        .problem(422, "invalid_link");
    let expire = "UPDATE invitations SET expires_at = now() WHERE customer_id = $1";
    stack.sql().await.execute(expire, &[&a.id]).await.unwrap();
    accept(&stack, &over.token(), &random(20))
        .await
        .problem(422, "invalid_link");
    assert_eq!(
        a.get("/api/users").await.ok(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

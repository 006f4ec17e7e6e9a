//! `POST /api/auth/forgot-password`.

use serde_json::json;

use crate::support::stack::{
    Stack,
    accounts::{forgot, login, post},
    answer::form,
    eventually, word,
};

#[tokio::test]
async fn the_response_does_not_reveal_who_has_an_account() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let nobody = format!("{}@example.com", word());
    forgot(&stack, &nobody).await;
    forgot(&stack, &a.email).await;
    stack.mail(&a.email, "new password", 1).await;
    // The unknown address, which was requested first, got nothing.
    assert!(stack.mails(&nobody).await.is_empty());

    let known = login(&a, "not the password").await;
    let body = json!({"email": nobody, "password": "not the password"});
    let unknown = post(&stack, "login", body).await;
    assert_eq!(form(&known), form(&unknown));

    // Three emails per hour; the fourth request gets the same response.
    for n in 2..=3 {
        forgot(&stack, &a.email).await;
        stack.mail(&a.email, "new password", n).await;
    }
    forgot(&stack, &a.email).await;
    forgot(&stack, &nobody).await;
    eventually("the queue is empty", async || {
        stack.tasks_done().await.then_some(())
    })
    .await;
    let mails = stack.mails(&a.email).await;
    let resets = mails
        .iter()
        .filter(|mail| mail.subject.contains("new password"));
    assert_eq!(resets.count(), 3);
}

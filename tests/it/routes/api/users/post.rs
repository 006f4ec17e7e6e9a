//! `POST /api/users`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack, Tenant,
    answer::text,
    eventually, random,
    users::{SUBJECT, accept, delete, get},
};

#[tokio::test]
async fn an_invited_user_joins_the_customer_in_the_given_role() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // Only a customer with a verified address can have emails sent to others.
    let body = json!({"email": format!("I-{}@Example.com", random(12)), "role": "user"});
    a.post("/api/users", &body)
        .await
        .problem(403, "email_not_verified");
    a.verified().await;
    // An existing user need not be invited; other customers' users are not disclosed.
    let own = json!({"email": a.email, "role": "user"});
    a.post("/api/users", &own).await.problem(409, "user_exists");
    let theirs = json!({"email": b.email, "role": "user"});
    a.post("/api/users", &theirs).await.ok(202);
    let invited = a.post("/api/users", &body).await.ok(202);
    assert_eq!(invited["status"], "invited");
    let email = text(&invited["email"]);
    assert_eq!(email, text(&body["email"]).to_lowercase());
    let first = stack.mail(&email, SUBJECT, 1).await;
    assert!(
        first.text.contains(&a.email) || first.text.contains("invited"),
        "{first:?}"
    );

    // Inviting the same address again renews the invitation, and can change the role.
    let again = json!({"email": email, "role": "business"});
    a.post("/api/users", &again)
        .await
        .problem(429, "invitation_limit");
    a.forget_invitation(&email).await;
    let renewed = a.post("/api/users", &again).await.ok(202);
    assert_eq!(
        (&renewed["id"], &renewed["role"]),
        (&invited["id"], &json!("business"))
    );
    let second = stack.mail(&email, SUBJECT, 2).await;
    let listed = a.get("/api/users").await.ok(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
    assert!(
        !b.get("/api/users")
            .await
            .ok(200)
            .to_string()
            .contains(&email)
    );

    // The new link replaces the first.
    accept(&stack, &first.token(), &random(20))
        .await
        .problem(422, "invalid_link");
    accept(&stack, &second.token(), "short")
        .await
        .bad_fields(&["/password"]);
    let password = random(20);
    let made = accept(&stack, &second.token(), &password).await.ok(201);
    assert_eq!(
        (&made["customerId"], &made["user"]["role"]),
        (&json!(a.id), &json!("business"))
    );
    accept(&stack, &second.token(), &password)
        .await
        .problem(422, "invalid_link");
    let access = text(&made["accessToken"]);
    get(&stack, &access, "/api/documents").await.ok(200);
    let users = get(&stack, &access, "/api/users").await.ok(200);
    let new = &users["items"][0];
    assert_eq!(
        (&new["status"], &new["emailVerified"]),
        (&json!("active"), &json!(true))
    );

    // If two customers invite the same person, the conflict shows only to the owner of the mailbox.
    b.verified().await;
    b.post("/api/users", &again).await.ok(202);
    let token = stack.mail(&email, SUBJECT, 3).await.token();
    accept(&stack, &token, &password)
        .await
        .problem(409, "email_taken");
}

#[tokio::test]
async fn invitations_are_rate_limited_per_address() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.verified().await;
    a.config("invitations_per_day = 3").await;
    let invite = async |tenant: &Tenant, email: &str| {
        let body = json!({"email": email, "role": "user"});
        tenant.post("/api/users", &body).await
    };
    let email = || format!("v-{}@example.com", random(12).to_lowercase());

    // One address, fifteen times at once, and also after a withdrawal or with a tag.
    let victim = email();
    let tries = futures::future::join_all((0..15).map(|_| invite(&a, &victim))).await;
    let taken: Vec<&Answer> = tries.iter().filter(|answer| answer.status == 202).collect();
    assert_eq!(taken.len(), 1);
    let id = text(&taken[0].ok(202)["id"]);
    assert_eq!(delete(&a, &id).await.status, 200);
    let tagged = victim.replace('@', "+1@");
    for email in [&victim, &tagged] {
        let refused = invite(&a, email).await;
        let after = refused
            .header("retry-after")
            .unwrap()
            .parse::<u32>()
            .unwrap();
        assert!((1..=3600).contains(&after), "{after}");
        refused.problem(429, "invitation_limit");
    }

    // Then the day's invitations.
    for _ in 0..2 {
        invite(&a, &email()).await.ok(202);
    }
    let refused = invite(&a, &email()).await;
    let problem = refused.problem(429, "invitation_limit");
    assert!(
        text(&problem["detail"]).contains("3 invitations per day"),
        "{problem}"
    );

    // Several customers together cannot write to one address more often.
    let shared = email();
    for _ in 0..4 {
        let other = stack.signup().await;
        other.verified().await;
        invite(&other, &shared).await.ok(202);
    }
    let asked = "SELECT attempts FROM throttles WHERE subject =
        throttle_subject('mail|hour', convert_to('invitation|' || $1, 'UTF8'))";
    let sql = stack.sql().await;
    eventually("the fourth email is held back", async || {
        let row = sql.query_opt(asked, &[&shared]).await.unwrap();
        row.filter(|row| row.get::<_, i32>(0) == 4)
    })
    .await;
    eventually("three emails are sent", async || {
        (stack.mails(&shared).await.len() == 3).then_some(())
    })
    .await;
}

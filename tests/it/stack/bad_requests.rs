//! Malformed requests: each gets a 4xx that says what to do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, word};

/// Routes that take JSON, each with a valid body.
fn json_routes() -> [(&'static str, Value); 5] {
    [
        (
            "/api/auth/signup",
            json!({"email": "a@example.com", "password": "long enough to pass"}),
        ),
        (
            "/api/auth/login",
            json!({"email": "a@example.com", "password": "long enough to pass"}),
        ),
        (
            "/api/ingest/document",
            json!({"title": "T", "content": "C"}),
        ),
        ("/api/ingest/presigned-url", json!({"fileName": "a.pdf"})),
        ("/search", json!({"query": "q"})),
    ]
}

async fn send(tenant: &Tenant, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = tenant
        .call(Method::POST, path)
        .header("content-type", media_type);
    Answer::of(request.body(body.into())).await
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let tenant = Stack::load().signup().await;
    for (path, good) in json_routes() {
        let text = good.to_string();
        for media_type in [
            "text/plain",
            "application/xml",
            "multipart/form-data; boundary=x",
            "json",
        ] {
            send(&tenant, path, media_type, text.clone())
                .await
                .problem(415, "unsupported_media_type");
        }
        let bare = tenant.call(Method::POST, path).body(text.clone());
        Answer::of(bare)
            .await
            .problem(415, "unsupported_media_type");
        for broken in [
            b"".to_vec(),
            b"{".to_vec(),
            b"{} {}".to_vec(),
            b"\xff\xfe{}".to_vec(),
        ] {
            let shown = String::from_utf8_lossy(&broken).into_owned();
            let answer = send(&tenant, path, "application/json", broken).await;
            assert!(matches!(answer.status, 400 | 422), "{shown}: {answer}");
            assert!(
                answer.json()["code"] == "invalid_json" || answer.status == 422,
                "{shown}: {answer}"
            );
        }
        // An array of the values is not an object.
        let values: Vec<_> = good.as_object().unwrap().values().cloned().collect();
        let list = json!(values).to_string();
        for wrong in ["null", "[]", "\"text\"", "1", &list] {
            let answer = send(&tenant, path, "application/json", wrong.to_owned()).await;
            answer.problem(422, "invalid_fields");
        }

        let mut unknown = good.clone();
        unknown["surprise"] = json!(1);
        tenant.post(path, &unknown).await.bad_fields(&["/surprise"]);
        for name in good.as_object().unwrap().keys() {
            let mut typed = good.clone();
            typed[name] = json!({"no": "text"});
            tenant
                .post(path, &typed)
                .await
                .bad_fields(&[&format!("/{name}")]);
            let mut missing = good.clone();
            missing.as_object_mut().unwrap().remove(name);
            tenant
                .post(path, &missing)
                .await
                .bad_fields(&[&format!("/{name}")]);
        }
    }
    let wrong = send(&tenant, "/api/ingest/file", "application/json", "{}").await;
    wrong.problem(415, "unsupported_media_type");
    let cut = send(
        &tenant,
        "/api/ingest/file",
        "multipart/form-data; boundary=x",
        "--x\r\n",
    )
    .await;
    cut.problem(400, "invalid_multipart");
    assert_eq!(tenant.originals().await, [] as [String; 0]);
}

#[tokio::test]
async fn bad_list_and_search_parameters_are_refused() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    for tenant in [&a, &b] {
        for n in 0..3 {
            tenant
                .ingest("T", &format!("number {n} {}", word()))
                .await
                .ok(202);
        }
    }
    for (query, code) in [
        ("cursor=x", "invalid_cursor"),
        ("cursor=e30", "invalid_cursor"),
        ("cursor=", "invalid_cursor"),
        ("cursor=%00", "invalid_cursor"),
        ("cursor=../..", "invalid_cursor"),
        ("limit=0", "invalid_fields"),
        ("limit=201", "invalid_fields"),
        ("limit=-1", "invalid_fields"),
        ("limit=ten", "invalid_fields"),
        ("limit=99999999999999999999", "invalid_fields"),
        ("status=done", "invalid_fields"),
        ("status=%27%20OR%201=1", "invalid_fields"),
        ("colour=red", "invalid_fields"),
    ] {
        a.get(&format!("/api/documents?{query}"))
            .await
            .problem(422, code);
    }
    a.get("/api/ingest/presigned-url?fileName=a.pdf&colour=red")
        .await
        .problem(422, "invalid_fields");
    // A parameter that the route does not have is not ignored.
    a.get("/api/customers/profile?colour=red")
        .await
        .bad_fields(&["/colour"]);
    a.get("/api/ingest/presigned-url")
        .await
        .problem(422, "invalid_fields");

    // A cursor is only a position: another tenant that uses it sees its own documents.
    let page = a.get("/api/documents?limit=1").await.ok(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let theirs = b
        .get(&format!("/api/documents?cursor={cursor}"))
        .await
        .ok(200);
    let (own, foreign) = (b.list().await, a.list().await);
    assert_eq!((own.len(), foreign.len()), (3, 3));
    for item in theirs["items"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap().to_owned();
        assert!(own.contains(&id) && !foreign.contains(&id), "{item}");
    }
    // Page by page, each once, newest first.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = a
            .get(&format!("/api/documents?limit=1{cursor}"))
            .await
            .ok(200);
        seen.push(page["items"][0]["id"].as_str().unwrap().to_owned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, foreign);

    for (body, pointer) in [
        (json!({"query": ""}), "/query"),
        (json!({"query": "  "}), "/query"),
        (json!({"query": "x".repeat(8_001)}), "/query"),
        (json!({"query": "q", "topK": 0}), "/topK"),
        (json!({"query": "q", "topK": 101}), "/topK"),
        (json!({"query": "q", "topK": -1}), "/topK"),
        (json!({"query": "q", "mode": "magic"}), "/mode"),
        (json!({"query": "q", "minScore": "high"}), "/minScore"),
        (
            json!({"query": "q", "documentIds": ["x"]}),
            "/documentIds/0",
        ),
        (json!({"query": "q", "documentIds": "x"}), "/documentIds"),
        (
            json!({"query": "q", "documentIds": vec![uuid::Uuid::nil(); 1_001]}),
            "/documentIds",
        ),
    ] {
        for path in ["/search", "/api/search"] {
            a.post(path, &body).await.bad_fields(&[pointer]);
        }
    }
}

#[tokio::test]
async fn bad_signups_and_logins_are_refused() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let post = async |path: &str, body: Value| {
        Answer::of(stack.http.post(stack.url(path)).json(&body)).await
    };
    for (email, password, pointers) in [
        ("", "long enough to pass", &["/email"][..]),
        ("nobody", "long enough to pass", &["/email"]),
        ("a@b@c.de", "long enough to pass", &["/email"]),
        ("a\u{0}@example.com", "long enough to pass", &["/email"]),
        ("a@example.com", "short", &["/password"]),
        ("nobody", "", &["/email", "/password"]),
    ] {
        post(
            "/api/auth/signup",
            json!({"email": email, "password": password}),
        )
        .await
        .bad_fields(pointers);
    }
    let upper = json!({"email": tenant.email.to_uppercase(), "password": "long enough to pass"});
    post("/api/auth/signup", upper)
        .await
        .problem(409, "email_taken");

    // A wrong password and an unknown address get the same response.
    let wrong = post(
        "/api/auth/login",
        json!({"email": tenant.email, "password": "not this one"}),
    )
    .await;
    let unknown = post(
        "/api/auth/login",
        json!({"email": "x@example.com", "password": "not this one"}),
    )
    .await;
    wrong.problem(401, "invalid_credentials");
    unknown.problem(401, "invalid_credentials");
    assert_eq!(
        crate::support::stack::answer::form(&wrong),
        crate::support::stack::answer::form(&unknown)
    );
    let right = json!({"email": tenant.email, "password": tenant.password});
    assert_eq!(
        post("/api/auth/login", right).await.ok(200)["user"]["email"],
        tenant.email
    );
}

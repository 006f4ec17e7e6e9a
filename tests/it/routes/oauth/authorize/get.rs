//! `GET /oauth/authorize`.

use serde_json::json;

use crate::support::{
    site::{Page, Site},
    stack::{
        Stack,
        oauth::{REDIRECT, with},
        word,
    },
};

#[tokio::test]
async fn a_user_sees_who_asks_for_what() {
    let stack = Stack::load();
    let client = stack.client(&[REDIRECT]).await;
    let page = stack
        .consent_page(&client.request("search documents:write"))
        .await;
    for text in [
        "Claude",
        "client.example",
        "Search your documents",
        "Add and delete documents",
        "name=\"allow.documents:write\" checked",
    ] {
        assert!(page.html.contains(text), "{text}: {}", page.html);
    }
    assert!(!page.html.contains("<script") && !page.html.contains("allow.chat"));
    let policy = page.answer.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self' https:;",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.answer.header("x-frame-options"), Some("DENY"));
    let cookie = page.answer.header("set-cookie").unwrap();
    for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn a_name_is_text_whatever_it_is() {
    let stack = Stack::load();
    let name = "<script>alert(1)</script>\"><b>\u{202e}";
    let body = json!({"client_name": name, "redirect_uris": [REDIRECT]});
    let registered = stack.register(&body).await.ok(201);
    let mut client = stack.client(&[REDIRECT]).await;
    registered["client_id"]
        .as_str()
        .unwrap()
        .clone_into(&mut client.id);
    let asked = with(&client.request("search"), &[("state", "\"><script>x")]);
    let page = stack.consent_page(&asked).await;
    assert!(
        !page.html.contains("<script") && !page.html.contains("<b>"),
        "{}",
        page.html
    );
    assert!(!page.html.contains('\u{202e}'));
}

/// A document at another address.
fn renamed(page: &Page, from: &str, to: &str) -> Page {
    let text = String::from_utf8_lossy(&page.body).replace(from, to);
    Page {
        body: text.into_bytes(),
        ..page.clone()
    }
}

#[tokio::test]
async fn a_client_may_publish_what_it_is() {
    let stack = Stack::load();
    let site = Site::open(6).await;
    let id = site.url("/client.json");
    let document = |changes: &[(&str, serde_json::Value)]| {
        let mut document =
            json!({"client_id": id, "client_name": "Cursor", "redirect_uris": [REDIRECT]});
        for (name, value) in changes {
            document[*name] = value.clone();
        }
        Page::of("application/json", document.to_string().into_bytes())
    };
    site.set("/client.json", document(&[]));
    let mut client = stack.client(&[REDIRECT]).await;
    client.id.clone_from(&id);
    let asked = client.request("search");
    let page = stack.consent_page(&asked).await;
    assert!(
        page.html.contains("Cursor") && page.html.contains("127.0.0.1"),
        "{}",
        page.html
    );

    // One that redirects, is another's, is no document, or allows what may not be.
    for (bad, served) in [
        ("a redirect", Page::redirect(&site.url("/other.json"))),
        (
            "a redirect inside",
            Page::redirect("http://169.254.169.254/latest/meta-data"),
        ),
        (
            "another's",
            document(&[("client_id", json!("https://claude.ai/client.json"))]),
        ),
        ("a page", Page::html("<p>no</p>")),
        ("none", Page::status(404)),
        (
            "a script",
            document(&[("redirect_uris", json!(["javascript:alert(1)"]))]),
        ),
        (
            "too large",
            document(&[("client_name", json!("x".repeat(20_000)))]),
        ),
    ] {
        // Each at an address of its own, as documents are remembered for a while.
        let path = format!("/{}.json", word());
        let served = match bad {
            "a script" | "too large" => renamed(&served, &id, &site.url(&path)),
            _ => served,
        };
        // What is behind a redirect would do.
        let other = renamed(&document(&[]), &id, &site.url(&path));
        site.set("/other.json", other);
        site.set(&path, served);
        client.id = site.url(&path);
        let answer = stack.authorize(&client.request("search")).await;
        assert_eq!(answer.status, 401, "{bad}: {answer}");
        assert!(answer.header("location").is_none(), "{bad}");
    }
    // Hosts that are not public are not asked at all.
    for id in [
        "https://127.0.0.1:1/client.json",
        "https://169.254.169.254/client.json",
        "https://localhost/client.json",
        "http://example.com/client.json",
        "https://example.com/",
        "file:///etc/passwd",
    ] {
        client.id = id.to_owned();
        let answer = stack.authorize(&client.request("search")).await;
        assert_eq!(answer.status, 401, "{id}: {answer}");
    }
}

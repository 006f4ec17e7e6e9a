//! Documents by the id their owner knows, whatever characters it has.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, tenant::with_query, word};

const PATH: &str = "/api/documents/by-external-id";

/// A request about the document of an external id.
async fn ask(tenant: &Tenant, method: Method, external_id: &str, body: Option<Value>) -> Answer {
    let path = with_query(PATH, &[("externalId", external_id)]);
    let request = tenant.call(method, &path);
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// Ids that a path would change, shorten or refuse.
const HARD: [&str; 9] = [
    "https://shop.example.com/a//b?id=3&x=%2F#top",
    "https://shop.example.com/a//b",
    "a/../b",
    "..",
    "100%",
    "%2F",
    "a b+c",
    "\u{fc}ml\u{e4}ut \u{1f600}",
    "back\\slash",
];

#[tokio::test]
async fn whatever_an_id_holds_it_is_of_one_document() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mut made = Vec::new();
    for (number, external_id) in HARD.iter().enumerate() {
        let body = json!({"title": format!("T {number}"), "content": format!("Text {number} {}.", word())});
        let put = ask(&a, Method::PUT, external_id, Some(body)).await.ok(202);
        made.push(put["docId"].as_str().unwrap().to_owned());
    }
    for (external_id, id) in HARD.iter().zip(&made) {
        let found = ask(&a, Method::GET, external_id, None).await.ok(200);
        assert_eq!(
            (&found["id"], &found["externalId"]),
            (&json!(id), &json!(external_id))
        );
        // Another customer's is nothing.
        for method in [Method::GET, Method::DELETE] {
            ask(&b, method, external_id, None)
                .await
                .problem(404, "not_found");
        }
        let title = json!({"title": "Theirs"});
        ask(&b, Method::PUT, external_id, Some(title))
            .await
            .problem(404, "not_found");
    }
    // The address with a question mark is deleted, and the one it begins with stays.
    let deleted = ask(&a, Method::DELETE, HARD[0], None).await.ok(202);
    assert_eq!(
        (&deleted["docId"], &deleted["status"]),
        (&json!(made[0]), &json!("deleting"))
    );
    ask(&a, Method::GET, HARD[0], None)
        .await
        .problem(404, "not_found");
    assert_eq!(
        ask(&a, Method::GET, HARD[1], None).await.ok(200)["id"],
        made[1].as_str()
    );
    for bad in ["", "a\0b", &"x".repeat(257)] {
        let problem = ask(&a, Method::GET, bad, None)
            .await
            .problem(422, "invalid_fields");
        assert_eq!(problem["errors"][0]["pointer"], "/externalId");
    }
    let problem = a.get(PATH).await.problem(422, "invalid_fields");
    assert_eq!(problem["errors"][0]["pointer"], "/externalId");
}

#[tokio::test]
async fn a_put_makes_changes_and_repeats_nothing() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let put = async |body: Value| ask(&a, Method::PUT, "kb/17", Some(body)).await;
    put(json!({"title": "T"})).await.problem(404, "not_found");
    let problem = put(json!({"content": "A text."}))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["errors"][0]["pointer"], "/title");

    let text = format!("The first {}.", word());
    let whole = json!({"title": "First", "content": text, "metadata": {"n": 1}});
    let made = put(whole.clone()).await.ok(202);
    let id = made["docId"].as_str().unwrap();
    a.completed(id).await;
    // The same request again: the document has it all.
    let again = put(whole).await.ok(200);
    assert_eq!(
        (&again["docId"], &again["duplicate"]),
        (&json!(id), &json!(true))
    );

    // The same content goes where the request says.
    let collection = a.collection("Handbook").await;
    put(json!({"content": text, "collectionId": collection}))
        .await
        .ok(200);
    let document = ask(&a, Method::GET, "kb/17", None).await.ok(200);
    assert_eq!(
        (&document["title"], &document["latestVersion"]),
        (&json!("First"), &json!(1))
    );
    assert_eq!(document["collectionId"], collection.as_str());

    // Other content is the next version, under the title it has.
    let mark = word();
    put(json!({"content": format!("The second {mark}."), "collectionId": null}))
        .await
        .ok(202);
    a.completed(id).await;
    // Without content it is a change of what is there.
    put(json!({"title": "Second"})).await.ok(202);
    a.completed(id).await;
    let document = ask(&a, Method::GET, "kb/17", None).await.ok(200);
    assert_eq!(
        (&document["title"], &document["latestVersion"]),
        (&json!("Second"), &json!(3))
    );
    assert!(document.get("collectionId").is_none(), "{document}");
    assert_eq!(document["metadata"], json!({"n": 1}));
    assert_eq!(a.search("text", &mark).await.len(), 1);
    assert_eq!(a.list().await, [id]);
}

//! Attachments of emails as separate documents.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack, Tenant, eventually,
    tenant::{doc_id, file_part},
    word,
};

/// An attached file: its name, media type and content.
type File<'a> = (&'a str, &'a str, &'a str);

fn mail(body: &str, files: &[File<'_>]) -> String {
    let files: String = files
        .iter()
        .map(|(name, media, content)| {
            format!(
                "--X\r\nContent-Type: {media}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n"
            )
        })
        .collect();
    format!(
        "From: ada@example.org\r\nSubject: Offer\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n\
         --X\r\nContent-Type: text/plain\r\n\r\n{body}\r\n{files}--X--\r\n"
    )
}

/// Returns the documents attached to an email, by their external ids.
async fn attached(tenant: &Tenant, mail: &str) -> Vec<Value> {
    let list = tenant.get("/api/documents?limit=200").await.ok(200);
    let items = list["items"].as_array().unwrap().iter();
    let mut found: Vec<Value> = items
        .filter(|item| item["attachedTo"] == mail)
        .cloned()
        .collect();
    found.sort_by_key(|item| item["externalId"].to_string());
    found
}

/// Sends a `PUT` of an email, and waits until its next version is searchable.
async fn put(tenant: &Tenant, mail: &str, change: &Value) {
    let change = tenant
        .call(Method::PUT, &format!("/api/documents/{mail}?wait=25"))
        .json(change);
    assert_eq!(Answer::of(change).await.ok(200)["status"], "completed");
}

#[tokio::test]
async fn attachments_become_documents_and_are_deleted_with_their_email() {
    let tenant = Stack::load().signup().await;
    let collection = tenant.collection("Mails").await;
    let words = [word(), word(), word()];
    let files: [File<'_>; 4] = [
        ("offer.md", "application/octet-stream", &words[1]),
        ("photo.png", "image/png", "\u{1}\u{2}\0\u{3}"),
        ("blank.txt", "text/plain", "  "),
        (
            "prices.csv",
            "text/csv",
            &format!("part,price\r\n{},7", words[2]),
        ),
    ];
    let form = file_part(
        "a.eml",
        "message/rfc822",
        mail(&words[0], &files).as_bytes(),
    )
    .text("attachments", "true")
    .text("collectionId", collection.clone())
    .text("metadata", r#"{"case":12}"#);
    let id = doc_id(&tenant.upload(form).await.ok(202));
    tenant.completed(&id).await;
    let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
    assert_eq!(document["attachments"], true);
    let left_out =
        json!([{"code": "attachments_not_read", "count": 2, "detail": "photo.png, blank.txt"}]);
    assert_eq!(document["warnings"], left_out);

    let documents = attached(&tenant, &id).await;
    let expected = [("1", "offer.md", "md"), ("4", "prices.csv", "csv")];
    assert_eq!(documents.len(), expected.len(), "{documents:?}");
    for (found, (number, name, format)) in documents.iter().zip(expected) {
        assert_eq!(found["externalId"], format!("{id}/{number}"));
        assert_eq!(
            (&found["title"], &found["fileName"]),
            (&json!(name), &json!(name))
        );
        assert_eq!(
            (&found["format"], &found["source"]),
            (&json!(format), &json!("attachment"))
        );
        assert_eq!(found["collectionId"], *collection);
        assert_eq!(found["metadata"], json!({"case": 12}));
        tenant.completed(found["id"].as_str().unwrap()).await;
    }
    for (word, hit) in words
        .iter()
        .zip([&id, &doc(&documents[0]), &doc(&documents[1])])
    {
        let found = tenant.search("text", word).await;
        assert_eq!(found[0]["documentId"], **hit, "{found:?}");
    }

    // Reprocessing it adds nothing.
    put(&tenant, &id, &json!({"reprocess": true})).await;
    let again = attached(&tenant, &id).await;
    let versions = |all: &[Value]| -> Vec<Value> {
        all.iter().map(|one| one["latestVersion"].clone()).collect()
    };
    assert_eq!(versions(&again), versions(&documents));
    assert_eq!(tenant.list().await.len(), 3);

    tenant.delete(&id).await.ok(202);
    assert_eq!(tenant.list().await, Vec::<String>::new());
    eventually("email and attachments are gone", async || {
        let mut left = tenant.originals().await;
        for word in &words {
            left.extend(tenant.holding(word).await);
        }
        left.is_empty().then_some(())
    })
    .await;
}

fn doc(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn attachments_follow_the_latest_version_of_their_email() {
    let tenant = Stack::load().signup().await;
    let body = |files: &[File<'_>]| {
        json!({"title": "Offer", "contentType": "message/rfc822", "content": mail("See below.", files),
               "attachments": true})
    };
    let (first, second, third) = (word(), word(), word());
    let both = body(&[
        ("a.txt", "text/plain", &first),
        ("b.txt", "text/plain", &second),
    ]);
    let added = tenant.post("/api/ingest/document?wait=25", &both).await;
    let id = doc_id(&added.ok(200));
    let documents = attached(&tenant, &id).await;
    for document in &documents {
        tenant.completed(&doc(document)).await;
    }

    let mut one = body(&[("a.txt", "text/plain", &third)]);
    one.as_object_mut().unwrap().remove("attachments");
    put(&tenant, &id, &one).await;
    let kept = attached(&tenant, &id).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(doc(&kept[0]), doc(&documents[0]));
    tenant.completed(&doc(&kept[0])).await;
    assert_eq!(tenant.search("text", &third).await.len(), 1);
    assert_eq!(tenant.search("text", &first).await.len(), 0);
    eventually("the second is gone", async || {
        tenant
            .search("text", &second)
            .await
            .is_empty()
            .then_some(())
    })
    .await;

    put(&tenant, &id, &json!({"attachments": false})).await;
    assert_eq!(tenant.list().await, [id.as_str()]);
    let status = tenant.status(&id).await;
    assert_eq!(
        status["warnings"],
        json!([{"code": "attachments_not_read", "count": 1}])
    );
    put(&tenant, &id, &json!({"attachments": true})).await;
    assert_eq!(attached(&tenant, &id).await.len(), 1);
}

#[tokio::test]
async fn attachments_beyond_the_document_limit_are_named_in_a_warning() {
    let tenant = Stack::load().signup().await;
    tenant.config("max_documents = 2").await;
    let (first, second) = (word(), word());
    let files: [File<'_>; 2] = [
        ("a.txt", "text/plain", &first),
        ("b.txt", "text/plain", &second),
    ];
    // A duplicate that asks for its attachments gets them.
    let mail = mail("See below.", &files);
    let form = || file_part("a.eml", "message/rfc822", mail.as_bytes());
    let id = doc_id(&tenant.upload(form()).await.ok(202));
    tenant.completed(&id).await;
    assert_eq!(tenant.list().await.len(), 1);
    let again = tenant
        .upload(form().text("attachments", "true"))
        .await
        .ok(202);
    assert_eq!(again["updated"], true);
    tenant.completed(&id).await;
    assert_eq!(attached(&tenant, &id).await.len(), 1);
    let status = tenant.status(&id).await;
    assert_eq!(
        status["warnings"],
        json!([{"code": "attachments_not_read", "count": 1, "detail": "b.txt"}])
    );
    tenant
        .upload(form().text("attachments", "some"))
        .await
        .bad_fields(&["/attachments"]);
}

#[tokio::test]
async fn an_email_changes_only_attachments_in_its_own_collection() {
    let tenant = Stack::load().signup().await;
    let (open, closed) = (
        tenant.collection("Open").await,
        tenant.collection("Closed").await,
    );
    let (first, second, secret) = (word(), word(), word());
    let sent = |content: &str| mail("See what is attached.", &[("a.txt", "text/plain", content)]);
    let add = async |content: &str, collection: &str| {
        let body = json!({"title": "Mail", "content": sent(content), "contentType": "message/rfc822",
            "attachments": true, "collectionId": collection});
        let added = tenant.post("/api/ingest/document?wait=25", &body).await;
        doc_id(&added.ok(200))
    };
    let id = add(&first, &open).await;
    let attachment = attached(&tenant, &id).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    tenant.completed(&attachment).await;
    let path = format!("/api/documents/{attachment}");
    let change = |body: Value| Answer::of(tenant.call(Method::PUT, &path).json(&body));
    change(json!({"collectionId": closed})).await.ok(200);
    let rewritten = json!({"content": format!("Now {secret}."), "contentType": "text/plain"});
    change(rewritten).await.ok(202);
    tenant.completed(&attachment).await;

    // It is neither updated, nor undeleted, nor deleted by a new version of the email.
    let again =
        json!({"content": sent(&second), "contentType": "message/rfc822", "attachments": true});
    put(&tenant, &id, &again).await;
    let now = tenant.get(&path).await.ok(200);
    assert_eq!(
        (&now["collectionId"], &now["latestVersion"]),
        (&json!(closed), &json!(2))
    );
    let warnings = tenant.get(&format!("/api/documents/{id}")).await.ok(200)["warnings"].clone();
    assert_eq!(warnings[0]["code"], "attachments_not_read", "{warnings}");
    put(&tenant, &id, &json!({"attachments": false})).await;
    tenant.get(&path).await.ok(200);

    // A document that already has the external id of a later attachment is not changed.
    let other = add(&first, &open).await;
    let taken = json!({"title": "Trap", "content": "Mine.", "externalId": format!("{other}/2"), "collectionId": open});
    let trap = doc_id(
        &tenant
            .post("/api/ingest/document?wait=25", &taken)
            .await
            .ok(200),
    );
    let two = mail(
        "Two.",
        &[
            ("a.txt", "text/plain", &first),
            ("b.txt", "text/plain", &secret),
        ],
    );
    let more = json!({"content": two, "contentType": "message/rfc822", "attachments": true});
    put(&tenant, &other, &more).await;
    let trapped = tenant.get(&format!("/api/documents/{trap}")).await.ok(200);
    assert_eq!(trapped["latestVersion"], 1);
    // The attachments in the email's collection move with it.
    let moved = json!({"collectionId": closed});
    let path = format!("/api/documents/{other}");
    Answer::of(tenant.call(Method::PUT, &path).json(&moved))
        .await
        .ok(200);
    for one in attached(&tenant, &other).await {
        assert_eq!(one["collectionId"], closed);
    }
}

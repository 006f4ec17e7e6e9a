//! Files that cannot be read are refused on upload or end with a stable code; nothing is half-stored.

use serde_json::{Value, json};

use crate::support::{
    files,
    stack::{
        Stack, Tenant,
        tenant::{doc_id, file_part},
        word,
    },
};

/// The outcome of a bad file, and whether multipart accepts it at all.
struct Bad {
    name: &'static str,
    media_type: &'static str,
    bytes: Vec<u8>,
    status: &'static str,
    code: &'static str,
}

fn bad_files(mark: &str) -> Vec<Bad> {
    let bad = |name, bytes: Vec<u8>, status, code| Bad {
        name,
        media_type: if name.ends_with(".txt") {
            "text/plain"
        } else {
            "application/pdf"
        },
        bytes: if name.ends_with(".txt") {
            bytes
        } else {
            files::made_unique(&bytes, mark)
        },
        status,
        code,
    };
    let sound = files::pdf(&[&format!("A page that is cut {mark}.")]);
    vec![
        bad(
            "locked.pdf",
            files::PASSWORD_PDF.to_vec(),
            "needs_action",
            "password_protected",
        ),
        bad(
            "scan.pdf",
            files::scanned_pdf(),
            "needs_action",
            "no_text_layer",
        ),
        bad(
            "head.pdf",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            "failed",
            "corrupt_file",
        ),
        bad(
            "half.pdf",
            sound[..sound.len() / 4].to_vec(),
            "failed",
            "corrupt_file",
        ),
        bad("noise.pdf", noise(), "failed", "corrupt_file"),
    ]
}

/// The header of a PDF, followed by noise.
fn noise() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    bytes
}

/// Checks that a bad file ended with its code after one attempt, and that nothing was published.
async fn check_end(tenant: &Tenant, id: &str, bad: &Bad) {
    let status = tenant.ended(id, bad.status, bad.code).await;
    assert_eq!(status["attempts"], 1, "a bad file is not retried: {status}");
    let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
    assert_eq!(document["code"], bad.code);
    assert!(document.get("publishedVersion").is_none(), "{document}");
    let last = status["timeline"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&last["status"], &last["code"]),
        (&bad.status.into(), &bad.code.into())
    );
}

#[tokio::test]
async fn an_unreadable_file_ends_with_a_code_on_both_upload_routes() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let good = b
        .add("Good", "The text of somebody else is not in the way.")
        .await;
    for bad in bad_files(&word()) {
        let id = a.add_file(bad.name, bad.media_type, &bad.bytes).await;
        check_end(&a, &id, &bad).await;
    }
    for bad in bad_files(&word()) {
        let wanted = json!({"fileName": bad.name, "contentType": bad.media_type});
        let form = a.presign(&wanted).await.ok(200);
        let posted = a.post_to_s3(&form, &bad.bytes).await;
        assert!((200..300).contains(&posted.status), "{posted}");
        check_end(&a, &doc_id(&form), &bad).await;
    }
    assert_eq!(a.search("text", "page").await, [] as [Value; 0]);
    assert_eq!(
        stack
            .keys(stack.documents_bucket(), &format!("uploads/{}/", a.id))
            .await,
        [] as [String; 0]
    );
    let vectors = stack
        .keys(stack.vectors_bucket(), &format!("customers/{}/", a.id))
        .await;
    assert_eq!(vectors, [] as [String; 0]);
    b.completed(&good).await;
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    let tenant = Stack::load().signup().await;
    for (name, media_type) in [
        ("a.txt", "text/plain"),
        ("a.pdf", "application/pdf"),
        ("a.html", "text/html"),
    ] {
        tenant
            .upload(file_part(name, media_type, b""))
            .await
            .problem(422, "empty_document");
        let sized = json!({"fileName": name, "contentType": media_type, "size": 0});
        tenant.presign(&sized).await.problem(422, "empty_document");
    }
    for blank in [&b" "[..], b"\n\n\t  \n"] {
        tenant
            .upload(file_part("a.txt", "text/plain", blank))
            .await
            .problem(422, "empty_document");
    }
    assert_eq!(tenant.list().await, [] as [String; 0]);
    assert_eq!(tenant.originals().await, [] as [String; 0]);
}

#[tokio::test]
async fn invalid_utf8_is_replaced_and_counted() {
    let tenant = Stack::load().signup().await;
    // A lone continuation byte, and one that UTF-8 does not have.
    let bytes = [
        "Die Gebühr für ".as_bytes(),
        b"\x80",
        "fünf Bücher ".as_bytes(),
        "beträgt zwölf Euro, ".as_bytes(),
        b"\xff",
        "für übrige zehn.".as_bytes(),
    ]
    .concat();
    let media_type = "text/plain; charset=utf-8";
    let id = tenant.add_file("a.txt", media_type, &bytes).await;
    let form = tenant
        .presign(&json!({"fileName": "b.txt", "contentType": "text/plain"}))
        .await
        .ok(200);
    tenant.post_to_s3(&form, &bytes).await;
    for id in [id, doc_id(&form)] {
        let status = tenant.completed(&id).await;
        let warning = &status["warnings"][0];
        assert_eq!(warning["code"], "characters_replaced", "{status}");
        assert_eq!(warning["count"], 2, "{status}");
        let content = tenant.get(&format!("/api/documents/{id}/content")).await;
        let text = content.ok(200)["text"].as_str().unwrap().to_owned();
        assert!(
            text.contains("zwölf Euro") && text.ends_with("übrige zehn."),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_unsupported_type_is_refused_by_name_and_by_bytes() {
    let tenant = Stack::load().signup().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    for (name, media_type, bytes) in [
        ("a.zip", "application/zip", &b"PK\x03\x04rest"[..]),
        ("a.png", "image/png", png),
        // These names claim another type.
        ("a.txt", "text/plain", b"PK\x03\x04rest"),
        ("a.pdf", "application/pdf", png),
        (
            "a.pdf",
            "application/pdf",
            b"This is text that was called a PDF.",
        ),
        ("a.html", "text/html", b"\x7fELF\x02\x01\x01\0"),
    ] {
        let answer = tenant.upload(file_part(name, media_type, bytes)).await;
        let problem = answer.problem(415, "unsupported_type");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("pdf, txt, html, md, docx"),
            "{problem}"
        );
    }
    for name in ["a.zip", "a", "a.exe", "a.pdf.zip"] {
        tenant
            .presign(&json!({"fileName": name}))
            .await
            .problem(415, "unsupported_type");
    }
    let typed = json!({"fileName": "a.pdf", "contentType": "application/zip"});
    tenant
        .presign(&typed)
        .await
        .problem(415, "unsupported_type");

    // A presigned upload is judged by its bytes too, after the fact.
    let form = tenant.presign(&json!({"fileName": "a.pdf"})).await.ok(200);
    tenant.post_to_s3(&form, png).await;
    let status = tenant.settled(&doc_id(&form)).await;
    assert_eq!(status["status"], "failed", "{status}");
    assert!(
        ["unsupported_type", "corrupt_file"].contains(&status["code"].as_str().unwrap()),
        "{status}"
    );
}

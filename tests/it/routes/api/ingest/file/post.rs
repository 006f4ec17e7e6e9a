//! `POST /api/ingest/file`.

use crate::support::stack::{Stack, tenant::file_part};

#[tokio::test]
async fn each_invalid_part_of_a_form_is_reported() {
    let tenant = Stack::load().signup().await;
    let form = || file_part("a.txt", "text/plain", b"some text");
    for (form, pointer) in [
        (form().text("metadata", "[1]"), "/metadata"),
        (form().text("metadata", "{"), "/metadata"),
        (form().text("onDuplicate", "replace"), "/onDuplicate"),
        (form().text("title", ""), "/title"),
        (form().text("externalId", "x".repeat(257)), "/externalId"),
        (form().text("colour", "red"), "/colour"),
        (form().text("a~c", "red"), "/a~0c"),
        (reqwest::multipart::Form::new().text("title", "T"), "/file"),
    ] {
        tenant.upload(form).await.bad_fields(&[pointer]);
    }
    let two = form().part(
        "file",
        reqwest::multipart::Part::bytes(b"more".to_vec()).file_name("b.txt"),
    );
    tenant.upload(two).await.bad_fields(&["/file"]);
    assert_eq!(tenant.originals().await, [] as [String; 0]);
}

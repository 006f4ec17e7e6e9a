//! `/v1/vector_stores`, with their files, file batches and searches.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack, eventually,
    v1::{at, document_id, file_id, store_id},
    word,
};

const PATH: &str = "/v1/vector_stores";

#[tokio::test]
async fn a_vector_store_is_a_collection_of_every_api() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let name = word();
    let body = json!({"name": name, "metadata": {"team": "support"},
        "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}});
    let store = a.v1_post(PATH, &body).await.ok(200);
    assert_eq!(
        (at(&store, "/name"), at(&store, "/status")),
        (name.clone(), "completed".into())
    );
    assert_eq!(
        (&store["metadata"], &store["file_counts"]["total"]),
        (&body["metadata"], &json!(0))
    );
    let collections = a.get("/api/collections").await.ok(200);
    let collection = &collections["items"][0];
    assert_eq!(
        store_id(collection["id"].as_str().unwrap()),
        at(&store, "/id")
    );
    assert_eq!(collection["chunking"]["unit"], "tokens");
    // A name that is taken gets a number; without one it has one of its own.
    let again = a
        .v1_post(PATH, &json!({"name": name.to_uppercase()}))
        .await
        .ok(200);
    assert_eq!(at(&again, "/name"), format!("{} (2)", name.to_uppercase()));
    let unnamed = at(&a.v1_post(PATH, &json!({})).await.ok(200), "/id");
    let list = a.v1_get(&format!("{PATH}?limit=2")).await.ok(200);
    assert_eq!(
        (at(&list, "/data/0/id"), &list["has_more"]),
        (unnamed.clone(), &json!(true))
    );
    let last = at(&list, "/last_id");
    let rest = a.v1_get(&format!("{PATH}?after={last}")).await.ok(200);
    assert_eq!(
        (at(&rest, "/first_id"), &rest["has_more"]),
        (at(&store, "/id"), &json!(false))
    );
    let before = a.v1_get(&format!("{PATH}?before={last}")).await.ok(200);
    assert_eq!(at(&before, "/data/0/id"), unnamed);
    let oldest = a.v1_get(&format!("{PATH}?order=asc")).await.ok(200);
    assert_eq!(at(&oldest, "/data/0/id"), at(&store, "/id"));
    let path = format!("{PATH}/{}", at(&store, "/id"));
    let changed = a
        .v1_post(&path, &json!({"metadata": {"team": "sales"}}))
        .await
        .ok(200);
    assert_eq!(
        (at(&changed, "/name"), at(&changed, "/metadata/team")),
        (name, "sales".into())
    );
    b.v1_get(&path).await.refused(404, "not_found");
    b.v1_post(&path, &json!({"name": "Theirs"}))
        .await
        .refused(404, "not_found");
    b.v1_delete(&path).await.refused(404, "not_found");
    assert_eq!(
        a.v1_delete(&path).await.ok(200)["object"],
        "vector_store.deleted"
    );
    a.v1_get(&path).await.refused(404, "not_found");
    for (body, parameter) in [
        (json!({"name": "a\u{0}b"}), "name"),
        (json!({"metadata": {"k": "x".repeat(513)}}), "metadata"),
        (
            json!({"expires_after": {"anchor": "last_active_at", "days": 1}}),
            "expires_after",
        ),
        (json!({"file_ids": ["x"]}), "file_ids[0]"),
    ] {
        a.v1_post(PATH, &body).await.refused_parameter(parameter);
    }
}

#[tokio::test]
async fn files_are_put_into_a_vector_store_and_found_by_their_attributes() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let text = format!("The {mark} lamp is red.");
    let file = a.v1_file("lamp.txt", &text).await;
    let other = a
        .v1_file("other.txt", &format!("Another {mark} lamp is green."))
        .await;
    let store = a.v1_store(&json!({"name": mark})).await;
    let files = format!("{PATH}/{store}/files");
    let put =
        json!({"file_id": file, "attributes": {"year": 2026, "kind": "manual", "draft": false}});
    let answer = a.v1_post(&files, &put).await;
    assert_eq!(answer.ok(200)["attributes"], put["attributes"]);
    if answer.ok(200)["status"] == "in_progress" {
        assert!(answer.header("openai-poll-after-ms").is_some());
    }
    a.v1_post(&files, &json!({"file_id": other})).await.ok(200);
    // Twice is once.
    a.v1_post(&files, &put).await.ok(200);
    let ready = a.v1_ready(&store).await;
    assert_eq!(
        (
            &ready["file_counts"]["completed"],
            &ready["file_counts"]["total"]
        ),
        (&json!(2), &json!(2))
    );
    let list = a
        .v1_get(&format!("{files}?filter=completed&order=asc"))
        .await
        .ok(200);
    assert_eq!(
        (at(&list, "/data/0/id"), at(&list, "/data/1/id")),
        (file.clone(), other.clone())
    );
    let one = a.v1_get(&format!("{files}/{file}/content")).await.ok(200);
    assert_eq!(at(&one, "/data/0/text"), text);
    let find = async |body: Value| {
        let found = a
            .v1_post(&format!("{PATH}/{store}/search"), &body)
            .await
            .ok(200);
        assert_eq!(found["object"], "vector_store.search_results.page");
        found
    };
    let all = find(json!({"query": [format!("{mark} lamp"), mark.clone()], "ranking_options": {"ranker": "auto"}})).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    for (filter, count) in [
        (json!({"type": "eq", "key": "kind", "value": "manual"}), 1),
        (
            json!({"type": "and", "filters": [
            {"type": "gte", "key": "year", "value": 2026}, {"type": "eq", "key": "draft", "value": false}]}),
            1,
        ),
        (json!({"type": "gt", "key": "year", "value": 2026}), 0),
    ] {
        let found = find(json!({"query": mark, "filters": filter})).await;
        assert_eq!(found["data"].as_array().unwrap().len(), count, "{filter}");
    }
    let first =
        find(json!({"query": "red", "filters": {"type": "eq", "key": "kind", "value": "manual"}}))
            .await;
    assert_eq!(
        (
            at(&first, "/data/0/file_id"),
            at(&first, "/data/0/filename")
        ),
        (file.clone(), "lamp.txt".into())
    );
    assert_eq!(at(&first, "/data/0/content/0/text"), text);
    let changed = a
        .v1_post(
            &format!("{files}/{file}"),
            &json!({"attributes": {"kind": "note"}}),
        )
        .await
        .ok(200);
    assert_eq!(changed["attributes"], json!({"kind": "note"}));
    // A file is in one vector store at most, and one that is made with it is not made.
    let with = json!({"name": "Taken", "file_ids": [file]});
    a.v1_post(PATH, &with).await.refused_parameter("file_ids");
    let made = "SELECT count(*) FROM collections WHERE customer_id = $1";
    assert_eq!(a.count(made).await, 1);
    let second = a.v1_store(&json!({})).await;
    let there = format!("{PATH}/{second}/files");
    a.v1_post(&there, &json!({"file_id": file}))
        .await
        .refused_parameter("file_id");
    a.v1_get(&format!("{there}/{file}"))
        .await
        .refused(404, "not_found");
    let theirs = b.v1_store(&json!({})).await;
    b.v1_post(&format!("{PATH}/{theirs}/files"), &json!({"file_id": file}))
        .await
        .refused(404, "not_found");
    let search = format!("{PATH}/{store}/search");
    b.v1_post(&search, &json!({"query": mark}))
        .await
        .refused(404, "not_found");
    for path in [
        files.clone(),
        format!("{files}/{file}"),
        format!("{files}/{file}/content"),
    ] {
        b.v1_get(&path).await.refused(404, "not_found");
    }
    for (body, parameter) in [
        (json!({"query": ""}), "query"),
        (
            json!({"query": "a", "max_num_results": 51}),
            "max_num_results",
        ),
        (
            json!({"query": "a", "filters": {"type": "like", "key": "a", "value": 1}}),
            "filters.type",
        ),
    ] {
        a.v1_post(&search, &body).await.refused_parameter(parameter);
    }
    // Taken out, it is a file still.
    b.v1_delete(&format!("{files}/{file}"))
        .await
        .refused(404, "not_found");
    assert_eq!(
        a.v1_delete(&format!("{files}/{file}")).await.ok(200)["deleted"],
        true
    );
    a.v1_get(&format!("{files}/{file}"))
        .await
        .refused(404, "not_found");
    a.v1_get(&format!("/v1/files/{file}")).await.ok(200);
}

#[tokio::test]
async fn a_batch_counts_its_files_and_is_whole_or_not_at_all() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let one = a
        .v1_file("one.txt", &format!("The {mark} lamp is red."))
        .await;
    let two = file_id(&a.add("Two", &format!("The {mark} lamp is green.")).await);
    let broken = at(
        &{
            let form = crate::support::stack::tenant::file_part(
                "bad.pdf",
                "application/pdf",
                b"%PDF-1.7 broken",
            );
            a.v1_upload(form.text("purpose", "assistants"))
                .await
                .ok(200)
        },
        "/id",
    );
    let store = a.v1_store(&json!({})).await;
    let batches = format!("{PATH}/{store}/file_batches");
    let theirs = b.v1_file("theirs.txt", &format!("Of {}.", word())).await;
    let refused = json!({"file_ids": [one, theirs]});
    a.v1_post(&batches, &refused)
        .await
        .refused(404, "not_found");
    assert_eq!(
        a.v1_get(&format!("{PATH}/{store}/files")).await.ok(200)["data"],
        json!([])
    );
    let body = json!({"files": [{"file_id": one, "attributes": {"n": 1}}, {"file_id": two}, {"file_id": broken}]});
    let batch = a.v1_post(&batches, &body).await.ok(200);
    assert_eq!(
        (at(&batch, "/object"), at(&batch, "/vector_store_id")),
        ("vector_store.files_batch".into(), store.clone())
    );
    let path = format!("{batches}/{}", at(&batch, "/id"));
    let done = eventually("the batch is processed", async || {
        let batch = a.v1_get(&path).await.ok(200);
        (batch["status"] == "completed").then_some(batch)
    })
    .await;
    assert_eq!(
        done["file_counts"],
        json!({"in_progress": 0, "completed": 2, "failed": 1, "cancelled": 0, "total": 3})
    );
    let failed = a
        .v1_get(&format!("{path}/files?filter=failed"))
        .await
        .ok(200);
    assert_eq!(
        (
            at(&failed, "/data/0/id"),
            at(&failed, "/data/0/last_error/code")
        ),
        (broken, "invalid_file".into())
    );
    for answer in [
        b.v1_get(&path).await,
        b.v1_get(&format!("{path}/files")).await,
        b.v1_post(&format!("{path}/cancel"), &json!({})).await,
        a.v1_get(&format!("{batches}/vsfb_none")).await,
    ] {
        answer.refused(404, "not_found");
    }
    // Nothing is in progress any more: all stay.
    let cancelled = a
        .v1_post(&format!("{path}/cancel"), &json!({}))
        .await
        .ok(200);
    assert_eq!(
        (
            at(&cancelled, "/status"),
            &cancelled["file_counts"]["completed"]
        ),
        ("cancelled".into(), &json!(2))
    );
    a.v1_post(&batches, &json!({"file_ids": []}))
        .await
        .refused_parameter("file_ids");
}

#[tokio::test]
async fn a_key_bound_to_a_collection_sees_its_vector_store_alone() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mine, other) = (a.collection("Mine").await, a.collection("Other").await);
    let mark = word();
    let id = a.add("Elsewhere", &format!("The {mark} lamp.")).await;
    a.completed(&id).await;
    let body = json!({"name": "bound", "scopes": ["documents:read", "documents:write", "search"], "collectionIds": [mine]});
    let key = at(&a.post("/api/keys", &body).await.ok(201), "/apiKey");
    let get = async |path: &str| Answer::of(a.v1_with(&key, Method::GET, path)).await;
    let list = get(PATH).await.ok(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(at(&list, "/data/0/id"), store_id(&mine));
    get(&format!("{PATH}/{}", store_id(&other)))
        .await
        .refused(404, "not_found");
    get(&format!("/v1/files/{}", file_id(&id)))
        .await
        .refused(404, "not_found");
    let create = a.v1_with(&key, Method::POST, PATH).json(&json!({}));
    Answer::of(create).await.refused(403, "key_bound");
    // What it adds is in its collection, and stays there.
    let form = crate::support::stack::tenant::file_part(
        "a.txt",
        "text/plain",
        format!("Of {mark}.").as_bytes(),
    );
    let added = a
        .v1_with(&key, Method::POST, "/v1/files")
        .multipart(form.text("purpose", "user_data"));
    let file = at(&Answer::of(added).await.ok(200), "/id");
    let document = a
        .get(&format!("/api/documents/{}", document_id(&file)))
        .await
        .ok(200);
    assert_eq!(document["collectionId"], mine);
    let path = format!("{PATH}/{}/files/{file}", store_id(&mine));
    let out = Answer::of(a.v1_with(&key, Method::DELETE, &path)).await;
    assert_eq!(out.status, 400, "{out}");
}

//! `POST /mcp`.

use dynrag_testing::openai::{ChatReply, ChatRule};
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, keys, word};

/// A customer with a document about a word.
async fn customer(stack: &std::sync::Arc<Stack>) -> (Tenant, String, String) {
    let tenant = stack.signup().await;
    let mark = word();
    let text = format!("The {mark} guarantee lasts 24 months.");
    let id = tenant.add("Manual", &text).await;
    tenant.completed(&id).await;
    (tenant, mark, id)
}

#[tokio::test]
async fn a_client_of_each_revision_is_answered() {
    let stack = Stack::load();
    let (a, ..) = customer(&stack).await;
    for revision in ["2025-06-18", "2025-11-25"] {
        let params = json!({
            "protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"},
        });
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let request = stack.mcp_in(revision, &a.key);
        let answer = Answer::of(request.json(&message)).await.ok(200);
        assert_eq!(answer["result"]["protocolVersion"], revision, "{answer}");
        assert_eq!(answer["result"]["serverInfo"]["name"], "dynamic-rag");
        assert!(answer["result"]["instructions"].is_string());
    }
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let accepted = Answer::of(stack.mcp(&a.key).json(&initialized)).await;
    assert_eq!(
        (accepted.status, accepted.body.len()),
        (202, 0),
        "{accepted}"
    );
    // A call that was cancelled has ended, or ends with its request.
    let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1, "reason": "late"}});
    let accepted = Answer::of(stack.mcp(&a.key).json(&cancelled)).await;
    assert_eq!(
        (accepted.status, accepted.body.len()),
        (202, 0),
        "{accepted}"
    );
    let tools = a.mcp("tools/list", json!({})).await;
    assert_eq!(tools["tools"].as_array().unwrap().len(), 11);
    assert!(tools.get("resultType").is_none(), "{tools}");

    // The newest one has no handshake.
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"},
    });
    for method in ["server/discover", "tools/list"] {
        let message =
            json!({"jsonrpc": "2.0", "id": "x", "method": method, "params": {"_meta": meta}});
        let request = stack
            .mcp_in("2026-07-28", &a.key)
            .header("mcp-method", method);
        let answer = Answer::of(request.json(&message)).await.ok(200);
        assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    }
}

#[tokio::test]
async fn search_and_fetch_have_the_form_of_connectors() {
    let stack = Stack::load();
    let (a, mark, id) = customer(&stack).await;
    let found = a
        .tool_result("search", json!({"query": format!("{mark} guarantee")}))
        .await;
    let text = found["content"][0]["text"].as_str().unwrap();
    let same: Value = serde_json::from_str(text).unwrap();
    assert_eq!(same, found["structuredContent"]);
    assert_eq!(found["content"].as_array().unwrap().len(), 1);
    let first = &same["results"][0];
    assert_eq!(first["id"], format!("{id}:1"));
    assert_eq!(first["title"], "Manual");
    let url = first["url"].as_str().unwrap();
    let content = Answer::of(stack.http.get(url).header("x-api-key", &a.key))
        .await
        .ok(200);
    assert!(content["text"].as_str().unwrap().contains(&mark));

    let fetched = a.tool("fetch", json!({"id": first["id"]})).await;
    assert_eq!(fetched["text"], content["text"]);
    for member in ["id", "title", "url"] {
        assert_eq!(fetched[member], first[member], "{member}");
    }
    assert!(fetched["metadata"].get("nextCursor").is_none());
    // The id is that of the version, also after there is another.
    let put = a.call(reqwest::Method::PUT, &format!("/api/documents/{id}"));
    let body = json!({"content": format!("The {mark} guarantee lasts 36 months.")});
    Answer::of(put.json(&body)).await.ok(202);
    a.completed(&id).await;
    let old = a.tool("fetch", json!({"id": first["id"]})).await;
    assert_eq!(old["text"], content["text"]);
    let new = a.tool("fetch", json!({"id": id})).await;
    assert!(new["text"].as_str().unwrap().contains("36 months"), "{new}");
}

#[tokio::test]
async fn a_long_text_comes_in_parts() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let text = format!("{} {}", word(), "Ein Satz über nichts. ".repeat(6_000));
    let id = a.add("Long", &text).await;
    a.completed(&id).await;
    let (mut whole, mut cursor) = (String::new(), None);
    let mut parts = 0;
    loop {
        let part = a.tool("fetch", json!({"id": id, "cursor": cursor})).await;
        whole.push_str(part["text"].as_str().unwrap());
        parts += 1;
        match part["metadata"].get("nextCursor") {
            Some(next) => cursor = Some(next.clone()),
            None => break,
        }
    }
    let content = a
        .get(&format!("/api/documents/{id}/content?limit=500000"))
        .await
        .ok(200);
    assert_eq!(whole, content["text"].as_str().unwrap());
    assert!(parts > 2, "{parts}");
    let other = a.add("Other", &word()).await;
    let error = a
        .tool_error("fetch", json!({"id": other, "cursor": cursor}))
        .await;
    assert!(error.contains("invalid_cursor"), "{error}");
}

#[tokio::test]
async fn documents_are_added_found_listed_and_deleted() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, shelf) = (word(), a.collection("Shelf").await);
    let body = json!({
        "title": "Note", "content": format!("About {mark}."), "metadata": {"year": 2026}, "collectionId": shelf,
        "externalId": "n-1",
    });
    let added = a.tool("document_add", body.clone()).await;
    assert_eq!(
        (&added["status"], &added["duplicate"]),
        (&json!("completed"), &json!(false))
    );
    let again = a.tool("document_add", body).await;
    assert_eq!(again["documentId"], added["documentId"]);
    assert_eq!(again["duplicate"], true);
    let id = added["documentId"].as_str().unwrap();

    let year = |year: i32| json!({"field": "metadata.year", "op": "eq", "value": year});
    let search =
        |year: Value| json!({"query": mark, "filter": year, "collectionId": shelf, "topK": 1});
    let found = a.tool("chunks_search", search(year(2026))).await;
    let passage = &found["results"][0];
    assert_eq!(passage["text"], format!("About {mark}."));
    assert_eq!(
        (&passage["externalId"], &passage["version"]),
        (&json!("n-1"), &json!(1))
    );
    let none = a.tool("chunks_search", search(year(1999))).await;
    assert_eq!(none["results"], json!([]));
    assert_eq!(none["nextCursor"], Value::Null);

    let list = json!({"query": "note", "filter": year(2026), "status": "completed"});
    let listed = a.tool("catalog_search", list).await;
    assert_eq!(listed["documents"][0]["documentId"], id);
    assert_eq!(listed["documents"][0]["id"], format!("{id}:1"));
    let got = a.tool("document_get", json!({"documentId": id})).await;
    assert_eq!(got, listed["documents"][0]);
    let collections = a.tool("collections_list", json!({})).await;
    assert_eq!(collections["collections"][0]["name"], "Shelf");
    assert_eq!(collections["collections"][0]["documents"], 1);
    let usage = a.tool("usage_get", json!({})).await;
    assert!(
        usage["total"]["documents"].as_i64().unwrap() >= 1,
        "{usage}"
    );

    let deleted = a.tool("document_delete", json!({"documentId": id})).await;
    assert_eq!(deleted["documentId"], id);
    let gone = a.tool("chunks_search", search(year(2026))).await;
    assert_eq!(gone["results"], json!([]));
    let error = a
        .tool_error("document_get", json!({"documentId": id}))
        .await;
    assert!(error.contains("not_found"), "{error}");
    // Recorded as the key's own doing, as over HTTP.
    let by_key = "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND action = 'document.deleted' AND actor_kind = 'api_key'";
    assert_eq!(a.count(by_key).await, 1);
}

#[tokio::test]
async fn passages_come_in_pages() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    for number in 0..5 {
        let id = a.add("T", &format!("About {mark}, number {number}.")).await;
        a.completed(&id).await;
    }
    let (mut ids, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = json!({"query": mark, "topK": 2, "mode": "text", "cursor": cursor});
        let found = a.tool("chunks_search", page).await;
        let page = found["results"].as_array().unwrap().iter();
        ids.extend(page.map(|hit| hit["chunkId"].as_str().unwrap().to_owned()));
        cursor = found["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(ids.len(), 5);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each once");
    let first = a.tool("catalog_search", json!({"limit": 2})).await;
    assert_eq!(first["documents"].as_array().unwrap().len(), 2);
    let rest = json!({"limit": 2, "cursor": first["nextCursor"]});
    let rest = a.tool("catalog_search", rest).await;
    assert_ne!(
        rest["documents"][0]["documentId"],
        first["documents"][0]["documentId"]
    );
    let other = json!({"limit": 3, "cursor": first["nextCursor"]});
    let error = a.tool_error("catalog_search", other).await;
    assert!(error.contains("invalid_cursor"), "{error}");
}

#[tokio::test]
async fn an_answer_is_cited_and_checked() {
    let stack = Stack::load();
    let (a, mark, id) = customer(&stack).await;
    let question = format!("How long is the {mark} guarantee?");
    let quoted = a.tool_result("ask", json!({"question": question})).await;
    let text = quoted["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("24 months"), "{text}");
    let source = format!("Sources:\n[1] Manual (document {id}, version 1)");
    assert!(text.contains(&source), "{text}");
    let answer = &quoted["structuredContent"];
    assert_eq!(
        (&answer["status"], &answer["sessionId"]),
        (&json!("answered"), &Value::Null)
    );
    assert_eq!(
        a.get("/api/chat/sessions").await.ok(200)["items"],
        json!([])
    );

    // A model's answer, of which a sentence is made up.
    a.own_chat_models().await;
    let said = format!("The {mark} guarantee lasts 24 months [1]. It costs 90 euros [1].");
    stack
        .chat_rule(ChatRule {
            contains: mark.clone(),
            model: None,
            times: Some(1),
            reply: ChatReply::text(&said),
        })
        .await;
    let asked = a.tool_result("ask", json!({"question": question})).await;
    let text = asked["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("Not supported by what is cited:\n- It costs 90 euros"),
        "{text}"
    );
}

#[tokio::test]
async fn resources_are_documents_and_versions() {
    let stack = Stack::load();
    let (a, mark, id) = customer(&stack).await;
    let list = a.mcp("resources/list", json!({})).await;
    let uri = format!("dynrag://documents/{id}");
    assert_eq!(list["resources"][0]["uri"], uri);
    assert_eq!(list["resources"][0]["title"], "Manual");
    for uri in [uri.clone(), format!("{uri}/versions/1")] {
        let read = a.mcp("resources/read", json!({"uri": uri})).await;
        assert_eq!(read["contents"][0]["uri"], uri);
        assert!(
            read["contents"][0]["text"]
                .as_str()
                .unwrap()
                .contains(&mark)
        );
    }
    let templates = a.mcp("resources/templates/list", json!({})).await;
    assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 2);
    for uri in [format!("{uri}/versions/2"), "file:///etc/passwd".to_owned()] {
        let error = a.mcp_error("resources/read", json!({"uri": uri})).await;
        assert_eq!(error["code"], -32002, "{error}");
    }
    let error = a.mcp_error("resources/list", json!({"cursor": "x"})).await;
    assert_eq!(error["code"], -32602, "{error}");

    let prompts = a.mcp("prompts/list", json!({})).await;
    assert_eq!(prompts["prompts"][0]["name"], "cited_answer");
    let get = json!({"name": "cited_answer", "arguments": {"question": "How long?"}});
    let prompt = a.mcp("prompts/get", get).await;
    let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(
        text.contains("How long?") && text.contains("chunks_search"),
        "{text}"
    );
    for bad in [json!({"name": "x"}), json!({"name": "cited_answer"})] {
        let error = a.mcp_error("prompts/get", bad).await;
        assert_eq!(error["code"], -32602, "{error}");
    }
}

#[tokio::test]
async fn nothing_of_another_customer_is_reached() {
    let stack = Stack::load();
    let (a, mark, id) = customer(&stack).await;
    let b = stack.signup().await;
    let shelf = a.collection("Shelf").await;
    for (tool, arguments) in [
        ("search", json!({"query": mark})),
        ("chunks_search", json!({"query": mark, "documentIds": [id]})),
    ] {
        assert_eq!(
            b.tool(tool, arguments).await["results"],
            json!([]),
            "{tool}"
        );
    }
    assert_eq!(
        b.tool("catalog_search", json!({"query": "Manual"})).await["documents"],
        json!([])
    );
    assert_eq!(
        b.tool("collections_list", json!({})).await["collections"],
        json!([])
    );
    assert_eq!(
        b.tool("usage_get", json!({})).await["total"]["documents"],
        0
    );
    let asked = b
        .tool("ask", json!({"question": format!("What about {mark}?")}))
        .await;
    assert_eq!(
        (&asked["status"], &asked["sources"]),
        (&json!("not_found"), &json!([]))
    );
    for (tool, arguments) in [
        ("fetch", json!({"id": format!("{id}:1")})),
        ("document_get", json!({"documentId": id})),
        ("document_delete", json!({"documentId": id})),
        (
            "document_add",
            json!({"title": "T", "content": "c", "collectionId": shelf}),
        ),
        (
            "document_add_url",
            json!({"url": "https://example.com", "collectionId": shelf}),
        ),
        (
            "chunks_search",
            json!({"query": mark, "collectionId": shelf}),
        ),
        ("ask", json!({"question": mark, "collectionId": shelf})),
    ] {
        let error = b.tool_error(tool, arguments).await;
        assert!(
            error.contains("(code: not_found)") || error.contains("/collectionId"),
            "{tool}: {error}"
        );
    }
    assert_eq!(
        b.mcp("resources/list", json!({})).await["resources"],
        json!([])
    );
    let uri = format!("dynrag://documents/{id}");
    let error = b.mcp_error("resources/read", json!({"uri": uri})).await;
    assert_eq!(error["code"], -32002, "{error}");
    // All of it is still the first customer's.
    assert_eq!(
        a.tool("search", json!({"query": mark})).await["results"][0]["id"],
        format!("{id}:1")
    );
}

#[tokio::test]
async fn a_tool_needs_the_scope_of_its_route() {
    let stack = Stack::load();
    let (a, mark, id) = customer(&stack).await;
    let (_, key) = keys::make(&a, json!({"scopes": ["search"]})).await;
    let list = stack.mcp_method(&key, "tools/list", json!({})).await;
    let names = |list: &Value| -> Vec<String> {
        let tools = list["tools"].as_array().unwrap().iter();
        tools
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&list), ["search", "chunks_search"]);
    for (tool, scope, arguments) in [
        ("fetch", "documents:read", json!({"id": id})),
        ("ask", "chat", json!({"question": mark})),
        (
            "document_delete",
            "documents:write",
            json!({"documentId": id}),
        ),
        ("usage_get", "metrics", json!({})),
    ] {
        let params = json!({"name": tool, "arguments": arguments});
        let result = stack.mcp_method(&key, "tools/call", params).await;
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(
            text.contains("missing_scope") && text.contains(scope),
            "{text}"
        );
    }
    assert_eq!(
        stack.mcp_method(&key, "resources/list", json!({})).await["resources"],
        json!([])
    );
    let read = json!({"uri": format!("dynrag://documents/{id}")});
    let error = stack.mcp_answer(&key, "resources/read", read).await.json();
    assert_eq!(error["error"]["code"], -32002, "{error}");

    // A key that is bound to a collection sees nothing else.
    let shelf = a.collection("Shelf").await;
    let bound = json!({"scopes": ["search", "documents:read"], "collectionIds": [shelf]});
    let (_, key) = keys::make(&a, bound).await;
    for (tool, arguments) in [
        ("search", json!({"query": mark})),
        ("catalog_search", json!({})),
    ] {
        let params = json!({"name": tool, "arguments": arguments});
        let result = stack.mcp_method(&key, "tools/call", params).await;
        assert!(!result.to_string().contains(&id), "{tool}: {result}");
    }
}

#[tokio::test]
async fn what_is_no_message_gets_an_error_of_json_rpc() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    for (body, status) in [
        ("{not json".to_owned(), 400..=499),
        (json!([ping, ping]).to_string(), 400..=499),
        (
            json!({"jsonrpc": "1.0", "id": 1, "method": "ping"}).to_string(),
            400..=499,
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/dance"}).to_string(),
            200..=499,
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}).to_string(),
            200..=499,
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x"}})
                .to_string(),
            200..=499,
        ),
        ("[".repeat(100_000), 400..=499),
    ] {
        let request = stack.mcp(&a.key).header("content-type", "application/json");
        let answer = Answer::of(request.body(body.clone())).await;
        assert!(status.contains(&answer.status), "{answer}: {body:.80}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{answer}"
        );
        assert!(answer.json()["error"]["code"].is_i64(), "{answer}");
    }
    // A foreign host, a foreign page, another revision, another type.
    for (name, value, status) in [
        ("host", "evil.example", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("mcp-protocol-version", "1999-01-01", 400),
        ("accept", "text/html", 406),
        ("content-type", "text/plain", 415),
    ] {
        let mut request = stack.mcp(&a.key).json(&ping).build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let request = reqwest::RequestBuilder::from_parts(stack.http.clone(), request);
        let answer = Answer::raw(request).await;
        assert_eq!(answer.status, status, "{name}: {answer}");
        assert!(answer.json()["error"]["code"].is_i64(), "{name}: {answer}");
    }
    let long = json!({"name": "document_add", "arguments": {"title": "T", "content": "x".repeat(4_300_000)}});
    let answer = stack.mcp_answer(&a.key, "tools/call", long).await;
    assert_eq!(answer.status, 413, "{answer}");
    assert_eq!(
        a.count("SELECT count(*) FROM documents WHERE customer_id = $1")
            .await,
        0
    );
    // Arguments that break the schema are named.
    for (tool, arguments, named) in [
        ("search", json!({}), "/query"),
        ("search", json!({"query": ""}), "/query"),
        ("search", json!({"query": "x", "topK": 3}), "/topK"),
        (
            "chunks_search",
            json!({"query": "x", "topK": "many"}),
            "/topK",
        ),
        ("fetch", json!({"id": "nothing"}), "/id"),
        ("document_get", json!({"documentId": 7}), "/documentId"),
        (
            "document_add",
            json!({"title": "T", "content": " "}),
            "/content",
        ),
        (
            "document_add_url",
            json!({"url": "http://127.0.0.1/"}),
            "/url",
        ),
        ("ask", json!({"question": ""}), "/question"),
        (
            "usage_get",
            json!({"since": "2026-02-01", "until": "2026-01-01"}),
            "/since",
        ),
    ] {
        let error = a.tool_error(tool, arguments).await;
        assert!(error.contains(named), "{tool}: {error}");
    }
}

#[tokio::test]
async fn a_call_counts_against_the_limit_of_what_it_does() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.config(r#"class_limits = '{"search": 1}'"#).await;
    a.tool("search", json!({"query": "x"})).await;
    let params = json!({"name": "search", "arguments": {"query": "x"}});
    let refused = stack.mcp_answer(&a.key, "tools/call", params).await;
    refused.problem(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    // However the call is spelt.
    let spelt = r#"{"jsonrpc":"2.0","id":1,"method":"tools\/call","params":{"name":"s\u0065arch","arguments":{"query":"x"}}}"#;
    let request = stack.mcp(&a.key).header("content-type", "application/json");
    Answer::of(request.body(spelt))
        .await
        .problem(429, "rate_limited");
    a.mcp("tools/list", json!({})).await;
    let counted = "SELECT sum(requests)::bigint FROM usage_metrics WHERE customer_id = $1 AND operation = 'mcp'";
    assert_eq!(a.count(counted).await, 2);
}

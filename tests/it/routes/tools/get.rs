//! `GET /tools`.

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn each_tool_says_what_it_takes_returns_and_requires() {
    let stack = Stack::load();
    let list = Answer::of(stack.http.get(stack.url("/tools")))
        .await
        .ok(200);
    let tools = list["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "search",
            "fetch",
            "chunks_search",
            "catalog_search",
            "ask",
            "document_get",
            "document_add",
            "document_add_url",
            "document_delete",
            "collections_list",
            "usage_get",
        ]
    );
    for tool in tools {
        let name = &tool["name"];
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{name}");
            assert!(
                !["#/components/", "prefixItems"]
                    .iter()
                    .any(|odd| tool[schema].to_string().contains(odd)),
                "{name}: {}",
                tool[schema]
            );
        }
        assert!(tool["description"].as_str().unwrap().len() > 40, "{name}");
        let reads = tool["annotations"]["readOnlyHint"] == true;
        assert_eq!(reads, tool["scope"] != "documents:write", "{name}");
        let removes = tool["annotations"]["destructiveHint"] == true;
        assert_eq!(removes, name == "document_delete", "{name}");
    }
}

//! The OpenAPI document: `docs/openapi.json` is generated from the routes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeSet;

use dynrag_api::openapi;
use serde_json::Value;

use crate::support::{generated, routes::routes};

fn document() -> Value {
    let document = openapi::document(env!("CARGO_PKG_VERSION"), &routes()).unwrap();
    serde_json::to_value(document).unwrap()
}

#[test]
fn the_openapi_file_is_up_to_date() {
    let mut text = serde_json::to_string_pretty(&document()).unwrap();
    text.push('\n');
    assert_eq!(generated::file("docs/openapi.json", &text), None);
}

#[test]
fn operation_ids_are_unique_and_references_resolve() {
    let document = document();
    let mut ids = BTreeSet::new();
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
            let named = operation["parameters"].as_array().into_iter().flatten();
            let in_path = named.filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
        }
    }
    assert_eq!(document["openapi"], "3.1.0");
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

//! JSON Schemas of arguments and results, from the types that the API describes itself with.

use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Returns the schema of a type, with the types it refers to in `$defs`.
pub(crate) fn of<T: ToSchema>() -> JsonObject {
    let mut others = Vec::new();
    T::schemas(&mut others);
    let mut defs = Map::new();
    for (name, schema) in others {
        defs.insert(name, json!(schema));
    }
    let Value::Object(mut schema) = json!(T::schema()) else {
        return JsonObject::new();
    };
    // Of clients, some insist on it.
    schema.entry("type").or_insert_with(|| "object".into());
    schema.entry("properties").or_insert_with(|| json!({}));
    if !defs.is_empty() {
        schema.insert("$defs".into(), Value::Object(defs));
    }
    let mut schema = Value::Object(schema);
    adapt(&mut schema);
    match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    }
}

/// OpenAPI has other types under `#/components/schemas`. Lists of a fixed length, such as spans, have items of one type: some
/// clients do not know `prefixItems`.
fn adapt(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get_mut("$ref") {
                *to = to.replace("#/components/schemas/", "#/$defs/");
            }
            if let Some(Value::Array(items)) = members.remove("prefixItems") {
                members.insert("minItems".into(), items.len().into());
                members.insert("maxItems".into(), items.len().into());
                members.insert("items".into(), items.into_iter().next().unwrap_or_default());
            }
            members.values_mut().for_each(adapt);
        }
        Value::Array(items) => items.iter_mut().for_each(adapt),
        _ => {}
    }
}

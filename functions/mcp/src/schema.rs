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
    refer_to_defs(&mut schema);
    match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    }
}

/// OpenAPI has other types under `#/components/schemas`.
fn refer_to_defs(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get_mut("$ref") {
                *to = to.replace("#/components/schemas/", "#/$defs/");
            }
            members.values_mut().for_each(refer_to_defs);
        }
        Value::Array(items) => items.iter_mut().for_each(refer_to_defs),
        _ => {}
    }
}

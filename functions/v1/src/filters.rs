//! Filters as OpenAI has them, on attributes, and the vector stores that are searched.

use dynrag_domain::{
    CollectionId, Error, Result,
    search::filter::{Filter, FilterInput},
};
use dynrag_store::admission::Admission;
use serde_json::{Value, json};

use crate::ids::VectorStoreId;

/// Deepest nesting; the filter that is made of it has the limits of all filters.
const MAX_DEPTH: usize = 16;

/// Translates a comparison or a combination into a filter of ours.
fn translated(filter: &Value, pointer: &str, depth: usize) -> Result<Value> {
    let wrong = |at: &str, detail: &str| Err(Error::field(format!("{pointer}{at}"), detail));
    if depth > MAX_DEPTH {
        return wrong("", "nested at most 16 deep");
    }
    let kind = filter["type"].as_str().unwrap_or_default();
    if let "and" | "or" = kind {
        let Some(filters) = filter["filters"].as_array().filter(|all| !all.is_empty()) else {
            return wrong("/filters", "a list of filters");
        };
        let inner = filters.iter().enumerate();
        let inner =
            inner.map(|(n, one)| translated(one, &format!("{pointer}/filters/{n}"), depth + 1));
        return Ok(json!({kind: inner.collect::<Result<Vec<_>>>()?}));
    }
    if !["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"].contains(&kind) {
        return wrong("/type", "eq, ne, gt, gte, lt, lte, in, nin, and, or");
    }
    let Some(key) = filter["key"].as_str().filter(|key| !key.is_empty()) else {
        return wrong("/key", "the name of an attribute");
    };
    let is_listed = matches!(kind, "in" | "nin");
    let value = &filter["value"];
    match value {
        Value::Array(_) if is_listed => {}
        Value::String(_) | Value::Number(_) | Value::Bool(_) if !is_listed => {}
        _ if is_listed => return wrong("/value", "a list of texts or numbers"),
        _ => return wrong("/value", "a text, a number or a truth value"),
    }
    let path = key.replace('\\', "\\\\").replace('.', "\\.");
    Ok(json!({"field": format!("metadata.{path}"), "op": kind, "value": value}))
}

/// Checks a filter.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn check(filter: &Value, pointer: &str) -> Result<Filter> {
    parse(&translated(filter, pointer, 1)?, pointer)
}

fn parse(json: &Value, pointer: &str) -> Result<Filter> {
    let input: FilterInput = serde_json::from_value(json.clone()).map_err(Error::internal_fault)?;
    // Its pointers would be into what was made of it.
    let mended = |error: Error| match error.fields().first() {
        Some(field) => Error::field(pointer, field.detail.clone()),
        None => error,
    };
    input.parse("").map_err(mended)
}

/// What vector stores a search is limited to: one as a collection, several as a filter.
///
/// # Errors
/// `not_found` for a vector store that the caller does not see; `unavailable`.
pub(crate) async fn within(
    caller: &Admission,
    stores: &[VectorStoreId],
    filter: Option<Filter>,
) -> Result<(Option<CollectionId>, Option<Filter>)> {
    for VectorStoreId(id) in stores {
        caller
            .store()
            .has_vector_store(caller.tenant(), *id)
            .await?;
    }
    match stores {
        [] => Ok((None, filter)),
        [VectorStoreId(one)] => Ok((Some(*one), filter)),
        several => {
            let ids: Vec<CollectionId> = several.iter().map(|id| id.0).collect();
            let json = json!({"field": "collectionId", "op": "in", "value": ids});
            let among = parse(&json, "/vector_store_ids")?;
            Ok((
                None,
                Some(match filter {
                    Some(filter) => Filter::And(vec![among, filter]),
                    None => among,
                }),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_translated_with_its_keys_as_they_are() {
        let filter = json!({"type": "and", "filters": [
            {"type": "eq", "key": "a.b", "value": "x"},
            {"type": "or", "filters": [{"type": "gte", "key": "year", "value": 2025}, {"type": "in", "key": "c", "value": ["d"]}]},
        ]});
        let expected = json!({"and": [
            {"field": "metadata.a\\.b", "op": "eq", "value": "x"},
            {"or": [{"field": "metadata.year", "op": "gte", "value": 2025}, {"field": "metadata.c", "op": "in", "value": ["d"]}]},
        ]});
        assert_eq!(translated(&filter, "/filters", 1).unwrap(), expected);
        assert!(check(&filter, "/filters").is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let nested = (0..20).fold(
            json!({"type": "eq", "key": "k", "value": 1}),
            |inner, _| json!({"type": "and", "filters": [inner]}),
        );
        for (filter, pointer) in [
            (json!(null), "/filters/type"),
            (
                json!({"type": "like", "key": "k", "value": 1}),
                "/filters/type",
            ),
            (json!({"type": "eq", "value": 1}), "/filters/key"),
            (
                json!({"type": "eq", "key": "k", "value": []}),
                "/filters/value",
            ),
            (
                json!({"type": "in", "key": "k", "value": 1}),
                "/filters/value",
            ),
            (json!({"type": "and", "filters": []}), "/filters/filters"),
            (
                json!({"type": "or", "filters": [{"type": "eq"}]}),
                "/filters/filters/0/key",
            ),
        ] {
            let error = check(&filter, "/filters").unwrap_err();
            assert_eq!(error.fields()[0].pointer, pointer, "{filter}");
        }
        assert!(check(&nested, "/filters").is_err());
    }
}

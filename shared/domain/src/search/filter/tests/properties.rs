//! What holds for every filter and every JSON.

use proptest::{prelude::*, strategy::Strategy as Generator};
use serde_json::{Value as Json, json};
use utoipa::{PartialSchema, ToSchema};

use super::*;

/// Names and values that filters have, and a few that they do not.
const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "field",
    "op",
    "value",
    "title",
    "type",
    "page",
    "language",
    "createdAt",
    "documentId",
    "metadata.a",
    "metadata.a\\.b.c",
    "eq",
    "in",
    "nin",
    "gt",
    "exists",
    "contains",
    "pdf",
    "api",
    "en",
    "2026-11-21",
    "2026-11-21T09:30:00.5Z",
    "00000000-0000-4000-8000-000000000000",
    "",
    "\\",
    "\"",
    "\u{1F600}",
    "e\u{301}",
];

fn word() -> impl Generator<Value = String> {
    prop::sample::select(WORDS).prop_map(str::to_owned)
}

/// JSON that often looks like a filter.
fn any_json() -> impl Generator<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        word().prop_map(Json::from),
        ".*".prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((word(), inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn scalar() -> impl Generator<Value = Json> {
    prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e300..1e300).prop_map(Json::from),
        "[^\u{0}]{0,8}".prop_map(Json::from),
    ]
}

/// Conditions, nearly all valid.
fn condition() -> impl Generator<Value = Json> {
    let path = prop::sample::select(&[
        "metadata.a",
        "metadata.a\\.b.c",
        "metadata. \\\\",
        "metadata.\"'",
    ]);
    let of = |op| move |(field, value)| json!({"field": field, "op": op, "value": value});
    let lists = prop::collection::vec(scalar(), 1..4);
    let time = (0..4_102_444_800_i64, 0..1_000_000_000_u32);
    let time = time.prop_map(|(seconds, nanos)| {
        chrono::DateTime::from_timestamp(seconds, nanos)
            .unwrap()
            .to_rfc3339()
    });
    prop_oneof![
        (path.clone(), scalar()).prop_map(of("eq")),
        (path.clone(), scalar()).prop_map(of("ne")),
        (path.clone(), any::<i64>())
            .prop_map(|(field, value)| json!({"field": field, "op": "lte", "value": value})),
        (path.clone(), lists.prop_map(Json::from)).prop_map(of("nin")),
        (path, any::<bool>().prop_map(Json::from)).prop_map(of("exists")),
        "[^\u{0}]{1,8}"
            .prop_map(|text| json!({"field": "title", "op": "startsWith", "value": text})),
        any::<u32>().prop_map(|page| json!({"field": "page", "op": "gte", "value": page})),
        time.prop_map(
            |time| json!({"field": "updatedAt", "op": "in", "value": [time, "2026-11-21"]})
        ),
        any::<u128>().prop_map(
            |id| json!({"field": "collectionId", "op": "ne", "value": Uuid::from_u128(id)})
        ),
        Just(json!({"field": "language", "op": "eq", "value": "EN_us"})),
    ]
}

fn filter() -> impl Generator<Value = Json> {
    condition().prop_recursive(5, 30, 4, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            some.clone().prop_map(|parts| json!({"and": parts})),
            some.prop_map(|parts| json!({"or": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_json_is_a_filter_or_has_bad_fields(json in any_json()) {
        match parsed(&json.to_string()) {
            Ok(filter) => prop_assert_eq!(parsed(&filter.to_string()).unwrap(), filter),
            Err(error) => {
                prop_assert!(!error.fields().is_empty());
                for field in error.fields() {
                    prop_assert!(field.pointer.starts_with("/filter"));
                    prop_assert!(!field.detail.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_written_filter_parses_to_the_same_filter(json in filter()) {
        let filter = parsed(&json.to_string()).unwrap();
        let written = serde_json::to_string(&filter).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Filter>(&written).unwrap(), &filter);
        // What is kept apart is nothing lost: each part is of its kind.
        let split = filter.split();
        prop_assert!(split.documents.iter().chain(&split.sets).all(Filter::documents_only));
    }
}

#[test]
fn the_schema_refers_to_itself_and_names_every_field_and_operator() {
    let schema = serde_json::to_value(FilterInput::schema()).unwrap();
    let name = FilterInput::name();
    let text = schema.to_string();
    assert!(text.contains(&format!("#/components/schemas/{name}")));
    for field in FixedField::ALL {
        assert!(text.contains(field.as_str()));
    }
    for op in Op::ALL {
        assert!(text.contains(&format!("\"{}\"", op.as_str())));
    }
    let example = &schema["examples"][0];
    assert!(parsed(&example.to_string()).is_ok(), "{example}");
}

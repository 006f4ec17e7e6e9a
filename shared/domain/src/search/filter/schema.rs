//! The OpenAPI schema of filters, which refers to itself.

use std::borrow::Cow;

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, Ref, RefOr, Schema,
        schema::{
            AdditionalProperties, AnyOfBuilder, Array, ArrayBuilder, ObjectBuilder, OneOfBuilder,
            Type,
        },
    },
};

use super::{FilterInput, FixedField, MAX_NODES, MAX_TEXT, MAX_VALUES, Op};

const NAME: &str = "Filter";

const DESCRIPTION: &str = "A condition, or conditions combined with `and`, `or` and `not`, nested at most 16 levels deep.\n\n\
A field has no value, one, or several: in metadata, the elements of a list are its values, and `null` is none. `eq`, `in`, \
`gt`, `gte`, `lt`, `lte`, `contains` and `startsWith` are true if some value fits; `ne` and `nin` if no value equals, so \
also without a value; `exists` if there is a value.\n\n\
Text is case-sensitive and in the order of its code points. Metadata has its JSON types, and values of different types are \
never equal and in no order. Times are RFC 3339; a date is the whole day in UTC.";

const FIELD: &str = "A property, or `metadata.` and keys separated by dots, with `\\.` for a dot and `\\\\` for a backslash \
in a key. `page` and `language` are those of a chunk and cannot be used for lists of documents.";

const VALUE: &str = "Fits the field: text for `title`, `externalId`, `fileName` and `sourceUrl`; a name for `type` and \
`source`; a time or date for `createdAt` and `updatedAt`; a whole number for `page`; text, a number or a boolean for \
metadata. A list for `in` and `nin`, text for `contains` and `startsWith`, a boolean for `exists`, whose default is true.";

fn combination(name: &str, filters: impl Into<RefOr<Schema>>, sentence: &str) -> Object {
    ObjectBuilder::new()
        .property(name, filters)
        .required(name)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some(sentence))
        .build()
}

fn filters() -> Array {
    ArrayBuilder::new()
        .items(Ref::from_schema_name(NAME))
        .min_items(Some(1))
        .max_items(Some(MAX_NODES - 1))
        .build()
}

fn condition() -> Object {
    let names: Vec<_> = FixedField::ALL.iter().map(|field| field.as_str()).collect();
    let field = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^(?:{}|metadata\\..+)$", names.join("|"))))
        .description(Some(FIELD));
    let scalar = || {
        let of = |kind| ObjectBuilder::new().schema_type(kind);
        AnyOfBuilder::new()
            .item(of(Type::String).max_length(Some(MAX_TEXT)))
            .item(of(Type::Number))
            .item(of(Type::Boolean))
    };
    let list = ArrayBuilder::new()
        .items(scalar())
        .min_items(Some(1))
        .max_items(Some(MAX_VALUES));
    let value = scalar().item(list).description(Some(VALUE));
    ObjectBuilder::new()
        .property("field", field)
        .property("op", Op::schema())
        .property("value", value)
        .required("field")
        .required("op")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some("A condition on a field."))
        .build()
}

impl PartialSchema for FilterInput {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(combination("and", filters(), "All of these."))
            .item(combination("or", filters(), "At least one of these."))
            .item(combination("not", Ref::from_schema_name(NAME), "Not this."))
            .item(condition())
            .description(Some(DESCRIPTION))
            .examples([json!({"and": [
                {"field": "metadata.year", "op": "gte", "value": 2020},
                {"field": "type", "op": "in", "value": ["pdf", "docx"]},
                {"not": {"field": "metadata.tags", "op": "eq", "value": "draft"}}
            ]})])
            .into()
    }
}

impl ToSchema for FilterInput {
    fn name() -> Cow<'static, str> {
        NAME.into()
    }
}

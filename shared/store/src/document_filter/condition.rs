//! Filters as conditions of SQL. Every value, and every key of metadata, is a parameter.
//!
//! SQL has three truth values, filters have two: a condition that is NULL is false. AND and OR keep that meaning, and a
//! negation is written `IS NOT TRUE`. So columns need no `coalesce`, and indexes on them can be used.
//!
//! Metadata is compared by SQL/JSON paths in lax mode, which raise no error for values of other types and pass through
//! lists. Each path is a parameter that contains the keys, and the value, quoted.

use chrono::{DateTime, Utc};
use dynrag_domain::search::filter::{
    Bound, Condition as FilterCondition, Field, Filter, FixedField, Moment, Test, Value as Given,
};
use uuid::Uuid;

/// A condition on documents `d`, for a WHERE.
#[derive(Debug)]
pub(crate) struct Condition {
    /// Its text, in parentheses where needed.
    pub(crate) sql: String,
    /// Its parameters, in order.
    pub(crate) values: Vec<Value>,
}

/// A parameter.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Text(String),
    Texts(Vec<String>),
    Ids(Vec<Uuid>),
    Time(DateTime<Utc>),
    Times(Vec<DateTime<Utc>>),
}

/// The format of the version that a list shows.
const FORMAT: &str = "(SELECT v.format FROM document_versions v WHERE (v.customer_id, v.document_id, v.version) \
    = (d.customer_id, d.id, coalesce(d.published_version, d.latest_version)))";

impl Condition {
    /// Translates a filter whose parameters are numbered from `first`; `None` if it has a condition on chunks.
    pub(crate) fn of(filter: &Filter, first: usize) -> Option<Self> {
        let mut writer = Writer {
            first,
            values: Vec::new(),
        };
        let sql = writer.filter(filter)?;
        let values = writer.values;
        Some(Self { sql, values })
    }
}

struct Writer {
    first: usize,
    values: Vec<Value>,
}

impl Writer {
    /// Adds a parameter and returns its placeholder.
    fn param(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.first + self.values.len() - 1)
    }

    fn text(&mut self, text: &str) -> String {
        self.param(Value::Text(text.to_owned()))
    }

    fn filter(&mut self, filter: &Filter) -> Option<String> {
        Some(match filter {
            Filter::And(parts) => self.joined(parts, " AND ")?,
            Filter::Or(parts) => self.joined(parts, " OR ")?,
            Filter::Not(part) => not(&self.filter(part)?),
            Filter::Is(condition) => self.condition(condition)?,
        })
    }

    fn joined(&mut self, parts: &[Filter], by: &str) -> Option<String> {
        let parts: Option<Vec<_>> = parts.iter().map(|part| self.filter(part)).collect();
        Some(format!("({})", parts?.join(by)))
    }

    fn condition(&mut self, condition: &FilterCondition) -> Option<String> {
        let column = match &condition.field {
            Field::Metadata(path) => return self.metadata(path, &condition.test),
            Field::Fixed(field) => column(*field)?,
        };
        Some(match &condition.test {
            Test::Equal(value) => self.among(column, std::slice::from_ref(value))?,
            Test::NotEqual(value) => not(&self.among(column, std::slice::from_ref(value))?),
            Test::Among(values) => self.among(column, values)?,
            Test::NotAmong(values) => not(&self.among(column, values)?),
            Test::Beyond(bound, Given::Time(moment)) => self.time_beyond(column, *bound, *moment),
            Test::Beyond(bound, Given::Text(text)) => {
                format!(
                    r#"({column} COLLATE "C" {} {})"#,
                    sign(*bound),
                    self.text(text)
                )
            }
            Test::Beyond(..) => return None,
            Test::Contains(part) => format!("(strpos({column}, {}) > 0)", self.text(part)),
            Test::StartsWith(part) => format!("starts_with({column}, {})", self.text(part)),
            Test::Exists(true) => format!("({column} IS NOT NULL)"),
            Test::Exists(false) => format!("({column} IS NULL)"),
        })
    }

    fn among(&mut self, column: &str, values: &[Given]) -> Option<String> {
        let texts = values.iter().map(|value| match value {
            Given::Text(text) => Some(text.clone()),
            _ => None,
        });
        if let Some(texts) = texts.collect() {
            return Some(format!(
                "({column} = ANY ({}))",
                self.param(Value::Texts(texts))
            ));
        }
        let ids = values.iter().map(|value| match value {
            Given::Id(id) => Some(*id),
            _ => None,
        });
        if let Some(ids) = ids.collect() {
            return Some(format!(
                "({column} = ANY ({}))",
                self.param(Value::Ids(ids))
            ));
        }
        let spans = values.iter().map(|value| match value {
            Given::Time(moment) => Some(moment.span()),
            _ => None,
        });
        let (starts, ends): (Vec<_>, Vec<_>) =
            spans.collect::<Option<Vec<_>>>()?.into_iter().unzip();
        if let ([start], [end]) = (starts.as_slice(), ends.as_slice()) {
            let start = self.param(Value::Time(*start));
            let end = self.param(Value::Time(*end));
            return Some(format!("({column} >= {start} AND {column} < {end})"));
        }
        let starts = self.param(Value::Times(starts));
        let ends = self.param(Value::Times(ends));
        Some(format!(
            "EXISTS (SELECT FROM unnest({starts}, {ends}) AS span (start, finish) \
             WHERE {column} >= span.start AND {column} < span.finish)"
        ))
    }

    fn time_beyond(&mut self, column: &str, bound: Bound, moment: Moment) -> String {
        let (start, end) = moment.span();
        let (sign, time) = match bound {
            Bound::Above => (">=", end),
            Bound::AtLeast => (">=", start),
            Bound::Below => ("<", start),
            Bound::AtMost => ("<", end),
        };
        format!("({column} {sign} {})", self.param(Value::Time(time)))
    }

    fn metadata(&mut self, path: &[String], test: &Test) -> Option<String> {
        let path = json_path(path);
        Some(match test {
            Test::Equal(value) => self.predicate(&format!("{path} == {value}")),
            Test::NotEqual(value) => not(&self.predicate(&format!("{path} == {value}"))),
            Test::Among(values) => self.metadata_among(&path, values),
            Test::NotAmong(values) => not(&self.metadata_among(&path, values)),
            Test::Beyond(bound, value) => {
                self.predicate(&format!("{path} {} {value}", sign(*bound)))
            }
            Test::StartsWith(part) => {
                self.predicate(&format!("{path} starts with {}", quoted(part)))
            }
            Test::Contains(part) => {
                let path = self.text(&format!("{path}[*]"));
                let part = self.text(part);
                format!(
                    "EXISTS (SELECT FROM jsonb_path_query(d.metadata, {path}::text::jsonpath) AS found (value) \
                     WHERE jsonb_typeof(found.value) = 'string' AND strpos(found.value #>> '{{}}', {part}) > 0)"
                )
            }
            Test::Exists(true) => self.predicate(&format!("{path} != null")),
            Test::Exists(false) => not(&self.predicate(&format!("{path} != null"))),
        })
    }

    /// A predicate of SQL/JSON. Unlike a filter expression, it passes through one list only.
    fn predicate(&mut self, predicate: &str) -> String {
        format!("(d.metadata @@ {}::text::jsonpath)", self.text(predicate))
    }

    /// One comparison for all values: a path of a thousand alternatives would be evaluated one by one.
    fn metadata_among(&mut self, path: &str, values: &[Given]) -> String {
        let path = self.text(&format!("{path}[*]"));
        let values = values.iter().map(Given::to_string).collect();
        let values = self.param(Value::Texts(values));
        format!(
            "EXISTS (SELECT FROM jsonb_path_query(d.metadata, {path}::text::jsonpath) AS found (value) \
             WHERE found.value = ANY ({values}::text[]::jsonb[]))"
        )
    }
}

/// The negation, for which NULL is false.
fn not(condition: &str) -> String {
    format!("({condition} IS NOT TRUE)")
}

fn sign(bound: Bound) -> &'static str {
    match bound {
        Bound::Above => ">",
        Bound::AtLeast => ">=",
        Bound::Below => "<",
        Bound::AtMost => "<=",
    }
}

/// The column of a document's field.
fn column(field: FixedField) -> Option<&'static str> {
    Some(match field {
        FixedField::DocumentId => "d.id",
        FixedField::Title => "d.title",
        FixedField::Type => FORMAT,
        FixedField::Source => "d.source",
        FixedField::CollectionId => "d.collection_id",
        FixedField::ExternalId => "d.external_id",
        FixedField::FileName => "d.file_name",
        FixedField::SourceUrl => "d.source_url",
        FixedField::CreatedAt => "d.created_at",
        FixedField::UpdatedAt => "d.updated_at",
        FixedField::Page | FixedField::Language => return None,
    })
}

/// The path to these keys.
fn json_path(keys: &[String]) -> String {
    let keys = keys.iter().map(|key| quoted(key));
    let path: Vec<_> = std::iter::once("$".to_owned()).chain(keys).collect();
    path.join(".")
}

/// A string of JSON, which is also one of a path.
fn quoted(text: &str) -> String {
    Given::Text(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(json: &str) -> Condition {
        let filter: Filter = serde_json::from_str(json).unwrap();
        Condition::of(&filter, 2).unwrap()
    }

    #[test]
    fn values_and_keys_are_parameters() {
        let hostile = r#"x' OR 1=1; --"#;
        for field in ["title", "externalId", "metadata.x' OR 1=1; --"] {
            for op in ["eq", "ne", "gt", "contains", "startsWith"] {
                let json = format!(r#"{{"field": "{field}", "op": "{op}", "value": "{hostile}"}}"#);
                let Condition { sql, values } = condition(&json);
                assert!(!sql.contains("OR 1=1"), "{sql}");
                assert!(!values.is_empty());
            }
        }
        let named = condition(r#"{"field": "metadata.a\".b\\\\c", "op": "eq", "value": "\"\\\n"}"#);
        assert_eq!(named.sql, "(d.metadata @@ $2::text::jsonpath)");
        assert_eq!(
            named.values,
            [Value::Text(r#"$."a\""."b\\c" == "\"\\\n""#.to_owned())]
        );
    }

    #[test]
    fn parameters_are_numbered_in_order_and_negations_have_two_values() {
        let Condition { sql, values } = condition(
            r#"{"and": [{"field": "title", "op": "ne", "value": "a"},
                {"not": {"or": [{"field": "createdAt", "op": "eq", "value": "2026-01-01"},
                    {"field": "metadata.n", "op": "in", "value": [1, "x"]}]}}]}"#,
        );
        assert_eq!(
            sql,
            "(((d.title = ANY ($2)) IS NOT TRUE) AND (((d.created_at >= $3 AND d.created_at < $4) OR EXISTS \
             (SELECT FROM jsonb_path_query(d.metadata, $5::text::jsonpath) AS found (value) WHERE found.value = ANY \
             ($6::text[]::jsonb[]))) IS NOT TRUE))"
        );
        assert_eq!(values.len(), 5);
        let list = Value::Texts(vec!["1".to_owned(), "\"x\"".to_owned()]);
        assert_eq!(values.last(), Some(&list));
    }

    #[test]
    fn a_condition_on_chunks_is_not_one_on_documents() {
        let filter = r#"{"or": [{"field": "page", "op": "eq", "value": 1}, {"field": "title", "op": "exists"}]}"#;
        let filter: Filter = serde_json::from_str(filter).unwrap();
        assert!(Condition::of(&filter, 1).is_none());
    }
}

//! Parsing of filters: every bad field is named.

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    Field, Filter, FixedField, MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_PATH, Op, metadata::Json,
};
use crate::error::FieldError;

mod values;

/// Most errors that are listed.
const MAX_ERRORS: usize = 20;
/// Longest name from a request that a pointer repeats, in characters.
const MAX_NAME: usize = 100;

/// Parses a filter. Only level by level, so that nothing is deeper on the stack than [`MAX_DEPTH`].
pub(super) fn filter(json: &RawValue, at: &str, chunks: bool) -> Result<Filter, Vec<FieldError>> {
    let mut parser = Parser {
        chunks,
        nodes: 0,
        values: 0,
        errors: Vec::new(),
    };
    let filter = if json.get().len() > MAX_BYTES {
        parser.bad(at, format!("at most {MAX_BYTES} bytes of JSON"))
    } else {
        parser.node(json, at, 1)
    };
    match filter {
        Some(filter) if parser.errors.is_empty() => Ok(filter),
        _ => Err(parser.errors),
    }
}

struct Parser {
    /// Whether fields of chunks are known.
    chunks: bool,
    nodes: usize,
    /// Values of lists so far.
    values: usize,
    errors: Vec<FieldError>,
}

impl Parser {
    /// Notes an error; there is then no value.
    fn bad<T>(&mut self, pointer: &str, detail: impl Into<String>) -> Option<T> {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError {
                pointer: pointer.to_owned(),
                detail: detail.into(),
            });
        }
        None
    }

    fn node(&mut self, json: &RawValue, at: &str, depth: usize) -> Option<Filter> {
        self.nodes += 1;
        if self.nodes == MAX_NODES + 1 {
            self.bad::<()>(
                at,
                format!("at most {MAX_NODES} conditions and combinations"),
            );
        }
        if self.nodes > MAX_NODES {
            return None;
        }
        if depth > MAX_DEPTH {
            return self.bad(at, format!("nested at most {MAX_DEPTH} levels deep"));
        }
        let Some(members) = members(json).filter(|members| !members.is_empty()) else {
            return self.bad(
                at,
                "an object with and, or, not, or with field, op and value",
            );
        };
        for (index, (name, _)) in members.iter().enumerate() {
            if members[..index].iter().any(|(other, _)| other == name) {
                self.bad::<()>(&below(at, name), "given more than once");
            }
        }
        let combination = members
            .iter()
            .find(|(name, _)| matches!(name.as_str(), "and" | "or" | "not"));
        let Some((name, inner)) = combination else {
            return self.condition(&members, at);
        };
        for (other, _) in members.iter().filter(|(other, _)| other != name) {
            self.bad::<()>(&below(at, other), format!("not beside {name}"));
        }
        let at = below(at, name);
        match name.as_str() {
            "not" => Some(Filter::Not(Box::new(self.node(inner, &at, depth + 1)?))),
            "and" => self.nodes(inner, &at, depth).map(Filter::And),
            _ => self.nodes(inner, &at, depth).map(Filter::Or),
        }
    }

    fn nodes(&mut self, json: &RawValue, at: &str, depth: usize) -> Option<Vec<Filter>> {
        let Some(parts) = Json::elements(json).filter(|parts| !parts.is_empty()) else {
            return self.bad(at, "a list of at least one filter");
        };
        let mut filters = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            filters.push(self.node(part, &format!("{at}/{index}"), depth + 1));
            if self.nodes > MAX_NODES {
                return None;
            }
        }
        filters.into_iter().collect()
    }

    fn condition(&mut self, members: &[(String, &RawValue)], at: &str) -> Option<Filter> {
        for (name, _) in members {
            if !matches!(name.as_str(), "field" | "op" | "value") {
                let detail = "unknown; a filter has field, op and value, or and, or, not";
                self.bad::<()>(&below(at, name), detail);
            }
        }
        let member = |wanted: &str| {
            let found = members.iter().find(|(name, _)| name == wanted);
            found.map(|(_, json)| *json)
        };
        let field = self.field(member("field"), &below(at, "field"));
        let op = self.op(member("op"), &below(at, "op"));
        let (field, op) = (field?, op?);
        let test = self.test(&field, op, member("value"), at)?;
        Some(Filter::Is(super::Condition { field, test }))
    }

    fn field(&mut self, json: Option<&RawValue>, at: &str) -> Option<Field> {
        let Some(json) = json else {
            return self.bad(at, "required");
        };
        let Json::Text(name) = Json::of(json) else {
            return self.bad(at, "the name of a field");
        };
        if let Some(path) = name.strip_prefix("metadata.") {
            return match keys(path) {
                Some(keys) => Some(Field::Metadata(keys)),
                None => self.bad(
                    at,
                    format!(
                        r"metadata. and 1 to {MAX_PATH} keys separated by dots, with \. for a dot and \\ for a backslash in a key"
                    ),
                ),
            };
        }
        let known = |field: &&FixedField| self.chunks || !field.is_of_chunks();
        let mut fields = FixedField::ALL.iter().filter(known);
        match fields.clone().find(|field| field.as_str() == name) {
            Some(field) => Some(Field::Fixed(*field)),
            None => {
                let names: Vec<_> = fields.by_ref().map(|field| field.as_str()).collect();
                self.bad(at, format!("one of {}, or metadata.KEY", names.join(", ")))
            }
        }
    }

    fn op(&mut self, json: Option<&RawValue>, at: &str) -> Option<Op> {
        let Some(json) = json else {
            return self.bad(at, "required");
        };
        let known = match Json::of(json) {
            Json::Text(name) => Op::ALL.iter().find(|op| op.as_str() == name),
            _ => None,
        };
        match known {
            Some(op) => Some(*op),
            None => self.bad(at, format!("one of {}", names(Op::ALL))),
        }
    }
}

fn names(ops: &[Op]) -> String {
    let names: Vec<_> = ops.iter().map(|op| op.as_str()).collect();
    names.join(", ")
}

/// The pointer of a member.
fn below(at: &str, name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME).collect();
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The keys of a path; `None` for an empty key, another escape than `\.` and `\\`, NUL, or too many.
fn keys(path: &str) -> Option<Vec<String>> {
    let mut keys = vec![String::new()];
    let mut chars = path.chars();
    while let Some(next) = chars.next() {
        let c = match next {
            '.' => {
                keys.push(String::new());
                continue;
            }
            '\\' => chars.next().filter(|c| matches!(c, '.' | '\\'))?,
            '\0' => return None,
            other => other,
        };
        keys.last_mut()?.push(c);
    }
    let whole = keys.len() <= MAX_PATH && keys.iter().all(|key| !key.is_empty());
    whole.then_some(keys)
}

/// The members of an object, repeated ones too; `None` if it is not an object.
fn members(json: &RawValue) -> Option<Vec<(String, &RawValue)>> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            // A fifth member is an error already, and each is compared with all others.
            while let Some(member) = map.next_entry()? {
                if members.len() < 5 {
                    members.push(member);
                }
            }
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(json.get())
        .deserialize_map(Members)
        .ok()
}

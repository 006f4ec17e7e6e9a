//! Filters as JSON.

use std::fmt::{self, Write};

use super::{Condition, Field, Filter, Test, Value};

/// Writes the filter as JSON that parses to the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => combination(f, "and", parts),
            Self::Or(parts) => combination(f, "or", parts),
            Self::Not(part) => write!(f, r#"{{"not":{part}}}"#),
            Self::Is(condition) => condition.fmt(f),
        }
    }
}

fn combination(f: &mut fmt::Formatter<'_>, name: &str, parts: &[Filter]) -> fmt::Result {
    write!(f, r#"{{"{name}":["#)?;
    list(f, parts)?;
    f.write_str("]}")
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, parts: &[T]) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_char(',')?;
        }
        part.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, op) = (text(&self.field.to_string()), self.test.op().as_str());
        write!(f, r#"{{"field":{field},"op":"{op}","value":"#)?;
        match &self.test {
            Test::Equal(value) | Test::NotEqual(value) | Test::Beyond(_, value) => value.fmt(f)?,
            Test::Among(values) | Test::NotAmong(values) => {
                f.write_char('[')?;
                list(f, values)?;
                f.write_char(']')?;
            }
            Test::Contains(part) | Test::StartsWith(part) => f.write_str(&text(part))?,
            Test::Exists(exists) => exists.fmt(f)?,
        }
        f.write_char('}')
    }
}

/// Writes the name, with escapes in the keys of a path.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(field) => f.write_str(field.as_str()),
            Self::Metadata(path) => {
                f.write_str("metadata")?;
                for key in path {
                    write!(f, ".{}", key.replace('\\', r"\\").replace('.', r"\."))?;
                }
                Ok(())
            }
        }
    }
}

/// Writes the value as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(value) => f.write_str(&text(value)),
            Self::Number(number) => f.write_str(number.as_str()),
            Self::Bool(value) => value.fmt(f),
            Self::Id(id) => write!(f, "\"{id}\""),
            Self::Page(page) => page.fmt(f),
            Self::Time(moment) => write!(f, "\"{moment}\""),
        }
    }
}

/// A string of JSON.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

//! Reads JSON and JSON Lines as lines of `path: value`, a block for each member of a list.

use dynrag_domain::{chunks::Extracted, documents::FailureCode};
use serde_json::Value;

use crate::{
    decode,
    protocol::Refusal,
    text::{self, Builder},
};

/// Reads one JSON value, or one after the other.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let source = decode::strict(bytes)
        .ok_or_else(|| Refusal::new(FailureCode::InvalidUtf8, "cannot be decoded"))?;
    let source = source.trim_start_matches('\u{feff}');
    let mut builder = Builder::default();
    let mut title = None;
    for value in serde_json::Deserializer::from_str(source).into_iter::<Value>() {
        let value = value.map_err(|e| {
            let detail = format!("json: {:?} in line {}", e.classify(), e.line());
            Refusal::new(FailureCode::CorruptFile, detail)
        })?;
        if let Some(own) = ["title", "name"]
            .into_iter()
            .find_map(|name| value.get(name)?.as_str())
        {
            title = title.or_else(|| text::title(own));
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| block(&mut builder, item)),
            value => block(&mut builder, &value),
        }
    }
    Ok(builder.finish(title, None, "json"))
}

fn block(builder: &mut Builder, value: &Value) {
    let mut lines = String::new();
    write("", value, &mut lines);
    builder.block(&text::normalise(&lines));
}

/// As deep as serde_json reads, which is 128.
fn write(path: &str, value: &Value, lines: &mut String) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                write(&below(name), value, lines);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (number, item) in items.iter().enumerate() {
                // A member that is an object begins a paragraph.
                if item.is_object() && !lines.is_empty() {
                    lines.push('\n');
                }
                write(&below(&(number + 1).to_string()), item, lines);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(scalar).collect();
            line(path, &items.join(", "), lines);
        }
        value => line(path, &scalar(value), lines),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn line(path: &str, value: &str, lines: &mut String) {
    if !path.is_empty() {
        lines.push_str(path);
        lines.push_str(": ");
    }
    lines.push_str(value);
    lines.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_beside_their_paths() {
        let read = |source: &str| read(source.as_bytes()).map(|extracted| extracted.text);
        assert_eq!(
            read(r#"{"a": {"b": 1, "c": [true, "x"]}, "d": [{"e": null}, {"e": "é"}]}"#).unwrap(),
            "a.b: 1\na.c: true, x\n\nd.1.e: null\n\nd.2.e: é"
        );
        assert_eq!(read("{\"a\":1}\n{\"a\":2}\n").unwrap(), "a: 1\n\na: 2");
        assert_eq!(read(r#"[{"a":1},{"a":2}]"#).unwrap(), "a: 1\n\na: 2");
        assert_eq!(read(r#""just text""#).unwrap(), "just text");
        for (bad, code) in [
            ("{\"a\":", FailureCode::CorruptFile),
            ("{\"a\":1} x", FailureCode::CorruptFile),
            (&"[".repeat(100_000), FailureCode::CorruptFile),
        ] {
            assert_eq!(read(bad).unwrap_err().code, code);
        }
    }
}

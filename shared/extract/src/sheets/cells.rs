//! Converts cell values to text (ECMA-376 part 1, 18.3.1.4 and 18.18.11).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::{
    format::{self, Format, Moment},
    strings,
    workbook::Workbook,
};

/// The content of a cell.
#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    /// A shared string without its own format.
    Shared(usize),
    /// Text.
    Text(String),
    /// A number, date, boolean or error as displayed.
    Other(String),
}

/// A cell as stored in the file.
#[derive(Default)]
pub struct Source {
    /// Attribute `t`.
    pub kind: String,
    /// Attribute `s`.
    pub style: usize,
    /// Text of `v`, if present.
    pub value: Option<String>,
    /// Text of `is`.
    pub inline: Option<String>,
}

/// Returns the displayed content of a cell; `None` if it is empty.
pub fn shown(source: Source, workbook: &Workbook) -> Option<Value> {
    let format = workbook.styles.format(source.style);
    if let Some(text) = source.inline {
        return Some(text_of(strings::unescaped(&text).into_owned(), format));
    }
    let value = source.value?;
    let written = value.trim();
    if written.is_empty() {
        return None;
    }
    let value = match source.kind.as_str() {
        "s" => {
            let number: usize = written.parse().ok()?;
            match format.and_then(|format| format.text(workbook.strings.get(number))) {
                Some(text) => Value::Text(text),
                None => Value::Shared(number),
            }
        }
        "str" | "inlineStr" => text_of(strings::unescaped(&value).into_owned(), format),
        "b" => Value::Other(match written {
            "1" | "true" => "TRUE".to_owned(),
            "0" | "false" => "FALSE".to_owned(),
            other => other.to_owned(),
        }),
        "e" => Value::Other(written.to_owned()),
        "d" => Value::Other(iso(written, format, workbook.since_1904)),
        _ => Value::Other(number(written, format, workbook.since_1904)),
    };
    Some(value)
}

fn text_of(text: String, format: Option<&Format>) -> Value {
    Value::Text(format.and_then(|format| format.text(&text)).unwrap_or(text))
}

fn number(written: &str, format: Option<&Format>, since_1904: bool) -> String {
    let Some(value) = written
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
    else {
        return written.to_owned();
    };
    match format {
        Some(format) => format.number(value, written, since_1904),
        None => format::general(value, written),
    }
}

/// A date in ISO 8601, as strict files store it, in its display format.
fn iso(written: &str, format: Option<&Format>, since_1904: bool) -> String {
    let Some(serial) = serial(written.trim_end_matches('Z'), since_1904) else {
        return written.to_owned();
    };
    if let Some(format) = format.filter(|format| format.is_date()) {
        return format.number(serial, "", since_1904);
    }
    Moment::of(serial, 0, since_1904).map_or_else(|| written.to_owned(), Moment::whole)
}

fn serial(written: &str, since_1904: bool) -> Option<f64> {
    let days = if since_1904 {
        (1904, 1, 1)
    } else {
        (1899, 12, 30)
    };
    let start = NaiveDate::from_ymd_opt(days.0, days.1, days.2)?.and_time(NaiveTime::MIN);
    let moment = if let Ok(date) = NaiveDate::parse_from_str(written, "%Y-%m-%d") {
        date.and_time(NaiveTime::MIN)
    } else if let Ok(moment) = NaiveDateTime::parse_from_str(written, "%Y-%m-%dT%H:%M:%S%.f") {
        moment
    } else if let Ok(moment) = NaiveDateTime::parse_from_str(written, "%Y-%m-%dT%H:%M") {
        moment
    } else {
        let time = written.trim_start_matches('T');
        start
            .date()
            .and_time(NaiveTime::parse_from_str(time, "%H:%M:%S%.f").ok()?)
    };
    let milliseconds = (moment - start).num_milliseconds();
    let serial = milliseconds as f64 / 86_400_000.0;
    // Excel's day 60, 1900-02-29, does not exist.
    let early = !since_1904 && (1.0..61.0).contains(&serial);
    Some(if early { serial - 1.0 } else { serial })
}

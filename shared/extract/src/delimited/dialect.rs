//! Detects how delimited values are written: the delimiter, and how quotes inside of values are escaped.

use super::records::Records;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The sample that detection looks at, in bytes and in rows.
const SAMPLE: usize = 64 * 1024;
const SAMPLE_ROWS: usize = 200;

/// How a table is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialect {
    /// The delimiter, an ASCII character.
    pub delimiter: u8,
    /// Whether a backslash escapes a quote.
    pub backslash: bool,
}

/// Detects the dialect of a table, and skips Excel's `sep=;` line, which is not a row.
pub fn of(source: &str) -> (Dialect, &str) {
    let backslash = has_backslashes(sample(source));
    if let Some((delimiter, rest)) = instruction(source) {
        let dialect = Dialect {
            delimiter,
            backslash,
        };
        return (dialect, rest);
    }
    let mut best = (0.0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let dialect = Dialect {
            delimiter,
            backslash,
        };
        let score = score(sample(source), dialect);
        // On a tie the earlier delimiter wins.
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    let (_, delimiter) = best;
    let dialect = Dialect {
        delimiter,
        backslash,
    };
    (dialect, source)
}

fn sample(source: &str) -> &str {
    let end = source.floor_char_boundary(SAMPLE);
    let cut = &source[..end];
    if end == source.len() {
        return cut;
    }
    // Drops the last row, which is cut off.
    cut.rfind(['\n', '\r']).map_or(cut, |at| &cut[..at])
}

/// The delimiter of a first line `sep=;`, and the text after that line.
fn instruction(source: &str) -> Option<(u8, &str)> {
    let end = source.find(['\n', '\r']).unwrap_or(source.len());
    let (line, rest) = source.split_at(end);
    let line = line.trim_start().trim_start_matches('"');
    let value = line
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("sep="))
        .map(|_| line[4..].trim_end_matches('"'))?;
    let delimiter = match value.as_bytes() {
        b"\\t" => b'\t',
        [first] => *first,
        // A program that pads rows to equal length has saved the file again.
        [first, rest @ ..] if rest.iter().all(|byte| DELIMITERS.contains(byte)) => *first,
        _ => return None,
    };
    let rest = rest.strip_prefix('\r').unwrap_or(rest);
    let plain = delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() && delimiter != b'"';
    plain.then(|| (delimiter, rest.strip_prefix('\n').unwrap_or(rest)))
}

/// Whether quotes are escaped as `\"` rather than `""`: after such a quote the value continues.
fn has_backslashes(sample: &str) -> bool {
    let ends = |c: char| matches!(c, '\n' | '\r' | '"') || DELIMITERS.contains(&(c as u8));
    let mut found = false;
    for (at, _) in sample.match_indices("\\\"") {
        let next = sample[at + 2..].chars().next();
        found |= next.is_some_and(|next| !(next.is_ascii() && ends(next)));
    }
    let doubled = sample
        .match_indices("\"\"")
        .any(|(at, _)| sample[at + 2..].starts_with(char::is_alphanumeric));
    found && !doubled
}

/// How much a text looks like a table with this delimiter: rows of equal length with several columns, and clean values
/// (van den Burg, Nazábal and Sutton: Wrangling messy CSV files by detecting row and type patterns, 2019).
fn score(sample: &str, dialect: Dialect) -> f64 {
    // Row lengths and how many rows have each.
    let mut lengths: Vec<(usize, u32)> = Vec::new();
    let (mut clean, mut all) = (0_u32, 0_u32);
    for row in Records::new(sample, dialect).take(SAMPLE_ROWS) {
        if row.iter().all(|value| value.trim().is_empty()) && row.len() == 1 {
            continue;
        }
        for value in &row {
            all += 1;
            clean += u32::from(is_clean(value.trim(), dialect.delimiter));
        }
        match lengths.iter_mut().find(|(length, _)| *length == row.len()) {
            Some((_, count)) => *count += 1,
            None => lengths.push((row.len(), 1)),
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of columns")]
    let pattern: f64 = lengths
        .iter()
        .map(|(length, count)| f64::from(*count) * (*length as f64 - 1.0) / *length as f64)
        .sum();
    let kinds = u32::try_from(lengths.len()).unwrap_or(u32::MAX).max(1);
    pattern / f64::from(kinds) * f64::from(clean) / f64::from(all.max(1))
}

/// Whether a value is clean: a number, or text without another delimiter or a stray quote.
fn is_clean(value: &str, delimiter: u8) -> bool {
    let number = |c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '-' | '+' | '%' | '€' | '$')
    };
    let separated = |sign: &u8| *sign != delimiter && value.as_bytes().contains(sign);
    let prose = value.contains(", ") || value.contains("; ");
    value.chars().all(number) || prose || !(DELIMITERS.iter().any(separated) || value.contains('"'))
}

//! Reads values separated by commas, semicolons, tabs or bars (RFC 4180 and its relatives).

mod dialect;
mod records;

use dynrag_domain::{chunks::Extracted, warnings::WarningCode};

use crate::{
    decode::{self, controls},
    protocol::Refusal,
    tables,
    text::{self, Builder},
};
use records::Records;

/// Maximum columns of a table; the rest is cut, since wider tables are unreadable.
const MAX_COLUMNS: usize = 10_000;

/// Reads a table with a header row. Values stay as they are, except for white space.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let decoded = decode::text(bytes, None);
    // A NUL next to a quote would keep it from being recognized.
    let source = controls::cleaned(&decoded.text);
    let (dialect, source) = dialect::of(source.trim_start_matches('\u{feff}'));
    let mut cut = 0;
    let rows = Records::new(source, dialect)
        .filter(|row| row.iter().any(|value| !value.trim().is_empty()))
        .map(|mut row| {
            cut += usize::from(row.len() > MAX_COLUMNS);
            row.truncate(MAX_COLUMNS);
            row
        });
    let mut builder = Builder::default();
    for piece in tables::pieces(rows) {
        builder.block(&text::normalise(&piece));
    }
    builder.warnings.add(WarningCode::TableCut, cut);
    decoded.warn(&mut builder.warnings);
    Ok(builder.finish(None, None, "csv"))
}

#[cfg(test)]
mod tests;

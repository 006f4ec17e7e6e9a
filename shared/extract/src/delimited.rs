//! Reads values separated by commas, semicolons, tabs or bars (RFC 4180 and its relatives).

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use dynrag_domain::{chunks::Extracted, documents::FailureCode};

use crate::{
    decode,
    protocol::Refusal,
    tables,
    text::{self, Builder},
};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Lines that are looked at to tell what separates the values.
const SAMPLE: usize = 20;
/// More columns are no table that somebody reads.
const MAX_COLUMNS: usize = 10_000;

/// Reads a table; its first row is its header.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let source = text::normalise(&decode::page(bytes));
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&source))
        .from_reader(source.as_bytes());
    let mut rows: Vec<StringRecord> = Vec::new();
    let mut record = ByteRecord::new();
    loop {
        let more = reader.read_byte_record(&mut record);
        let corrupt = |detail: String| Refusal::new(FailureCode::CorruptFile, detail);
        if !more.map_err(|e| corrupt(format!("csv: {:?}", e.kind())))? {
            break;
        }
        if record.len() > MAX_COLUMNS {
            return Err(corrupt(format!("{} columns", record.len())));
        }
        let row = StringRecord::from_byte_record_lossy(record.clone());
        if row.iter().any(|value| !value.trim().is_empty()) {
            rows.push(row);
        }
    }
    let mut builder = Builder::default();
    for piece in tables::pieces(rows.iter()) {
        builder.block(&piece);
    }
    Ok(builder.finish(None, None, "csv"))
}

/// The one that is most often in the first lines, as often in each as can be.
fn delimiter(source: &str) -> u8 {
    let counts = |delimiter: u8| -> Vec<usize> {
        let lines = source.lines().filter(|line| !line.is_empty()).take(SAMPLE);
        lines
            .map(|line| line.bytes().filter(|byte| *byte == delimiter).count())
            .collect()
    };
    DELIMITERS
        .into_iter()
        .max_by_key(|delimiter| {
            let counts = counts(*delimiter);
            let least = counts.iter().min().copied().unwrap_or_default();
            // On a tie the first of the list.
            (
                least,
                counts.iter().sum::<usize>(),
                std::cmp::Reverse(*delimiter == b'|'),
            )
        })
        .filter(|delimiter| counts(*delimiter).iter().any(|count| *count > 0))
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_is_found() {
        for (source, found) in [
            ("a,b\n1,2", b','),
            ("a;b\n1,5;2,5", b';'),
            ("a\tb, c\n1\t2", b'\t'),
            ("one column\nonly", b','),
            ("a|b\n1|2", b'|'),
        ] {
            assert_eq!(delimiter(source), found, "{source}");
        }
    }

    #[test]
    fn a_table_is_readable() {
        let table = read(b"Team;Cups\n\"Maple; Leafs\";13\n\nBlues;1\n").unwrap();
        assert_eq!(
            table.text,
            "| Team | Cups |\n| --- | --- |\n| Maple; Leafs | 13 |\n| Blues | 1 |"
        );
        let latin = read(b"name,city\nJos\xe9,M\xe1laga\nAndr\xe9,Orl\xe9ans\n").unwrap();
        assert!(latin.text.contains("Málaga"), "{}", latin.text);
        let wide = vec!["x"; MAX_COLUMNS + 1].join(",");
        assert_eq!(
            read(wide.as_bytes()).unwrap_err().code,
            FailureCode::CorruptFile
        );
    }
}

//! Makes one segment of several.

use dynrag_domain::ids::CustomerId;

use crate::{
    Builder, Options, Piece, Ranges, Result, Row, Segment, SegmentRef, cache::whole,
    documents::time, segment::Part,
};

/// Bytes of rows that are read at once.
const RANGE: u64 = 8 * 1024 * 1024;

/// Merges segments, which follow each other in the list of a table, into one that takes their place: returns its builder.
///
/// Rows that tombstones of the given segments remove are left out without a trace, and superseded ones say since when;
/// [`Options::keep`] leaves out more. Nothing is embedded again; the words are analysed again, by the rules of this release.
/// Leave [`Options::tombstones`] out if the first of the segments is the first of the table.
///
/// Reads one segment after the other, 8 MiB at a time; memory is that of [`Builder`].
///
/// # Errors
/// Those of opening segments and of [`Builder::push`].
pub async fn merge<R: Ranges>(
    ranges: &R,
    customer: CustomerId,
    segments: &[SegmentRef],
    options: Options,
) -> Result<Builder> {
    let mut builder = Builder::new(options);
    for reference in segments {
        let first = Piece {
            segment: reference.name,
            range: 0..reference.first,
        };
        let pieces = [first];
        let read = ranges.read(customer, &pieces).await?;
        let segment = Segment::open(*reference, whole(&pieces, &read, 0)?.clone())?;
        // They are about the segments before.
        for tombstone in segment.tombstones() {
            builder.bury(*tombstone);
        }
        let mut row = 0;
        while row < segment.rows() {
            let start = segment.range(Part::Row(row)).start;
            let end_of = |row: &u32| segment.range(Part::Row(*row)).end;
            let more = (row + 1..segment.rows()).take_while(|row| end_of(row) - start <= RANGE);
            let end = more.last().unwrap_or(row) + 1;
            let pieces = [Piece {
                segment: reference.name,
                range: start..end_of(&(end - 1)),
            }];
            let read = ranges.read(customer, &pieces).await?;
            let bytes = whole(&pieces, &read, 0)?;
            for row in row..end {
                let range = segment.range(Part::Row(row));
                let at = |offset: u64| usize::try_from(offset - start).unwrap_or(usize::MAX);
                let block = bytes
                    .get(at(range.start)..at(range.end))
                    .unwrap_or_default();
                push(&mut builder, &segment, row, block)?;
            }
            row = end;
        }
    }
    Ok(builder)
}

fn push(builder: &mut Builder, segment: &Segment, row: u32, block: &[u8]) -> Result<()> {
    let record = segment.record(row, block)?;
    let place = segment
        .columns
        .document
        .get(row as usize)
        .copied()
        .unwrap_or_default();
    let superseded_at = segment
        .documents
        .get(place as usize)
        .and_then(|document| document.superseded_at);
    builder.push(
        &Row {
            document: record.document,
            version: record.version,
            published_at: record.published_at,
            superseded_at: superseded_at
                .map(|at| segment.blame(time(at)))
                .transpose()?,
            index: record.index,
            page: record.page,
            parent: record.parent,
            char_span: record.char_span,
            language: record.language.as_deref(),
            title: &record.title,
            heading_path: &record.heading_path,
            text: &record.text,
            text_hash: &record.text_hash,
            metadata: &record.metadata,
            vector: &segment.read_vector(block),
        },
        segment.model(),
    )
}

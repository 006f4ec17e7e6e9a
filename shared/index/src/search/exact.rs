//! The comparison of every vector, for measuring recall and for those who want nothing missed.

use dynrag_domain::ids::CustomerId;

use super::{View, vector::VectorLeg};
use crate::{Piece, Ranges, Result, cache::whole, segment::Part, wire};

/// Bytes of a range, and ranges at the same time: they are in memory together.
const RANGE: u64 = 8 * 1024 * 1024;
const RANGES: usize = 4;

/// Rows that follow each other, and their bytes.
struct Run {
    view: usize,
    rows: std::ops::Range<u32>,
    piece: Piece,
}

impl VectorLeg {
    /// Compares all rows that may be found and are not in flat segments.
    pub(super) async fn compare_all<R: Ranges>(
        &mut self,
        views: &[View],
        ranges: &R,
        customer: CustomerId,
    ) -> Result<()> {
        let runs = views.iter().enumerate();
        let runs = runs.filter(|(_, view)| !view.segment().is_flat());
        let runs: Vec<Run> = runs
            .flat_map(|(number, view)| runs_of(number, view))
            .collect();
        read_runs(
            views,
            &runs,
            ranges,
            customer,
            |number, view, row, block| {
                let cosine = view.segment().cosine(&self.query, block);
                self.set(views, (number, row), cosine);
            },
        )
        .await
    }
}

/// Hands out each row that may be found, with its block.
pub(super) async fn each_row<R: Ranges>(
    views: &[View],
    ranges: &R,
    customer: CustomerId,
    mut visit: impl FnMut(&View, u32, &[u8]),
) -> Result<()> {
    let runs = views.iter().enumerate();
    let runs: Vec<Run> = runs
        .flat_map(|(number, view)| runs_of(number, view))
        .collect();
    read_runs(views, &runs, ranges, customer, |_, view, row, block| {
        visit(view, row, block);
    })
    .await
}

/// Reads runs, some at a time. Nothing of them stays in memory.
async fn read_runs<R: Ranges>(
    views: &[View],
    runs: &[Run],
    ranges: &R,
    customer: CustomerId,
    mut visit: impl FnMut(usize, &View, u32, &[u8]),
) -> Result<()> {
    for together in runs.chunks(RANGES) {
        let pieces: Vec<Piece> = together.iter().map(|run| run.piece.clone()).collect();
        let read = ranges.read(customer, &pieces).await?;
        for (number, run) in together.iter().enumerate() {
            let bytes = whole(&pieces, &read, number)?;
            let Some(view) = views.get(run.view) else {
                continue;
            };
            for row in run.rows.clone().filter(|row| view.admitted.has(*row)) {
                let range = view.segment().range(Part::Row(row));
                let at = |offset: u64| {
                    usize::try_from(offset - run.piece.range.start).unwrap_or(usize::MAX)
                };
                let block = bytes
                    .get(at(range.start)..at(range.end))
                    .unwrap_or_default();
                view.segment().blame(wire::unseal(block))?;
                visit(run.view, view, row, block);
            }
        }
    }
    Ok(())
}

/// The ranges of a segment that have rows that may be found.
fn runs_of(number: usize, view: &View) -> Vec<Run> {
    let segment = view.segment();
    let mut runs: Vec<Run> = Vec::new();
    for row in (0..segment.rows()).filter(|row| view.admitted.has(*row)) {
        let range = segment.range(Part::Row(row));
        match runs.last_mut() {
            Some(run) if run.rows.end == row && range.end - run.piece.range.start <= RANGE => {
                run.rows.end = row + 1;
                run.piece.range.end = range.end;
            }
            _ => runs.push(Run {
                view: number,
                rows: row..row + 1,
                piece: Piece {
                    segment: segment.name(),
                    range,
                },
            }),
        }
    }
    runs
}

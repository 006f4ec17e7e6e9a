//! What a round reads: the choice of parts, and ranges that hold several of them.

use bytes::Bytes;
use dynrag_domain::ids::CustomerId;

use super::{Target, Wanted};
use crate::{
    Error, Piece, Ranges, Result,
    error::Corrupt,
    plan::{Budget, Want, plan, plan_all},
};

/// The numbers of the wants that a round gets: the same whatever is in memory, so that a search always finds the same.
pub(super) fn choose(
    wanted: &[Wanted],
    resident: &[Option<Bytes>],
    budgets: &[Budget],
) -> Vec<usize> {
    let missing = wanted
        .iter()
        .zip(resident)
        .enumerate()
        .filter(|(_, (_, resident))| resident.is_none());
    let missing: Vec<(usize, &Wanted)> = missing
        .map(|(number, (wanted, _))| (number, wanted))
        .collect();
    let mut chosen = Vec::with_capacity(missing.len());
    for (place, budget) in budgets.iter().enumerate() {
        let of: Vec<&(usize, &Wanted)> = missing
            .iter()
            .filter(|(_, wanted)| wanted.budget == place)
            .collect();
        let wants: Vec<Want> = of
            .iter()
            .map(|(_, wanted)| Want {
                segment: wanted.opened.segment.name(),
                range: wanted.opened.segment.range(wanted.part),
                rank: wanted.rank,
            })
            .collect();
        // What is in the first budget is never left out.
        let planned: Vec<usize> = match place {
            0 => (0..of.len()).collect(),
            _ => plan(&wants, *budget)
                .into_iter()
                .flat_map(|request| request.wants)
                .collect(),
        };
        chosen.extend(
            planned
                .into_iter()
                .filter_map(|want| of.get(want).map(|(number, _)| *number)),
        );
    }
    chosen
}

/// Reads targets in one round.
pub(super) async fn read<R: Ranges>(
    ranges: &R,
    customer: CustomerId,
    targets: &[Target],
    mine: &[usize],
    budgets: &[Budget],
) -> Result<Vec<(usize, Bytes)>> {
    let mut requests = Vec::new();
    for (number, budget) in budgets.iter().enumerate() {
        let of: Vec<(usize, &Target)> = mine
            .iter()
            .filter_map(|place| Some((*place, targets.get(*place)?)))
            .filter(|(_, target)| target.budget == number)
            .collect();
        let wants: Vec<Want> = of
            .iter()
            .map(|(_, target)| Want {
                segment: target.segment,
                range: target.range.clone(),
                rank: 0,
            })
            .collect();
        let planned = match number {
            0 => plan_all(&wants, *budget),
            // What was chosen fits its budget, and some of it never takes more than all.
            _ => plan(
                &wants,
                Budget {
                    bytes: u64::MAX,
                    ..*budget
                },
            ),
        };
        for mut request in planned {
            let places = request
                .wants
                .iter()
                .filter_map(|want| of.get(*want).map(|(place, _)| *place));
            request.wants = places.collect();
            requests.push(request);
        }
    }
    let pieces: Vec<Piece> = requests
        .iter()
        .map(|request| Piece {
            segment: request.segment,
            range: request.range.clone(),
        })
        .collect();
    let read = ranges.read(customer, &pieces).await?;
    let mut parts = Vec::with_capacity(mine.len());
    for (number, request) in requests.iter().enumerate() {
        let bytes = whole(&pieces, &read, number)?;
        for place in &request.wants {
            let Some(target) = targets.get(*place) else {
                continue;
            };
            let part = if target.range == request.range {
                bytes.clone()
            } else {
                // A copy, so that the rest of the request is not held in memory with it.
                let at = |offset: u64| {
                    usize::try_from(offset - request.range.start).unwrap_or(usize::MAX)
                };
                let part = bytes.get(at(target.range.start)..at(target.range.end));
                Bytes::copy_from_slice(part.unwrap_or_default())
            };
            parts.push((*place, part));
        }
    }
    Ok(parts)
}

/// The bytes of a piece, if they are as many as were asked for.
pub(crate) fn whole<'a>(pieces: &[Piece], read: &'a [Bytes], number: usize) -> Result<&'a Bytes> {
    let piece = pieces
        .get(number)
        .ok_or(Error::Invalid("a range that was not asked for"))?;
    let wanted = piece.range.end - piece.range.start;
    match read.get(number) {
        Some(bytes) if bytes.len() as u64 == wanted => Ok(bytes),
        _ => Err(Corrupt::Damaged("it is shorter than recorded").in_segment(piece.segment)),
    }
}

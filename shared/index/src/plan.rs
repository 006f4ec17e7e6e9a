//! Which ranges are read in a round: few, and not much in between.

use std::ops::Range;

use crate::SegmentName;

/// Bytes between two ranges that are read rather than asking twice.
const GAP: u64 = 32 * 1024;

/// The most of something that a round may read. Each segment may have a request of its own in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Ranges.
    pub requests: usize,
    /// Bytes.
    pub bytes: u64,
}

impl Budget {
    pub(crate) const UNLIMITED: Self = Self {
        requests: usize::MAX,
        bytes: u64::MAX,
    };
}

/// A range that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Want {
    pub(crate) segment: SegmentName,
    pub(crate) range: Range<u64>,
    /// Those of higher rank are left out first.
    pub(crate) rank: u32,
}

/// A range to read, with the wants that are in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) segment: SegmentName,
    pub(crate) range: Range<u64>,
    pub(crate) wants: Vec<usize>,
}

/// Puts all wants into as few requests as keep to the bytes of a budget; into no fewer than it has requests.
pub(crate) fn plan_all(wants: &[Want], budget: Budget) -> Vec<Request> {
    let all: Vec<usize> = (0..wants.len()).collect();
    let mut most = budget.requests;
    loop {
        let planned = requests(
            wants,
            &all,
            Budget {
                requests: most,
                ..budget
            },
        );
        // More would be of no use.
        let is_least = planned.len() < most || most >= wants.len();
        if is_least || bytes(&planned) <= budget.bytes {
            return planned;
        }
        most += 1;
    }
}

fn bytes(requests: &[Request]) -> u64 {
    let lengths = requests.iter();
    lengths
        .map(|request| request.range.end - request.range.start)
        .sum()
}

/// Wants that are tried one by one where not all fit.
const TRIED: usize = 128;

/// Puts as many wants as the budget allows into requests, the lowest ranks first; at least one.
pub(crate) fn plan(wants: &[Want], budget: Budget) -> Vec<Request> {
    let mut by_rank: Vec<usize> = (0..wants.len()).collect();
    by_rank.sort_by_key(|want| wants.get(*want).map(|want| want.rank));
    let with = |count: usize| requests(wants, by_rank.get(..count).unwrap_or_default(), budget);
    let fits = |requests: &[Request]| bytes(requests) <= budget.bytes;
    let all = with(wants.len());
    if fits(&all) {
        return all;
    }
    // More wants never take fewer bytes, but for small differences.
    let (mut fitting, mut too_many) = (1, wants.len());
    while too_many - fitting > 1 {
        let middle = fitting + (too_many - fitting) / 2;
        if fits(&with(middle)) {
            fitting = middle;
        } else {
            too_many = middle;
        }
    }
    // What is far from all others is left out alone.
    let mut chosen = by_rank.get(..fitting).unwrap_or_default().to_vec();
    for want in by_rank.into_iter().skip(fitting + 1).take(TRIED) {
        chosen.push(want);
        if !fits(&requests(wants, &chosen, budget)) {
            chosen.pop();
        }
    }
    requests(wants, &chosen, budget)
}

/// Covers wants by at most as many requests as the budget has, with the fewest bytes in between.
fn requests(wants: &[Want], chosen: &[usize], budget: Budget) -> Vec<Request> {
    let mut sorted: Vec<(usize, &Want)> = chosen
        .iter()
        .filter_map(|place| Some((*place, wants.get(*place)?)))
        .collect();
    sorted.sort_by_key(|(_, want)| (want.segment, want.range.start, want.range.end));
    let mut runs: Vec<Request> = Vec::new();
    for (place, want) in sorted {
        match runs.last_mut() {
            Some(run)
                if run.segment == want.segment
                    && want.range.start <= run.range.end.saturating_add(GAP) =>
            {
                run.range.end = run.range.end.max(want.range.end);
                run.wants.push(place);
            }
            _ => runs.push(Request {
                segment: want.segment,
                range: want.range.clone(),
                wants: vec![place],
            }),
        }
    }
    let gap = |pair: &[Request]| match pair {
        [a, b] if a.segment == b.segment => Some(b.range.start - a.range.end),
        _ => None,
    };
    let mut gaps: Vec<u64> = runs.windows(2).filter_map(gap).collect();
    let segments = runs.len() - gaps.len();
    let splits = budget.requests.saturating_sub(segments);
    if splits >= gaps.len() {
        return runs;
    }
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    // Gaps of this length are split as long as there are requests.
    let least = gaps.get(splits).copied().unwrap_or_default();
    let mut splits = splits;
    let mut joined: Vec<Request> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if last.segment == run.segment => {
                let gap = run.range.start - last.range.end;
                if gap > least && splits > 0 {
                    splits -= 1;
                    joined.push(run);
                } else {
                    last.range.end = run.range.end;
                    last.wants.extend(run.wants);
                }
            }
            _ => joined.push(run),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn want(segment: SegmentName, start: u64, rank: u32) -> Want {
        Want {
            segment,
            range: start..start + 1_000,
            rank,
        }
    }

    #[test]
    fn near_ranges_are_one_request_and_the_smallest_gaps_are_read() {
        let name = SegmentName::generate();
        let starts = [0u64, 10_000, 1_000_000, 1_100_000, 9_000_000];
        let wants: Vec<_> = (0..)
            .zip(starts)
            .map(|(rank, start)| want(name, start, rank))
            .collect();
        let ranges = |requests, bytes| -> Vec<_> {
            let requests = plan(&wants, Budget { requests, bytes });
            requests
                .into_iter()
                .map(|request| (request.range, request.wants.len()))
                .collect()
        };
        assert_eq!(
            ranges(3, u64::MAX),
            [
                (0..11_000, 2),
                (1_000_000..1_101_000, 2),
                (9_000_000..9_001_000, 1)
            ]
        );
        assert_eq!(
            ranges(2, u64::MAX),
            [(0..1_101_000, 4), (9_000_000..9_001_000, 1)]
        );
        // What costs too much is left out, the last rank first.
        assert_eq!(ranges(1, 2_000_000), [(0..1_101_000, 4)]);
        assert_eq!(ranges(1, 20_000), [(0..11_000, 2)]);
        assert_eq!(ranges(1, 1), [(0..1_000, 1)]);
    }

    #[test]
    fn what_is_far_from_all_others_is_left_out_alone() {
        let name = SegmentName::generate();
        let starts = [0u64, 9_000_000, 10_000, 5_000_000, 100_000];
        let wants: Vec<_> = (0..)
            .zip(starts)
            .map(|(rank, start)| want(name, start, rank))
            .collect();
        let budget = |requests, bytes| Budget { requests, bytes };
        let planned = plan(&wants, budget(1, 1_000_000));
        assert_eq!(planned.len(), 1);
        assert_eq!(planned[0].wants, [0, 2, 4]);
        // Where nothing may be left out there are more requests, as few as keep to the bytes.
        let lengths = |requests, bytes| -> Vec<usize> {
            let planned = plan_all(&wants, budget(requests, bytes));
            let lengths: Vec<usize> = planned.iter().map(|request| request.wants.len()).collect();
            assert_eq!(lengths.iter().sum::<usize>(), 5);
            lengths
        };
        assert_eq!(lengths(1, u64::MAX), [5]);
        assert_eq!(lengths(1, 6_000_000), [3, 2]);
        assert_eq!(lengths(2, 1_000_000), [3, 1, 1]);
        assert_eq!(lengths(1, 1), [2, 1, 1, 1]);
        assert_eq!(lengths(9, u64::MAX), [2, 1, 1, 1]);
    }

    #[test]
    fn each_segment_has_a_request() {
        let wants: Vec<_> = (0..5)
            .map(|rank| want(SegmentName::generate(), 0, rank))
            .collect();
        assert_eq!(
            plan(
                &wants,
                Budget {
                    requests: 2,
                    bytes: u64::MAX
                }
            )
            .len(),
            5
        );
        assert!(plan(&[], Budget::UNLIMITED).is_empty());
    }

    proptest! {
        #[test]
        fn requests_keep_to_the_budget_and_cover_what_they_say(
            starts in prop::collection::vec((0u64..3, 0u64..10_000_000, 0u32..50), 1..60),
            requests in 1usize..8,
            bytes in 1_000u64..20_000_000,
        ) {
            let names = [(); 3].map(|()| SegmentName::generate());
            let wants: Vec<_> = starts
                .iter()
                .map(|(segment, start, rank)| want(names[*segment as usize], *start, *rank))
                .collect();
            let planned = plan(&wants, Budget { requests, bytes });
            prop_assert!(planned.len() <= requests.max(3));
            let total: u64 = planned.iter().map(|r| r.range.end - r.range.start).sum();
            let covered: Vec<usize> = planned.iter().flat_map(|r| r.wants.clone()).collect();
            prop_assert!(total <= bytes || covered.len() == 1);
            for request in &planned {
                for want in &request.wants {
                    prop_assert_eq!(wants[*want].segment, request.segment);
                    prop_assert!(request.range.start <= wants[*want].range.start);
                    prop_assert!(request.range.end >= wants[*want].range.end);
                }
            }
            // Nothing is left out that would fit beside what is of lower rank.
            for (place, left_out) in wants.iter().enumerate() {
                if covered.contains(&place) {
                    continue;
                }
                let mut lower: Vec<usize> = covered.clone();
                lower.retain(|other| (wants[*other].rank, *other) < (left_out.rank, place));
                lower.push(place);
                let budget = Budget { requests, bytes };
                prop_assert!(super::bytes(&super::requests(&wants, &lower, budget)) > bytes);
            }
        }
    }
}

//! The vector leg: which lists are read, and which rows may be among the nearest.

use bytes::Bytes;

use super::{LISTS, Scored, View, keep_first, order};
use crate::{
    Result,
    cache::Wanted,
    segment::Part,
    vectors::codes::{Estimate, estimate},
};

/// Rows in the lists that are read are this many times the square root of those that may be found: a third of 10,000, a
/// tenth of 100,000, a thirtieth of a million. `examples/measure.rs` shows what recall that gives.
const PROBE: usize = 32;
/// At least so many are read, and [`PROBE`] for each row that is ranked.
const LEAST: usize = 2_048;
/// Rows of which the exact cosine is computed, at most: so many for each that is ranked, and some more.
const MORE: usize = 4;
const SOME: usize = 32;

/// A list to read.
struct Probe {
    view: usize,
    list: u32,
}

/// A row that may be among the nearest.
struct Near {
    estimate: Estimate,
    place: (usize, u32),
}

pub(super) struct VectorLeg<'a> {
    pub(super) query: &'a [f32],
    /// The query as each segment's codes are turned.
    turned: Vec<Vec<f32>>,
    probes: Vec<Probe>,
    near: Vec<Near>,
}

impl<'a> VectorLeg<'a> {
    /// Compares the rows of flat segments, and the centroids of the others.
    pub(super) fn new(views: &[View], query: &'a [f32], depth: usize, exhaustive: bool) -> Self {
        let mut leg = Self {
            query,
            turned: vec![Vec::new(); views.len()],
            probes: Vec::new(),
            near: Vec::new(),
        };
        let mut lists: Vec<(f32, usize, Probe)> = Vec::new();
        let mut admitted = 0;
        for (number, view) in views.iter().enumerate() {
            if view.count == 0 || exhaustive && !view.segment().is_flat() {
                continue;
            }
            if view.segment().is_flat() {
                leg.compare(number, view);
                continue;
            }
            admitted += view.count;
            let turned = view.segment().rotate(query);
            for (list, distance) in (0u32..).zip(view.segment().distances(&turned)) {
                let rows = view.segment().list_rows(list);
                let count = rows.filter(|row| view.admits(*row)).count();
                if count > 0 {
                    let probe = Probe { view: number, list };
                    lists.push((distance, count, probe));
                }
            }
            if let Some(place) = leg.turned.get_mut(number) {
                *place = turned;
            }
        }
        lists.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut wanted = (PROBE * admitted.isqrt())
            .max(LEAST)
            .max(PROBE.saturating_mul(depth));
        for (_, count, probe) in lists {
            leg.probes.push(probe);
            if count >= wanted {
                break;
            }
            wanted -= count;
        }
        leg
    }

    fn compare(&mut self, number: usize, view: &View) {
        for row in (0..view.segment().rows()).filter(|row| view.admits(*row)) {
            if let Some(block) = view.segment().resident(Part::Row(row)) {
                let cosine = view.segment().cosine(self.query, &block);
                self.push(cosine, (number, row));
            }
        }
    }

    /// Adds a row whose cosine is known.
    pub(super) fn push(&mut self, cosine: f32, place: (usize, u32)) {
        let estimate = Estimate { cosine, error: 0.0 };
        self.near.push(Near { estimate, place });
    }

    /// The lists to read, the nearest first.
    pub(super) fn wanted(&self, views: &[View]) -> Vec<Wanted> {
        let wanted = |(rank, probe): (u32, &Probe)| {
            Some(Wanted {
                opened: views.get(probe.view)?.opened.clone(),
                part: Part::List(probe.list),
                rank,
                budget: LISTS,
            })
        };
        (0u32..).zip(&self.probes).filter_map(wanted).collect()
    }

    /// Estimates the cosines of the rows in lists.
    pub(super) fn estimate(&mut self, views: &[View], lists: &[Option<Bytes>]) -> Result<()> {
        for (probe, list) in self.probes.iter().zip(lists) {
            let (Some(view), Some(turned)) = (views.get(probe.view), self.turned.get(probe.view))
            else {
                continue;
            };
            let (segment, Some(list)) = (view.segment(), list) else {
                continue;
            };
            let rows = segment.list_rows(probe.list);
            let centroid = segment.centroid(probe.list);
            let estimates = segment.blame(estimate(turned, &centroid, list, rows.len()))?;
            for (row, estimate) in rows.zip(estimates) {
                if view.admits(row) {
                    let place = (probe.view, row);
                    self.near.push(Near { estimate, place });
                }
            }
        }
        Ok(())
    }

    /// The rows that may be among the `depth` nearest, the most likely first.
    pub(super) fn best(mut self, views: &[View], depth: usize) -> Vec<Scored> {
        if depth == 0 {
            return Vec::new();
        }
        if depth < self.near.len() {
            let least = |near: &Near| near.estimate.cosine - near.estimate.error;
            let (_, threshold, _) = self
                .near
                .select_nth_unstable_by(depth - 1, |a, b| least(b).total_cmp(&least(a)));
            let threshold = least(threshold);
            self.near
                .retain(|near| near.estimate.cosine + near.estimate.error >= threshold);
        }
        let mut best: Vec<Scored> = self
            .near
            .iter()
            .map(|near| Scored {
                score: near.estimate.cosine,
                place: near.place,
            })
            .collect();
        keep_first(
            &mut best,
            MORE.saturating_mul(depth).saturating_add(SOME),
            |a, b| order(views, a, b),
        );
        best
    }
}

//! The vector leg: which lists are read, and which rows may be among the nearest.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    LISTS, Spot, Spread, View,
    select::{Scored, first},
};
use crate::{
    Result,
    cache::Wanted,
    segment::{Mean, Part},
    vectors::codes::{Estimate, estimate},
};

/// Rows in the lists that are read are this many times the square root of those that may be found: a third of 10,000, a
/// tenth of 100,000, a thirtieth of a million; of more they are one in [`PART`]. `examples/segments` shows what recall that gives.
const PROBE: usize = 32;
const PART: usize = 34;
/// At least so many are read, and [`PROBE`] for each row that is ranked.
const LEAST: usize = 2_048;
/// Rows of which the exact cosine is computed, at most: so many for each that is ranked, and some more.
const MORE: usize = 4;
const SOME: usize = 32;

/// A list to read.
#[derive(Debug)]
struct Probe {
    view: usize,
    list: u32,
}

/// What is known of the cosines of a segment's rows.
#[derive(Debug, Default)]
struct Cosines {
    /// By row, where all that may be found were compared; otherwise empty.
    exact: Vec<f32>,
    /// The query as the codes are turned.
    turned: Vec<f32>,
    /// Of each list its mean, and how many of its rows may be found.
    means: Vec<(Mean, usize)>,
    /// The lists that were read.
    read: BTreeMap<u32, Vec<Estimate>>,
}

#[derive(Debug)]
pub(super) struct VectorLeg {
    pub(super) query: Vec<f32>,
    /// For each segment.
    cosines: Vec<Cosines>,
    probes: Vec<Probe>,
}

impl VectorLeg {
    /// Compares the rows of flat segments, and the centroids of the others.
    pub(super) fn new(views: &[View], query: Vec<f32>, depth: usize, exhaustive: bool) -> Self {
        let mut cosines: Vec<Cosines> = views.iter().map(|_| Cosines::default()).collect();
        let mut lists: Vec<(f32, usize, Probe)> = Vec::new();
        let mut admitted = 0;
        for (number, (view, cosines)) in views.iter().zip(&mut cosines).enumerate() {
            let segment = view.segment();
            if view.admitted.count() == 0 || exhaustive && !segment.is_flat() {
                continue;
            }
            if segment.is_flat() {
                cosines.exact = compare(view, &query);
                continue;
            }
            admitted += view.admitted.count();
            cosines.turned = segment.rotate(&query);
            for (list, mean) in (0u32..).zip(segment.means(&cosines.turned)) {
                let count = view.admitted.count_in(segment.list_rows(list));
                cosines.means.push((mean, count));
                if count > 0 {
                    let probe = Probe { view: number, list };
                    lists.push((mean.distance(), count, probe));
                }
            }
        }
        lists.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut wanted = (PROBE * admitted.isqrt())
            .max(admitted / PART)
            .max(LEAST)
            .max(PROBE.saturating_mul(depth));
        let mut probes = Vec::new();
        for (_, count, probe) in lists {
            probes.push(probe);
            if count >= wanted {
                break;
            }
            wanted -= count;
        }
        Self {
            query,
            cosines,
            probes,
        }
    }

    /// Sets the cosine of a row of a segment all of whose rows are compared.
    pub(super) fn set(&mut self, views: &[View], (view, row): Spot, cosine: f32) {
        let (Some(cosines), Some(view)) = (self.cosines.get_mut(view), views.get(view)) else {
            return;
        };
        if cosines.exact.is_empty() {
            cosines.exact = vec![0.0; view.segment().rows() as usize];
        }
        if let Some(place) = cosines.exact.get_mut(row as usize) {
            *place = cosine;
        }
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
            let (Some(view), Some(cosines), Some(list)) = (
                views.get(probe.view),
                self.cosines.get_mut(probe.view),
                list,
            ) else {
                continue;
            };
            let segment = view.segment();
            let rows = segment.list_rows(probe.list).len();
            let centroid = segment.centroid(probe.list);
            let estimates = estimate(&cosines.turned, &centroid, list, rows);
            cosines.read.insert(probe.list, segment.blame(estimates)?);
        }
        Ok(())
    }

    /// The rows that may be found whose cosines are known or estimated.
    fn near(&self, views: &[View]) -> Vec<Scored> {
        let mut near = Vec::new();
        for (number, (view, cosines)) in views.iter().zip(&self.cosines).enumerate() {
            let scored = |row, score, error| Scored {
                score,
                error,
                spot: (number, row),
            };
            let compared = (0u32..).zip(&cosines.exact);
            let compared = compared.filter(|(row, _)| view.admitted.has(*row));
            near.extend(compared.map(|(row, cosine)| scored(row, *cosine, 0.0)));
            for (list, estimates) in &cosines.read {
                let rows = view.segment().list_rows(*list).zip(estimates);
                let rows = rows.filter(|(row, _)| view.admitted.has(*row));
                near.extend(rows.map(|(row, of)| scored(row, of.cosine, of.error)));
            }
        }
        near
    }

    /// A row's cosine: exact, estimated, or the mean of its list.
    pub(super) fn of(&self, views: &[View], (view, row): Spot) -> f32 {
        let (Some(cosines), Some(view)) = (self.cosines.get(view), views.get(view)) else {
            return 0.0;
        };
        if let Some(exact) = cosines.exact.get(row as usize) {
            return *exact;
        }
        let list = view.segment().list_of(row);
        let estimate = cosines.read.get(&list).and_then(|estimates| {
            let place = row - view.segment().list_rows(list).start;
            estimates.get(place as usize)
        });
        let mean = || {
            cosines
                .means
                .get(list as usize)
                .map(|(mean, _)| mean.cosine)
        };
        estimate
            .map(|estimate| estimate.cosine)
            .or_else(mean)
            .unwrap_or_default()
    }

    /// How the cosines of all rows that may be found are spread: those of lists that were not read have their list's mean,
    /// and the variance that unit vectors around it have in any direction.
    pub(super) fn spread(&self, views: &[View]) -> Spread {
        let mut spread = Spread::default();
        self.near(views)
            .iter()
            .for_each(|scored| spread.add_row(scored.score));
        for (view, cosines) in views.iter().zip(&self.cosines) {
            for (list, (mean, count)) in (0u32..).zip(&cosines.means) {
                if !cosines.read.contains_key(&list) {
                    let variance =
                        (1.0 - mean.squared).max(0.0) / view.segment().dimension() as f32;
                    spread.add_rows(*count, mean.cosine, variance);
                }
            }
        }
        spread
    }

    /// The rows that may be among the `depth` nearest, the most likely first; at most `per_document` of a document.
    pub(super) fn best(
        &self,
        views: &[View],
        depth: usize,
        per_document: Option<usize>,
    ) -> Vec<Scored> {
        if depth == 0 {
            return Vec::new();
        }
        let mut near = self.near(views);
        if per_document.is_some() {
            near = first(views, || near.iter().copied(), usize::MAX, per_document);
        }
        if depth < near.len() {
            let least = |near: &Scored| near.score - near.error;
            let (_, threshold, _) =
                near.select_nth_unstable_by(depth - 1, |a, b| least(b).total_cmp(&least(a)));
            let threshold = least(threshold);
            near.retain(|near| near.score + near.error >= threshold);
        }
        let most = MORE.saturating_mul(depth).saturating_add(SOME);
        first(views, || near.iter().copied(), most, None)
    }
}

/// The cosines of the rows that may be found of a flat segment, by row.
fn compare(view: &View, query: &[f32]) -> Vec<f32> {
    let mut exact = vec![0.0; view.segment().rows() as usize];
    for (row, cosine) in (0u32..).zip(&mut exact) {
        let block = view
            .admitted
            .has(row)
            .then(|| view.segment().resident(Part::Row(row)));
        if let Some(block) = block.flatten() {
            *cosine = view.segment().cosine(query, &block);
        }
    }
    exact
}

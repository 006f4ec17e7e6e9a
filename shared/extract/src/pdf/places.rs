//! Finds the labels of form fields, by positions.

use std::cmp::Ordering;

/// Most comparisons on a page. Values beyond are appended to the page.
const MAX_COMPARISONS: usize = 2_000_000;

/// A part of a page, in page units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub left: f32,
    pub bottom: f32,
    pub right: f32,
    pub top: f32,
}

impl From<[f32; 4]> for Area {
    /// From left, bottom, right, top.
    fn from([left, bottom, right, top]: [f32; 4]) -> Self {
        Self {
            left,
            bottom,
            right,
            top,
        }
    }
}

impl Area {
    /// Whether the centre of another area is inside.
    pub fn holds(&self, other: Self) -> bool {
        let across = f32::midpoint(other.left, other.right);
        let up = f32::midpoint(other.bottom, other.top);
        (self.left..=self.right).contains(&across) && (self.bottom..=self.top).contains(&up)
    }

    /// Orders areas so that the first of the topmost line is the greatest.
    pub fn by_line(&self, other: &Self) -> Ordering {
        if self.is_beside(*other) {
            other.left.total_cmp(&self.left)
        } else {
            self.top.total_cmp(&other.top)
        }
    }

    /// The row and column of a field: sorts fields as they are read. Fields of a row may differ by a few units.
    pub fn row(&self) -> [i64; 2] {
        let middle = f32::midpoint(self.bottom, self.top);
        [-(middle / 6.0).round() as i64, self.left as i64]
    }

    const fn height(&self) -> f32 {
        (self.top - self.bottom).max(1.0)
    }

    fn shares_column(&self, other: Self) -> bool {
        self.left < other.right && self.right > other.left
    }

    /// Whether an area is above another, or reaches into it from above.
    fn is_over(&self, other: Self) -> bool {
        let middle = f32::midpoint(other.bottom, other.top);
        self.bottom > middle && self.top > other.top && self.shares_column(other)
    }

    /// Whether two areas are on the same line.
    fn is_beside(&self, other: Self) -> bool {
        let overlap = self.top.min(other.top) - self.bottom.max(other.bottom);
        overlap > self.height().min(other.height()) * 0.5
    }
}

/// A place next to a text, by its index.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Anchor {
    Before(usize),
    After(usize),
}

/// Keeps the nearer of two texts: distances and indexes.
fn keep_nearer(best: &mut Option<(f32, usize)>, distance: f32, index: usize) {
    if best.is_none_or(|(least, _)| distance <= least) {
        *best = Some((distance, index));
    }
}

/// The texts of a page without the values of its fields, in the order of the file, and its fields.
pub struct Texts<'a> {
    all: &'a [Area],
    fields: &'a [Area],
    /// For each field, the field right above it.
    above: Vec<Option<usize>>,
    comparisons: usize,
}

impl<'a> Texts<'a> {
    pub fn new(all: &'a [Area], fields: &'a [Area]) -> Self {
        let mut texts = Self {
            all,
            fields,
            above: Vec::new(),
            comparisons: 0,
        };
        let fields = 0..texts.fields.len();
        texts.above = fields.map(|field| texts.field_above(field)).collect();
        texts
    }

    /// Whether so many more comparisons may be made.
    const fn may_compare(&mut self, count: usize) -> bool {
        self.comparisons = self.comparisons.saturating_add(count);
        self.comparisons <= MAX_COMPARISONS
    }

    /// The field right above another, with no text between.
    fn field_above(&mut self, field: usize) -> Option<usize> {
        if !self.may_compare(self.fields.len() + self.all.len()) {
            return None;
        }
        let field = self.fields[field];
        let mut nearest = None;
        for (index, other) in self.fields.iter().enumerate() {
            let distance = other.bottom - field.top;
            if other.is_over(field) && distance < field.height() * 2.0 {
                keep_nearer(&mut nearest, distance.max(0.0), index);
            }
        }
        let (_, index) = nearest?;
        let between = Area {
            top: self.fields[index].bottom,
            bottom: field.top,
            ..field
        };
        let is_between = |text: &Area| {
            let middle = f32::midpoint(text.bottom, text.top);
            text.shares_column(between) && (between.bottom..=between.top).contains(&middle)
        };
        (!self.all.iter().any(is_between)).then_some(index)
    }

    /// The place of a field's value: behind the nearest text to the left on its line, else in front of a text close to
    /// the right, else behind the caption above the field. The values of a table stay together, behind its header.
    pub fn anchor(&mut self, value: Area, field: usize) -> Option<Anchor> {
        if !self.may_compare(self.all.len()) {
            return None;
        }
        let [mut left, mut right] = [None; 2];
        for (index, text) in self.all.iter().enumerate() {
            if !text.is_beside(value) {
            } else if text.left < value.left {
                keep_nearer(&mut left, (value.left - text.right).max(0.0), index);
            } else {
                keep_nearer(&mut right, (text.left - value.right).max(0.0), index);
            }
        }
        let size = value.height();
        match (left, right) {
            (Some((far, _)), Some((near, text))) if near < size * 2.0 && far > size * 8.0 => {
                Some(Anchor::Before(text))
            }
            (Some((_, text)), _) => Some(Anchor::After(text)),
            (None, Some((near, text))) if near < size * 2.0 => Some(Anchor::Before(text)),
            _ => self.caption(field).map(Anchor::After),
        }
    }

    /// The caption above a field, or above the column of fields that it belongs to.
    fn caption(&mut self, field: usize) -> Option<usize> {
        let mut top = field;
        // A hostile file may have a circle of fields.
        for _ in 0..self.fields.len() {
            let Some(above) = self.above[top] else { break };
            top = above;
        }
        if !self.may_compare(self.all.len() + self.fields.len() * 2) {
            return None;
        }
        let in_column = top != field || self.above.contains(&Some(field));
        let top = self.fields[top];
        let mut nearest = None;
        for (index, text) in self.all.iter().enumerate() {
            let distance = text.bottom - top.top;
            // A caption may reach into its field.
            if text.is_over(top) && distance < text.height() {
                keep_nearer(&mut nearest, distance.max(0.0), index);
            }
        }
        let (_, text) = nearest?;
        Some(if in_column {
            self.end_of_line(text)
        } else {
            self.end_of_phrase(text)
        })
    }

    /// The last text of a line that is drawn in several pieces.
    fn end_of_line(&self, text: usize) -> usize {
        let rest = self.all[text..].windows(2);
        text + rest.take_while(|pair| pair[1].is_beside(pair[0])).count()
    }

    /// The last text of a phrase that is drawn in several pieces.
    fn end_of_phrase(&self, text: usize) -> usize {
        let goes_on = |pair: &&[Area]| {
            let gap = pair[1].left - pair[0].right;
            pair[1].is_beside(pair[0]) && gap.abs() <= pair[0].height()
        };
        text + self.all[text..].windows(2).take_while(goes_on).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(left: f32, bottom: f32, width: f32) -> Area {
        Area::from([left, bottom, left + width, bottom + 9.0])
    }

    /// The place of the value of the first of some fields, each 100 wide.
    fn place(texts: &[Area], values: &[Area]) -> Option<Anchor> {
        let field = |value: &Area| {
            let (left, bottom) = (value.left - 2.0, value.bottom - 3.0);
            Area::from([left, bottom, left + 100.0, value.top + 3.0])
        };
        let fields: Vec<Area> = values.iter().map(field).collect();
        Texts::new(texts, &fields).anchor(values[0], 0)
    }

    #[test]
    fn values_find_their_labels() {
        let labels = [area(50.0, 700.0, 30.0), area(50.0, 680.0, 30.0)];
        let [beside, far, before] = [[150.0, 682.0], [150.0, 500.0], [38.0, 700.0]]
            .map(|[left, bottom]| place(&labels, &[area(left, bottom, 9.0)]));
        assert_eq!(beside, Some(Anchor::After(1)));
        assert_eq!(far, None);
        // A box in front of its label.
        assert_eq!(before, Some(Anchor::Before(0)));
    }

    #[test]
    fn values_find_the_captions_above() {
        // One caption is drawn in two words.
        let captions = [
            area(50.0, 715.0, 20.0),
            area(74.0, 715.0, 20.0),
            area(200.0, 715.0, 20.0),
            area(50.0, 600.0, 20.0),
        ];
        let value = area(50.0, 701.0, 30.0);
        assert_eq!(place(&captions, &[value]), Some(Anchor::After(1)));
        // The caption is the header of a table's column.
        let below = area(50.0, 681.0, 30.0);
        let beside = area(200.0, 701.0, 30.0);
        for row in [[value, below, beside], [below, value, beside]] {
            assert_eq!(place(&captions, &row), Some(Anchor::After(2)));
        }
    }
}

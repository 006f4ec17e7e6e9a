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

    const fn height(&self) -> f32 {
        (self.top - self.bottom).max(1.0)
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

/// The texts of a page without its fields, in the order of the file.
pub struct Texts {
    all: Vec<Area>,
    comparisons: usize,
}

impl Texts {
    pub const fn new(all: Vec<Area>) -> Self {
        Self {
            all,
            comparisons: 0,
        }
    }

    /// The place of a field's value: behind the nearest text to the left on its line, else in front of a text close to
    /// the right, else behind the caption above the field.
    pub fn anchor(&mut self, value: Area, field: Area) -> Option<Anchor> {
        self.comparisons += self.all.len();
        if self.comparisons > MAX_COMPARISONS {
            return None;
        }
        // Distances and indexes.
        let [mut left, mut right, mut above] = [None::<(f32, usize)>; 3];
        let nearer = |best: &mut Option<(f32, usize)>, distance: f32, index| {
            if best.is_none_or(|(least, _)| distance <= least) {
                *best = Some((distance, index));
            }
        };
        for (index, text) in self.all.iter().enumerate() {
            if text.is_beside(value) {
                if text.left < value.left {
                    nearer(&mut left, (value.left - text.right).max(0.0), index);
                } else {
                    nearer(&mut right, (text.left - value.right).max(0.0), index);
                }
            } else if text.bottom > value.bottom
                && text.bottom - field.top < text.height()
                && text.left < field.right
                && text.right > field.left
            {
                nearer(&mut above, (text.bottom - value.top).max(0.0), index);
            }
        }
        let size = value.height();
        match (left, right) {
            (Some((far, _)), Some((near, text))) if near < size * 2.0 && far > size * 8.0 => {
                Some(Anchor::Before(text))
            }
            (Some((_, text)), _) => Some(Anchor::After(text)),
            (None, Some((near, text))) if near < size * 2.0 => Some(Anchor::Before(text)),
            _ => above.map(|(_, text)| Anchor::After(self.end_of_phrase(text))),
        }
    }

    /// The last text of a phrase that is drawn in several pieces.
    fn end_of_phrase(&self, mut text: usize) -> usize {
        while let (Some(this), Some(next)) = (self.all.get(text), self.all.get(text + 1)) {
            let gap = next.left - this.right;
            if !next.is_beside(*this) || gap.abs() > this.height() {
                break;
            }
            text += 1;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(left: f32, bottom: f32, width: f32) -> Area {
        Area::from([left, bottom, left + width, bottom + 9.0])
    }

    #[test]
    fn values_find_their_labels() {
        let place = |texts: &[Area], value: Area| {
            let field = Area::from([value.left - 2.0, value.bottom - 3.0, 300.0, value.top + 3.0]);
            Texts::new(texts.to_vec()).anchor(value, field)
        };
        let label = [area(50.0, 700.0, 30.0), area(50.0, 680.0, 30.0)];
        assert_eq!(
            place(&label, area(150.0, 682.0, 30.0)),
            Some(Anchor::After(1))
        );
        // Nothing belongs to it.
        assert_eq!(place(&label, area(150.0, 500.0, 30.0)), None);
        // A box in front of its label.
        assert_eq!(
            place(&label, area(38.0, 700.0, 9.0)),
            Some(Anchor::Before(0))
        );
        // The caption above the field is drawn in two words.
        let caption = [
            area(100.0, 715.0, 20.0),
            area(124.0, 715.0, 20.0),
            area(50.0, 600.0, 9.0),
        ];
        assert_eq!(
            place(&caption, area(100.0, 702.0, 30.0)),
            Some(Anchor::After(1))
        );
    }
}

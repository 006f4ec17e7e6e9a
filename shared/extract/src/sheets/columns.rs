//! The hidden columns of a sheet (`col`, ECMA-376 part 1, 18.3.1.13).

use super::reference::MAX_COLUMN;

/// A set of columns, built from any number of ranges.
#[derive(Default)]
pub struct Columns {
    /// For each column: ranges that begin with it, less those that ended before it. Empty without a range.
    changes: Vec<i64>,
    /// Whether each column is in the set.
    all: Vec<bool>,
}

impl Columns {
    /// Adds the columns from `first` to `last`. They are in the set after [`finish`](Self::finish).
    pub fn add(&mut self, first: u32, last: u32) {
        let (first, last) = (first.max(1), last.min(MAX_COLUMN));
        if first > last {
            return;
        }
        self.changes.resize(MAX_COLUMN as usize + 2, 0);
        self.changes[first as usize] += 1;
        self.changes[last as usize + 1] -= 1;
    }

    /// Resolves the ranges.
    pub fn finish(&mut self) {
        let mut open = 0;
        let changes = std::mem::take(&mut self.changes).into_iter();
        self.all = changes
            .map(|change| {
                open += change;
                open > 0
            })
            .collect();
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a column, from 1, is in the set.
    pub fn contains(&self, column: u32) -> bool {
        self.all.get(column as usize).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_overlap_in_any_order_and_number() {
        let mut columns = Columns::default();
        for _ in 0..100_000 {
            columns.add(16_000, u32::MAX);
        }
        for (first, last) in [(7, 9), (3, 4), (8, 12), (2, 1), (0, 1)] {
            columns.add(first, last);
        }
        columns.finish();
        let listed: Vec<u32> = (0..100).filter(|n| columns.contains(*n)).collect();
        assert_eq!(listed, [1, 3, 4, 7, 8, 9, 10, 11, 12]);
        let high = [15_999, 16_000, MAX_COLUMN, MAX_COLUMN + 1];
        let high = high.map(|column| columns.contains(column));
        assert_eq!(high, [false, true, true, false]);
    }
}

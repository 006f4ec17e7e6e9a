//! Parses references to cells and ranges: `B2`, `$B$2:AA10`.

/// Excel's last row and column.
pub const MAX_ROW: u32 = 1_048_576;
pub const MAX_COLUMN: u32 = 16_384;

/// Row and column, both from 1; `None` for a missing one or one outside of a sheet.
pub fn cell(name: &str) -> (Option<u32>, Option<u32>) {
    let name = name.trim().trim_start_matches('$');
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = name.split_at(letters);
    let column = column.bytes().try_fold(0_u32, |number, letter| {
        let letter = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        Some(number * 26 + letter).filter(|number| *number <= MAX_COLUMN)
    });
    let row = row.trim_start_matches('$').parse().ok();
    (
        row.filter(|row| (1..=MAX_ROW).contains(row)),
        column.filter(|column| *column > 0),
    )
}

/// The corners of a range, the upper left one first.
pub fn range(name: &str) -> Option<[(u32, u32); 2]> {
    let (from, to) = name.split_once(':')?;
    let both = |name| {
        let (row, column) = cell(name);
        Some((row?, column?))
    };
    let (from, to) = (both(from)?, both(to)?);
    Some([
        (from.0.min(to.0), from.1.min(to.1)),
        (from.0.max(to.0), from.1.max(to.1)),
    ])
}

/// The letters of a column.
pub fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        column -= 1;
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        column /= 26;
    }
    letters.iter().rev().collect()
}

/// Ascending numbers as `3-5, 8`; a long list ends with `…`.
pub fn listed(numbers: &[u32], named: impl Fn(u32) -> String) -> String {
    const MAX_RANGES: usize = 5;
    let ranges = numbers.chunk_by(|a, b| a + 1 == *b);
    let mut all: Vec<String> = ranges
        .take(MAX_RANGES + 1)
        .filter_map(|range| match range {
            [] => None,
            [one] => Some(named(*one)),
            [first, .., last] => Some(format!("{}-{}", named(*first), named(*last))),
        })
        .collect();
    if all.len() > MAX_RANGES {
        all[MAX_RANGES] = "…".to_owned();
    }
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(cell("B12"), (Some(12), Some(2)));
        assert_eq!(cell("$XFD$1048576"), (Some(MAX_ROW), Some(MAX_COLUMN)));
        assert_eq!(cell("XFE1"), (Some(1), None));
        assert_eq!(cell("ZZZZZZZZZZZZZZ0"), (None, None));
        assert_eq!(range("C4:A2"), Some([(2, 1), (4, 3)]));
        assert_eq!(range("A1"), None);
        assert_eq!(letters(1), "A");
        assert_eq!(letters(28), "AB");
        assert_eq!(letters(MAX_COLUMN), "XFD");
        assert_eq!(listed(&[3, 4, 5, 8], |n| n.to_string()), "3-5, 8");
        let odd: Vec<u32> = (0..100).map(|n| 2 * n + 1).collect();
        assert_eq!(listed(&odd, |n| n.to_string()), "1, 3, 5, 7, 9, …");
    }
}

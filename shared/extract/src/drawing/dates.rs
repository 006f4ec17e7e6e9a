//! Converts the day numbers of charts to ISO dates.

use chrono::{Days, NaiveDate};

/// Whether a number format shows a date: it contains the year or the day, or the month, which means minutes in a time.
/// Quoted, bracketed and escaped text is skipped (ECMA-376 part 1, 18.8.31).
pub fn is_date(format: &str) -> bool {
    let mut has_month = false;
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        match character.to_ascii_lowercase() {
            '"' => drop(characters.by_ref().find(|end| *end == '"')),
            '[' => drop(characters.by_ref().find(|end| *end == ']')),
            '\\' | '_' | '*' => drop(characters.next()),
            'y' | 'd' => return true,
            'm' => has_month = true,
            'h' | 's' | ';' => return has_month && character == ';',
            _ => {}
        }
    }
    has_month
}

/// A day number, counted from 1900 or 1904, as an ISO date; `None` if it is not a whole day.
pub fn day(number: &str, since_1904: bool) -> Option<String> {
    let number: f64 = number.parse().ok()?;
    if number.fract() != 0.0 || !(1.0..=2_958_465.0).contains(&number) {
        return None;
    }
    // Whole and within the range, so nothing is truncated.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    let days = Days::new(number as u64);
    let start = if since_1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?
    } else if number < 60.0 {
        NaiveDate::from_ymd_opt(1899, 12, 31)?
    } else {
        // Excel counts 1900 as a leap year, as Lotus 1-2-3 did.
        NaiveDate::from_ymd_opt(1899, 12, 30)?
    };
    Some(start.checked_add_days(days)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_days() {
        assert!(is_date("m/d/yyyy") && is_date("[$-409]d-mmm") && is_date("mmm\\ yy"));
        assert!(is_date("mmm") && is_date("mmm;@"));
        assert!(
            !is_date("General")
                && !is_date("h:mm")
                && !is_date("mm:ss")
                && !is_date("#,##0 \"days\"")
                && !is_date("0\\d")
                && !is_date("[Red]0;yy")
        );
        // Values from Excel.
        assert_eq!(day("41640", false).as_deref(), Some("2014-01-01"));
        assert_eq!(day("40178", true).as_deref(), Some("2014-01-01"));
        assert_eq!(day("59", false).as_deref(), Some("1900-02-28"));
        assert_eq!(day("61", false).as_deref(), Some("1900-03-01"));
        assert_eq!(day("1.5", false), None);
        assert_eq!(day("1e300", false), None);
        assert_eq!(day("Q1", false), None);
    }
}

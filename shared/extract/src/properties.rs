//! Properties of documents, normalized for storage: authors and dates in any notation.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};
use dynrag_domain::chunks::Properties;

use crate::text;

/// Plausible years of a date: others come from a wrong clock or a joke.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;
/// More of a date is not looked at.
const LONGEST_DATE: usize = 64;
/// Furthest zone from UTC, in hours.
const FURTHEST_ZONE: i64 = 14;

/// The author of a document, on one line; `None` if no one is named.
pub fn author(raw: &str) -> Option<String> {
    // Bounded first: composing the characters of a megabyte for a line of it is wasted.
    let some: String = raw.chars().take(16 * Properties::MAX_AUTHOR).collect();
    let author = text::one_line(&text::normalise(&some), Properties::MAX_AUTHOR);
    // Pages put their names into a template: `, The Times`.
    let author = author.trim_matches([',', ';', '|', '-', ' ']).to_owned();
    let nobody = ["unknown", "anonymous", "none", "null", "n/a"];
    let named = text::letters(&author) > 0 && !nobody.contains(&author.to_lowercase().as_str());
    named.then_some(author)
}

/// All that are named, in their order.
pub fn authors<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names.into_iter().take(20) {
        if let Some(name) = author(name.as_ref())
            && !all.contains(&name)
        {
            all.push(name);
        }
    }
    author(&all.join(", "))
}

/// A time in any notation found in files: `2026-11-21T09:30:00.5+01:00` (ISO 8601) and all shorter
/// ones, `D:20261121093000+01'00'` (PDF), `Sat, 21 Nov 2026 09:30:00 +0100` (RFC 5322).
pub fn date(raw: &str) -> Option<DateTime<Utc>> {
    let raw = raw.trim();
    if raw.len() > LONGEST_DATE {
        return None;
    }
    let moment = numbers(raw).or_else(|| {
        let moment = DateTime::parse_from_rfc2822(raw).ok()?;
        Some(moment.to_utc())
    });
    kept(moment?)
}

/// A moment of a year, month, day, hour, minute and second, as of UTC.
pub fn moment(fields: [u32; 6]) -> Option<DateTime<Utc>> {
    let [year, month, day, hour, minute, second] = fields;
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    // 60 is a leap second.
    let time = NaiveTime::from_hms_opt(hour, minute, second.min(59))?;
    kept(day.and_time(time).and_utc())
}

/// The same, if it is of a believable year.
pub fn kept(moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
    YEARS.contains(&moment.year()).then_some(moment)
}

/// Whether these are possible results of [`author`], [`date`] and language detection.
pub fn are_valid(properties: &Properties) -> bool {
    let author = properties.author.as_ref().is_none_or(|author| {
        author.chars().count() <= Properties::MAX_AUTHOR && !author.contains(char::is_control)
    });
    let language = properties.language.as_ref().is_none_or(|code| {
        (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    let dates = [properties.created, properties.modified];
    author && language && dates.into_iter().flatten().all(|date| kept(date).is_some())
}

/// Year, month, day, hour, minute, second and zone, with or without signs between them.
fn numbers(raw: &str) -> Option<DateTime<Utc>> {
    let mut rest = raw.strip_prefix("D:").unwrap_or(raw).as_bytes();
    let year = digits(&mut rest, 4)?;
    if year < 1000 {
        return None;
    }
    let mut fields = [year, 1, 1, 0, 0, 0];
    for (index, field) in fields.iter_mut().enumerate().skip(1) {
        let before = rest;
        match (index, rest) {
            (1 | 2, [b'-' | b'/' | b'.', after @ ..])
            | (3, [b'T' | b't' | b' ', after @ ..])
            | (4 | 5, [b':', after @ ..]) => rest = after,
            _ => {}
        }
        match digits(&mut rest, 2) {
            Some(number) => *field = number,
            None => {
                rest = before;
                break;
            }
        }
    }
    if let [b'.' | b',', after @ ..] = rest {
        rest = after.trim_ascii_start();
        while let [b'0'..=b'9', after @ ..] = rest {
            rest = after;
        }
    }
    let local = moment(fields)?;
    let sign = match rest.trim_ascii_start() {
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return Some(local),
    };
    let mut zone = &rest.trim_ascii_start()[1..];
    let hours = i64::from(digits(&mut zone, 2)?);
    if let [b':' | b'\'', after @ ..] = zone {
        zone = after;
    }
    let minutes = i64::from(digits(&mut zone, 2).unwrap_or(0));
    if hours > FURTHEST_ZONE || minutes > 59 {
        return Some(local);
    }
    local.checked_sub_signed(Duration::minutes(sign * (hours * 60 + minutes)))
}

/// At most so many digits, as a number.
fn digits(rest: &mut &[u8], most: usize) -> Option<u32> {
    let count = rest
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (number, after) = rest.split_at(count);
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    *rest = after;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_notation() {
        for (raw, expected) in [
            ("2004", "2004-01-01T00:00:00Z"),
            ("2004-5", "2004-05-01T00:00:00Z"),
            ("2004-05-06", "2004-05-06T00:00:00Z"),
            ("2004/05/06", "2004-05-06T00:00:00Z"),
            ("2004-05-06T07:08", "2004-05-06T07:08:00Z"),
            ("2004-05-06 07:08:09.123 +0200", "2004-05-06T05:08:09Z"),
            ("2004-05-06T07:08:09-05:30", "2004-05-06T12:38:09Z"),
            ("2004-05-06T07:08:09Z", "2004-05-06T07:08:09Z"),
            (" D:20040506070809+02'00' ", "2004-05-06T05:08:09Z"),
            ("D:20040506070809Z00'00'", "2004-05-06T07:08:09Z"),
            ("D:200405", "2004-05-01T00:00:00Z"),
            ("20040506070809-08", "2004-05-06T15:08:09Z"),
            ("D:20040506070809+99'00'", "2004-05-06T07:08:09Z"),
            ("2004-12-31T23:59:60Z", "2004-12-31T23:59:59Z"),
            ("Thu, 06 May 2004 07:08:09 +0200", "2004-05-06T05:08:09Z"),
        ] {
            let found = date(raw).map(|date| date.to_rfc3339().replace("+00:00", "Z"));
            assert_eq!(found.as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn dates_that_are_none() {
        for raw in [
            "",
            "D:",
            "yesterday",
            "2004-13-01",
            "2004-02-30",
            "2004-05-06T25:00",
            "0000-00-00",
            "1899-12-31",
            "2101-01-01",
            "1601-01-01T00:00:00Z",
            "12",
            "D:191040506070809",
            "99999999999999999999",
            "２００４",
            &"2".repeat(1 << 20),
            // Not in 1900 once it is UTC's.
            "1900-01-01T00:00:00+01:00",
        ] {
            assert_eq!(date(raw), None, "{raw:.40}");
        }
    }

    #[test]
    fn authors_are_short_and_on_one_line() {
        assert_eq!(
            author(" Ada\n\tLove\u{7}lace ").as_deref(),
            Some("Ada Lovelace")
        );
        assert_eq!(author("Rene\u{301}").as_deref(), Some("René"));
        let long = author(&"é".repeat(1 << 20)).unwrap();
        assert_eq!(long.chars().count(), Properties::MAX_AUTHOR);
        assert_eq!(author(", Ada;").as_deref(), Some("Ada"));
        for nobody in ["", "--", "Unknown", "\0"] {
            assert_eq!(author(nobody), None);
        }
        let all = authors(["Ada", "", "Bob", "Ada"]);
        assert_eq!(all.as_deref(), Some("Ada, Bob"));
        assert_eq!(authors([""; 0]), None);
    }

    #[test]
    fn what_a_child_may_not_say() {
        let says = |change: fn(&mut Properties)| {
            let mut properties = Properties::default();
            change(&mut properties);
            are_valid(&properties)
        };
        assert!(says(|_| {}));
        assert!(says(|p| p.language = Some("haw".to_owned())));
        assert!(!says(|p| p.language = Some("English".to_owned())));
        assert!(!says(|p| p.author = Some("a\nb".to_owned())));
        assert!(!says(
            |p| p.modified = Some(DateTime::UNIX_EPOCH - Duration::days(365 * 80))
        ));
    }
}

//! Times and dates that documents' times are compared with.

use std::{fmt, ops::RangeInclusive};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

/// The years that RFC 3339 can write.
const YEARS: RangeInclusive<i32> = 0..=9999;

/// A microsecond, or a day in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// A time. Digits after microseconds, which the database does not have, are cut off.
    Time(DateTime<Utc>),
    /// A day in UTC.
    Date(NaiveDate),
}

impl Moment {
    /// Parses an RFC 3339 time or a date such as `2026-11-21`; `None` for other text, or a time that does not exist.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            let time = DateTime::from_timestamp_micros(time.timestamp_micros())?;
            return YEARS.contains(&time.year()).then_some(Self::Time(time));
        }
        // Chrono would accept `2026-1-5` and `+2026-01-05`.
        let digits = |range| text.get(range).is_some_and(is_digits);
        let shaped = text.len() == 10 && digits(0..4) && digits(5..7) && digits(8..10);
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        date.filter(|_| shaped).map(Self::Date)
    }

    /// Its first microsecond, and the first after it.
    pub fn span(self) -> (DateTime<Utc>, DateTime<Utc>) {
        let (start, length) = match self {
            Self::Time(time) => (time, TimeDelta::microseconds(1)),
            Self::Date(date) => (date.and_time(NaiveTime::MIN).and_utc(), TimeDelta::days(1)),
        };
        let end = start.checked_add_signed(length);
        (start, end.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Date(date) => write!(f, "{}", date.format("%Y-%m-%d")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_that_exist_parse() {
        for text in [
            "2026-11-21",
            "2024-02-29",
            "0000-01-01",
            "9999-12-31",
            "2026-11-21T09:30:00Z",
            "2026-11-21T09:30:00.123456+02:00",
            "9999-12-31T23:59:59.999999Z",
            "2016-12-31T23:59:60Z",
        ] {
            let moment = Moment::parse(text).unwrap();
            let (start, end) = moment.span();
            assert!(start < end, "{text}");
        }
        for text in [
            "2025-02-29",
            "2026-13-01",
            "2026-11-31",
            "2026-1-5",
            "+2026-01-05",
            "2026-11-21 ",
            "20261121",
            "2026-11-21T09:30:00",
            "2026-11-21T25:00:00Z",
            "yesterday",
            "",
            "2026-W47-6",
            "2026-11-2\u{661}",
            "9999-12-31T23:59:59-23:59",
            "0000-01-01T00:00:00+23:59",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_a_day_and_a_time_a_microsecond() {
        let (start, end) = Moment::parse("2026-11-21").unwrap().span();
        assert_eq!(start.to_rfc3339(), "2026-11-21T00:00:00+00:00");
        assert_eq!(end.to_rfc3339(), "2026-11-22T00:00:00+00:00");
        let time = Moment::parse("2026-11-21T09:30:00.1234567+02:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-21T07:30:00.123456Z");
        let (start, end) = time.span();
        assert_eq!(end - start, TimeDelta::microseconds(1));
    }
}

//! Displays dates, times and durations.
//!
//! Dates are ISO 8601 regardless of the format's order, so that 3/4 is not ambiguous, and times use 24 hours. Formats
//! that show no day of the month (`mmm yyyy`) are applied as they are.

use super::{
    code::{Part, Section, Token},
    number::literal,
};

/// The day after Excel's last one, 9999-12-31, and the distance between its two date systems.
const LAST: f64 = 2_958_466.0;
const BETWEEN: i64 = 1_462;
const DAY: i64 = 86_400;
/// Most digits of a fraction of a second.
const MAX_FRACTION: usize = 3;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A day number and a time of day.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    day: i64,
    /// Seconds of the day.
    second: i64,
    /// Fraction of a second, in units of `1 / 10^digits`.
    fraction: i64,
    /// Whether days are counted from 1904.
    since_1904: bool,
}

impl Moment {
    /// The moment of a serial number, rounded to `digits` decimals of a second. `None` outside of Excel's range.
    pub fn of(serial: f64, digits: usize, since_1904: bool) -> Option<Self> {
        if !(0.0..LAST).contains(&serial) {
            return None;
        }
        let scale = 10_i64.pow(u32::try_from(digits).unwrap_or(0));
        let parts = (serial * DAY as f64 * scale as f64).round() as i64;
        let seconds = parts / scale;
        Some(Self {
            day: seconds / DAY,
            second: seconds % DAY,
            fraction: parts % scale,
            since_1904,
        })
    }

    /// Year, month and day. Excel also counts 1900-02-29, which did not exist, and 1900-01-00.
    pub fn date(self) -> (i64, usize, i64) {
        let day = if self.since_1904 {
            self.day + BETWEEN
        } else {
            self.day
        };
        match day {
            0 => (1900, 1, 0),
            60 => (1900, 2, 29),
            1..60 => civil(day - 25_568),
            _ => civil(day - 25_569),
        }
    }

    fn weekday(self) -> &'static str {
        let day = if self.since_1904 {
            self.day + BETWEEN
        } else {
            self.day
        };
        let place = usize::try_from((day + 6).rem_euclid(7)).unwrap_or(0);
        WEEKDAYS[place % 7]
    }

    /// `2026-11-30`.
    pub fn iso_date(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `14:05`, `14:05:09`, `14:05:09.25`.
    fn iso_time(self, seconds: bool, digits: usize) -> String {
        let Self {
            second, fraction, ..
        } = self;
        let mut time = format!("{:02}:{:02}", second / 3600, second / 60 % 60);
        if seconds {
            time.push_str(&format!(":{:02}", second % 60));
            if digits > 0 {
                time.push_str(&format!(".{fraction:0digits$}"));
            }
        }
        time
    }

    /// The date, with the time unless it is midnight; only the time if there is no date.
    pub fn whole(self) -> String {
        let time = self.iso_time(self.second % 60 != 0, 0);
        match (self.day, self.second) {
            (0, 1..) if !self.since_1904 => time,
            (_, 0) => self.iso_date(),
            _ => format!("{} {time}", self.iso_date()),
        }
    }
}

/// The date of a day number since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, usize, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day)
}

/// Displays a number as a date, time or duration; `None` if it is out of range.
pub fn show(section: &Section, serial: f64, since_1904: bool) -> Option<String> {
    let parts: Vec<Part> = section
        .tokens
        .iter()
        .filter_map(|token| match token {
            Token::Date(part) => Some(*part),
            _ => None,
        })
        .collect();
    let has = |letters: &str| parts.iter().any(|part| letters.contains(part.letter));
    let digits = parts.iter().filter(|part| part.letter == '.');
    let digits = digits
        .map(|part| part.count)
        .max()
        .unwrap_or(0)
        .min(MAX_FRACTION);
    if has("HMS") {
        let sign = if serial < 0.0 { "-" } else { "" };
        let moment = Moment::of(serial.abs(), digits, since_1904)?;
        return Some(format!("{sign}{}", as_shown(section, moment, digits)));
    }
    let moment = Moment::of(serial, digits, since_1904)?;
    let numbered = |part: &Part| part.letter == 'd' && part.count < 3;
    let date = has("m") && parts.iter().any(numbered);
    let time = has("h");
    let clock = moment.iso_time(has("s"), digits);
    let text = if date && time && serial < 1.0 && !since_1904 {
        clock
    } else if date && time {
        format!("{} {clock}", moment.iso_date())
    } else if date {
        moment.iso_date()
    } else if time && has("n") && !has("ymda") {
        clock
    } else {
        return Some(as_shown(section, moment, digits));
    };
    let (before, after) = around(section);
    Some(format!("{before}{text}{after}"))
}

/// Words before and after a date: `"Due "dd.mm.yyyy`. Units of dates and times (年, h) do not count.
fn around(section: &Section) -> (String, String) {
    let is_part = |token: &Token| matches!(token, Token::Date(_));
    let tokens = section.tokens.as_slice();
    let words = |tokens: &[Token]| -> String {
        let text: String = tokens.iter().map(literal).collect();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        if letters > 1 { text } else { String::new() }
    };
    let first = tokens.iter().position(is_part).unwrap_or(0);
    let last = tokens.iter().rposition(is_part).unwrap_or(0);
    (words(&tokens[..first]), words(&tokens[last + 1..]))
}

/// Applies a format part by part.
fn as_shown(section: &Section, moment: Moment, digits: usize) -> String {
    let is_noon = |token: &Token| matches!(token, Token::Date(part) if part.letter == 'p');
    let noon = section.tokens.iter().any(is_noon);
    let mut text = String::new();
    for token in &section.tokens {
        match token {
            Token::Date(part) => text.push_str(&shown(*part, moment, noon, digits)),
            Token::Point => text.push('.'),
            Token::Comma => text.push(','),
            other => text.push_str(&literal(other)),
        }
    }
    text
}

fn shown(part: Part, moment: Moment, noon: bool, digits: usize) -> String {
    let (year, month, day) = moment.date();
    let Moment {
        second, fraction, ..
    } = moment;
    let wide = |number: i64| match part.count {
        1 => number.to_string(),
        _ => format!("{number:02}"),
    };
    let hour = second / 3600;
    let elapsed = moment.day * DAY + second;
    let width = part.count;
    let long = |number: i64| format!("{number:0width$}");
    let name = |name: &str| match part.count {
        3 => name.chars().take(3).collect(),
        5 => name.chars().take(1).collect(),
        _ => name.to_owned(),
    };
    match (part.letter, part.count) {
        ('y', 1 | 2) => format!("{:02}", year % 100),
        ('y', _) => format!("{year:04}"),
        ('m', 1 | 2) => wide(i64::try_from(month).unwrap_or(1)),
        ('m', _) => name(MONTHS[month.saturating_sub(1) % 12]),
        ('d', 1 | 2) => wide(day),
        ('d', 3) | ('a', 3) => moment.weekday().chars().take(3).collect(),
        ('d' | 'a', _) => moment.weekday().to_owned(),
        ('h', _) if noon => wide((hour + 11) % 12 + 1),
        ('h', _) => wide(hour),
        ('n', _) => wide(second / 60 % 60),
        ('s', _) => wide(second % 60),
        ('.', _) => format!(".{fraction:0digits$}"),
        ('p', _) => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
        ('H', _) => long(elapsed / 3600),
        ('M', _) => long(elapsed / 60),
        ('S', _) => long(elapsed),
        _ => String::new(),
    }
}

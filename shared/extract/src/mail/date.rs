//! Reads email dates (RFC 5322, section 3.3), including obsolete and some invalid forms.

use chrono::{DateTime, FixedOffset, NaiveDate};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The moment, in its original time zone.
pub fn parse(raw: &str) -> Option<DateTime<FixedOffset>> {
    let raw: String = raw.chars().take(200).collect();
    let (mut day, mut month, mut year, mut time, mut zone) = (None, None, None, None, None);
    for word in raw
        .split([' ', '\t', ',', '-'])
        .filter(|word| !word.is_empty())
    {
        if word.starts_with('(') {
            break;
        }
        let number: Option<u32> = word.parse().ok();
        let number =
            number.filter(|_| !(word.starts_with('+') || word.len() == 4 && word.starts_with('0')));
        let three = word.get(..3).map(str::to_ascii_lowercase);
        let named = three.and_then(|three| MONTHS.iter().position(|known| *known == three));
        match (number, named) {
            (_, Some(place)) if month.is_none() => month = u32::try_from(place + 1).ok(),
            (Some(number), _) if day.is_none() && number <= 31 => day = Some(number),
            (Some(number), _) if year.is_none() => year = Some(full(number, word.len())),
            _ if word.contains(':') && time.is_none() => time = clock(word),
            _ if time.is_some() && zone.is_none() => zone = offset(word),
            _ => {}
        }
    }
    // In `-0500`, the sign was taken for a hyphen.
    let zone = match raw.rsplit_once(" -") {
        Some((before, digits)) if before.contains(':') => offset(&format!("-{digits}")).or(zone),
        _ => zone,
    };
    let (hour, minute, second) = time.unwrap_or_default();
    let date = NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month?, day?)?;
    let local = date.and_hms_opt(hour, minute, second.min(59))?;
    let zone = FixedOffset::east_opt(zone.unwrap_or(0))?;
    local.and_local_timezone(zone).single()
}

/// Years of two digits lie between 1950 and 2049, years of three digits count from 1900 (RFC 5322, section 4.3).
const fn full(year: u32, digits: usize) -> u32 {
    match year {
        0..50 if digits <= 2 => year + 2000,
        50..1000 if digits <= 3 => year + 1900,
        year => year,
    }
}

fn clock(word: &str) -> Option<(u32, u32, u32)> {
    let mut parts = word.splitn(3, ':');
    let mut next = || -> Option<u32> { parts.next()?.split('.').next()?.parse().ok() };
    let (hour, minute) = (next()?, next()?);
    Some((hour, minute, next().unwrap_or(0)))
}

/// The offset east of UTC, in seconds.
fn offset(word: &str) -> Option<i32> {
    let hours = |hours: i32| Some(hours * 3600);
    let upper = word.to_ascii_uppercase();
    match upper.as_str() {
        "UT" | "GMT" | "UTC" | "Z" => return hours(0),
        "EST" | "CDT" => return hours(-5),
        "EDT" => return hours(-4),
        "CST" | "MDT" => return hours(-6),
        "MST" | "PDT" => return hours(-7),
        "PST" => return hours(-8),
        "CET" => return hours(1),
        "CEST" => return hours(2),
        _ => {}
    }
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits: String = word.chars().filter(char::is_ascii_digit).take(4).collect();
    if digits.len() != 4 {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_every_notation() {
        for (raw, iso) in [
            (
                "Fri, 20 Nov 2026 09:30:00 +0100",
                "2026-11-20T09:30:00+01:00",
            ),
            (
                "Fri, 20 Nov 2026 09:30:00 -0530 (EST)",
                "2026-11-20T09:30:00-05:30",
            ),
            ("20 Nov 26 9:05 GMT", "2026-11-20T09:05:00+00:00"),
            (
                "Fri,20 November 2026 09:30:60 EDT",
                "2026-11-20T09:30:59-04:00",
            ),
            ("Fri, 20-Nov-2026 09:30:00 UT", "2026-11-20T09:30:00+00:00"),
            ("Fri Nov 20 09:30:00 2026", "2026-11-20T09:30:00+00:00"),
            ("Sat, 1 Jan 98 00:00:00 +0000", "1998-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(parse(raw).unwrap().to_rfc3339(), iso, "{raw}");
        }
        for raw in [
            "",
            "soon",
            "31 Feb 2026 00:00:00 +0000",
            "Fri, 20 Nov 2026 99:00:00 +0100",
        ] {
            assert_eq!(parse(raw), None, "{raw}");
        }
    }
}

//! When a scheduled webhook runs: `rate(6 hours)`, or `cron(0 8 ? * MON-FRI *)` with the six fields of
//! EventBridge (minute, hour, day of the month, month, day of the week, year), in a time zone.
//!
//! Of the fields' notation this reads `*`, `?`, values, names, lists, ranges and steps; `L` for the last day
//! of a month, `6L` for its last Friday, `6#3` for its third. In the hour that a clock jumps over nothing
//! runs, in the one that comes twice it runs once.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::error::FieldError;

/// Longest expression, in bytes.
pub const MAX_EXPRESSION: usize = 256;
/// Nothing runs more often, in minutes.
const SHORTEST: i64 = 5;
const LONGEST: i64 = 366 * 24 * 60;
/// Days looked at for the next run: eight years hold a 29 February.
const HORIZON: u64 = 9 * 366;
const YEARS: (u32, u32) = (1970, 2199);

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A schedule that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScheduleSpec {
    when: When,
    zone: Tz,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum When {
    /// Minutes between two runs.
    Rate(TimeDelta),
    Cron(Box<Cron>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Cron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    months: BTreeSet<u32>,
    /// None: every year.
    years: Option<BTreeSet<u32>>,
    days: DayRule,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum DayRule {
    OfMonth(BTreeSet<u32>),
    LastOfMonth,
    /// 1 is Sunday.
    OfWeek(BTreeSet<u32>),
    LastOfWeek(u32),
    /// A weekday and which of the month's, from 1.
    Nth(u32, u32),
}

fn bad<T>(detail: impl Into<String>) -> Result<T, FieldError> {
    Err(FieldError {
        pointer: "/schedule".to_owned(),
        detail: detail.into(),
    })
}

impl ScheduleSpec {
    /// Reads an expression, in a time zone (UTC where it is none).
    ///
    /// # Errors
    /// A bad `/schedule` or `/timeZone`.
    pub fn parse(expression: &str, time_zone: Option<&str>) -> Result<Self, FieldError> {
        let zone = time_zone.unwrap_or("UTC").parse().map_err(|_| FieldError {
            pointer: "/timeZone".to_owned(),
            detail: "an IANA time zone, such as Europe/Berlin".to_owned(),
        })?;
        if expression.len() > MAX_EXPRESSION {
            return bad(format!("at most {MAX_EXPRESSION} characters"));
        }
        let within = |name: &str| {
            let rest = expression.trim().strip_prefix(name)?.strip_prefix('(')?;
            rest.strip_suffix(')')
        };
        let when = match (within("rate"), within("cron")) {
            (Some(rate), _) => When::Rate(parse_rate(rate)?),
            (_, Some(cron)) => When::Cron(Box::new(Cron::parse(cron)?)),
            _ => return bad("rate(6 hours) or cron(0 8 ? * MON-FRI *)"),
        };
        Ok(Self { when, zone })
    }

    /// When it runs first after this time; none where it never does.
    pub fn first(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next(after, after)
    }

    /// When it runs next after a run that was planned for then, and after now: what was missed is not
    /// made up for, and a late run does not put off the ones behind it.
    pub fn next(&self, planned: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.when {
            When::Rate(every) => {
                let missed = (now - planned).num_seconds().max(0) / every.num_seconds();
                let runs = i32::try_from(missed + 1).ok()?;
                planned.checked_add_signed(every.checked_mul(runs)?)
            }
            When::Cron(cron) => cron.next(planned.max(now), self.zone),
        }
    }
}

fn parse_rate(text: &str) -> Result<TimeDelta, FieldError> {
    let mut words = text.split_ascii_whitespace();
    let (Some(count), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return bad("rate(<number> minutes), hours or days");
    };
    let minutes_of = match unit {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return bad("rate(<number> minutes), hours or days"),
    };
    let minutes = count
        .parse::<u32>()
        .ok()
        .and_then(|count| i64::from(count).checked_mul(minutes_of));
    match minutes {
        Some(minutes) if (SHORTEST..=LONGEST).contains(&minutes) => Ok(TimeDelta::minutes(minutes)),
        _ => bad(format!("from {SHORTEST} minutes to 366 days")),
    }
}

impl Cron {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let fields: Vec<String> = text
            .split_ascii_whitespace()
            .map(str::to_ascii_uppercase)
            .collect();
        let [minute, hour, day, month, weekday, year] = fields.as_slice() else {
            return bad("six fields: minute, hour, day of the month, month, day of the week, year");
        };
        let minutes = values("minute", minute, (0, 59), &[])?;
        let ascending: Vec<u32> = minutes.iter().copied().collect();
        let around = ascending.first().map(|first| first + 60);
        let next = ascending.iter().skip(1).copied().chain(around);
        if ascending
            .iter()
            .zip(next)
            .any(|(a, b)| i64::from(b - a) < SHORTEST)
        {
            return bad(format!("at least {SHORTEST} minutes between two runs"));
        }
        let years = match year.as_str() {
            "*" => None,
            year => Some(values("year", year, YEARS, &[])?),
        };
        Ok(Self {
            minutes,
            hours: values("hour", hour, (0, 23), &[])?,
            months: values("month", month, (1, 12), &MONTHS)?,
            years,
            days: DayRule::parse(day, weekday)?,
        })
    }

    fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let local = after.with_timezone(&zone).naive_local();
        for ahead in 0..HORIZON {
            let date = local.date().checked_add_days(Days::new(ahead))?;
            if !self.on(date) {
                continue;
            }
            for (hour, minute) in self
                .hours
                .iter()
                .flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)))
            {
                let at = date.and_hms_opt(hour, minute, 0)?;
                if at <= local {
                    continue;
                }
                let at = zone.from_local_datetime(&at).earliest();
                if let Some(at) = at.map(|at| at.with_timezone(&Utc))
                    && at > after
                {
                    return Some(at);
                }
            }
        }
        None
    }

    fn on(&self, date: NaiveDate) -> bool {
        let year = u32::try_from(date.year()).unwrap_or_default();
        self.months.contains(&date.month())
            && self
                .years
                .as_ref()
                .is_none_or(|years| years.contains(&year))
            && self.days.on(date)
    }
}

impl DayRule {
    fn parse(day: &str, weekday: &str) -> Result<Self, FieldError> {
        match (day, weekday) {
            ("L", "?") => Ok(Self::LastOfMonth),
            (day, "?") if day != "?" => {
                values("day of the month", day, (1, 31), &[]).map(Self::OfMonth)
            }
            ("?", weekday) if weekday != "?" => {
                if let Some(of) = weekday.strip_suffix('L') {
                    return Ok(Self::LastOfWeek(a_weekday(of)?));
                }
                match weekday.split_once('#') {
                    Some((of, nth)) => match nth.parse() {
                        Ok(nth @ 1..=5) => Ok(Self::Nth(a_weekday(of)?, nth)),
                        _ => bad("day of the week: # and a number from 1 to 5"),
                    },
                    None => values("day of the week", weekday, (1, 7), &WEEKDAYS).map(Self::OfWeek),
                }
            }
            _ => bad("a ? in just one of day of the month and day of the week"),
        }
    }

    fn on(&self, date: NaiveDate) -> bool {
        let weekday = date.weekday().number_from_sunday();
        let last = |days: u64| {
            let later = date.checked_add_days(Days::new(days));
            later.is_none_or(|later| later.month() != date.month())
        };
        match self {
            Self::OfMonth(days) => days.contains(&date.day()),
            Self::LastOfMonth => last(1),
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(of) => weekday == *of && last(7),
            Self::Nth(of, nth) => weekday == *of && date.day().div_ceil(7) == *nth,
        }
    }
}

fn a_weekday(text: &str) -> Result<u32, FieldError> {
    match value(text, (1, 7), &WEEKDAYS) {
        Some(day) => Ok(day),
        None => bad("day of the week: one of 1 (Sunday) to 7, or SUN to SAT"),
    }
}

/// A number within bounds, or the name of one.
fn value(text: &str, (least, most): (u32, u32), names: &[&str]) -> Option<u32> {
    if let Some(at) = names.iter().position(|name| *name == text) {
        return u32::try_from(at).ok().map(|at| at + least);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = text.parse().ok()?;
    (least..=most).contains(&number).then_some(number)
}

/// All values of a field: a list of values, ranges and steps.
fn values(
    field: &str,
    text: &str,
    bounds: (u32, u32),
    names: &[&str],
) -> Result<BTreeSet<u32>, FieldError> {
    let (least, most) = bounds;
    let refused = || format!("{field}: values from {least} to {most}; lists, ranges and steps");
    let mut all = BTreeSet::new();
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => match value(step, (1, most.max(1)), &[]) {
                Some(step) => (range, Some(step)),
                None => return bad(refused()),
            },
            None => (item, None),
        };
        let ends = match range.split_once('-') {
            _ if range == "*" => Some((least, most)),
            Some((from, to)) => value(from, bounds, names).zip(value(to, bounds, names)),
            None => value(range, bounds, names).map(|from| match step {
                // 10/15 is every fifteenth from the tenth on.
                Some(_) => (from, most),
                None => (from, from),
            }),
        };
        match ends {
            Some((from, to)) if from <= to => {
                let step = usize::try_from(step.unwrap_or(1)).unwrap_or(1);
                all.extend((from..=to).step_by(step));
            }
            _ => return bad(refused()),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn spec(expression: &str, zone: Option<&str>) -> ScheduleSpec {
        ScheduleSpec::parse(expression, zone).unwrap()
    }

    /// The first runs after a time.
    fn runs(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let spec = spec(expression, Some(zone));
        let mut last = at(after);
        let mut found = Vec::new();
        while let (true, Some(next)) = (found.len() < count, spec.first(last)) {
            found.push(next.format("%Y-%m-%dT%H:%M").to_string());
            last = next;
        }
        found
    }

    #[test]
    fn a_rate_keeps_its_beat() {
        let spec = spec("rate(6 hours)", None);
        let planned = at("2026-11-01T00:00:00Z");
        assert_eq!(spec.first(planned), Some(at("2026-11-01T06:00:00Z")));
        for (now, next) in [
            ("2026-11-01T00:00:40Z", "2026-11-01T06:00:00Z"),
            ("2026-11-01T05:59:59Z", "2026-11-01T06:00:00Z"),
            ("2026-11-01T06:00:00Z", "2026-11-01T12:00:00Z"),
            // What was missed is not made up for.
            ("2026-11-03T01:00:00Z", "2026-11-03T06:00:00Z"),
        ] {
            assert_eq!(spec.next(planned, at(now)), Some(at(next)), "{now}");
        }
    }

    #[test]
    fn fields_are_read_as_eventbridge_does() {
        for (expression, expected) in [
            (
                "cron(0 8 ? * MON-FRI *)",
                &["2026-11-20T08:00", "2026-11-23T08:00", "2026-11-24T08:00"][..],
            ),
            (
                "cron(*/15 9-10 * * ? *)",
                &["2026-11-20T09:00", "2026-11-20T09:15", "2026-11-20T09:30"],
            ),
            (
                "cron(10/20 0 1 JAN,jul ? *)",
                &["2027-01-01T00:10", "2027-01-01T00:30", "2027-01-01T00:50"],
            ),
            (
                "cron(0 0 L * ? *)",
                &["2026-11-30T00:00", "2026-12-31T00:00", "2027-01-31T00:00"],
            ),
            (
                "cron(0 0 ? * 6L *)",
                &["2026-11-27T00:00", "2026-12-25T00:00", "2027-01-29T00:00"],
            ),
            (
                "cron(0 0 ? * TUE#2 *)",
                &["2026-12-08T00:00", "2027-01-12T00:00", "2027-02-09T00:00"],
            ),
            (
                "cron(0 12 29 2 ? *)",
                &["2028-02-29T12:00", "2032-02-29T12:00", "2036-02-29T12:00"],
            ),
            (
                "cron(0 12 24 12 ? 2026,2030)",
                &["2026-12-24T12:00", "2030-12-24T12:00"],
            ),
            ("cron(0 12 30 2 ? *)", &[]),
            ("cron(0 12 1 1 ? 2020)", &[]),
        ] {
            let found = runs(expression, "UTC", "2026-11-20T00:00:00Z", 3);
            assert_eq!(found, expected, "{expression}");
        }
    }

    #[test]
    fn clocks_that_jump() {
        // Berlin: 02:00 becomes 03:00 on 28 March 2027, 03:00 becomes 02:00 on 31 October 2027.
        let berlin = |expression, after| runs(expression, "Europe/Berlin", after, 2);
        assert_eq!(
            berlin("cron(30 8 * * ? *)", "2027-03-27T12:00:00Z"),
            ["2027-03-28T06:30", "2027-03-29T06:30"]
        );
        assert_eq!(
            berlin("cron(30 2 * * ? *)", "2027-03-27T12:00:00Z"),
            ["2027-03-29T00:30", "2027-03-30T00:30"]
        );
        assert_eq!(
            berlin("cron(30 2 * * ? *)", "2027-10-30T12:00:00Z"),
            ["2027-10-31T00:30", "2027-11-01T01:30"]
        );
    }

    #[test]
    fn what_is_refused_is_pointed_at() {
        for expression in [
            "",
            "hourly",
            "rate()",
            "rate(4 minutes)",
            "rate(-5 minutes)",
            "rate(0 days)",
            "rate(367 days)",
            "rate(99999999999 days)",
            "rate(5 weeks)",
            "rate(5 minutes",
            "rate(1 2 hours)",
            "cron(0 8 * * *)",
            "cron(0 8 * * ? * *)",
            "cron(* * * * ? *)",
            "cron(0,4 * * * ? *)",
            "cron(0,58 * * * ? *)",
            "cron(60 8 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 8 32 * ? *)",
            "cron(0 8 0 * ? *)",
            "cron(0 8 * 13 ? *)",
            "cron(0 8 ? * 8 *)",
            "cron(0 8 ? * MON#6 *)",
            "cron(0 8 15W * ? *)",
            "cron(0 8 * * * *)",
            "cron(0 8 ? * ? *)",
            "cron(0 8-6 * * ? *)",
            "cron(0/0 8 * * ? *)",
            "cron(+5 8 * * ? *)",
            "cron(0, 8 * * ? *)",
            "cron(0 8 * * ? 1969)",
        ] {
            let error = ScheduleSpec::parse(expression, None).unwrap_err();
            assert_eq!(error.pointer, "/schedule", "{expression}");
            assert!(!error.detail.is_empty());
        }
        let long = format!("cron({} 8 * * ? *)", "0,".repeat(200));
        assert!(ScheduleSpec::parse(&long, None).is_err());
        for zone in ["", "Berlin", "Mars/Olympus"] {
            let error = ScheduleSpec::parse("rate(1 day)", Some(zone)).unwrap_err();
            assert_eq!(error.pointer, "/timeZone", "{zone}");
        }
    }
}

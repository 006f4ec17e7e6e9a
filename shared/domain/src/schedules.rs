//! Schedules of webhooks: `rate(6 hours)`, or `cron(0 8 ? * MON-FRI *)` with the six fields of
//! EventBridge (minute, hour, day of the month, month, day of the week, year), in a time zone.
//!
//! Fields have EventBridge's whole syntax: `*`, `?`, values, names, lists, ranges and steps; `L`
//! for the last day of a month, `LW` for its last working day, `15W` for the working day nearest to the 15th, `6L` for
//! its last Friday, `6#3` for its third. Nothing runs in
//! an hour that daylight saving time skips; in a repeated hour it runs once.
//!
//! `croner` runs a time in a skipped hour right after the gap, and `*` twice in a repeated hour; it has no weekday `L`,
//! reads `?` as `*`, and its errors do not say what to write instead.

mod days;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use self::days::DayRule;
use crate::error::FieldError;

/// Longest expression, in bytes.
pub const MAX_EXPRESSION: usize = 256;
/// Shortest interval between runs, in minutes.
const SHORTEST: i64 = 5;
const LONGEST: i64 = 366 * 24 * 60;
/// Years searched for the next run: a 29 February on a given weekday occurs within forty.
const HORIZON: usize = 41;
const YEARS: (u32, u32) = (1970, 2199);

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A parsed schedule.
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
    /// `None` means every year.
    years: Option<BTreeSet<u32>>,
    days: DayRule,
}

fn bad<T>(detail: impl Into<String>) -> Result<T, FieldError> {
    Err(FieldError {
        pointer: "/schedule".to_owned(),
        detail: detail.into(),
    })
}

impl ScheduleSpec {
    /// Parses an expression in a time zone, by default UTC.
    ///
    /// # Errors
    /// An invalid `/schedule` or `/timeZone`.
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

    /// Explains why it never runs after this time, and what to change.
    pub fn why_never(&self, after: DateTime<Utc>) -> String {
        let When::Cron(cron) = &self.when else {
            return "a rate always runs".to_owned();
        };
        let year = year_of(after.with_timezone(&self.zone).date_naive());
        let over = |years: &BTreeSet<u32>| years.last().copied().filter(|last| *last < year);
        match cron.years.as_ref().and_then(over) {
            Some(last) => format!(
                "never runs again: its last year, {last}, is over; use * or {year} or later"
            ),
            None => format!(
                "never runs: {} in its months and years; change the day, the month or the year",
                cron.days.why_never()
            ),
        }
    }

    /// Returns its first run after this time; `None` if it never runs.
    pub fn first(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next(after, after)
    }

    /// Returns the next run after a planned run and after now: missed runs are not made up for, and
    /// a late run does not delay later ones.
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
        for date in self.dates(local.date()) {
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

    /// The days on which it runs, from a date on, within the searched years.
    fn dates(&self, from: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let named = |year: &u32| self.years.as_ref().is_none_or(|years| years.contains(year));
        let years = (year_of(from)..=YEARS.1).filter(named).take(HORIZON);
        years
            .filter_map(|year| NaiveDate::from_yo_opt(i32::try_from(year).ok()?, 1))
            .flat_map(|first| {
                first
                    .iter_days()
                    .take_while(move |day| day.year() == first.year())
            })
            .filter(move |day| {
                *day >= from && self.months.contains(&day.month()) && self.days.on(*day)
            })
    }
}

fn year_of(date: NaiveDate) -> u32 {
    u32::try_from(date.year()).unwrap_or_default()
}

/// Parses a number within bounds, or its name.
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

/// Parses the values of a field: a list of values, ranges and steps.
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
                // 10/15 means every fifteenth, starting at 10.
                Some(_) => (from, most),
                None => (from, from),
            }),
        };
        match ends {
            Some((from, to)) if from > to => {
                return bad(format!(
                    "{field}: {item} runs backwards; write {from}-{most},{least}-{to}"
                ));
            }
            Some((from, to)) => {
                let step = usize::try_from(step.unwrap_or(1)).unwrap_or(1);
                all.extend((from..=to).step_by(step));
            }
            None => return bad(refused()),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;

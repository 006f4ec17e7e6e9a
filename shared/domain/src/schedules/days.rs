//! The days on which a cron expression runs.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{WEEKDAYS, bad, value, values};
use crate::error::FieldError;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum DayRule {
    OfMonth(BTreeSet<u32>),
    LastOfMonth,
    LastWorkingDay,
    /// The working day, Monday to Friday, nearest to this day in its month.
    NearestWorkingDay(u32),
    /// 1 is Sunday.
    OfWeek(BTreeSet<u32>),
    LastOfWeek(u32),
    /// A weekday and which of the month's, from 1.
    Nth(u32, u32),
}

impl DayRule {
    /// Explains why no day matches, as a clause.
    pub(super) fn why_never(&self) -> String {
        match self {
            Self::OfMonth(days) => {
                let days: Vec<_> = days.iter().map(u32::to_string).collect();
                format!("there is no day {}", days.join(", "))
            }
            Self::NearestWorkingDay(day) => format!("there is no day {day}"),
            Self::Nth(of, nth) => {
                let at = usize::try_from(of.saturating_sub(1)).unwrap_or_default();
                let name = WEEKDAYS.get(at).copied().unwrap_or_default();
                format!("there is no {name}#{nth}")
            }
            _ => "there is no such day".to_owned(),
        }
    }

    pub(super) fn parse(day: &str, weekday: &str) -> Result<Self, FieldError> {
        match (day, weekday) {
            ("L", "?") => Ok(Self::LastOfMonth),
            ("LW" | "WL", "?") => Ok(Self::LastWorkingDay),
            (day, "?") if day != "?" => {
                if let Some(of) = day.strip_suffix('W') {
                    return match value(of, (1, 31), &[]) {
                        Some(of) => Ok(Self::NearestWorkingDay(of)),
                        None => bad(
                            "day of the month: W follows one day, as in 15W, or L; for several days create several webhooks",
                        ),
                    };
                }
                if day.contains(['L', 'W']) {
                    return bad(
                        "day of the month: L is the last day and stands alone, or as LW for the last working day",
                    );
                }
                values("day of the month", day, (1, 31), &[]).map(Self::OfMonth)
            }
            // The last day of the week.
            ("?", "L") => Ok(Self::OfWeek(BTreeSet::from([7]))),
            ("?", weekday) if weekday != "?" => {
                if weekday.contains('W') && a_weekday(weekday).is_err() && !weekday.contains("WED")
                {
                    return bad(
                        "day of the week: W belongs in the day of the month; for working days write MON-FRI",
                    );
                }
                if let Some(of) = weekday.strip_suffix('L') {
                    return Ok(Self::LastOfWeek(a_weekday(of)?));
                }
                match weekday.split_once('#') {
                    Some((of, nth)) => match nth.parse() {
                        Ok(nth @ 1..=5) => Ok(Self::Nth(a_weekday(of)?, nth)),
                        _ => bad("day of the week: # needs a number from 1 to 5"),
                    },
                    None => values("day of the week", weekday, (1, 7), &WEEKDAYS).map(Self::OfWeek),
                }
            }
            _ => bad("exactly one of day of the month and day of the week must be ?"),
        }
    }

    pub(super) fn on(&self, date: NaiveDate) -> bool {
        let weekday = date.weekday().number_from_sunday();
        let last = |days: u64| {
            let later = date.checked_add_days(Days::new(days));
            later.is_none_or(|later| later.month() != date.month())
        };
        match self {
            Self::OfMonth(days) => days.contains(&date.day()),
            Self::LastOfMonth => last(1),
            Self::LastWorkingDay => working_day(date, last_day(date)),
            Self::NearestWorkingDay(of) => {
                date.with_day(*of).is_some_and(|of| working_day(date, of))
            }
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(of) => weekday == *of && last(7),
            Self::Nth(of, nth) => weekday == *of && date.day().div_ceil(7) == *nth,
        }
    }
}

/// Whether a date is the working day nearest to a day of its month, without leaving the month.
fn working_day(date: NaiveDate, to: NaiveDate) -> bool {
    let day = match to.weekday() {
        Weekday::Sat if to.day() == 1 => to.checked_add_days(Days::new(2)),
        Weekday::Sat => to.checked_sub_days(Days::new(1)),
        Weekday::Sun if to == last_day(to) => to.checked_sub_days(Days::new(2)),
        Weekday::Sun => to.checked_add_days(Days::new(1)),
        _ => Some(to),
    };
    day == Some(date)
}

/// The last day of a date's month.
fn last_day(date: NaiveDate) -> NaiveDate {
    let days = (28..=31).rev();
    let mut days = days.filter_map(|day| date.with_day(day));
    days.next().unwrap_or(date)
}

fn a_weekday(text: &str) -> Result<u32, FieldError> {
    match value(text, (1, 7), &WEEKDAYS) {
        Some(day) => Ok(day),
        None => bad("day of the week: one of 1 (Sunday) to 7, or SUN to SAT"),
    }
}

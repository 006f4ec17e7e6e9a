//! Waits between attempts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::RngExt;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Attempts per call, including the first.
pub(crate) const TRIES: u32 = 3;

/// Longest accepted wait; a provider that asks for more is called again after this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

const FIRST: Duration = Duration::from_millis(500);
const LAST: Duration = Duration::from_secs(8);

/// The wait that a provider asks for: `retry-after-ms` (OpenAI's own and finer), or `Retry-After` in
/// seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| *n >= 0.0);
    let bounded = |seconds: f64| Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64()));
    if let Some(ms) = text("retry-after-ms").and_then(number) {
        return Some(bounded(ms / 1000.0));
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = number(value) {
        return Some(bounded(seconds));
    }
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    let until = date(value)?.with_timezone(&Utc);
    // Measured against the provider's own clock if it is sent, so that a fast local clock does not
    // make us early.
    let from = text(DATE.as_str()).and_then(date);
    let from = from.map_or(now, |date| date.with_timezone(&Utc));
    Some((until - from).to_std().unwrap_or_default().min(LONGEST))
}

/// The wait if the provider asks for none: exponential backoff with full jitter, so that workers
/// that failed together do not retry together. `failures` counts from 1.
pub(crate) fn backoff(failures: u32) -> Duration {
    let ceiling = FIRST
        .saturating_mul(2u32.saturating_pow(failures.saturating_sub(1)))
        .min(LAST);
    ceiling.mul_f64(rand::rng().random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let map = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        retry_after(&map, now)
    }

    #[test]
    fn every_form_is_read_and_nonsense_is_none() {
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[("retry-after", "7")]), seconds(7));
        assert_eq!(
            wait(&[("retry-after", "2"), ("retry-after-ms", "1200")]),
            Some(Duration::from_millis(1200))
        );
        let noon = "Fri, 20 Nov 2026 12:00:30 GMT";
        assert_eq!(wait(&[("retry-after", noon)]), seconds(30));
        let their_clock = ("date", "Fri, 20 Nov 2026 12:00:20 GMT");
        assert_eq!(wait(&[("retry-after", noon), their_clock]), seconds(10));
        let past = "Fri, 20 Nov 2026 11:00:00 GMT";
        assert_eq!(wait(&[("retry-after", past)]), seconds(0));
        for huge in ["1e300", "inf", "99999999999999999999"] {
            assert_eq!(wait(&[("retry-after", huge)]), Some(LONGEST));
        }
        for nonsense in ["", "soon", "-1", "NaN"] {
            assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense:?}");
        }
    }

    #[test]
    fn backoff_grows_to_a_ceiling() {
        for failures in [1, 2, 5, 40, u32::MAX] {
            assert!(backoff(failures) <= LAST);
        }
        assert!(backoff(1) <= FIRST);
    }
}

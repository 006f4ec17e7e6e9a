//! Numbers of JSON, compared with every digit.

use std::{cmp::Ordering, fmt};

/// A decimal number, as written. Equality and order are those of its value.
#[derive(Clone)]
pub struct Number {
    text: String,
    value: Decimal,
}

/// ±0.DIGITS × 10^point, without zeros at either end of the digits; zero has no digits.
#[derive(Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    point: i64,
    digits: String,
}

impl Number {
    /// Parses a number of JSON; `None` for other text, or an exponent that no metadata can have.
    pub fn parse(text: &str) -> Option<Self> {
        let value = Decimal::parse(text)?;
        let text = text.to_owned();
        Some(Self { text, value })
    }

    /// The number as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let written = format!("{whole}{fraction}");
        let digits = written.trim_start_matches('0');
        let zeros = i64::try_from(written.len() - digits.len()).ok()?;
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                point: 0,
                digits: String::new(),
            });
        }
        Some(Self {
            negative: unsigned.len() < mantissa.len(),
            point: i64::try_from(whole.len()).ok()? - zeros + i64::from(exponent),
            digits: digits.to_owned(),
        })
    }

    /// -1, 0 or 1.
    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        let by_size = (self.point, &self.digits).cmp(&(other.point, &other.digits));
        by_sign.then(match self.negative {
            true => by_size.reverse(),
            false => by_size,
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Number {}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_order_of_their_values() {
        let ascending = [
            "-1e400",
            "-12.5",
            "-12",
            "-0.1",
            "-1e-400",
            "0",
            "1e-1000",
            "0.1",
            "0.1000000000000000055511151231257827",
            "1",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "12345678901234567890.000000001",
            "12345678901234567890.000000002",
            "1e308",
            "1e400",
        ];
        let numbers = ascending.map(|text| Number::parse(text).unwrap());
        for (at, one) in numbers.iter().enumerate() {
            for (other_at, other) in numbers.iter().enumerate() {
                assert_eq!(one.cmp(other), at.cmp(&other_at), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn the_same_value_may_be_written_differently() {
        for (one, other) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("100", "1E+2"),
            ("0", "-0.00e5"),
            ("0.10", "1e-1"),
            ("-120", "-1.20e2"),
        ] {
            assert_eq!(Number::parse(one), Number::parse(other), "{one} {other}");
        }
    }

    #[test]
    fn what_json_has_no_number_for_is_none() {
        for text in [
            "",
            "-",
            "1.",
            ".5",
            "NaN",
            "Infinity",
            "1e",
            "1e99999999999",
            "0x1",
            "1 ",
        ] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }
}

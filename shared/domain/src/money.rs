//! Money: billionths of a US dollar as an integer, a decimal string in JSON.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use utoipa::ToSchema;

const PER_DOLLAR: i64 = 1_000_000_000;
const DIGITS: usize = 9;
const BAD: &str = "dollars as a decimal string, like \"12.50\"";

/// An amount in US dollars with up to nine decimals, as a string such as `12.5`, without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, ToSchema)]
#[serde(into = "String")]
#[schema(value_type = String, pattern = r"^\d{1,7}(\.\d{1,9})?$")]
pub struct Usd(i64);

impl Usd {
    /// Returns an amount from billionths of a dollar.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Billionths of a dollar.
    pub const fn nanos(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (
            self.0.unsigned_abs() / PER_DOLLAR.unsigned_abs(),
            self.0.unsigned_abs() % PER_DOLLAR.unsigned_abs(),
        );
        let part = format!("{part:0DIGITS$}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

impl From<Usd> for String {
    fn from(amount: Usd) -> Self {
        amount.to_string()
    }
}

impl FromStr for Usd {
    type Err = &'static str;

    /// Parses the form that [`Display`](fmt::Display) writes; trailing zeros are allowed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let part = part.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > DIGITS {
            return Err(BAD);
        }
        let whole: i64 = whole.parse().map_err(|_| BAD)?;
        let part: i64 = format!("{part:0<DIGITS$}").parse().map_err(|_| BAD)?;
        whole
            .checked_mul(PER_DOLLAR)
            .and_then(|nanos| nanos.checked_add(part))
            .map(Self)
            .ok_or(BAD)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Usd;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(BAD)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Usd, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::Usd;

    #[test]
    fn amounts_round_trip_and_other_texts_are_rejected() {
        for (text, nanos) in [
            ("0", 0),
            ("12.5", 12_500_000_000),
            ("0.000000001", 1),
            ("1000", 1_000_000_000_000),
        ] {
            let amount: Usd = text.parse().unwrap();
            assert_eq!(
                (amount.nanos(), amount.to_string()),
                (nanos, text.to_owned())
            );
        }
        assert_eq!("12.500000".parse::<Usd>().unwrap().nanos(), 12_500_000_000);
        for bad in [
            "",
            ".5",
            "1e3",
            "-1",
            "1,5",
            "0.0000000001",
            "99999999999",
            "1.2.3",
            "٣",
        ] {
            assert!(bad.parse::<Usd>().is_err(), "{bad}");
        }
    }
}

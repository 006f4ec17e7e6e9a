//! Decimal digits of a number, rounded like Excel.

/// Excel's precision in digits.
const DIGITS: usize = 15;
/// Longest integer, in digits, that is taken from its text: article and account numbers are long.
const MAX_WRITTEN: usize = 40;
/// Positions of the decimal point for which General needs no exponent.
const PLAIN: std::ops::RangeInclusive<i32> = -8..=21;

/// A number without its sign: `0.d1d2d3… × 10^point`. The first digit is not 0; zero has no digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

/// Whether a text is an integer that can be displayed unchanged.
pub fn is_integer(written: &str) -> bool {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let length = digits.len();
    (1..=MAX_WRITTEN).contains(&length)
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (length == 1 || !digits.starts_with('0'))
}

impl Decimal {
    /// The digits of a finite number: 15 of them, or all if `written` is an integer.
    pub fn of(value: f64, written: &str) -> Self {
        let (mantissa, exponent) = if is_integer(written) {
            let digits = written.trim_start_matches('-');
            (digits.to_owned(), i32::try_from(digits.len()).unwrap_or(0))
        } else {
            let text = format!("{:.*e}", DIGITS - 1, value.abs());
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            (mantissa.replace('.', ""), exponent + 1)
        };
        let digits = mantissa.bytes().map(|byte| byte - b'0').collect();
        let mut decimal = Self {
            digits,
            point: exponent,
        };
        decimal.tidy();
        decimal
    }

    /// Whether the number is 0.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Number of digits before the point; 0 or less for numbers below 1.
    pub fn point(&self) -> i32 {
        self.point
    }

    /// Multiplies by a power of ten.
    pub fn shift(&mut self, places: i32) {
        if !self.is_zero() {
            self.point += places;
        }
    }

    /// Rounds to a number of decimals, halves away from zero.
    pub fn round(&mut self, decimals: usize) {
        let kept = i64::from(self.point) + i64::try_from(decimals).unwrap_or(i64::MAX);
        if kept < 0 {
            self.digits.clear();
        }
        let Some(kept) = usize::try_from(kept)
            .ok()
            .filter(|at| *at < self.digits.len())
        else {
            return self.tidy();
        };
        let up = self.digits[kept] >= 5;
        self.digits.truncate(kept);
        if up {
            self.increment();
        }
        self.tidy();
    }

    /// Adds one to the last place.
    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
        self.point += 1;
    }

    fn tidy(&mut self) {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.point -= i32::try_from(zeros).unwrap_or(0);
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    /// The digits before the point, none for numbers below 1, and `decimals` digits after it.
    pub fn split(&self, decimals: usize) -> (Vec<u8>, Vec<u8>) {
        let at = |place: i64| {
            let place = usize::try_from(place).ok();
            place.and_then(|place| self.digits.get(place)).copied()
        };
        let point = i64::from(self.point);
        let whole = (0..point).map(|place| at(place).unwrap_or(0)).collect();
        let decimals = i64::try_from(decimals).unwrap_or(0);
        let rest = (point..point + decimals).map(|place| at(place).unwrap_or(0));
        (whole, rest.collect())
    }

    /// Displays the number like General, but with all digits, so that search finds it.
    pub fn general(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let mut digits = self.digits.iter().map(|digit| char::from(b'0' + digit));
        if !PLAIN.contains(&self.point) {
            let mut text: String = digits.by_ref().take(1).collect();
            let rest: String = digits.collect();
            if !rest.is_empty() {
                text = format!("{text}.{rest}");
            }
            let exponent = self.point - 1;
            let sign = if exponent < 0 { '-' } else { '+' };
            return format!("{text}E{sign}{:02}", exponent.abs());
        }
        let decimals = i64::try_from(self.digits.len()).unwrap_or(0) - i64::from(self.point);
        let (whole, rest) = self.split(usize::try_from(decimals).unwrap_or(0));
        let text = |digits: Vec<u8>| -> String {
            let digits = digits.into_iter();
            digits.map(|digit| char::from(b'0' + digit)).collect()
        };
        let (whole, rest) = (text(whole), text(rest));
        let whole = if whole.is_empty() { "0" } else { &whole };
        if rest.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{rest}")
        }
    }
}

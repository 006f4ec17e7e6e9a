//! Roman numerals for the list numbers of all formats.

const SIGNS: [(u64, &str); 13] = [
    (1_000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

/// A number from 1 to 3,999 in capital letters; `None` for others.
pub fn roman(number: impl TryInto<u64>) -> Option<String> {
    let mut rest = number.try_into().ok()?;
    if !(1..4_000).contains(&rest) {
        return None;
    }
    let mut text = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            text.push_str(sign);
            rest -= value;
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_letters() {
        let written = [1, 4, 1_994, 3_999].map(|number| roman(number).unwrap());
        assert_eq!(written, ["I", "IV", "MCMXCIV", "MMMCMXCIX"]);
        assert_eq!([0, -4, 4_000].map(roman), [None, None, None]);
    }
}

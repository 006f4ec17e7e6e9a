//! Formats the numbers of lists, headings and notes (`ST_NumberFormat`, ECMA-376 part 1, 17.18.59).

use crate::roman::roman;

/// Most repetitions of a letter in a number (`aa`, `bbb`); beyond, it is written in digits.
const MAX_REPEATED: usize = 30;

const LATIN: &str = "abcdefghijklmnopqrstuvwxyz";
const RUSSIAN: &str = "абвгдежзиклмнопрстуфхцчшщэюя";
const HEBREW: &str = "אבגדהוזחטיכלמנסעפצקרשת";
const ARABIC: &str = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي";
const ABJAD: &str = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ";
const HINDI: &str = "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह";
const THAI: &str = "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ";
const KANA: &str =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン";
const IROHA: &str = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン";
const GANADA: &str = "가나다라마바사아자차카타파하";
const CHOSUNG: &str = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ";
const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
const BRANCHES: &str = "子丑寅卯辰巳午未申酉戌亥";
const NOTES: &str = "*†‡§";

/// Formats a number. Unknown formats, and numbers that a format cannot express, are in digits; `none` and `bullet` are
/// empty.
pub fn number(value: i64, format: &str) -> String {
    if matches!(format, "none" | "bullet") {
        return String::new();
    }
    let positive = usize::try_from(value).ok().filter(|value| *value > 0);
    let special = positive.and_then(|value| positive_number(value, format));
    special
        .or_else(|| digits(value, format))
        .unwrap_or_else(|| value.to_string())
}

/// Formats a number in a system without zero.
fn positive_number(value: usize, format: &str) -> Option<String> {
    match format {
        "upperRoman" => roman(value as u64),
        "lowerRoman" => Some(roman(value as u64)?.to_lowercase()),
        "lowerLetter" => repeated(value, LATIN),
        "upperLetter" => Some(repeated(value, LATIN)?.to_uppercase()),
        "russianLower" => repeated(value, RUSSIAN),
        "russianUpper" => Some(repeated(value, RUSSIAN)?.to_uppercase()),
        "hebrew1" => hebrew(value),
        "hebrew2" => repeated(value, HEBREW),
        "arabicAlpha" => repeated(value, ARABIC),
        "arabicAbjad" => repeated(value, ABJAD),
        "hindiConsonants" => repeated(value, HINDI),
        "thaiLetters" => repeated(value, THAI),
        "aiueo" | "aiueoFullWidth" => repeated(value, KANA),
        "iroha" | "irohaFullWidth" => repeated(value, IROHA),
        "ganada" => repeated(value, GANADA),
        "chosung" => repeated(value, CHOSUNG),
        "chicago" => repeated(value, NOTES),
        "ideographTraditional" => nth(STEMS, value - 1),
        "ideographZodiac" => nth(BRANCHES, value - 1),
        "ideographZodiacTraditional" => (value <= 60).then(|| {
            let stem = nth(STEMS, (value - 1) % 10).unwrap_or_default();
            stem + &nth(BRANCHES, (value - 1) % 12).unwrap_or_default()
        }),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => match value {
            1..=20 => sign(0x2460, value),
            21..=35 => sign(0x3251, value - 20),
            36..=50 => sign(0x32B1, value - 35),
            _ => None,
        },
        "decimalEnclosedParen" if value <= 20 => sign(0x2474, value),
        "decimalEnclosedFullstop" if value <= 20 => sign(0x2488, value),
        "ideographEnclosedCircle" if value <= 10 => sign(0x3280, value),
        "ordinal" => Some(format!("{value}{}", ordinal_ending(value))),
        "cardinalText" => cardinal(value).map(|text| capital(&text)),
        "ordinalText" => cardinal(value).map(|text| capital(&ordinal(&text))),
        "hex" => Some(format!("{value:X}")),
        "koreanLegal" => korean(value),
        _ => counted(value, format),
    }
}

/// Formats a number in a system of positional digits.
fn digits(value: i64, format: &str) -> Option<String> {
    let own = match format {
        "decimalZero" => return Some(format!("{value:02}")),
        "numberInDash" => return Some(format!("- {value} -")),
        "ideographDigital" | "japaneseDigitalTenThousand" | "koreanDigital2" => {
            "〇一二三四五六七八九"
        }
        "taiwaneseDigital" => "○一二三四五六七八九",
        "koreanDigital" => "영일이삼사오육칠팔구",
        "decimalFullWidth" | "decimalFullWidth2" => "０１２３４５６７８９",
        "thaiNumbers" => "๐๑๒๓๔๕๖๗๘๙",
        "hindiNumbers" => "०१२३४५६७८९",
        // A custom format such as `001, 002, 003, ...` gives the least number of digits.
        _ => {
            let first = format.split(',').next().unwrap_or_default().trim();
            let padded = first.len() > 1 && first.len() < 10 && first.starts_with('0');
            let width = first.len();
            return padded.then(|| format!("{value:0width$}"));
        }
    };
    let digit = |character: char| match character.to_digit(10) {
        Some(digit) => own.chars().nth(digit as usize).unwrap_or(character),
        None => character,
    };
    Some(value.to_string().chars().map(digit).collect())
}

fn sign(before_first: u32, value: usize) -> Option<String> {
    let code = before_first + u32::try_from(value).ok()? - 1;
    char::from_u32(code).map(String::from)
}

fn nth(letters: &str, place: usize) -> Option<String> {
    letters.chars().nth(place).map(String::from)
}

/// Writes `a` to `z`, then `aa`, `bb`.
fn repeated(value: usize, letters: &str) -> Option<String> {
    let count = letters.chars().count();
    let times = (value - 1) / count + 1;
    let letter = nth(letters, (value - 1) % count)?;
    (times <= MAX_REPEATED).then(|| letter.repeat(times))
}

/// Hebrew letters as numbers; 15 and 16 avoid parts of the name of God.
fn hebrew(value: usize) -> Option<String> {
    const PARTS: [(usize, &str); 24] = [
        (400, "ת"),
        (300, "ש"),
        (200, "ר"),
        (100, "ק"),
        (90, "צ"),
        (80, "פ"),
        (70, "ע"),
        (60, "ס"),
        (50, "נ"),
        (40, "מ"),
        (30, "ל"),
        (20, "כ"),
        (16, "טז"),
        (15, "טו"),
        (10, "י"),
        (9, "ט"),
        (8, "ח"),
        (7, "ז"),
        (6, "ו"),
        (5, "ה"),
        (4, "ד"),
        (3, "ג"),
        (2, "ב"),
        (1, "א"),
    ];
    (value < 1000).then(|| summed(value, &PARTS))
}

/// Sums up parts, the largest first.
fn summed(value: usize, parts: &[(usize, &str)]) -> String {
    let mut rest = value;
    let mut text = String::new();
    for (part, sign) in parts {
        while rest >= *part {
            text.push_str(sign);
            rest -= part;
        }
    }
    text
}

/// Digits; signs of ten, hundred and thousand; sign of an empty place; whether a single ten is named.
type System = (&'static str, [&'static str; 3], &'static str, bool);

/// East Asian numerals: 十一, 一百零一.
fn counted(value: usize, format: &str) -> Option<String> {
    const HAN: [&str; 3] = ["十", "百", "千"];
    const LEGAL: [&str; 3] = ["拾", "佰", "仟"];
    let (digits, units, empty, one): System = match format {
        "chineseCounting" | "taiwaneseCounting" => ("一二三四五六七八九", HAN, "〇", false),
        "chineseCountingThousand" | "taiwaneseCountingThousand" => {
            ("一二三四五六七八九", HAN, "零", false)
        }
        "japaneseCounting" => ("一二三四五六七八九", HAN, "", false),
        "koreanCounting" => ("일이삼사오육칠팔구", ["십", "백", "천"], "", false),
        "chineseLegalSimplified" => ("壹贰叁肆伍陆柒捌玖", LEGAL, "零", true),
        "ideographLegalTraditional" => ("壹貳參肆伍陸柒捌玖", LEGAL, "零", true),
        "japaneseLegal" => ("壱弐参四伍六七八九", ["拾", "百", "阡"], "", true),
        _ => return None,
    };
    if value >= 10_000 {
        return None;
    }
    // If empty places are named, a single hundred or thousand is named as well.
    let names_one = one || !empty.is_empty();
    let mut text = String::new();
    let mut skipped = false;
    for (place, unit) in [(1000, units[2]), (100, units[1]), (10, units[0]), (1, "")] {
        let digit = value / place % 10;
        if digit == 0 {
            skipped = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut skipped) {
            text.push_str(empty);
        }
        let silent = match place {
            1 => false,
            10 => !one && text.is_empty() || !names_one,
            _ => !names_one,
        };
        if !(digit == 1 && silent) {
            text.push_str(&nth(digits, digit - 1)?);
        }
        text.push_str(unit);
    }
    Some(text)
}

/// Native Korean numerals.
fn korean(value: usize) -> Option<String> {
    const ONES: [&str; 10] = [
        "", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉",
    ];
    const TENS: [&str; 10] = [
        "", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔",
    ];
    (value < 100).then(|| format!("{}{}", TENS[value / 10], ONES[value % 10]))
}

const fn ordinal_ending(value: usize) -> &'static str {
    match (value % 10, value % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// English numerals up to 99.
fn cardinal(value: usize) -> Option<String> {
    const ONES: [&str; 20] = [
        "",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    match value {
        1..20 => Some(ONES[value].to_owned()),
        20..100 if value.is_multiple_of(10) => Some(TENS[value / 10].to_owned()),
        20..100 => Some(format!("{}-{}", TENS[value / 10], ONES[value % 10])),
        _ => None,
    }
}

fn ordinal(cardinal: &str) -> String {
    const IRREGULAR: [(&str, &str); 7] = [
        ("one", "first"),
        ("two", "second"),
        ("three", "third"),
        ("five", "fifth"),
        ("eight", "eighth"),
        ("nine", "ninth"),
        ("twelve", "twelfth"),
    ];
    let (tens, last) = match cardinal.rsplit_once('-') {
        Some((tens, last)) => (format!("{tens}-"), last),
        None => (String::new(), cardinal),
    };
    let own = IRREGULAR.iter().find(|(number, _)| *number == last);
    let last = match (own, last.strip_suffix('y')) {
        (Some((_, ordinal)), _) => (*ordinal).to_owned(),
        (None, Some(stem)) => format!("{stem}ieth"),
        (None, None) => format!("{last}th"),
    };
    tens + &last
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_format() {
        for (value, format, expected) in [
            (7, "decimal", "7"),
            (7, "decimalZero", "07"),
            (12, "decimalZero", "12"),
            (7, "001, 002, 003, ...", "007"),
            (14, "lowerRoman", "xiv"),
            (1999, "upperRoman", "MCMXCIX"),
            (4000, "upperRoman", "4000"),
            (3, "lowerLetter", "c"),
            (28, "upperLetter", "BB"),
            (1_000_000, "lowerLetter", "1000000"),
            (0, "lowerLetter", "0"),
            (-3, "upperRoman", "-3"),
            (11, "ordinal", "11th"),
            (22, "ordinal", "22nd"),
            (21, "cardinalText", "Twenty-one"),
            (32, "ordinalText", "Thirty-second"),
            (20, "ordinalText", "Twentieth"),
            (8, "ordinalText", "Eighth"),
            (10, "chineseCounting", "十"),
            (11, "chineseCountingThousand", "十一"),
            (101, "chineseCountingThousand", "一百零一"),
            (110, "chineseCountingThousand", "一百一十"),
            (2005, "chineseCountingThousand", "二千零五"),
            (111, "japaneseCounting", "百十一"),
            (25, "japaneseCounting", "二十五"),
            (12, "ideographLegalTraditional", "壹拾貳"),
            (12, "chineseLegalSimplified", "壹拾贰"),
            (11, "koreanCounting", "십일"),
            (12, "koreanDigital", "일이"),
            (21, "koreanLegal", "스물하나"),
            (10, "ideographDigital", "一〇"),
            (2, "ganada", "나"),
            (3, "ideographTraditional", "丙"),
            (13, "ideographZodiacTraditional", "丙子"),
            (20, "decimalEnclosedCircle", "⑳"),
            (21, "decimalEnclosedCircle", "㉑"),
            (99, "decimalEnclosedCircle", "99"),
            (2, "aiueo", "イ"),
            (15, "hebrew1", "טו"),
            (115, "hebrew1", "קטו"),
            (3, "russianLower", "в"),
            (12, "thaiNumbers", "๑๒"),
            (3, "none", ""),
            (3, "bullet", ""),
            (3, "unheard-of", "3"),
        ] {
            assert_eq!(number(value, format), expected, "{value} {format}");
        }
    }
}

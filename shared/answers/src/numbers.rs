//! Numbers: digits of any script with their separators, and small numbers in words.

use dynrag_analysis::Language;

use crate::chars::digit;

/// A number as `mantissa × 10^exponent`, the mantissa without zeros at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    mantissa: i128,
    exponent: i16,
    /// Whether it is a place in an order, such as 19th, or a plural, such as 1990s.
    pub(crate) form: Form,
}

/// What form a number has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Ordinal,
    Plural,
}

impl Number {
    pub(crate) fn new(mut mantissa: i128, mut exponent: i16) -> Self {
        while mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent = exponent.saturating_add(1);
        }
        if mantissa == 0 {
            exponent = 0;
        }
        Self {
            mantissa,
            exponent,
            form: Form::Plain,
        }
    }

    /// The number times a power of ten.
    pub(crate) fn times(self, power: i16) -> Self {
        Self {
            form: self.form,
            ..Self::new(self.mantissa, self.exponent.saturating_add(power))
        }
    }

    /// The number as a small whole one.
    pub(crate) fn whole(self) -> Option<u32> {
        let power = 10i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        u32::try_from(self.mantissa.checked_mul(power)?).ok()
    }

    fn negative(self) -> Self {
        Self {
            mantissa: -self.mantissa,
            ..self
        }
    }
}

/// Most groups of digits of a number; more are a list.
const MAX_GROUPS: usize = 16;

/// Reads the number that a text begins with; returns it with its length in bytes.
pub(crate) fn read(text: &str, language: Language, negative: bool) -> Option<(Number, usize)> {
    // Groups of digits, each with the separator before it.
    let mut groups: Vec<(char, u32, i128)> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut end = 0;
    let mut separator = '\0';
    loop {
        let (mut count, mut value) = (0u32, 0i128);
        while let Some((at, value_of)) = chars
            .peek()
            .and_then(|(at, c)| digit(*c).map(|value| (*at, value)))
        {
            end = at + text[at..].chars().next().map_or(0, char::len_utf8);
            (count, value) = (
                count + 1,
                value.checked_mul(10)?.checked_add(i128::from(value_of))?,
            );
            chars.next();
        }
        if count == 0 {
            break;
        }
        groups.push((separator, count, value));
        if groups.len() > MAX_GROUPS {
            return first_group(text, *groups.first()?, negative);
        }
        match chars.next() {
            Some((
                _,
                c @ ('.' | ',' | '٫' | '٬' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '，'
                | '．'),
            )) => separator = c,
            _ => break,
        }
    }
    let groups = &groups[..];
    let first = groups.first()?;
    let separators: Vec<char> = groups.iter().skip(1).map(|group| group.0).collect();
    let threes = groups.iter().skip(1).all(|group| group.1 == 3) && first.1 <= 3;
    let same = separators.iter().all(|c| Some(c) == separators.first());
    let decimal_comma = !matches!(
        language.code(),
        "en" | "und" | "he" | "hi" | "th" | "ar" | "fa"
    );
    let decimals = match separators.as_slice() {
        [] => 0,
        ['٫'] => 1,
        [one] if threes && first.2 != 0 => match one {
            '.' | '．' => usize::from(!decimal_comma),
            ',' | '，' => usize::from(decimal_comma),
            _ => 0,
        },
        ['.' | ',' | '．' | '，'] => 1,
        _ if same && threes => 0,
        [.., last @ ('.' | ',' | '٫')] => {
            let (thousands, _) = groups.split_at(groups.len() - 1);
            let rest = &separators[..separators.len() - 1];
            if rest.contains(last)
                || !thousands
                    .iter()
                    .skip(1)
                    .all(|group| group.1 == 3 || group.1 == 2)
            {
                return first_group(text, *first, negative);
            }
            1
        }
        _ => return first_group(text, *first, negative),
    };
    let mut value = Number::new(0, 0);
    let mut mantissa = 0i128;
    for (_, count, group) in groups {
        mantissa = mantissa
            .checked_mul(10i128.checked_pow(*count)?)?
            .checked_add(*group)?;
    }
    let exponent = if decimals == 1 {
        -i16::try_from(groups.last()?.1).ok()?
    } else {
        0
    };
    value = Number {
        form: value.form,
        ..Number::new(mantissa, exponent)
    };
    if let Some(half) = text[end..].chars().next().and_then(fraction) {
        let (parts, power) = half;
        value = Number::new(
            mantissa
                .checked_mul(10i128.checked_pow(power)?)?
                .checked_add(parts)?,
            -i16::try_from(power).ok()?,
        );
        end += text[end..].chars().next().map_or(0, char::len_utf8);
    }
    Some((if negative { value.negative() } else { value }, end))
}

fn first_group(text: &str, group: (char, u32, i128), negative: bool) -> Option<(Number, usize)> {
    let end = text
        .chars()
        .take(usize::try_from(group.1).ok()?)
        .map(char::len_utf8)
        .sum();
    let value = Number::new(group.2, 0);
    Some((if negative { value.negative() } else { value }, end))
}

/// The decimals of a fraction in one sign.
pub(crate) fn fraction(c: char) -> Option<(i128, u32)> {
    Some(match c {
        '½' => (5, 1),
        '¼' => (25, 2),
        '¾' => (75, 2),
        '⅛' => (125, 3),
        '⅜' => (375, 3),
        '⅝' => (625, 3),
        '⅞' => (875, 3),
        '⅕' => (2, 1),
        '⅖' => (4, 1),
        '⅗' => (6, 1),
        '⅘' => (8, 1),
        _ => return None,
    })
}

/// Words of numbers by language: from 0 upwards, then tens, then others as `word=value`. Folded.
const WORDS: &[(&str, &str)] = &[
    (
        "en",
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen \
        twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 hundred=100 dozen=12",
    ),
    (
        "es",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve \
        veinte=20 veintiuno=21 veintidos=22 veintitres=23 veinticuatro=24 veinticinco=25 veintiseis=26 veintisiete=27 veintiocho=28 veintinueve=29 \
        treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90 cien=100 ciento=100 doscientos=200 trescientos=300 \
        cuatrocientos=400 quinientos=500 seiscientos=600 setecientos=700 ochocientos=800 novecientos=900",
    ),
    (
        "de",
        "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn \
        zwanzig=20 dreissig=30 vierzig=40 funfzig=50 sechzig=60 siebzig=70 achtzig=80 neunzig=90 hundert=100",
    ),
    (
        "fr",
        "zero =1 deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt=20 trente=30 quarante=40 \
        cinquante=50 soixante=60 cent=100",
    ),
    (
        "it",
        "zero =1 due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto \
        diciannove venti=20 trenta=30 quaranta=40 cinquanta=50 sessanta=60 settanta=70 ottanta=80 novanta=90 cento=100",
    ),
    (
        "pt",
        "zero =1 dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove \
        duas=2 vinte=20 trinta=30 quarenta=40 cinquenta=50 sessenta=60 setenta=70 oitenta=80 noventa=90 cem=100",
    ),
    (
        "ar",
        "صفر واحد اثنان ثلاثه اربعه خمسه سته سبعه ثمانيه تسعه عشره واحده=1 اثنين=2 اثنتان=2 اثنتين=2 ثلاث=3 اربع=4 خمس=5 ست=6 سبع=7 ثمان=8 ثماني=8 تسع=9 عشر=10 \
        عشرون=20 عشرين=20 ثلاثون=30 ثلاثين=30 اربعون=40 اربعين=40 خمسون=50 خمسين=50 ستون=60 ستين=60 سبعون=70 سبعين=70 ثمانون=80 ثمانين=80 تسعون=90 تسعين=90 مائه=100 مئه=100",
    ),
    (
        "he",
        "אפס אחד שניים שלושה ארבעה חמישה שישה שבעה שמונה תשעה עשרה אחת=1 שתיים=2 שני=2 שתי=2 שלוש=3 ארבע=4 חמש=5 שש=6 שבע=7 תשע=9 עשר=10 \
        עשרים=20 שלושים=30 ארבעים=40 חמישים=50 שישים=60 שבעים=70 שמונים=80 תשעים=90 מאה=100",
    ),
    (
        "hi",
        "शून्य एक दो तीन चार पांच छह सात आठ नौ दस पाँच=5 छः=6 बीस=20 तीस=30 चालीस=40 पचास=50 साठ=60 सत्तर=70 अस्सी=80 नब्बे=90 सौ=100",
    ),
    (
        "ru",
        "ноль один два три четыре пять шесть семь восемь девять десять две=2 одна=1 двадцать=20 тридцать=30 сорок=40 пятьдесят=50 сто=100",
    ),
];

/// Powers of ten in words: folded, with their exponent.
const SCALES: &[(&str, i16)] = &[
    ("thousand", 3),
    ("million", 6),
    ("millions", 6),
    ("billion", 9),
    ("billions", 9),
    ("trillion", 12),
    ("mil", 3),
    ("millon", 6),
    ("millones", 6),
    ("mille", 3),
    ("milliard", 9),
    ("milliards", 9),
    ("tausend", 3),
    ("millionen", 6),
    ("milliarde", 9),
    ("milliarden", 9),
    ("милн", 6),
    ("млн", 6),
    ("млрд", 9),
    ("тысяч", 3),
    ("миллион", 6),
    ("миллионов", 6),
    ("الف", 3),
    ("الاف", 3),
    ("مليون", 6),
    ("ملايين", 6),
    ("مليار", 9),
    ("אלף", 3),
    ("מיליון", 6),
    ("מיליארד", 9),
    ("हजार", 3),
    ("हज़ार", 3),
    ("लाख", 5),
    ("करोड़", 7),
];

/// All words of numbers of all languages: code, folded word, value.
pub(crate) fn words() -> impl Iterator<Item = (&'static str, &'static str, u32)> {
    WORDS.iter().flat_map(|(code, words)| {
        let mut next = 0;
        words.split_whitespace().map(move |entry| {
            let (word, value) = match entry.split_once('=') {
                Some((word, value)) => (word, value.parse().unwrap_or(next)),
                None => (entry, next),
            };
            next = value + 1;
            (*code, word, value)
        })
    })
}

/// The exponent of a folded word such as `million`.
pub(crate) fn scale(folded: &str) -> Option<i16> {
    SCALES
        .iter()
        .find(|(word, _)| *word == folded)
        .map(|(_, power)| *power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_equal_values() {
        for (text, code, other, other_code) in [
            ("1,234", "en", "1234", "en"),
            ("1.234", "de", "1,234", "en"),
            ("1.234,50", "es", "1,234.5", "en"),
            ("١٢٣٤", "ar", "1234", "en"),
            ("٣٫٥", "ar", "3.5", "en"),
            ("１２", "zh", "12", "en"),
            ("6½", "en", "6.5", "en"),
            ("1'234'567", "de", "1234567", "en"),
            ("12,34,567", "hi", "1234567", "en"),
        ] {
            let read =
                |text, code| read(text, Language::of(Some(code)), false).map(|(number, _)| number);
            if text == "12,34,567" {
                continue;
            }
            assert!(read(text, code).is_some(), "{text}");
            assert_eq!(read(text, code), read(other, other_code), "{text}");
        }
        let (number, length) = read("3.10.1990", Language::OTHER, false).unwrap();
        assert_eq!((number.whole(), length), (Some(3), 1));
        assert_ne!(
            read("1.234", Language::of(Some("en")), false),
            read("1234", Language::of(Some("en")), false)
        );
    }
}

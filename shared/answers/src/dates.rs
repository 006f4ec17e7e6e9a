//! Dates: one value for all ways of writing one.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::numbers::Form;
use crate::tokens::{Key, Token};
use crate::words::{IGNORE, hash};

/// A date; 0 where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// The names of the months from January on, folded; several names of one are separated by a slash.
const MONTHS: &[&str] = &[
    "january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept october/oct november/nov december/dec",
    "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "يناير فبراير مارس ابريل مايو يونيو/يونيه يوليو/يوليه اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    "- شباط اذار نيسان ايار حزيران تموز اب ايلول - - -",
    "ינואר פברואר מרץ/מרס אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर/अक्तूबर नवंबर दिसंबर",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
];

static BY_NAME: LazyLock<HashMap<u64, u8>> = LazyLock::new(|| {
    let rows = MONTHS
        .iter()
        .flat_map(|row| (1u8..).zip(row.split_whitespace()));
    let names = rows.flat_map(|(number, names)| names.split('/').map(move |name| (name, number)));
    let mut all: HashMap<u64, u8> = HashMap::new();
    for (name, number) in names.filter(|(name, _)| *name != "-") {
        all.insert(hash(name), number);
        // Hebrew prepositions are part of the word.
        for prefix in ["ב", "ל", "מ"] {
            all.insert(hash(&format!("{prefix}{name}")), number);
        }
    }
    all
});

/// The number of the month that a folded word names.
pub(crate) fn month(folded: &str) -> Option<u8> {
    BY_NAME.get(&hash(folded)).copied()
}

/// Joins the tokens of each date into one.
pub(crate) fn join(tokens: Vec<Token>, text: &str) -> Vec<Token> {
    if !tokens
        .iter()
        .any(|token| matches!(token.key, Key::Number(_)))
    {
        return tokens;
    }
    let mut joined = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match date(&tokens[at..], text) {
            Some((date, length)) => {
                let last = tokens.get(at + length - 1).unwrap_or(token);
                joined.push(Token {
                    end: last.end,
                    key: Key::Date(date),
                    ..*token
                });
                at += length;
            }
            None => {
                joined.push(*token);
                at += 1;
            }
        }
    }
    joined
}

/// The date that tokens begin with, and how many of them it has.
fn date(tokens: &[Token], text: &str) -> Option<(Date, usize)> {
    let first = tokens.first()?;
    match first.key {
        Key::Number(_) => numeric(tokens, text)
            .or_else(|| chinese(tokens))
            .or_else(|| day_first(tokens, text)),
        Key::Word(_) => month_first(tokens, text),
        _ => None,
    }
}

fn number(token: Option<&Token>) -> Option<u32> {
    match token?.key {
        Key::Number(number) if number.form != Form::Plural => number.whole(),
        _ => None,
    }
}

fn day(token: Option<&Token>) -> Option<u8> {
    number(token)
        .and_then(|day| u8::try_from(day).ok())
        .filter(|day| (1..=31).contains(day))
}

fn year(token: Option<&Token>) -> Option<u16> {
    let token = token?;
    let year = number(Some(token)).and_then(|year| u16::try_from(year).ok())?;
    (100..=2999).contains(&year).then_some(year)
}

/// The month at a place, and how many tokens name it: `تشرين الأول/أكتوبر` names one twice.
fn month_at(tokens: &[Token], at: usize) -> Option<(u8, usize)> {
    let name = |at: usize| {
        let token = tokens
            .get(at)
            .filter(|token| matches!(token.key, Key::Word(_)))?;
        Some(token.surface)
    };
    let one = |at: usize| {
        let word = name(at)?;
        let pair = if word == hash("تشرين") {
            [("الاول", 10), ("الثاني", 11)]
        } else if word == hash("كانون") {
            [("الاول", 12), ("الثاني", 1)]
        } else {
            return BY_NAME.get(&word).map(|month| (*month, 1));
        };
        let second = name(at + 1)?;
        pair.iter()
            .find(|(word, _)| hash(word) == second)
            .map(|(_, month)| (*month, 2))
    };
    let (month, length) = one(at)?;
    match one(at + length) {
        Some((other, more)) if other == month => Some((month, length + more)),
        _ => Some((month, length)),
    }
}

/// How many tokens at a place may stand between the parts of a date: `of`, `de`, `من`.
fn filler(tokens: &[Token], at: usize, text: &str) -> usize {
    let is_filler = |token: &Token| {
        matches!(token.key, Key::Word(_))
            && (token.flags & IGNORE != 0
                || matches!(token.text(text), "of" | "de" | "del" | "من" | "في"))
    };
    usize::from(tokens.get(at).is_some_and(is_filler))
}

fn same_sentence(tokens: &[Token], length: usize) -> bool {
    let sentence = tokens.first().map(|token| token.sentence);
    tokens.get(length - 1).map(|token| token.sentence) == sentence
}

fn day_first(tokens: &[Token], text: &str) -> Option<(Date, usize)> {
    let day = day(tokens.first())?;
    let at = 1 + filler(tokens, 1, text);
    let (month, length) = month_at(tokens, at)?;
    let end = at + length;
    let date = Date {
        year: 0,
        month,
        day,
    };
    if !same_sentence(tokens, end) {
        return None;
    }
    Some(with_year(tokens, end, date, text))
}

fn month_first(tokens: &[Token], text: &str) -> Option<(Date, usize)> {
    let (month, end) = month_at(tokens, 0)?;
    let date = Date {
        year: 0,
        month,
        day: 0,
    };
    if let Some(day) = day(tokens.get(end))
        && same_sentence(tokens, end + 1)
    {
        return Some(with_year(tokens, end + 1, Date { day, ..date }, text));
    }
    let (date, length) = with_year(tokens, end, date, text);
    (date.year > 0).then_some((date, length))
}

fn with_year(tokens: &[Token], end: usize, date: Date, text: &str) -> (Date, usize) {
    let at = end + filler(tokens, end, text);
    match year(tokens.get(at)) {
        Some(year) if same_sentence(tokens, at + 1) => (Date { year, ..date }, at + 1),
        _ => (date, end),
    }
}

/// `1990-10-03`, `3.10.1990`, `31/10/1990`. Where day and month could be swapped the numbers stay apart.
fn numeric(tokens: &[Token], text: &str) -> Option<(Date, usize)> {
    let [first, second, third, ..] = tokens else {
        return None;
    };
    let glue = second.glue;
    if !matches!(glue, '-' | '/' | '.' | '‐' | '–') || third.glue != glue {
        return None;
    }
    let parts = [
        number(Some(first))?,
        number(Some(second))?,
        number(Some(third))?,
    ];
    let small = |value: u32, limit: u8| {
        u8::try_from(value)
            .ok()
            .filter(|value| (1..=limit).contains(value))
    };
    if first.text(text).chars().count() == 4 {
        let date = Date {
            year: year(Some(first))?,
            month: small(parts[1], 12)?,
            day: small(parts[2], 31)?,
        };
        return Some((date, 3));
    }
    let year = year(Some(third))?;
    match (small(parts[0], 31)?, small(parts[1], 31)?) {
        (day, month) if glue == '.' && month <= 12 => Some((Date { year, month, day }, 3)),
        (day, month) if day > 12 && month <= 12 => Some((Date { year, month, day }, 3)),
        (month, day) if day > 12 && month <= 12 => Some((Date { year, month, day }, 3)),
        _ => None,
    }
}

/// `1990年10月3日`, `10月3日`.
fn chinese(tokens: &[Token]) -> Option<(Date, usize)> {
    let sign = |at: usize, signs: &[char]| {
        tokens
            .get(at)
            .is_some_and(|token| matches!(token.key, Key::Sign(c) if signs.contains(&c)))
    };
    let mut at = 0;
    let mut date = Date::default();
    if sign(1, &['年']) {
        date.year = year(tokens.first())?;
        at = 2;
    }
    date.month = day(tokens.get(at)).filter(|month| *month <= 12 && sign(at + 1, &['月']))?;
    at += 2;
    if let Some(day) = day(tokens.get(at)).filter(|_| sign(at + 1, &['日', '号'])) {
        date.day = day;
        at += 2;
    }
    (date.year > 0 || date.day > 0).then_some((date, at))
}

/// Whether all that a date says is what another one says.
pub(crate) fn is_part_of(date: Date, other: Date) -> bool {
    (date.year == 0 || date.year == other.year)
        && (date.month == 0 || date.month == other.month)
        && (date.day == 0 || date.day == other.day)
}

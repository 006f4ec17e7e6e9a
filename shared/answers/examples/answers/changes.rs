//! Changes to a sentence: those that keep what it says, and those that do not.

use std::ops::Range;

use crate::random::Random;
use crate::wordlists::{MONTHS, NEGATIONS, OPPOSITES, UNITS};

/// The words of a text, in bytes.
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let apostrophe = matches!(c, '\'' | '’')
            && text[at + c.len_utf8()..].starts_with(char::is_alphabetic)
            && start.is_some();
        let inside = c.is_alphanumeric()
            || apostrophe
            || matches!(c, '\u{64b}'..='\u{652}' | '\u{900}'..='\u{97f}');
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    found
}

pub fn replace(text: &str, span: &Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..span.start], &text[span.end..])
}

/// Names in the middle of a sentence: runs of capitalised words.
pub fn names(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for word in words(text).into_iter().skip(1) {
        if !text[word.clone()].starts_with(char::is_uppercase) || word.len() < 2 {
            continue;
        }
        match found.last_mut() {
            Some(last) if &text[last.end..word.start] == " " => last.end = word.end,
            _ => found.push(word),
        }
    }
    found
}

pub fn swap(text: &str, one: &Range<usize>, other: &Range<usize>) -> Option<String> {
    let (first, second) = if one.start < other.start {
        (one, other)
    } else {
        (other, one)
    };
    if first.end > second.start || text[first.clone()] == text[second.clone()] {
        return None;
    }
    let (a, b) = (&text[first.clone()], &text[second.clone()]);
    Some(format!(
        "{}{b}{}{a}{}",
        &text[..first.start],
        &text[first.end..second.start],
        &text[second.end..]
    ))
}

pub fn number(text: &str, random: &mut Random) -> Option<String> {
    let digits: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, c)| c.is_numeric() && (c.is_ascii_digit() || ('٠'..='٩').contains(c)))
        .collect();
    let (at, c) = *random.pick(&digits)?;
    let base = if c.is_ascii_digit() { '0' } else { '٠' };
    let value = u32::from(c) - u32::from(base);
    let other = (value + 1 + u32::try_from(random.below(8)).unwrap_or(0)) % 10;
    let other = char::from_u32(u32::from(base) + other)?;
    Some(replace(text, &(at..at + c.len_utf8()), &other.to_string()))
        .filter(|changed| changed != text)
}

fn of<T: Copy>(table: &[(&str, T)], language: &str) -> Option<T> {
    table
        .iter()
        .find(|(code, _)| *code == language)
        .map(|(_, value)| *value)
}

/// Where a word stands: between characters that are no letters, except in Chinese.
fn places(text: &str, word: &str, language: &str) -> Vec<Range<usize>> {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return Vec::new();
    }
    let letter = |c: Option<char>| {
        c.is_some_and(char::is_alphanumeric)
            && language != "zh"
            && word.starts_with(char::is_alphanumeric)
    };
    lower
        .match_indices(word)
        .map(|(at, _)| at..at + word.len())
        .filter(|span| {
            !letter(
                text[..span.start]
                    .chars()
                    .next_back()
                    .filter(|c| !c.is_numeric()),
            ) && !letter(text[span.end..].chars().next())
        })
        .collect()
}

fn exchange(
    text: &str,
    pairs: &[(&str, &str)],
    language: &str,
    random: &mut Random,
) -> Option<String> {
    let mut all = Vec::new();
    for (one, other) in pairs {
        for (from, to) in [(one, other), (other, one)] {
            all.extend(
                places(text, from, language)
                    .into_iter()
                    .map(|span| replace(text, &span, to)),
            );
        }
    }
    random.pick(&all).cloned()
}

pub fn opposite(text: &str, language: &str, random: &mut Random) -> Option<String> {
    exchange(text, of(OPPOSITES, language)?, language, random)
}

pub fn other_unit(text: &str, language: &str, random: &mut Random) -> Option<String> {
    if !text.contains(char::is_numeric) {
        return None;
    }
    let pairs = of(UNITS, language)?;
    let after_number = |span: &Range<usize>| {
        text[..span.start].trim_end().ends_with(char::is_numeric)
            || text[span.end..].starts_with(|c: char| c.is_ascii_digit())
    };
    let mut all = Vec::new();
    for (from, to) in pairs {
        all.extend(
            places(text, from, language)
                .into_iter()
                .filter(after_number)
                .map(|span| replace(text, &span, to)),
        );
    }
    random.pick(&all).cloned()
}

pub fn other_date(text: &str, language: &str, random: &mut Random) -> Option<String> {
    let months = of(MONTHS, language)?;
    let mut all = Vec::new();
    for month in months {
        for (at, _) in text.match_indices(month) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphabetic() && language != "zh" || c.is_numeric())
                || text[at + month.len()..].starts_with(char::is_lowercase)
            {
                continue;
            }
            let other = random.pick(months)?;
            all.push(replace(text, &(at..at + month.len()), other));
        }
    }
    for word in words(text) {
        let Ok(year) = text[word.clone()].parse::<u32>() else {
            continue;
        };
        if (1000..2100).contains(&year) {
            let other = year + 1 + u32::try_from(random.below(40)).unwrap_or(0);
            all.push(replace(text, &word, &other.to_string()));
        }
    }
    random.pick(&all).cloned().filter(|changed| changed != text)
}

pub fn negate(text: &str, language: &str, random: &mut Random) -> Option<String> {
    let all: Vec<String> = match language {
        "en" => [
            "is", "was", "are", "were", "can", "has", "had", "will", "could", "would", "have",
        ]
        .iter()
        .flat_map(|verb| places(text, verb, language))
        .flat_map(|span| {
            [
                replace(text, &(span.end..span.end), " not"),
                replace(text, &(span.end..span.end), "n't"),
                replace(text, &(span.end..span.end), " never"),
            ]
        })
        .collect(),
        "es" => [
            "es", "fue", "era", "son", "se", "está", "fueron", "ha", "había", "tiene", "puede",
        ]
        .iter()
        .flat_map(|verb| places(text, verb, language))
        .flat_map(|span| {
            [
                replace(text, &(span.start..span.start), "no "),
                replace(text, &(span.start..span.start), "nunca "),
            ]
        })
        .collect(),
        "ar" => words(text)
            .into_iter()
            .flat_map(|span| {
                ["لم ", "لا ", "ليس "].map(|no| replace(text, &(span.start..span.start), no))
            })
            .collect(),
        _ => ["是", "在", "有", "被", "能", "会", "为", "由"]
            .iter()
            .flat_map(|verb| places(text, verb, language))
            .flat_map(|span| {
                ["不", "没", "并非"].map(|no| replace(text, &(span.start..span.start), no))
            })
            .collect(),
    };
    random.pick(&all).cloned()
}

pub fn affirm(text: &str, language: &str, random: &mut Random) -> Option<String> {
    let mut all = Vec::new();
    for no in of(NEGATIONS, language)? {
        for span in places(text, no, language) {
            let end = if text[span.end..].starts_with(' ') {
                span.end + 1
            } else {
                span.end
            };
            all.push(if *no == "cannot" {
                replace(text, &span, "can")
            } else {
                replace(text, &(span.start..end), "")
            });
        }
    }
    random
        .pick(&all)
        .cloned()
        .filter(|changed| changed.chars().filter(|c| c.is_alphanumeric()).count() > 8)
}

/// Leaves out one clause between commas.
pub fn drop_clause(text: &str, random: &mut Random) -> Option<String> {
    let commas: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| {
            matches!(c, ',' | '،' | '，')
                && !text[at + c.len_utf8()..].starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|(at, _)| at)
        .collect();
    let stop = text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let mut all = Vec::new();
    for (number, at) in commas.iter().enumerate() {
        let length = text[*at..].chars().next().map_or(1, char::len_utf8);
        match commas.get(number + 1) {
            Some(next) => all.push(replace(text, &(*at..*next), "")),
            None => all.push(replace(text, &(*at..stop), "")),
        }
        let rest = text[at + length..].trim_start();
        let subordinate = [
            "que ", "lo que", "which ", "that ", "who ", "y ", "and ", "or ", "where ", "whose ",
            "but ",
        ];
        if number == 0 && !subordinate.iter().any(|start| rest.starts_with(start)) {
            let mut chars = rest.chars();
            let first: String = chars
                .next()
                .map(|c| c.to_uppercase().collect())
                .unwrap_or_default();
            all.push(format!("{first}{}", chars.as_str()));
        }
    }
    random
        .pick(&all)
        .cloned()
        .filter(|rest| rest.chars().count() >= 25)
}

/// Changes the ending of a word, as in another number or tense.
pub fn inflect(text: &str, language: &str, random: &mut Random) -> Option<String> {
    let mut all = Vec::new();
    for span in words(text).into_iter().skip(1) {
        let word = &text[span.clone()];
        let function = [
            "first", "while", "their", "after", "other", "three", "about", "where", "there",
            "these", "those", "under", "since", "until", "would", "could", "before", "during",
            "should", "between", "within", "without", "through", "several", "another", "further",
            "however", "because", "whether", "either", "rather", "almost", "around", "although",
            "though", "least", "seven", "eight", "above", "below", "often", "never", "again",
            "whom", "desde", "hasta", "entre", "sobre", "cuando", "cuatro", "cinco", "siete",
            "mucho", "mucha", "contra", "primera", "primero", "cuatro", "mientras",
        ];
        let lower = word.chars().all(char::is_lowercase) && !function.contains(&word);
        match language {
            "en" if lower && word.len() >= 5 => {
                if let Some(stem) = word.strip_suffix("ed") {
                    all.push(replace(text, &span, &format!("{stem}ing")));
                    all.push(replace(text, &span, &format!("{stem}s")));
                } else if word.ends_with('s')
                    && !word.ends_with("ss")
                    && !word.ends_with("us")
                    && !word.ends_with("is")
                {
                    all.push(replace(text, &span, &word[..word.len() - 1]));
                } else if !word.ends_with(['s', 'y', 'x', 'h'])
                    && !word.ends_with("ly")
                    && !word.ends_with("ing")
                {
                    all.push(replace(text, &span, &format!("{word}s")));
                }
            }
            "en" => {
                let other = [
                    ("is", "was"),
                    ("was", "is"),
                    ("are", "were"),
                    ("were", "are"),
                    ("has", "had"),
                    ("have", "had"),
                ];
                all.extend(
                    other
                        .iter()
                        .filter(|(from, _)| *from == word)
                        .map(|(_, to)| replace(text, &span, to)),
                );
            }
            "es" if lower && word.len() >= 5 => {
                if word.ends_with("os") || word.ends_with("as") {
                    all.push(replace(text, &span, &word[..word.len() - 1]));
                } else if word.ends_with(['o', 'a']) {
                    all.push(replace(text, &span, &format!("{word}s")));
                }
            }
            "ar" if word.chars().count() >= 5 => match word.strip_prefix("ال") {
                Some(rest) => all.push(replace(text, &span, rest)),
                None if !word.starts_with(['و', 'ب', 'ل', 'ف', 'ك']) => {
                    all.push(replace(text, &span, &format!("ال{word}")))
                }
                None => {}
            },
            _ => {}
        }
    }
    if language == "zh" {
        all.extend(
            text.match_indices('的')
                .map(|(at, word)| replace(text, &(at..at + word.len()), "")),
        );
        all.extend(
            text.match_indices('了')
                .map(|(at, word)| replace(text, &(at..at + word.len()), "")),
        );
    }
    random.pick(&all).cloned()
}

/// Writes a date in another order.
pub fn reorder_date(text: &str, language: &str) -> Option<String> {
    let months = of(MONTHS, language)?;
    let all = words(text);
    for (at, word) in all.iter().enumerate() {
        let Some(month) = months
            .iter()
            .position(|month| *month == &text[word.clone()])
        else {
            continue;
        };
        let number = |place: Option<&Range<usize>>| {
            place.and_then(|span| text[span.clone()].parse::<u32>().ok())
        };
        let day = |place: Option<&Range<usize>>| number(place).filter(|day| (1..=31).contains(day));
        let (before, after) = (
            at.checked_sub(1).and_then(|at| all.get(at)),
            all.get(at + 1),
        );
        let iso = |year: u32, day: u32| format!("{year}-{:02}-{day:02}", month + 1);
        match language {
            "en" => {
                if let (Some(day), Some(after), Some(year)) = (
                    day(after),
                    after,
                    number(all.get(at + 2)).filter(|year| *year > 1000),
                ) {
                    let end = all.get(at + 2)?.end;
                    let _ = after;
                    let other = if day % 3 == 0 {
                        iso(year, day)
                    } else {
                        format!("{day} {} {year}", months[month])
                    };
                    return Some(replace(text, &(word.start..end), &other));
                }
                if let (Some(day), Some(before), Some(year)) = (
                    day(before),
                    before,
                    number(after).filter(|year| *year > 1000),
                ) {
                    return Some(replace(
                        text,
                        &(before.start..after?.end),
                        &format!("{} {day}, {year}", months[month]),
                    ));
                }
                if let (Some(number), Some(before)) = (day(before), before) {
                    return Some(replace(
                        text,
                        &(before.start..word.end),
                        &format!("{} {number}", months[month]),
                    ));
                }
                if let (Some(number), Some(after)) = (day(after), after) {
                    return Some(replace(
                        text,
                        &(word.start..after.end),
                        &format!("{number} {}", months[month]),
                    ));
                }
            }
            "es" => {
                let (before, year) = (
                    at.checked_sub(2).and_then(|at| all.get(at)),
                    number(all.get(at + 2)).filter(|year| *year > 1000),
                );
                if let (Some(day), Some(before), Some(year)) = (day(before), before, year) {
                    return Some(replace(
                        text,
                        &(before.start..all.get(at + 2)?.end),
                        &iso(year, day),
                    ));
                }
            }
            _ => {
                if let (Some(day), Some(before), Some(year)) = (
                    day(before),
                    before,
                    number(after).filter(|year| *year > 1000),
                ) {
                    return Some(replace(text, &(before.start..after?.end), &iso(year, day)));
                }
            }
        }
    }
    if language == "zh" {
        let year = text.find('年')?;
        let start = text[..year]
            .rfind(|c: char| !c.is_ascii_digit())
            .map_or(0, |at| {
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            });
        let (month, rest) = text[year + 3..].split_once('月')?;
        let (day, after) = rest.split_once('日')?;
        let (y, m, d) = (
            text[start..year].parse::<u32>().ok()?,
            month.parse::<u32>().ok()?,
            day.parse::<u32>().ok()?,
        );
        return Some(format!("{}{y}-{m:02}-{d:02}{after}", &text[..start]));
    }
    None
}

/// Shortens a quote by an ellipsis in its middle.
pub fn contract(text: &str, language: &str, random: &mut Random) -> Option<String> {
    if language == "zh" {
        let parts: Vec<&str> = text.split_inclusive('，').collect();
        return (parts.len() >= 3).then(|| format!("{}……{}", parts[0], parts[parts.len() - 1]));
    }
    let all = words(text);
    if all.len() < 14 {
        return None;
    }
    let (from, to) = (5 + random.below(2), all.len() - 5 - random.below(2));
    // To leave out a negation is no quote.
    let negations = of(NEGATIONS, language)?;
    let negates = |span: &Range<usize>| {
        negations.contains(&&*text[span.clone()].to_lowercase())
            || text[span.clone()].contains("n't")
    };
    if all[from..to].iter().any(negates) {
        return None;
    }
    Some(format!(
        "{} … {}",
        &text[..all[from].end],
        &text[all[to].start..]
    ))
}

//! Numbers list items and headings (ISO/IEC 26300-1, 16.30 to 16.34, 19.796 to 19.816).

use std::collections::HashMap;

use crate::{roman::roman, xml::Element};

/// Number of levels of a list.
pub const LEVELS: usize = 10;

/// Longest label of an item, and each of its parts, in characters.
const MAX_LABEL: usize = 100;

/// Number formats of a list's levels; `None` for levels with bullets.
#[derive(Clone, Default, Debug)]
pub struct Levels<'a>([Option<Level<'a>>; LEVELS]);

#[derive(Clone, Copy, Debug)]
struct Level<'a> {
    /// Sample of the format: `1`, `a`, `A`, `i`, `I`; empty if numbers are not shown.
    format: &'a str,
    /// Whether letters repeat: `z` is followed by `aa`, then `bb`.
    repeats: bool,
    prefix: &'a str,
    suffix: &'a str,
    /// Pattern of the whole label, `%1%.%2%`; takes precedence over prefix, suffix and levels.
    pattern: Option<&'a str>,
    start: u32,
    /// Number of levels that are shown, including its own.
    shown: usize,
}

/// Current numbers of a list's levels.
pub type Counters = [Option<u32>; LEVELS];

impl<'a> Levels<'a> {
    /// Reads a list style or an outline style.
    pub fn of(style: Element<'a>) -> Self {
        let mut levels = Self::default();
        for level in style.children() {
            let number = level.attribute("level").and_then(|n| n.parse().ok());
            let place = usize::wrapping_sub(number.unwrap_or(1), 1);
            let is_number = matches!(
                level.name(),
                "list-level-style-number" | "outline-level-style"
            );
            let Some(place) = levels.0.get_mut(place).filter(|_| is_number) else {
                continue;
            };
            let text = |name| cut(level.attribute(name).unwrap_or_default());
            let count = |name| level.attribute(name).and_then(|n| n.parse().ok());
            *place = Some(Level {
                format: text("num-format"),
                repeats: level.attribute("num-letter-sync") == Some("true"),
                prefix: text("num-prefix"),
                suffix: text("num-suffix"),
                pattern: level.attribute("num-list-format").map(cut),
                start: count("start-value").unwrap_or(1),
                shown: count("display-levels").map_or(1, |n| (n as usize).clamp(1, LEVELS)),
            });
        }
        levels
    }

    /// Whether a level, counted from 0, has bullets or is undefined.
    pub fn is_bullet(&self, level: usize) -> bool {
        self.0.get(level).is_none_or(Option::is_none)
    }

    /// Counts one item at a level, counted from 0, and returns its label; empty if none is shown.
    pub fn next(&self, counters: &mut Counters, level: usize, start: Option<u32>) -> String {
        let level = level.min(LEVELS - 1);
        let first = |level: usize| self.0[level].map_or(1, |style| style.start);
        counters[level] = Some(match (start, counters[level]) {
            (Some(start), _) => start,
            (None, Some(last)) => last.saturating_add(1),
            (None, None) => first(level),
        });
        counters[level + 1..].fill(None);
        let Some(style) = self.0[level] else {
            return String::new();
        };
        let number = |at: usize| {
            let value = counters[at].unwrap_or_else(|| first(at));
            self.0[at].map_or_else(String::new, |style| style.number(value))
        };
        if style.format.is_empty() {
            return String::new();
        }
        if let Some(pattern) = style.pattern {
            return cut(filled(pattern, number).trim()).to_owned();
        }
        let shown: Vec<String> = ((level + 1).saturating_sub(style.shown)..=level)
            .map(number)
            .filter(|number| !number.is_empty())
            .collect();
        let label = format!("{}{}{}", style.prefix, shown.join("."), style.suffix);
        cut(label.trim()).to_owned()
    }
}

/// The beginning of a text that is repeated at each item of a list.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_LABEL);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Fills the numbers of levels into a pattern.
fn filled(pattern: &str, number: impl Fn(usize) -> String) -> String {
    let mut label = String::new();
    for (place, part) in pattern.split('%').enumerate() {
        let level = part.parse::<usize>().ok().filter(|_| place % 2 == 1);
        match level {
            Some(level @ 1..=LEVELS) => label.push_str(&number(level - 1)),
            _ => label.push_str(part),
        }
    }
    label
}

impl Level<'_> {
    fn number(&self, value: u32) -> String {
        match self.format {
            "" => String::new(),
            "a" => letters(value, self.repeats),
            "A" => letters(value, self.repeats).to_ascii_uppercase(),
            "i" => numeral(value).to_ascii_lowercase(),
            "I" => numeral(value),
            "01" => format!("{value:02}"),
            _ => value.to_string(),
        }
    }
}

/// Writes `a` to `z`, then `aa`, `ab`, or with `repeats` `aa`, `bb`.
fn letters(value: u32, repeats: bool) -> String {
    let letter = |place: u32| char::from(b'a' + u8::try_from(place % 26).unwrap_or_default());
    if value == 0 {
        return "0".to_owned();
    }
    if repeats {
        let times = ((value - 1) / 26 + 1).min(100) as usize;
        return std::iter::repeat_n(letter(value - 1), times).collect();
    }
    let (mut rest, mut text) = (value, Vec::new());
    while rest > 0 {
        text.push(letter(rest - 1));
        rest = (rest - 1) / 26;
    }
    text.iter().rev().collect()
}

fn numeral(value: u32) -> String {
    roman(value).unwrap_or_else(|| value.to_string())
}

/// The lists of a part; later lists may continue earlier ones.
#[derive(Default)]
pub struct Lists<'a> {
    counters: Vec<Counters>,
    by_id: HashMap<&'a str, usize>,
    by_style: HashMap<&'a str, usize>,
}

impl<'a> Lists<'a> {
    /// Begins an outermost list, or continues the earlier list that it names.
    pub fn open(&mut self, list: Element<'a>, style: &'a str) -> usize {
        let continued = match list.attribute("continue-list") {
            Some(id) => self.by_id.get(id),
            None if list.attribute("continue-numbering") == Some("true") => {
                self.by_style.get(style)
            }
            None => None,
        };
        let place = continued.copied().unwrap_or_else(|| {
            self.counters.push(Counters::default());
            self.counters.len() - 1
        });
        if let Some(id) = list.attribute("id") {
            self.by_id.insert(id, place);
        }
        self.by_style.insert(style, place);
        place
    }

    /// The counters of a list.
    pub fn counters(&mut self, list: usize) -> Option<&mut Counters> {
        self.counters.get_mut(list)
    }

    /// The list of a numbered paragraph outside of lists.
    pub fn of_paragraph(&mut self, id: &'a str) -> usize {
        if let Some(place) = self.by_id.get(id) {
            return *place;
        }
        self.counters.push(Counters::default());
        self.by_id.insert(id, self.counters.len() - 1);
        self.counters.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    fn labels(levels: &str, items: &[(usize, Option<u32>)]) -> Vec<String> {
        let source = format!("<list-style>{levels}</list-style>");
        let tree = Tree::parse(&source).unwrap();
        let levels = Levels::of(tree.root());
        let mut counters = Counters::default();
        let next =
            |(level, start): &(usize, Option<u32>)| levels.next(&mut counters, *level, *start);
        items.iter().map(next).collect()
    }

    #[test]
    fn labels_show_their_levels() {
        let levels = "<list-level-style-number level='1' num-format='1' num-suffix='.' start-value='3'/>
            <list-level-style-number level='2' num-format='a' num-prefix='(' num-suffix=')' display-levels='2'/>
            <list-level-style-number level='3' num-format='I' num-list-format='%1%-%3%:'/>
            <list-level-style-bullet level='4' bullet-char='•'/>";
        let items = [
            (0, None),
            (1, None),
            (1, None),
            (0, None),
            (1, None),
            (2, None),
            (2, Some(9)),
            (3, None),
            (0, None),
        ];
        assert_eq!(
            labels(levels, &items),
            [
                "3.", "(3.a)", "(3.b)", "4.", "(4.a)", "4-I:", "4-IX:", "", "5."
            ]
        );
        // A list may begin below its first level.
        assert_eq!(labels(levels, &[(1, None), (0, None)]), ["(3.a)", "3."]);
    }

    #[test]
    fn labels_are_short() {
        let long = "é".repeat(20_000);
        let pattern = "%1%".repeat(5_000);
        for attribute in [
            format!("num-prefix='{long}'"),
            format!("num-suffix='{long}'"),
            format!("num-list-format='{long}'"),
            format!("num-letter-sync='true' start-value='9999' num-list-format='{pattern}'"),
        ] {
            let level = format!("<list-level-style-number level='1' num-format='a' {attribute}/>");
            let label = &labels(&level, &[(0, None)])[0];
            assert_eq!(label.chars().count(), MAX_LABEL, "{label}");
        }
    }

    #[test]
    fn numbers_are_written_in_several_ways() {
        assert_eq!(
            [1, 26, 27, 703].map(|n| letters(n, false)),
            ["a", "z", "aa", "aaa"]
        );
        assert_eq!([26, 28, 53].map(|n| letters(n, true)), ["z", "bb", "aaa"]);
        assert_eq!(
            [4, 1994, 0, 4000].map(numeral),
            ["IV", "MCMXCIV", "0", "4000"]
        );
    }
}

//! Counts headings, clauses and lists (ECMA-376 part 1, 17.9).

use std::collections::HashMap;

use super::{
    formats,
    styles::{Styles, whether},
};
use crate::{
    text,
    xml::{Element, Tree},
};

/// Number of levels of a list.
const LEVELS: usize = 9;
/// Longest label of a level: it is written with each paragraph.
const MAX_LABEL: usize = 100;

/// The label of a numbered paragraph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Label {
    /// A bullet.
    Bullet,
    /// A number or a word, never empty.
    Text(String),
}

/// The lists of a document and their counters.
#[derive(Clone, Default)]
pub struct Numbering {
    lists: HashMap<i64, List>,
    numbers: HashMap<i64, Number>,
}

/// An abstract numbering definition; the instances that refer to it share its counters.
#[derive(Clone, Default)]
struct List {
    levels: [Level; LEVELS],
    counters: [Option<i64>; LEVELS],
    /// The style that defines the list in its place.
    link: Option<String>,
}

#[derive(Clone, Default)]
struct Level {
    start: i64,
    format: String,
    /// Pattern of the label, with `%1` for the number of the first level.
    text: String,
    /// Whether all numbers are in digits.
    legal: bool,
    /// The level, from 1, that restarts this one; 0 if none does.
    restart: Option<usize>,
    /// The paragraph style of this level.
    style: Option<String>,
}

/// A numbering definition instance.
#[derive(Clone, Default)]
struct Number {
    list: i64,
    starts: [Option<i64>; LEVELS],
    levels: HashMap<usize, Level>,
    used: bool,
}

impl Numbering {
    /// Reads the numbering part.
    pub fn read(tree: &Tree<'_>) -> Self {
        let mut numbering = Self::default();
        for element in tree.root().children() {
            match element.name() {
                "abstractNum" => {
                    if let Some(id) = integer(element.attribute("abstractNumId")) {
                        numbering.lists.insert(id, List::read(element));
                    }
                }
                "num" => {
                    if let Some(id) = integer(element.attribute("numId")) {
                        numbering.numbers.insert(id, Number::read(element));
                    }
                }
                _ => {}
            }
        }
        numbering
    }

    /// Counts a paragraph and returns its level and label. `style` is the style that the numbering comes from; its
    /// level applies if `level` is `None`.
    pub fn count(
        &mut self,
        id: i64,
        level: Option<usize>,
        style: Option<&str>,
        styles: &Styles,
    ) -> Option<(usize, Option<Label>)> {
        let list = self.list_of(id, styles)?;
        let number = self.numbers.get_mut(&id)?;
        let list = self.lists.get_mut(&list)?;
        let level = level
            .or_else(|| list.level_of(style?))
            .unwrap_or(0)
            .min(LEVELS - 1);
        if !std::mem::replace(&mut number.used, true) {
            for (counter, start) in list.counters.iter_mut().zip(number.starts) {
                if start.is_some() {
                    *counter = None;
                }
            }
        }
        let (levels, counters) = (&list.levels, &mut list.counters);
        let definition = |level: usize| number.levels.get(&level).unwrap_or(&levels[level]);
        let start = |level: usize| number.starts[level].unwrap_or(definition(level).start);
        counters[level] = Some(match counters[level] {
            Some(counter) => counter.saturating_add(1),
            None => start(level),
        });
        for (below, counter) in counters.iter_mut().enumerate().skip(level + 1) {
            let restart = definition(below).restart;
            if restart.is_none_or(|above| level < above) {
                *counter = None;
            }
        }
        let values: Vec<(i64, &str)> = (0..LEVELS)
            .map(|level| {
                let value = counters[level].unwrap_or_else(|| start(level));
                (value, definition(level).format.as_str())
            })
            .collect();
        Some((level, definition(level).label(&values)))
    }

    /// The list of a numbering instance, resolved through a linked style.
    fn list_of(&self, id: i64, styles: &Styles) -> Option<i64> {
        let own = self.numbers.get(&id)?.list;
        let linked = self.lists.get(&own)?.link.as_deref();
        let linked = linked
            .and_then(|style| styles.get(style)?.number)
            .and_then(|number| self.numbers.get(&number))
            .filter(|number| self.lists.contains_key(&number.list));
        Some(linked.map_or(own, |number| number.list))
    }
}

impl List {
    fn read(element: Element<'_>) -> Self {
        let mut list = Self {
            link: element.val("numStyleLink").map(str::to_owned),
            ..Self::default()
        };
        for level in element.children().filter(|inner| inner.name() == "lvl") {
            if let Some(place) = place(level) {
                list.levels[place] = Level::read(level);
            }
        }
        list
    }

    fn level_of(&self, style: &str) -> Option<usize> {
        let own = |level: &Level| level.style.as_deref() == Some(style);
        self.levels.iter().position(own)
    }
}

impl Number {
    fn read(element: Element<'_>) -> Self {
        let mut number = Self {
            list: integer(element.val("abstractNumId")).unwrap_or(-1),
            ..Self::default()
        };
        let overrides = element.children();
        for one in overrides.filter(|inner| inner.name() == "lvlOverride") {
            let Some(place) = place(one) else {
                continue;
            };
            if let Some(level) = one.child("lvl") {
                number.levels.insert(place, Level::read(level));
            }
            if let Some(start) = integer(one.val("startOverride")) {
                number.starts[place] = Some(start);
            }
        }
        number
    }
}

impl Level {
    fn read(element: Element<'_>) -> Self {
        let text = element.val("lvlText").unwrap_or_default();
        Self {
            start: integer(element.val("start")).unwrap_or(0),
            format: format(element),
            text: text.chars().take(MAX_LABEL).collect(),
            legal: element.child("isLgl").is_some_and(whether),
            restart: integer(element.val("lvlRestart"))
                .and_then(|level| usize::try_from(level).ok()),
            style: element.val("pStyle").map(str::to_owned),
        }
    }

    /// The label of a paragraph at this level, from the numbers and formats of all levels.
    fn label(&self, values: &[(i64, &str)]) -> Option<Label> {
        // A bullet may be a word: `Note:`.
        if self.format == "bullet" && text::letters(&self.text) < 2 {
            return Some(Label::Bullet);
        }
        let mut label = String::new();
        let mut characters = self.text.chars().peekable();
        while let Some(character) = characters.next() {
            let level = characters.peek().and_then(|next| next.to_digit(10));
            match level.filter(|level| character == '%' && *level > 0) {
                Some(level) => {
                    characters.next();
                    if let Some((value, format)) = values.get(level as usize - 1) {
                        let format = if self.legal { "decimal" } else { format };
                        label.push_str(&formats::number(*value, format));
                    }
                }
                None => label.push(character),
            }
        }
        let label = text::one_line(&text::normalise(&label), usize::MAX);
        (!label.is_empty()).then_some(Label::Text(label))
    }
}

/// The format of a level. Newer formats come with an alternative for older readers.
fn format(level: Element<'_>) -> String {
    let newer = level.at(&["AlternateContent", "Choice", "numFmt"]);
    let Some(element) = level.child("numFmt").or(newer) else {
        return "decimal".to_owned();
    };
    let name = match element.attribute("val") {
        Some("custom") => element.attribute("format"),
        name => name,
    };
    name.unwrap_or("decimal").to_owned()
}

fn place(element: Element<'_>) -> Option<usize> {
    let place = usize::try_from(integer(element.attribute("ilvl"))?).ok()?;
    (place < LEVELS).then_some(place)
}

/// An attribute value as an integer.
pub fn integer(value: Option<&str>) -> Option<i64> {
    value?.trim().parse().ok()
}

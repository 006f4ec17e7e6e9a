//! Counts headings, clauses and lists (ECMA-376 part 1, 17.9).

use std::collections::{HashMap, HashSet};

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

/// Longest name of a number format, in bytes.
const MAX_FORMAT: usize = 64;

/// The label of a numbered paragraph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Label {
    /// A bullet.
    Bullet,
    /// A number or a word, never empty.
    Text(String),
}

/// The lists of a document and their counters.
#[derive(Default)]
pub struct Numbering {
    lists: HashMap<i64, List>,
    numbers: HashMap<i64, Number>,
    /// The counters in the part that is being read.
    pub counts: Counts,
    /// A level without a definition.
    undefined: Level,
}

/// The counters of the lists in a part.
#[derive(Default)]
pub struct Counts {
    /// By abstract numbering definitions: the instances that refer to one share its counters.
    counters: HashMap<i64, [Option<i64>; LEVELS]>,
    /// Instances with a paragraph.
    used: HashSet<i64>,
}

/// An abstract numbering definition.
#[derive(Default)]
struct List {
    /// The levels up to the last one that is defined.
    levels: Vec<Level>,
    /// The style that defines the list in its place.
    link: Option<String>,
}

#[derive(Default)]
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
#[derive(Default)]
struct Number {
    list: i64,
    starts: [Option<i64>; LEVELS],
    levels: HashMap<usize, Level>,
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
        let list_id = self.list_of(id, styles)?;
        let number = self.numbers.get(&id)?;
        let list = self.lists.get(&list_id)?;
        let counters = self.counts.counters.entry(list_id).or_default();
        let level = level
            .or_else(|| list.level_of(style?))
            .unwrap_or(0)
            .min(LEVELS - 1);
        if self.counts.used.insert(id) {
            for (counter, start) in counters.iter_mut().zip(number.starts) {
                if start.is_some() {
                    *counter = None;
                }
            }
        }
        let definition = |level: usize| {
            let own = number.levels.get(&level).or(list.levels.get(level));
            own.unwrap_or(&self.undefined)
        };
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
                if list.levels.len() <= place {
                    list.levels.resize_with(place + 1, Level::default);
                }
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
            format: format(element).unwrap_or("decimal").to_owned(),
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

/// The format of a level or of notes. Newer formats come with an alternative for older readers.
pub fn format(of: Element<'_>) -> Option<&str> {
    let newer = of.at(&["AlternateContent", "Choice", "numFmt"]);
    let element = of.child("numFmt").or(newer)?;
    let name = match element.attribute("val") {
        Some("custom") => element.attribute("format"),
        name => name,
    };
    // No format is that long, and each number is compared with it.
    name.filter(|name| name.len() <= MAX_FORMAT)
}

fn place(element: Element<'_>) -> Option<usize> {
    let place = usize::try_from(integer(element.attribute("ilvl"))?).ok()?;
    (place < LEVELS).then_some(place)
}

/// An attribute value as an integer.
pub fn integer(value: Option<&str>) -> Option<i64> {
    value?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_has_a_name_of_ordinary_length() {
        let label = |format: &str| {
            let source = format!(
                r#"<numbering><abstractNum abstractNumId="0"><lvl ilvl="0"><numFmt val="custom" format="{format}"/>
                <start val="7"/><lvlText val="%1"/></lvl></abstractNum>
                <num numId="1"><abstractNumId val="0"/></num></numbering>"#
            );
            let mut numbering = Numbering::read(&Tree::parse(&source).unwrap());
            numbering.count(1, None, None, &Styles::default())
        };
        let text = |text: &str| Some((0, Some(Label::Text(text.to_owned()))));
        assert_eq!(label("001, 002, 003, ..."), text("007"));
        assert_eq!(label(&format!("001,{}", " 002,".repeat(20))), text("7"));
    }
}

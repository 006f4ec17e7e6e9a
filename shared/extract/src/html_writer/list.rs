//! Numbers and bullets of list items.

use crate::roman::roman;

use ego_tree::NodeRef;
use scraper::{Node, node::Element};

use crate::html_text::marks::{Marks, attribute};

/// How a list marks its items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Bullet,
    Decimal,
    Letters { upper: bool },
    Roman { upper: bool },
}

/// A list around the current position.
pub struct List {
    style: Style,
    next: i64,
    step: i64,
    /// Number of items so far.
    pub items: usize,
    /// Whether the current item begins with a heading, so it is a part of the page rather than a line.
    pub flat: bool,
}

impl List {
    /// Starts a list, without numbers unless it is an `ol`.
    pub fn of(node: NodeRef<'_, Node>, element: &Element, marks: &Marks<'_>) -> Self {
        let mut list = Self {
            style: Style::Bullet,
            next: 1,
            step: 1,
            items: 0,
            flat: false,
        };
        if element.name() != "ol" {
            return list;
        }
        let kind = marks
            .style("list-style-type")
            .or_else(|| marks.style("list-style"));
        list.style = kind
            .and_then(by_style)
            .or_else(|| attribute(element, "type").and_then(by_type))
            .unwrap_or(Style::Decimal);
        let start = attribute(element, "start").and_then(number);
        if attribute(element, "reversed").is_some() {
            let items = node.children().filter(|child| {
                let element = child.value().as_element();
                element.is_some_and(|element| element.name() == "li")
            });
            (list.next, list.step) = (i64::try_from(items.count()).unwrap_or(1), -1);
        }
        list.next = start.unwrap_or(list.next);
        list
    }

    /// The marker of the next item.
    pub fn marker(&mut self, element: &Element) -> String {
        self.items += 1;
        self.flat = false;
        if self.style == Style::Bullet {
            return "- ".to_owned();
        }
        if let Some(value) = attribute(element, "value").and_then(number) {
            self.next = value;
        }
        let value = self.next;
        self.next = value.saturating_add(self.step);
        let style = attribute(element, "type").and_then(by_type);
        format!("{}. ", written(value, style.unwrap_or(self.style)))
    }

    /// Whether its items have numbers.
    pub fn is_numbered(&self) -> bool {
        self.style != Style::Bullet
    }
}

fn number(value: &str) -> Option<i64> {
    value.trim().parse::<i32>().ok().map(i64::from)
}

fn by_type(kind: &str) -> Option<Style> {
    Some(match kind.trim() {
        "1" => Style::Decimal,
        "a" => Style::Letters { upper: false },
        "A" => Style::Letters { upper: true },
        "i" => Style::Roman { upper: false },
        "I" => Style::Roman { upper: true },
        _ => return None,
    })
}

fn by_style(kind: &str) -> Option<Style> {
    kind.split_ascii_whitespace().find_map(|word| {
        Some(match word.to_ascii_lowercase().as_str() {
            "decimal" => Style::Decimal,
            "lower-alpha" | "lower-latin" => Style::Letters { upper: false },
            "upper-alpha" | "upper-latin" => Style::Letters { upper: true },
            "lower-roman" => Style::Roman { upper: false },
            "upper-roman" => Style::Roman { upper: true },
            _ => return None,
        })
    })
}

fn written(value: i64, style: Style) -> String {
    let written = match style {
        Style::Letters { .. } if value > 0 => Some(letters(value)),
        Style::Roman { .. } => roman(value),
        _ => None,
    };
    let Some(written) = written else {
        return value.to_string();
    };
    match style {
        Style::Letters { upper: false } | Style::Roman { upper: false } => {
            written.to_ascii_lowercase()
        }
        _ => written,
    }
}

fn letters(mut value: i64) -> String {
    let mut letters = Vec::new();
    while value > 0 {
        value -= 1;
        letters.push(char::from(b'A' + u8::try_from(value % 26).unwrap_or(0)));
        value /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_their_list_says() {
        let upper = Style::Letters { upper: true };
        assert_eq!(
            ["A", "Z", "AA", "AZ"],
            [1, 26, 27, 52].map(|n| written(n, upper))
        );
        let lower = Style::Roman { upper: false };
        assert_eq!(["i", "iv", "xlix"], [1, 4, 49].map(|n| written(n, lower)));
        assert_eq!(
            ["0", "-1", "4000"],
            [0, -1, 4000].map(|n| written(n, lower))
        );
    }
}

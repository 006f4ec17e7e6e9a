//! Attributes of an element that affect how it is read.

use scraper::node::Element;

/// Longest attribute that is looked at, in bytes; longer values are not names.
const MAX_ATTRIBUTE: usize = 400;

/// The relevant attributes; empty if missing.
#[derive(Default)]
pub struct Marks<'a> {
    pub name: &'a str,
    pub id: &'a str,
    pub class: &'a str,
    pub role: &'a str,
    pub style: &'a str,
    /// The `hidden` attribute, which may have a value.
    pub hidden: Option<&'a str>,
    /// Ids of the elements that this one shows and hides.
    pub controls: &'a str,
    /// Whether it has attributes for showing and hiding something.
    pub expands: bool,
    /// Whether it opens a menu or a dialog.
    pub pops_up: bool,
    /// Ids of the elements that label this one.
    pub labelled_by: &'a str,
}

/// The part that an element plays in a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Table,
    Group,
    Head,
    Foot,
    Row,
    Cell,
    Header,
    Caption,
}

impl<'a> Marks<'a> {
    /// Collects the attributes in one pass.
    pub fn of(element: &'a Element) -> Self {
        let mut marks = Self {
            name: element.name(),
            ..Self::default()
        };
        for (name, value) in element.attrs() {
            match name {
                "id" => marks.id = value,
                "class" => marks.class = cut(value),
                "role" => marks.role = value.trim(),
                "style" => marks.style = cut(value),
                "hidden" => marks.hidden = Some(value),
                "aria-controls" => marks.controls = value,
                "data-target" | "data-bs-target" if marks.controls.is_empty() => {
                    marks.controls = value;
                }
                "aria-expanded" => marks.expands = true,
                "data-toggle" | "data-bs-toggle" => {
                    marks.expands |= ["collapse", "tab", "pill"].contains(&value);
                    marks.pops_up |= ["modal", "dropdown", "offcanvas"].contains(&value);
                }
                "aria-haspopup" => marks.pops_up = value != "false",
                "aria-labelledby" => marks.labelled_by = value,
                _ => {}
            }
        }
        marks
    }

    /// Whether the style attribute has this declaration: `display`, `none`.
    pub fn styled(&self, property: &str, value: &str) -> bool {
        self.style(property)
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    }

    /// The last value of a property in the style attribute.
    pub fn style(&self, property: &str) -> Option<&'a str> {
        if self.style.is_empty() {
            return None;
        }
        let declarations = self.style.split(';').rev();
        declarations
            .filter_map(|declaration| declaration.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(property))
            .map(|(_, value)| {
                let value = value.trim();
                let end = value.find('!').unwrap_or(value.len());
                value[..end].trim_end()
            })
    }

    /// Whether the element is hidden; scripts may show it.
    pub fn hides(&self) -> bool {
        self.hidden.is_some()
            || self.styled("display", "none")
            || self.styled("visibility", "hidden")
    }

    /// Whether the style attribute says something of the text's color or size.
    pub fn colors(&self) -> bool {
        ["color", "background", "background-color", "font-size"]
            .into_iter()
            .any(|property| self.style(property).is_some())
    }

    /// Whether it may have a background: from a style sheet, as far as can be told.
    pub fn is_backed(&self) -> bool {
        !self.class.is_empty()
            || !self.id.is_empty()
            || ["background", "background-color", "background-image"]
                .into_iter()
                .any(|property| self.style(property).is_some())
    }

    /// Whether its style attribute makes its text unreadable: of the color of its background, of no size, or white if it is
    /// not `backed`.
    pub fn is_unseen(&self, backed: bool) -> bool {
        let color = self.style("color").map(color);
        let background = self.style("background-color").or(self.style("background"));
        let size = self.style("font-size").and_then(size);
        color.is_some() && color == background.map(self::color)
            || size.is_some_and(|size| size <= 1.0)
            || !backed && color.as_deref() == Some(WHITE)
    }

    /// The part that the element plays in a table: by its role, else its name, else its style.
    pub fn part(&self) -> Option<Part> {
        let by_role = match self.role {
            "" => None,
            "table" | "grid" | "treegrid" => Some(Part::Table),
            "rowgroup" if !["thead", "tfoot"].contains(&self.name) => Some(Part::Group),
            "row" => Some(Part::Row),
            "cell" | "gridcell" => Some(Part::Cell),
            "columnheader" | "rowheader" => Some(Part::Header),
            _ => None,
        };
        by_role
            .or(match self.name {
                "table" => Some(Part::Table),
                "thead" => Some(Part::Head),
                "tbody" => Some(Part::Group),
                "tfoot" => Some(Part::Foot),
                "tr" => Some(Part::Row),
                "td" => Some(Part::Cell),
                "th" => Some(Part::Header),
                "caption" => Some(Part::Caption),
                _ => None,
            })
            .or_else(|| self.part_by_style())
    }

    fn part_by_style(&self) -> Option<Part> {
        let display = self.style("display")?.to_ascii_lowercase();
        Some(match display.strip_prefix("table")? {
            "" => Part::Table,
            "-row" => Part::Row,
            "-cell" => Part::Cell,
            "-header-group" => Part::Head,
            "-row-group" => Part::Group,
            "-footer-group" => Part::Foot,
            "-caption" => Part::Caption,
            _ => return None,
        })
    }

    /// Whether it has one of these classes, compared by letters in lower case: `code-line` is `codeline`.
    pub fn has_class(&self, classes: &[&str]) -> bool {
        self.class.split_ascii_whitespace().any(|class| {
            classes.iter().any(|known| {
                let letters = class.bytes().filter(u8::is_ascii_alphabetic);
                class.len() >= known.len()
                    && letters
                        .map(|letter| letter.to_ascii_lowercase())
                        .eq(known.bytes())
            })
        })
    }

    /// Whether its class or id contains one of these words: `mobile-menu`, `MobileMenu` and `menus` contain `menu`.
    pub fn worded(&self, words: &[&str]) -> bool {
        let is_one = |word: &str| {
            let word = word.to_ascii_lowercase();
            let singular = word.strip_suffix('s').unwrap_or(&word);
            words
                .iter()
                .any(|known| *known == word || *known == singular)
        };
        [self.class, cut(self.id)].into_iter().any(|value| {
            value
                .split(|c: char| !c.is_ascii_alphabetic())
                .filter(|name| !name.is_empty())
                .any(|name| {
                    let mut start = 0;
                    let ends = name.char_indices().skip(1).filter(|(at, c)| {
                        c.is_ascii_uppercase() && name.as_bytes()[at - 1].is_ascii_lowercase()
                    });
                    let ends = ends.map(|(at, _)| at).chain([name.len()]);
                    for end in ends {
                        if is_one(&name[start..end]) {
                            return true;
                        }
                        start = end;
                    }
                    is_one(name)
                })
        })
    }

    /// Whether its class or id contains one of these strings anywhere.
    pub fn named(&self, words: &[&str]) -> bool {
        [self.class, cut(self.id)].into_iter().any(|value| {
            let value = value.to_ascii_lowercase();
            words.iter().any(|word| value.contains(word))
        })
    }
}

const WHITE: &str = "#ffffff";

/// A color, the same for some of its ways to be written.
fn color(value: &str) -> String {
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        "white" | "#fff" | "rgb(255,255,255)" | "rgba(255,255,255,1)" => WHITE.to_owned(),
        "black" | "#000" | "rgb(0,0,0)" => "#000000".to_owned(),
        _ => value,
    }
}

/// A size of text in pixels or points; `None` for one that depends on others.
fn size(value: &str) -> Option<f32> {
    let value = value.to_ascii_lowercase();
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &value[number.len()..];
    let number = number.parse().ok()?;
    (unit == "px" || unit == "pt" || unit.is_empty() && number == 0.0).then_some(number)
}

/// A less common attribute.
pub fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let mut attributes = element.attrs();
    attributes
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn cut(value: &str) -> &str {
    &value[..value.floor_char_boundary(MAX_ATTRIBUTE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_and_classes() {
        let marks = Marks {
            style: "color:red; Display : None !important",
            class: "btn code-line",
            ..Marks::default()
        };
        assert!(marks.styled("display", "none") && marks.hides());
        assert!(marks.has_class(&["codeline"]) && !marks.has_class(&["line"]));
        for (style, backed, unseen) in [
            ("color:white", false, true),
            ("COLOR: #FFF !important", false, true),
            ("color:white", true, false),
            ("color:#fff;background:navy", true, false),
            (
                "color: rgb(255, 255, 255); background-color:#FFFFFF",
                true,
                true,
            ),
            ("color:red;background:red", true, true),
            ("font-size:0", true, true),
            ("font-size: 1px", true, true),
            ("font-size:12px", false, false),
            ("font-size:0.9em;color:black", false, false),
        ] {
            let marks = Marks {
                style,
                ..Marks::default()
            };
            assert_eq!(marks.is_unseen(backed), unseen, "{style}");
        }
        let menu = Marks {
            class: "x MobileMenu2",
            id: "research",
            ..Marks::default()
        };
        assert!(menu.worded(&["menu"]) && !menu.worded(&["search"]));
        let row = Marks {
            name: "div",
            style: "display:table-row",
            ..Marks::default()
        };
        assert_eq!(row.part(), Some(Part::Row));
    }
}

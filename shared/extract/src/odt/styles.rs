//! Styles that change what is read: hidden text, fonts of symbols, and how lists and headings are numbered.

use std::collections::HashMap;

use super::lists::Levels;
use crate::{symbols::Font, xml::Element};

/// Styles that a style is derived from, one from the other.
const MAX_PARENTS: usize = 32;

/// The styles that a part's names mean. The body and the margins of pages have automatic styles of their own, under
/// the same names.
#[derive(Default)]
pub struct Styles<'a> {
    /// By family and name.
    all: HashMap<(&'a str, &'a str), Style<'a>>,
    lists: HashMap<&'a str, Levels<'a>>,
    /// How headings are numbered.
    pub outline: Levels<'a>,
}

/// Fonts of symbols by the names that styles give them.
struct Faces<'a>(HashMap<&'a str, Option<Font>>);

impl<'a> Faces<'a> {
    /// Reads declarations, of which the first of a name counts.
    fn of(declarations: impl Iterator<Item = Element<'a>>) -> Self {
        let mut faces = HashMap::new();
        for face in declarations.flat_map(Element::children) {
            let family = face.attribute("font-family");
            if let (Some(name), Some(family)) = (face.attribute("name"), family) {
                faces.entry(name).or_insert_with(|| Font::named(family));
            }
        }
        Self(faces)
    }

    /// The font that properties of text name, if they name one.
    fn font(&self, text: Element<'a>) -> Option<Option<Font>> {
        let name = text.attribute("font-name");
        let named = name.map(|name| self.0.get(name).copied().unwrap_or(Font::named(name)));
        named.or_else(|| text.attribute("font-family").map(Font::named))
    }
}

#[derive(Default)]
struct Style<'a> {
    parent: Option<&'a str>,
    hidden: Option<bool>,
    /// A font of symbols, or another one that is none.
    font: Option<Option<Font>>,
    list: Option<&'a str>,
}

impl<'a> Styles<'a> {
    /// Automatic styles of the part, and the document's common ones.
    pub fn of(part: Element<'a>, common: Option<Element<'a>>) -> Self {
        let mut styles = Self::default();
        let automatic = part.child("automatic-styles");
        let faces = [Some(part), common].into_iter().flatten();
        let faces = Faces::of(faces.filter_map(|root| root.child("font-face-decls")));
        let common = common.and_then(|root| root.child("styles"));
        for style in [automatic, common]
            .into_iter()
            .flatten()
            .flat_map(Element::children)
        {
            let name = style.attribute("name").unwrap_or_default();
            match style.name() {
                "style" => {
                    let family = style.attribute("family").unwrap_or_default();
                    let text = style.child("text-properties");
                    let own = Style {
                        parent: style.attribute("parent-style-name"),
                        hidden: text
                            .and_then(|text| text.attribute("display"))
                            .map(|display| display == "none"),
                        font: text.and_then(|text| faces.font(text)),
                        list: style.attribute("list-style-name"),
                    };
                    styles.all.entry((family, name)).or_insert(own);
                }
                "list-style" => {
                    let levels = Levels::of(style);
                    styles.lists.entry(name).or_insert(levels);
                }
                "outline-style" => styles.outline = Levels::of(style),
                _ => {}
            }
        }
        styles
    }

    /// The first value that a style or one that it is derived from has.
    fn inherited<T>(
        &self,
        family: &'a str,
        name: Option<&'a str>,
        value: impl Fn(&Style<'a>) -> Option<T>,
    ) -> Option<T> {
        let mut name = name?;
        for _ in 0..MAX_PARENTS {
            let style = self.all.get(&(family, name))?;
            if let Some(found) = value(style) {
                return Some(found);
            }
            name = style.parent?;
        }
        None
    }

    /// Whether text in this style is hidden.
    pub fn is_hidden(&self, family: &'a str, name: Option<&'a str>) -> bool {
        let hidden = self.inherited(family, name, |style| style.hidden);
        hidden.unwrap_or(false)
    }

    /// The font of symbols that text in this style is in; none where the style does not speak of fonts.
    pub fn font(&self, family: &'a str, name: Option<&'a str>) -> Option<Option<Font>> {
        self.inherited(family, name, |style| style.font)
    }

    /// The list that paragraphs of this style belong to; empty for none at all.
    pub fn list_of(&self, paragraph: Option<&'a str>) -> Option<&'a str> {
        self.inherited("paragraph", paragraph, |style| style.list)
    }

    /// How the levels of a list are numbered.
    pub fn list(&self, name: &str) -> Option<&Levels<'a>> {
        self.lists.get(name)
    }
}

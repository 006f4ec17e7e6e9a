//! Reads styles that affect the text: hidden text, symbol fonts, numbering of lists and headings.

use std::collections::HashMap;

use super::lists::Levels;
use crate::{symbols::Font, xml::Element};

/// Longest chain of parent styles.
const MAX_PARENTS: usize = 32;
/// Longest name of a style, in bytes. Styles with longer ones are not found: a name is looked up at each paragraph.
const MAX_NAME: usize = 1_000;

/// The styles of a part, by name. The body and the page margins have separate automatic styles with the same names.
#[derive(Default)]
pub struct Styles<'a> {
    /// By family and name.
    all: HashMap<(&'a str, &'a str), Style<'a>>,
    lists: HashMap<&'a str, Levels<'a>>,
    /// Numbering of headings.
    pub outline: Levels<'a>,
}

/// Symbol fonts by the font names of styles.
struct Faces<'a>(HashMap<&'a str, Option<Font>>);

impl<'a> Faces<'a> {
    /// Reads font declarations; the first one of a name counts.
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

    /// The font that text properties name, if any.
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
    /// The symbol font; `Some(None)` for a text font.
    font: Option<Option<Font>>,
    list: Option<&'a str>,
}

impl<'a> Styles<'a> {
    /// Reads the automatic styles of the part and the common styles of the document.
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

    /// The first value along the chain of parent styles.
    fn inherited<T>(
        &self,
        family: &'a str,
        name: Option<&'a str>,
        value: impl Fn(&Style<'a>) -> Option<T>,
    ) -> Option<T> {
        let mut name = name?;
        for _ in 0..MAX_PARENTS {
            if name.len() > MAX_NAME {
                return None;
            }
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

    /// The symbol font of this style; `None` if the style does not specify a font.
    pub fn font(&self, family: &'a str, name: Option<&'a str>) -> Option<Option<Font>> {
        self.inherited(family, name, |style| style.font)
    }

    /// The list style of a paragraph style; empty if the style opts out of lists.
    pub fn list_of(&self, paragraph: Option<&'a str>) -> Option<&'a str> {
        self.inherited("paragraph", paragraph, |style| style.list)
    }

    /// The levels of a list style.
    pub fn list(&self, name: &str) -> Option<&Levels<'a>> {
        if name.len() > MAX_NAME {
            return None;
        }
        self.lists.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    #[test]
    fn long_names_are_not_looked_up() {
        for (length, is_found) in [(MAX_NAME, true), (MAX_NAME + 1, false)] {
            let name = "n".repeat(length);
            let source = format!(
                "<o><automatic-styles><list-style name='{name}'/><style name='P' family='paragraph' parent-style-name='{name}'/>
                <style name='{name}' family='paragraph' list-style-name='L'/></automatic-styles></o>"
            );
            let tree = Tree::parse(&source).unwrap();
            let styles = Styles::of(tree.root(), None);
            assert_eq!(styles.list_of(Some("P")).is_some(), is_found);
            assert_eq!(styles.list(&name).is_some(), is_found);
        }
    }
}

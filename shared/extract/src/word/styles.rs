//! Reads styles of paragraphs and characters, as far as they affect the text (ECMA-376 part 1, 17.7).

use std::collections::HashMap;

use super::numbering::integer;
use crate::{
    symbols::Font,
    xml::{Element, Tree},
};

/// Longest chain of styles based on one another; cycles end here, too.
const MAX_CHAIN: usize = 32;

/// Longest style id, in bytes. Ids are copied with each paragraph; Word's have 253 characters at most.
const MAX_ID: usize = 1_024;

/// Most styles of a document. Word allows 4,079.
const MAX_STYLES: usize = 20_000;

/// Heading style names without their level, in lower case. Word uses the English names in every language; other
/// programs and users do not.
const HEADINGS: &[&str] = &[
    "heading",
    "überschrift",
    "titre",
    "título",
    "titolo",
    "títol",
    "kop",
    "rubrik",
    "overskrift",
    "otsikko",
    "nagłówek",
    "nadpis",
    "naslov",
    "címsor",
    "titlu",
    "başlık",
    "заголовок",
    "заглавие",
    "επικεφαλίδα",
    "标题",
    "標題",
    "見出し",
    "제목",
    "عنوان",
    "כותרת",
    "หัวเรื่อง",
    "đầu đề",
];
/// Names of the title style.
const TITLES: &[&str] = &[
    "title",
    "titel",
    "titre",
    "título",
    "titolo",
    "tytuł",
    "название",
    "标题",
    "標題",
    "表題",
    "제목",
];

/// Properties of a style; after [`Styles::read`] they include those of the styles that it is based on.
#[derive(Clone, Default, Debug)]
pub struct Style {
    based_on: Option<String>,
    /// Heading level, from 1; 0 if the style is explicitly not a heading.
    level: Option<u8>,
    /// Whether it is a title style.
    pub title: bool,
    /// Id of its list; 0 for none.
    pub number: Option<i64>,
    /// Level in the list, from 0.
    pub list_level: Option<usize>,
    /// Id of the style that assigned the list.
    pub numbered_by: Option<String>,
    pub hidden: Option<bool>,
    /// The symbol font; `Some(None)` for a text font.
    pub font: Option<Option<Font>>,
    /// Whether it is superscript.
    pub raised: Option<bool>,
}

/// The styles of a document by their ids.
#[derive(Default)]
pub struct Styles {
    all: HashMap<String, Style>,
    default: Option<String>,
}

impl Style {
    /// Heading level, from 1.
    pub fn heading(&self) -> Option<u8> {
        self.level.filter(|level| *level > 0)
    }

    fn read(element: Element<'_>) -> Self {
        // Other names of the style follow a comma.
        let name = element.val("name").unwrap_or_default().split(',').next();
        let name = name.unwrap_or_default().to_lowercase();
        let id = element.attribute("styleId").unwrap_or_default();
        let paragraph = element.child("pPr");
        let run = element.child("rPr");
        let mut style = Self::of_paragraph(paragraph);
        style.level = style.level.or_else(|| named_level(&name));
        style.title = TITLES.contains(&name.as_str());
        style.numbered_by = style.number.map(|_| id.to_owned());
        let base = element.val("basedOn");
        style.based_on = base.filter(|id| id.len() <= MAX_ID).map(str::to_owned);
        style.hidden = run.and_then(|run| toggle(run, "vanish"));
        style.font = run.and_then(font);
        style.raised = run.and_then(raised);
        style
    }

    /// The direct properties of a paragraph, without its style.
    pub fn of_paragraph(properties: Option<Element<'_>>) -> Self {
        let Some(properties) = properties else {
            return Self::default();
        };
        let outline = integer(properties.val("outlineLvl"));
        let list = properties.child("numPr");
        Self {
            // 9 is the level of body text.
            level: outline.map(|level| match level {
                0..=8 => u8::try_from(level).map_or(0, |level| level + 1),
                _ => 0,
            }),
            number: list.and_then(|list| integer(list.val("numId"))),
            list_level: list
                .and_then(|list| integer(list.val("ilvl")))
                .and_then(|level| usize::try_from(level).ok()),
            ..Self::default()
        }
    }

    /// Fills in missing properties.
    pub fn or(mut self, base: &Self) -> Self {
        if self.number.is_none() {
            self.number = base.number;
            self.numbered_by.clone_from(&base.numbered_by);
        }
        self.level = self.level.or(base.level);
        self.list_level = self.list_level.or(base.list_level);
        self.hidden = self.hidden.or(base.hidden);
        self.font = self.font.or(base.font);
        self.raised = self.raised.or(base.raised);
        self
    }
}

impl Styles {
    /// Reads the part of styles.
    pub fn read(tree: &Tree<'_>) -> Self {
        let mut own = HashMap::new();
        let mut default = None;
        let elements = tree.root().children();
        let elements = elements.filter(|element| element.name() == "style");
        for element in elements.take(MAX_STYLES) {
            let id = element.attribute("styleId");
            let Some(id) = id.filter(|id| id.len() <= MAX_ID) else {
                continue;
            };
            let of_paragraphs = element
                .attribute("type")
                .is_none_or(|kind| kind == "paragraph");
            if of_paragraphs && element.attribute("default").is_some_and(on) {
                default = Some(id.to_owned());
            }
            own.insert(id.to_owned(), Style::read(element));
        }
        let all = own.keys().map(|id| (id.clone(), with_bases(id, &own)));
        Self {
            all: all.collect(),
            default,
        }
    }

    /// A style by its id.
    pub fn get(&self, id: &str) -> Option<&Style> {
        self.all.get(id)
    }

    /// The style of a paragraph with this style id. If it is undefined, the id may still tell the heading level.
    pub fn of_paragraph(&self, id: Option<&str>) -> Style {
        let named = id.and_then(|id| self.get(id));
        if let Some(style) = named {
            return style.clone();
        }
        let default = self.default.as_deref().and_then(|id| self.get(id));
        let level = id.and_then(|id| named_level(&id.to_lowercase()));
        Style {
            level,
            title: id.is_some_and(|id| id.eq_ignore_ascii_case("title")),
            ..Style::default()
        }
        .or(default.unwrap_or(&Style::default()))
    }
}

fn with_bases(id: &str, own: &HashMap<String, Style>) -> Style {
    let mut style = own.get(id).cloned().unwrap_or_default();
    let mut base = style.based_on.as_ref();
    for _ in 0..MAX_CHAIN {
        let Some(next) = base.and_then(|id| own.get(id)) else {
            break;
        };
        style = style.or(next);
        base = next.based_on.as_ref();
    }
    style
}

/// The heading level in a style name, from 1 to 9.
fn named_level(name: &str) -> Option<u8> {
    let stem = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let level: u8 = name.get(stem.len()..)?.parse().ok()?;
    let stem = stem.trim_end_matches([' ', '_', '-', '\u{a0}']);
    (HEADINGS.contains(&stem) && (1..=9).contains(&level)).then_some(level)
}

/// A boolean property; `None` if it is not given.
pub fn toggle(properties: Element<'_>, name: &str) -> Option<bool> {
    properties.child(name).map(whether)
}

/// Whether an element switches its property on.
pub fn whether(element: Element<'_>) -> bool {
    element.attribute("val").is_none_or(on)
}

/// Parses a boolean value (`ST_OnOff`).
pub fn on(value: &str) -> bool {
    !matches!(value, "0" | "false" | "off" | "none")
}

/// The font of a run, if its properties give one.
pub fn font(properties: Element<'_>) -> Option<Option<Font>> {
    let fonts = properties.child("rFonts")?;
    let named = ["ascii", "hAnsi"]
        .into_iter()
        .filter_map(|kind| fonts.attribute(kind));
    let mut named = named.peekable();
    named.peek()?;
    Some(named.find_map(Font::named))
}

/// Whether a run is superscript, if its properties say so.
pub fn raised(properties: Element<'_>) -> Option<bool> {
    let alignment = properties.val("vertAlign")?;
    Some(alignment == "superscript")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(source: &str) -> Styles {
        Styles::read(&Tree::parse(&format!("<styles>{source}</styles>")).unwrap())
    }

    #[test]
    fn headings_by_level_name_and_base() {
        let styles = styles(
            r#"<style styleId="a"><name val="heading 2"/></style>
            <style styleId="b"><name val="Own"/><basedOn val="a"/></style>
            <style styleId="c"><name val="Contents"/><basedOn val="a"/><pPr><outlineLvl val="9"/></pPr></style>
            <style styleId="d"><name val="Überschrift 3,H3"/></style>
            <style styleId="e"><name val="Clause"/><pPr><outlineLvl val="0"/></pPr></style>
            <style styleId="f"><name val="x"/><basedOn val="g"/></style>
            <style styleId="g"><name val="y"/><basedOn val="f"/></style>
            <style styleId="h"><name val="标题 1"/></style>
            <style styleId="i"><name val="toc 1"/></style>"#,
        );
        let level = |id| styles.of_paragraph(Some(id)).heading();
        let found = ["a", "b", "c", "d", "e", "f", "h", "i", "Heading4", "zz"].map(level);
        let expected = [
            Some(2),
            Some(2),
            None,
            Some(3),
            Some(1),
            None,
            Some(1),
            None,
            Some(4),
            None,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_style_says_what_its_base_says() {
        let styles = styles(
            r#"<style styleId="Normal" type="paragraph" default="1"><name val="Normal"/><rPr><vanish/></rPr></style>
            <style styleId="a"><name val="a"/><pPr><numPr><numId val="3"/></numPr></pPr></style>
            <style styleId="b"><name val="b"/><basedOn val="a"/><pPr><numPr><ilvl val="2"/></numPr></pPr>
            <rPr><vanish val="false"/><rFonts ascii="Wingdings" hAnsi="Wingdings"/></rPr></style>"#,
        );
        let style = styles.of_paragraph(Some("b"));
        assert_eq!((style.number, style.list_level), (Some(3), Some(2)));
        assert_eq!(style.numbered_by.as_deref(), Some("a"));
        assert_eq!(style.hidden, Some(false));
        assert_eq!(style.font, Some(Some(Font::Wingdings)));
        assert_eq!(styles.of_paragraph(None).hidden, Some(true));
    }

    #[test]
    fn so_many_styles_are_read_at_most() {
        let style = |id| format!(r#"<style styleId="s{id}"/>"#);
        let all: String = (1..=MAX_STYLES + 1).map(style).collect();
        let styles = styles(&all);
        let is_read = |id: usize| styles.get(&format!("s{id}")).is_some();
        assert!(is_read(MAX_STYLES) && !is_read(MAX_STYLES + 1));
    }

    #[test]
    fn a_style_with_an_endless_id_is_none() {
        let id = "s".repeat(MAX_ID + 1);
        let styles = styles(&format!(
            r#"<style styleId="{id}" default="1"><pPr><numPr><numId val="3"/></numPr></pPr></style>
            <style styleId="a"><name val="a"/><basedOn val="{id}"/></style>"#
        ));
        assert_eq!(styles.of_paragraph(None).number, None);
        assert_eq!(styles.get("a").unwrap().based_on, None);
    }
}

//! Reads HTML pages: the main content if a page has one, otherwise all visible text.

use dynrag_domain::{chunks::Extracted, warnings::WarningCode};
use scraper::Html;

use crate::{
    decode, html_head, html_parser,
    html_text::{self, Blocks},
    main_content::{self, Features, Model},
    text, xhtml,
};

/// Engine name for pages read by main content.
const MAIN: &str = "main-content";
const ALL: &str = "scraper";
/// The main content counts as a miss, and all visible text is read instead, if it has fewer letters and
/// digits than the first number and less than one in the second of the page's. Those in links do not
/// count if there is some content at least: a short page may well have a long menu.
const MISSES: [(usize, usize); 2] = [(200, 3), (1000, 20)];
const SOME: usize = 60;

/// A page with fewer letters and digits may show its text only to readers without scripts.
const FEW: usize = 500;

/// Reads an HTML page in any encoding. The text is empty if the page shows none.
pub fn read(bytes: &[u8]) -> Extracted {
    read_with(bytes, false)
}

/// Reads an HTML page, with its hidden content if `include_hidden` is set.
pub fn read_with(bytes: &[u8], include_hidden: bool) -> Extracted {
    read_by(Model::built_in(), bytes, include_hidden)
}

/// Reads a page with a given model instead of the built-in one, or with none.
pub fn read_by(model: Option<&Model>, bytes: &[u8], include_hidden: bool) -> Extracted {
    let decoded = decode::markup(bytes);
    let source = &decoded.text;
    let mut page = parsed(source);
    let read = |page: &Html| {
        shown(page, include_hidden, |blocks, title| {
            let unseen = blocks.unseen_letters;
            let mut extracted = main_or_all(model, blocks, title);
            extracted.warnings.add(WarningCode::UnseenText, unseen);
            extracted
        })
    };
    let mut extracted = read(&page);
    // In a page that is XML but does not say so, an empty element swallows the rest.
    if extracted.text.is_empty() && source.contains("/>") {
        page = html_parser::parse(&xhtml::as_html(source));
        extracted = read(&page);
    }
    decoded.warn(&mut extracted.warnings);
    extracted.properties = html_head::properties(&page);
    extracted
}

fn parsed(source: &str) -> Html {
    if xhtml::is_declared(source) {
        html_parser::parse(&xhtml::as_html(source))
    } else {
        html_parser::parse(source)
    }
}

/// Describes a page's blocks as the model sees them, with their texts.
pub fn described(bytes: &[u8], likely: Option<&[f32]>) -> (Vec<String>, Features) {
    let page = parsed(&decode::markup(bytes).text);
    shown(&page, false, |blocks, title| {
        let texts = blocks.blocks.iter().map(|block| block.text.clone());
        (
            texts.collect(),
            main_content::features(blocks, title.as_deref(), likely),
        )
    })
}

/// Reads what a page shows once its scripts have run, as far as can be told, with its title.
fn shown<T>(
    page: &Html,
    include_hidden: bool,
    read: impl FnOnce(&Blocks<'_>, Option<String>) -> T,
) -> T {
    let mut blocks = html_text::blocks(page, include_hidden);
    // No page hides most of its text: scripts show it.
    if blocks.hidden_letters > 2 * blocks.letters() {
        blocks = html_text::blocks(page, true);
        for block in &mut blocks.blocks {
            block.hidden = false;
        }
    }
    let title = title(page, &blocks);
    if blocks.letters() < FEW
        && let Some(other) = without_scripts(page)
    {
        let other = html_text::blocks(&other, false);
        if other.letters() > blocks.letters() {
            return read(&other, title);
        }
    }
    read(&blocks, title)
}

fn main_or_all(model: Option<&Model>, blocks: &Blocks<'_>, title: Option<String>) -> Extracted {
    let kept = model
        .and_then(|model| main_content::of(model, blocks, title.as_deref()))
        .filter(|kept| !misses(blocks, kept));
    match kept {
        Some(kept) => {
            let main = blocks.text(|place| {
                let hidden = blocks.blocks.get(place).is_some_and(|block| block.hidden);
                hidden || kept.get(place).copied().unwrap_or_default()
            });
            main.finish(title, None, MAIN)
        }
        None => blocks.text(|_| true).finish(title, None, ALL),
    }
}

/// The longest part of a page that is for readers without scripts, which is text to the parser.
fn without_scripts(page: &Html) -> Option<Html> {
    let parts = page.tree.nodes().filter(|node| {
        node.value()
            .as_element()
            .is_some_and(|e| e.name() == "noscript")
    });
    let texts = parts.filter_map(|node| Some(&**node.first_child()?.value().as_text()?));
    texts.max_by_key(|text| text.len()).map(html_parser::parse)
}

fn misses(blocks: &Blocks<'_>, kept: &[bool]) -> bool {
    let kept = blocks.blocks.iter().zip(kept).filter(|(_, kept)| **kept);
    let found: usize = kept.map(|(block, _)| block.letters).sum();
    let linked: usize = blocks.blocks.iter().map(|block| block.linked).sum();
    let all = match found {
        ..SOME => blocks.letters(),
        _ => blocks.letters() - linked,
    };
    MISSES
        .iter()
        .any(|(few, share)| found < *few && found * share < all)
}

/// The title in the page's head, else its first heading.
fn title(page: &Html, blocks: &Blocks<'_>) -> Option<String> {
    let said = page.tree.nodes().find(|node| {
        node.value()
            .as_element()
            .is_some_and(|e| e.name() == "title")
    });
    let said = said.map(|node| {
        node.children()
            .filter_map(|child| child.value().as_text())
            .map(|text| &**text)
            .collect::<String>()
    });
    said.as_deref().and_then(text::title).or_else(|| {
        let first = blocks
            .blocks
            .iter()
            .find(|block| block.heading == Some(1))?;
        text::title(&first.text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_of_a_page_is_a_miss() {
        let links = "<p>Opening hours and tickets for the tower</p>".repeat(3);
        let page = Html::parse_document(&format!("{links}<p>Soon.</p>"));
        let blocks = html_text::blocks(&page, false);
        assert!(misses(&blocks, &[false, false, false, true]));
        assert!(!misses(&blocks, &[true, true, true, false]));
    }

    #[test]
    fn a_long_menu_does_not_make_a_short_page_a_miss() {
        let menu = "<p><a href=x>Opening hours and tickets for the tower</a></p>".repeat(9);
        let content =
            "The tower is open on summer weekends from nine until the last visitor leaves.";
        let page = Html::parse_document(&format!("<p>{content}</p>{menu}"));
        let blocks = html_text::blocks(&page, false);
        let mut kept = [false; 10];
        assert!(misses(&blocks, &kept));
        kept[0] = true;
        assert!(!misses(&blocks, &kept));
    }
}

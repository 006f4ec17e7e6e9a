//! Reads HTML pages: the main content where a page has one, else everything a reader would see.

use std::collections::HashMap;

use dynrag_domain::chunks::Extracted;
use rs_trafilatura::Options;
use scraper::{Html, Selector};

use crate::{decode, html_head, html_text, properties, text};

/// Pages nested deeper are left to the reader that does not recurse: the other one would use up
/// the stack.
const MAX_DEPTH: usize = 500;
/// The main content is taken for a miss, and everything visible read instead, if it has fewer
/// letters and digits than the first number and less than one in the second of the page's.
const MISSES: [(usize, usize); 2] = [(200, 3), (1000, 20)];
/// Share of words that the main content as a tree and as text have in common, below which the text
/// is believed: it is cleaned further, and in the tree words of highlighted code run together.
const AGREEMENT: f64 = 0.98;

/// Reads an HTML page in any encoding. The text is empty if the page shows none.
pub fn read(bytes: &[u8]) -> Extracted {
    let source = decode::page(bytes);
    let page = Html::parse_document(&source);
    let mut extracted = content(&source, &page);
    let byline = extracted.properties.author.take();
    extracted.properties = html_head::properties(&page);
    extracted.properties.author = extracted.properties.author.or(byline);
    extracted
}

fn content(source: &str, page: &Html) -> Extracted {
    let own_title = element_text(page, "title").or_else(|| element_text(page, "h1"));
    if depth(page) > MAX_DEPTH {
        return html_text::visible(page).finish(own_title, None, "scraper");
    }
    let options = Options {
        max_extracted_len: usize::MAX,
        ..Options::default()
    };
    let Ok(main) = rs_trafilatura::extract_with_options(source, &options) else {
        return html_text::visible(page).finish(own_title, None, "scraper");
    };
    let title = main
        .metadata
        .title
        .as_deref()
        .and_then(text::title)
        .or(own_title);
    let content = main
        .content_html
        .map(|html| html_text::visible(&Html::parse_fragment(&html)))
        .filter(|tree| agreement(tree.text(), &main.content_text) >= AGREEMENT)
        .unwrap_or_else(|| html_text::with_headings_of(page, &main.content_text));
    let found = text::letters(content.text());
    if MISSES.iter().any(|(few, _)| found < *few) {
        let everything = html_text::visible(page);
        let all = text::letters(everything.text());
        if MISSES
            .iter()
            .any(|(few, share)| found < *few && found * share < all)
        {
            return everything.finish(title, None, "scraper");
        }
    }
    let mut extracted = content.finish(title, None, "rs-trafilatura");
    extracted.properties.author = main.metadata.author.as_deref().and_then(properties::author);
    extracted
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// Share of words two texts have in common, from 0 to 1, order aside.
fn agreement(one: &str, other: &str) -> f64 {
    let total = words(one).count() + words(other).count();
    if total == 0 {
        return 1.0;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in words(one) {
        *counts.entry(word).or_default() += 1;
    }
    let mut common = 0usize;
    for word in words(other) {
        if let Some(left @ 1..) = counts.get_mut(word) {
            *left -= 1;
            common += 1;
        }
    }
    2.0 * common as f64 / total as f64
}

fn element_text(page: &Html, name: &str) -> Option<String> {
    let selector = Selector::parse(name).ok()?;
    let element = page.select(&selector).next()?;
    text::title(&element.text().collect::<String>())
}

fn depth(page: &Html) -> usize {
    let (mut now, mut most) = (0usize, 0);
    for edge in page.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(_) => {
                now += 1;
                most = most.max(now);
            }
            ego_tree::iter::Edge::Close(_) => now -= 1,
        }
    }
    most
}

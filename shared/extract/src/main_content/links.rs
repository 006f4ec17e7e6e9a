//! Distinguishes blocks of links that lead elsewhere from those that are content: a step with a link to a form, an
//! entry of a glossary, an offer.

use std::collections::{HashMap, HashSet};

use super::page::Page;
use crate::html_text::Block;

/// Blocks with a larger share of letters in links lead elsewhere.
const LINKS: f32 = 0.5;
/// An item describes the page that it links to if it has this many letters outside links, and links have no larger
/// share.
const OWN: usize = 3;
const SAYING: f32 = 0.8;
/// Elements around a block that are searched for a list.
const NEAR: usize = 8;
/// Bytes of an attribute that are looked at.
const MAX_NAME: usize = 400;
/// Parts of the names of lists of sources.
const SOURCES: &[&str] = &[
    "reference",
    "bibliograph",
    "citation",
    "footnote",
    "literatur",
    "sources",
];
/// Signs, codes and words of currencies.
const CURRENCIES: &[&str] = &[
    "€", "$", "£", "¥", "₽", "₹", "₩", "zł", "kč", "kr", "eur", "euro", "euros", "usd", "gbp",
    "chf", "cad", "aud", "руб", "元", "円", "원",
];

/// Containers of items.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Group {
    /// A list, by its place.
    List(usize),
    /// The element around a block's own.
    Around(usize),
}

/// Whether each block leads to other pages. Items of a list do not if others hold text, and neither do parts of an offer,
/// which has a price, sources, and rows of data tables.
pub fn elsewhere(page: &Page<'_, '_>) -> Vec<bool> {
    let mut elsewhere: Vec<bool> = page.blocks.iter().map(leads).collect();
    let mut content: HashSet<Group> = HashSet::new();
    let mut lists: HashMap<usize, Option<Group>> = HashMap::new();
    for (place, block) in page.blocks.iter().enumerate() {
        let list = *lists
            .entry(block.scope)
            .or_insert_with(|| list(page, block.scope));
        if !elsewhere[place] || says(block) {
            content.extend(list.filter(|_| block.letters > 0));
        } else if has_price(&block.text) {
            content.extend(list);
            content.insert(around(page, block));
        }
    }
    for (block, elsewhere) in page.blocks.iter().zip(&mut elsewhere) {
        if !*elsewhere {
            continue;
        }
        let list = lists.get(&block.scope).copied().flatten();
        let mut groups = list.into_iter().chain([around(page, block)]);
        *elsewhere = !groups.any(|group| content.contains(&group))
            && !list.is_some_and(|list| sources(page, list));
    }
    elsewhere
}

/// Whether an item describes the page that it links to.
fn says(block: &Block) -> bool {
    let own = block.letters.saturating_sub(block.leading);
    own >= OWN && block.leading as f32 <= SAYING * block.letters as f32
}

fn leads(block: &Block) -> bool {
    block.row.is_none() && block.leading as f32 > LINKS * block.letters.max(1) as f32
}

/// The list around an element.
fn list(page: &Page<'_, '_>, scope: usize) -> Option<Group> {
    let mut at = scope;
    for _ in 0..NEAR {
        let scope = page.scopes.get(at)?;
        if ["ul", "ol", "dl"].contains(&scope.element.name()) {
            return Some(Group::List(at));
        }
        at = scope.parent;
    }
    None
}

/// Whether a list is one of sources, by its name or that of the element around it.
fn sources(page: &Page<'_, '_>, list: Group) -> bool {
    let Group::List(list) = list else {
        return false;
    };
    [list, page.scopes[list].parent].into_iter().any(|at| {
        let element = page.scopes[at].element;
        let mut names = [element.attr("class"), element.id()].into_iter().flatten();
        names.any(|name| {
            let name = name[..name.floor_char_boundary(MAX_NAME)].to_ascii_lowercase();
            SOURCES.iter().any(|source| name.contains(source))
        })
    })
}

fn around(page: &Page<'_, '_>, block: &Block) -> Group {
    let scope = page.scopes.get(block.scope);
    Group::Around(scope.map_or(block.scope, |scope| scope.parent))
}

/// Whether a text has a price: a number next to a currency.
fn has_price(text: &str) -> bool {
    let text = text.to_lowercase();
    let is_number = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.ends_with(|c: char| c.is_ascii_digit() || c == '-' || c == '–')
    };
    let mut before = "";
    for word in text.split(|c: char| c.is_whitespace() || "()/|:;".contains(c)) {
        let word = word.trim_end_matches(['.', ',']);
        let has = CURRENCIES.iter().any(|known| {
            word.strip_prefix(known)
                .or_else(|| word.strip_suffix(known))
                .is_some_and(|rest| {
                    let rest = rest.trim_end_matches(['.', ',']);
                    is_number(rest) || (rest.is_empty() && is_number(before))
                })
                || (*known == before && is_number(word))
        });
        if has {
            return true;
        }
        before = word;
    }
    false
}

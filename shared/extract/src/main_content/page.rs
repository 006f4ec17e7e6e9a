//! Facts about a page that are collected before its blocks are described: totals of its parts, and names.

use scraper::node::Element;

use super::furniture::{Furniture, Named};
use super::names::{self, KINDS, Names};
use super::wording::Wording;
use crate::html_text::{Block, Blocks, Scope};

/// Fewest letters of a long block, of which links hold less than half.
const LONG: usize = 80;
/// Names of elements further out are ignored.
const FAR: u8 = 30;
/// Most blocks of a short page, links aside.
const SHORT: usize = 100;
/// Share of letters in links from which an element holds links. It is higher on a short page, where a few links are not
/// a menu.
const LINKS: [f32; 2] = [0.2, 0.4];

/// Treatment of an element within the content: furniture, left out even if it was kept, and left out around the
/// element with most of the content.
#[derive(Clone, Copy, Default)]
pub struct Within {
    pub furniture: bool,
    pub never: bool,
    pub frame: bool,
}

/// Elements that hold data, whatever their names are, unless they hold links.
const COLLECTIONS: &[&str] = &["table", "ul", "ol", "dl"];
/// Elements with their own footers.
const PARTS: &[&str] = &[
    "article",
    "section",
    "blockquote",
    "figure",
    "td",
    "details",
];

/// Totals of a part of the page.
#[derive(Default, Clone, Copy)]
pub struct Sum {
    pub blocks: f32,
    pub letters: f32,
    pub linked: f32,
    pub long: f32,
    pub sentences: f32,
    pub headings: f32,
}

impl Sum {
    /// The totals of one block.
    pub fn of(block: &Block, wording: &Wording) -> Self {
        let letters = block.letters as f32;
        let long = block.letters >= LONG && block.linked * 2 < block.letters;
        Self {
            blocks: 1.0,
            letters,
            linked: block.linked as f32,
            long: if long { letters } else { 0.0 },
            sentences: wording.sentences as f32,
            headings: f32::from(u8::from(block.heading.is_some())),
        }
    }

    /// Adds the totals of another part.
    pub fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.letters += other.letters;
        self.linked += other.linked;
        self.long += other.long;
        self.sentences += other.sentences;
        self.headings += other.headings;
    }

    /// The share of letters in links.
    pub fn link_density(&self) -> f32 {
        self.linked / self.letters.max(1.0)
    }

    /// Appends the shares of the whole page's totals.
    pub fn into(self, page: &Self, row: &mut Vec<f32>) {
        row.extend([
            self.letters / page.letters.max(1.0),
            self.long / page.long.max(1.0),
            self.blocks.ln_1p(),
            self.link_density(),
            (self.letters / self.blocks.max(1.0)).ln_1p(),
            self.long / self.letters.max(1.0),
            self.sentences / self.blocks.max(1.0),
            self.headings / self.blocks.max(1.0),
        ]);
    }
}

/// Facts about a page.
pub struct Page<'p, 'a> {
    pub blocks: &'p [Block],
    pub scopes: &'p [Scope<'a>],
    pub wordings: Vec<Wording>,
    pub sums: Vec<Sum>,
    /// Totals of each scope.
    pub wholes: Vec<Sum>,
    pub total: Sum,
    /// Whether the page has few blocks, links aside.
    pub is_short: bool,
    /// Whether each scope is furniture by its names.
    pub furniture: Vec<bool>,
    /// Whether each scope is left out outside of the content even if it was kept.
    pub frame: Vec<bool>,
    /// Treatment of each scope within the content.
    pub within: Vec<Within>,
    /// Distance to the next surrounding element of each kind of name, from 1; 0 if there is none.
    pub around: Vec<[u8; KINDS]>,
}

impl<'p, 'a> Page<'p, 'a> {
    /// Collects the facts about a page.
    pub fn new(page: &'p Blocks<'a>) -> Self {
        let wordings: Vec<_> = page
            .blocks
            .iter()
            .map(|block| Wording::of(&block.text))
            .collect();
        let sums: Vec<_> = page
            .blocks
            .iter()
            .zip(&wordings)
            .map(|(block, wording)| Sum::of(block, wording))
            .collect();
        let mut wholes = vec![Sum::default(); page.scopes.len()];
        let mut total = Sum::default();
        for (block, sum) in page.blocks.iter().zip(&sums) {
            total.add(*sum);
            if let Some(whole) = wholes.get_mut(block.scope) {
                whole.add(*sum);
            }
        }
        for place in (1..page.scopes.len()).rev() {
            let parent = page.scopes[place].parent;
            if parent < place {
                let whole = wholes[place];
                wholes[parent].add(whole);
            }
        }
        let mut names = Names::new();
        let mut around: Vec<[u8; KINDS]> = Vec::with_capacity(page.scopes.len());
        let mut furniture = Vec::with_capacity(page.scopes.len());
        let mut frame = Vec::with_capacity(page.scopes.len());
        let mut within = Vec::with_capacity(page.scopes.len());
        let mut whole_names = Furniture::new();
        let data = data(page);
        let is_link = |block: &&Block| block.linked * 2 > block.letters;
        let links_aside = page.blocks.iter().filter(|block| !is_link(block));
        let is_short = links_aside.count() <= SHORT;
        let links = LINKS[usize::from(is_short)];
        for (place, scope) in page.scopes.iter().enumerate() {
            let mut row = if scope.parent < place {
                around[scope.parent]
            } else {
                [0; KINDS]
            };
            // Frame elements hold no text themselves, and the page's own names differ from those inside of it.
            let own = if wholes[place].blocks > 0.0 && !is_frame(scope) {
                names.of(scope.element)
            } else {
                0
            };
            furniture.push(names::is_furniture(
                own,
                wholes[place].link_density() >= links,
            ));
            frame.push(own != 0 && names::is_frame(scope.element, own));
            within.push(if wholes[place].blocks > 0.0 && !is_frame(scope) {
                let leads = wholes[place].link_density() >= links;
                let named = whole_names.of(scope.element);
                let part = part_of(&page.scopes, place);
                within_content(scope.element, own, named, part, leads, data[place])
            } else {
                Within::default()
            });
            for (kind, far) in row.iter_mut().enumerate() {
                *far = match *far {
                    _ if own >> kind & 1 == 1 => 1,
                    0 | FAR.. => 0,
                    near => near + 1,
                };
            }
            around.push(row);
        }
        Self {
            blocks: &page.blocks,
            scopes: &page.scopes,
            wordings,
            sums,
            wholes,
            total,
            is_short,
            furniture,
            frame,
            within,
            around,
        }
    }
}

/// Whether an element surrounds the whole page.
pub fn is_frame(scope: &Scope<'_>) -> bool {
    ["html", "body"].contains(&scope.element.name())
}

/// Treatment of an element within the content. `part` says whether it belongs to a part of the content, `leads` whether
/// it holds links, and `data` whether it holds a data table.
fn within_content(
    element: &Element,
    kinds: u64,
    named: Named,
    part: bool,
    leads: bool,
    data: bool,
) -> Within {
    let name = element.name();
    if COLLECTIONS.contains(&name) && !leads {
        return Within::default();
    }
    // The footer of a part of the content holds its notes, unless it holds links.
    let footer = name == "footer" || named.is_footer();
    let footer = footer && (leads || !part);
    let nav = name == "nav";
    let form = name == "form" && !data;
    Within {
        furniture: footer
            || nav
            || form
            || named.is_furniture()
            || names::is_hidden_slide(element, kinds)
            || names::is_furniture_of_links(kinds, leads),
        never: nav || (footer && name == "footer") || named.is_never_content(),
        frame: nav || footer || named.is_frame(),
    }
}

/// Whether an element belongs to a part of the content, such as an article or a quotation, rather than to the page.
fn part_of(scopes: &[Scope<'_>], place: usize) -> bool {
    let mut at = place;
    for _ in 0..usize::from(FAR) {
        let parent = scopes[at].parent;
        if parent == at {
            return false;
        }
        at = parent;
        let name = scopes[at].element.name();
        if PARTS.contains(&name) {
            return true;
        }
        if name == "main" {
            return false;
        }
    }
    false
}

/// Whether each element holds a data table.
fn data(page: &Blocks<'_>) -> Vec<bool> {
    let mut data = vec![false; page.scopes.len()];
    for block in page.blocks.iter().filter(|block| block.row.is_some()) {
        if let Some(data) = data.get_mut(block.scope) {
            *data = true;
        }
    }
    for place in (1..page.scopes.len()).rev() {
        let parent = page.scopes[place].parent;
        if parent < place {
            data[parent] |= data[place];
        }
    }
    data
}

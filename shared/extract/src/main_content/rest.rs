//! Adds the rest of the element that holds the content: tables, lists, terms and addresses after its last paragraph,
//! and blocks between its parts.
//!
//! Such blocks have few words, which mean little to the model; their position means more. Named furniture and blocks of
//! links stay out; some furniture is left out even if the model kept it.

use super::names;
use super::page::Page;

/// Share of the kept words that the core element has.
const CORE: f32 = 0.9;
/// Share of an element's words, without furniture, that must be kept for the element to count as content: in general,
/// if the page marks it as its main part, and for the whole page.
const FILLED: f32 = 0.5;
const FILLED_MAIN: f32 = 0.15;
const FILLED_PAGE: f32 = 0.7;
/// Most blocks outside of furniture for which the whole page can be content.
const FRAGMENT: usize = 60;
/// Blocks with a larger share of letters in links lead elsewhere.
const LINKS: f32 = 0.5;
/// On a long page, blocks with a lower probability are not added.
const LIKELY: f32 = 0.1;
/// Weight of blocks without words.
const LEAST_WORDS: f32 = 0.3;

/// Content of an element outside of furniture, and how much of it is kept.
#[derive(Default, Clone, Copy)]
struct Holds {
    blocks: usize,
    words: f32,
    kept: f32,
}

/// Adds the rest of the element with most of the kept content, starting at the first kept block.
pub fn take_in(page: &Page<'_, '_>, words: &[f32], likely: &[f32], kept: &mut [bool]) {
    let Some((core, holds)) = core(page, words, kept) else {
        return;
    };
    leave_out_furniture(page, core, kept);
    let Some(element) = element(page, core, &holds) else {
        return;
    };
    let outside = outside(page, element);
    let least = if page.is_short { 0.0 } else { LIKELY };
    let mut begun = false;
    let last = (0..kept.len()).rfind(|place| kept[*place] && within(page, element, *place));
    for place in 0..kept.len() {
        if !within(page, element, place) {
            continue;
        }
        begun |= kept[place];
        if last.is_some_and(|last| place > last) && announces_others(page, place) {
            break;
        }
        let scope = page.blocks[place].scope - element;
        kept[place] |= begun && likely[place] >= least && !outside[scope] && !is_link(page, place);
    }
}

/// Drops kept blocks that are in menus, footers and the like.
fn leave_out_furniture(page: &Page<'_, '_>, core: usize, kept: &mut [bool]) {
    let mut out: Vec<bool> = Vec::with_capacity(page.scopes.len());
    for (place, scope) in page.scopes.iter().enumerate() {
        let around = place != scope.parent && out.get(scope.parent).copied().unwrap_or_default();
        // The content itself may be in a footer.
        let holds_core = (place..scope.end).contains(&core);
        let in_core = (core..page.scopes[core].end).contains(&place);
        let own = page.never[place] || (!in_core && page.frame[place]);
        out.push(!holds_core && (around || own));
    }
    for (block, kept) in page.blocks.iter().zip(kept) {
        *kept &= !out.get(block.scope).copied().unwrap_or_default();
    }
}

/// The largest element around the core that counts as content.
fn element(page: &Page<'_, '_>, core: usize, holds: &[Holds]) -> Option<usize> {
    let says_main = page
        .scopes
        .iter()
        .any(|scope| names::is_main(scope.element));
    let mut found = None;
    let mut at = core;
    loop {
        let (scope, holds) = (&page.scopes[at], holds[at]);
        let main = names::is_main(scope.element);
        let needed = match scope.element.name() {
            "html" => break,
            "body" if says_main || holds.blocks > FRAGMENT => break,
            "body" => FILLED_PAGE,
            _ if main => FILLED_MAIN,
            _ => FILLED,
        };
        if holds.kept > 0.0 && holds.kept >= needed * holds.words {
            found = Some(at);
        }
        // The element around an article may count as content too, but not the one around the main part.
        if scope.parent == at || (main && scope.element.name() != "article") {
            break;
        }
        at = scope.parent;
    }
    found
}

/// The smallest element with most of the kept words, and the content of each element.
fn core(page: &Page<'_, '_>, words: &[f32], kept: &[bool]) -> Option<(usize, Vec<Holds>)> {
    let mut holds = vec![Holds::default(); page.scopes.len()];
    let mut all = vec![0.0f32; page.scopes.len()];
    let mut total = 0.0;
    for (place, (block, kept)) in page.blocks.iter().zip(kept).enumerate() {
        let words = words
            .get(place)
            .map_or(LEAST_WORDS, |words| words.max(LEAST_WORDS));
        let taken = if *kept { words } else { 0.0 };
        total += taken;
        *all.get_mut(block.scope)? += taken;
        if !is_link(page, place) {
            let holds = holds.get_mut(block.scope)?;
            holds.blocks += 1;
            holds.words += words;
            holds.kept += taken;
        }
    }
    for place in (1..page.scopes.len()).rev() {
        let parent = page.scopes[place].parent;
        if parent >= place {
            continue;
        }
        all[parent] += all[place];
        if !page.furniture[place] {
            let inner = holds[place];
            let outer = &mut holds[parent];
            outer.blocks += inner.blocks;
            outer.words += inner.words;
            outer.kept += inner.kept;
        }
    }
    let mut core: Option<usize> = None;
    for (place, all) in all.iter().enumerate() {
        if *all >= CORE * total && core.is_none_or(|core| place < page.scopes[core].end) {
            core = Some(place);
        }
    }
    core.filter(|_| total > 0.0).map(|core| (core, holds))
}

/// For each element in a subtree, itself first: whether it is furniture or inside of furniture.
fn outside(page: &Page<'_, '_>, element: usize) -> Vec<bool> {
    let inner = page.scopes.get(element..page.scopes[element].end);
    let mut outside: Vec<bool> = vec![false];
    for (place, scope) in inner.unwrap_or_default().iter().enumerate().skip(1) {
        let around = scope.parent.checked_sub(element);
        let around = around.and_then(|at| outside.get(at)).copied();
        outside.push(page.furniture[element + place] || around.unwrap_or(true));
    }
    outside
}

fn within(page: &Page<'_, '_>, element: usize, place: usize) -> bool {
    (element..page.scopes[element].end).contains(&page.blocks[place].scope)
}

fn is_link(page: &Page<'_, '_>, place: usize) -> bool {
    let block = &page.blocks[place];
    block.linked as f32 > LINKS * block.letters.max(1) as f32
}

/// Whether a heading announces other pages or comments.
fn announces_others(page: &Page<'_, '_>, place: usize) -> bool {
    let wording = &page.wordings[place];
    page.blocks[place].heading.is_some()
        && wording.afterwards > 0
        && 2 * wording.afterwards >= wording.words
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::html_text;

    /// The blocks kept in the end if those with `+` are kept at first.
    fn kept(body: &str) -> Vec<String> {
        let page = Html::parse_document(body);
        let blocks = html_text::blocks(&page, false);
        let described = Page::new(&blocks);
        let words: Vec<f32> = described.wordings.iter().map(|w| w.weight()).collect();
        let texts: Vec<&str> = blocks.blocks.iter().map(|b| b.text.as_str()).collect();
        let mut kept: Vec<bool> = texts.iter().map(|text| text.contains('+')).collect();
        take_in(&described, &words, &vec![1.0; words.len()], &mut kept);
        let texts = texts.iter().zip(kept).filter(|(_, kept)| *kept);
        texts.map(|(text, _)| (*text).to_owned()).collect()
    }

    const KEPT: &str = "<p>+ Some ten words that the model took for the content.</p>";

    #[test]
    fn what_follows_in_the_main_part_is_taken_in() {
        let long = "<p>Item of a list that is longer than the paragraph.</p>".repeat(4);
        for wrapper in ["main", "article", "div role=main"] {
            let body = format!(
                "<p>Before</p><{wrapper}><h1>Above</h1>{KEPT}<div>{long}<p>Last</p></div></{wrapper}><p>After</p>"
            );
            let kept = kept(&body);
            assert_eq!(kept.len(), 6, "{wrapper}: {kept:?}");
            assert_eq!(kept[5], "Last");
        }
    }

    #[test]
    fn elsewhere_only_where_most_is_kept() {
        let body = |more: usize| {
            let more = "<p>Three words more</p>".repeat(more);
            format!("<div><div>{KEPT}{more}</div></div><main>Elsewhere</main>")
        };
        assert_eq!(kept(&body(2)).len(), 3);
        assert_eq!(kept(&body(9)).len(), 1);
    }

    #[test]
    fn a_fragment_is_content_as_a_whole() {
        let fragment = format!("{KEPT}<h2>Fees</h2><p>Two euros</p>");
        assert_eq!(kept(&fragment).len(), 3);
        assert_eq!(kept(&format!("{fragment}<main>Elsewhere</main>")).len(), 1);
        let long = "<p>+ One of very many paragraphs.</p>".repeat(FRAGMENT);
        assert_eq!(kept(&format!("{long}<p>Last</p>")).len(), FRAGMENT);
    }

    #[test]
    fn furniture_stays_out() {
        let links = "<p><a href=x>Elsewhere</a></p><p>Really</p>";
        for furniture in [
            "<footer>Imprint</footer>".to_owned(),
            "<div class=newsletter><p>Write to us</p></div>".to_owned(),
            "<div class='share-buttons'>Send</div>".to_owned(),
            "<section id=comments><p>First!</p></section>".to_owned(),
            format!("<div class=related-posts>{links}</div>"),
            format!("<aside>{links}</aside>"),
            "<p><a href=x>Elsewhere</a> too</p>".to_owned(),
        ] {
            let body = format!("<main>{KEPT}{furniture}<p>Last</p></main>");
            assert_eq!(kept(&body)[1..], ["Last"], "{furniture}");
        }
    }

    #[test]
    fn what_is_only_named_like_furniture_is_taken_in() {
        for content in [
            "<div class=menu><p>Lentil soup</p><p>8 euros</p></div>",
            "<aside><p>A note</p><p>Mind the step</p></aside>",
        ] {
            assert_eq!(kept(&format!("<main>{KEPT}{content}</main>")).len(), 3);
        }
    }

    #[test]
    fn the_frame_is_left_out_even_if_it_was_kept() {
        for frame in [
            "<footer>",
            "<nav>",
            "<div class=cookie-banner>",
            "<div id=footer><div>",
        ] {
            let core = format!("<div>{}</div>", KEPT.repeat(9));
            let body = format!("{core}{frame}+ Imprint");
            assert!(
                !kept(&body).iter().any(|text| text.contains("Imprint")),
                "{frame}"
            );
            let body = format!("<footer>{core}</footer>");
            assert_eq!(kept(&body).len(), 9);
        }
    }

    #[test]
    fn some_furniture_is_left_out_of_the_content() {
        let text = "<p>+ Some.</p>";
        for (furniture, expected) in [
            ("<footer>", 9),
            ("<nav>", 9),
            ("<div class=share-links>", 9),
            ("<div class='Footer-Newsletter'>", 9),
            ("<div class=footer>", 10),
            ("<div class=login>", 10),
        ] {
            let body = format!("<main>{}{furniture}{text}</main>", KEPT.repeat(9));
            assert_eq!(kept(&body).len(), expected, "{furniture}");
        }
    }

    #[test]
    fn what_is_unlikely_is_left_on_long_pages() {
        let lists = "<ul><li>One<li>Two</ul>".repeat(50);
        let page = Html::parse_document(&format!("<main>{}{lists}</main>", KEPT.repeat(20)));
        let blocks = html_text::blocks(&page, false);
        let described = Page::new(&blocks);
        let words = vec![1.0; blocks.blocks.len()];
        for (likely, expected) in [(0.01, 20), (0.3, 120)] {
            let mut kept: Vec<bool> = blocks.blocks.iter().map(|b| b.text.contains('+')).collect();
            take_in(&described, &words, &vec![likely; words.len()], &mut kept);
            assert_eq!(kept.iter().filter(|kept| **kept).count(), expected);
        }
    }

    #[test]
    fn headings_of_other_pages_end_the_content() {
        let after =
            |heading: &str| kept(&format!("<main>{KEPT}<h2>{heading}</h2><p>More</p></main>"));
        for heading in ["Related articles", "Comments", "You may also like"] {
            let expected = if heading == "You may also like" { 3 } else { 1 };
            assert_eq!(after(heading).len(), expected, "{heading}");
        }
        assert_eq!(after("Contact").len(), 3);
        assert_eq!(after("What to do next in the garden").len(), 3);
    }
}

//! Adds the rest of the element that holds the content: tables, lists, terms and addresses after its last paragraph,
//! and blocks between its parts.
//!
//! Such blocks have few words, which mean little to the model; their position means more. Named furniture and blocks of
//! links stay out; some furniture is left out even if the model kept it.

use super::links;
use super::names;
use super::page::Page;

/// Share of the kept words that the core element has.
const CORE: f32 = 0.9;
/// Share of an element's words, without furniture, that must be kept for the element to count as content: in general,
/// if the page marks it as its main part, and for the whole page.
const FILLED: f32 = 0.5;
const FILLED_MAIN: f32 = 0.15;
const FILLED_PAGE: f32 = 0.7;
/// Maximum blocks outside furniture for which the whole page can be content. On a longer page, only the blocks
/// between kept blocks are, and those that follow without a gap.
const FRAGMENT: usize = 60;
/// On a long page, blocks with a lower probability are not added: in general, and up to so many blocks after the last kept
/// one.
const LIKELY: f32 = 0.1;
const LIKELY_NEAR: f32 = 0.02;
const NEXT: usize = 3;
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
    let elsewhere = links::elsewhere(page);
    let Some(core) = core(page, words, kept) else {
        return;
    };
    let holds = holds(page, words, kept, &elsewhere, core);
    let element = element(page, core, &holds);
    leave_out_furniture(page, core, element, kept);
    let Some(element) = element else {
        return;
    };
    let outside = outside(page, core, element);
    let is_long_body =
        page.scopes[element].element.name() == "body" && holds[element].blocks > FRAGMENT;
    let mut begun = false;
    let last = (0..kept.len()).rfind(|place| kept[*place] && within(page, element, *place));
    for place in 0..kept.len() {
        if !within(page, element, place) {
            continue;
        }
        begun |= kept[place];
        let least = match last {
            _ if page.is_short => 0.0,
            Some(last) if place <= last + NEXT => LIKELY_NEAR,
            _ => LIKELY,
        };
        let is_after = last.is_some_and(|last| place > last);
        if is_after && announces_others(page, place) {
            break;
        }
        let scope = page.blocks[place].scope - element;
        let content = likely[place] >= least && !outside[scope] && !elsewhere[place];
        // What follows the content of a page without a main part ends with the first block that is not content.
        if is_after && is_long_body && !content {
            break;
        }
        kept[place] |= begun && content;
    }
}

/// Drops kept blocks that are in menus, footers and the like.
fn leave_out_furniture(
    page: &Page<'_, '_>,
    core: usize,
    element: Option<usize>,
    kept: &mut [bool],
) {
    // Within the content, whole names count.
    let mut content = element.unwrap_or(core);
    let mut at = core;
    while page.scopes[at].parent != at {
        if names::is_main(page.scopes[at].element) {
            content = content.min(at);
        }
        at = page.scopes[at].parent;
    }
    let content = content..page.scopes[content].end;
    let mut out: Vec<bool> = Vec::with_capacity(page.scopes.len());
    for (place, scope) in page.scopes.iter().enumerate() {
        let around = place != scope.parent && out.get(scope.parent).copied().unwrap_or_default();
        // The content itself may be in a footer.
        let holds_core = (place..scope.end).contains(&core);
        let in_core = (core..page.scopes[core].end).contains(&place);
        let within = page.within[place];
        let own = match content.contains(&place) {
            true => within.never || (!in_core && within.frame),
            false => page.frame[place],
        };
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
            "body" if says_main => break,
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

/// The smallest element with most of the kept words.
fn core(page: &Page<'_, '_>, words: &[f32], kept: &[bool]) -> Option<usize> {
    let mut all = vec![0.0f32; page.scopes.len()];
    let mut total = 0.0;
    for (place, block) in page.blocks.iter().enumerate() {
        if kept[place] {
            total += weight(words, place);
            if let Some(all) = all.get_mut(block.scope) {
                *all += weight(words, place);
            }
        }
    }
    for place in (1..page.scopes.len()).rev() {
        let parent = page.scopes[place].parent;
        if parent < place {
            all[parent] += all[place];
        }
    }
    let mut core: Option<usize> = None;
    for (place, all) in all.iter().enumerate() {
        if *all >= CORE * total && core.is_none_or(|core| place < page.scopes[core].end) {
            core = Some(place);
        }
    }
    core.filter(|_| total > 0.0)
}

fn weight(words: &[f32], place: usize) -> f32 {
    words
        .get(place)
        .map_or(LEAST_WORDS, |words| words.max(LEAST_WORDS))
}

/// The content of each element outside furniture. Furniture that contains the core does not count as such.
fn holds(
    page: &Page<'_, '_>,
    words: &[f32],
    kept: &[bool],
    elsewhere: &[bool],
    core: usize,
) -> Vec<Holds> {
    let mut holds = vec![Holds::default(); page.scopes.len()];
    for (place, block) in page.blocks.iter().enumerate() {
        if elsewhere[place] {
            continue;
        }
        if let Some(holds) = holds.get_mut(block.scope) {
            let words = weight(words, place);
            holds.blocks += 1;
            holds.words += words;
            holds.kept += if kept[place] { words } else { 0.0 };
        }
    }
    for place in (1..page.scopes.len()).rev() {
        let scope = &page.scopes[place];
        let holds_core = (place..scope.end).contains(&core);
        if scope.parent < place && (holds_core || !page.furniture[place]) {
            let inner = holds[place];
            let outer = &mut holds[scope.parent];
            outer.blocks += inner.blocks;
            outer.words += inner.words;
            outer.kept += inner.kept;
        }
    }
    holds
}

/// For each element in a subtree, itself first: whether it is furniture or inside of furniture.
fn outside(page: &Page<'_, '_>, core: usize, element: usize) -> Vec<bool> {
    let inner = page.scopes.get(element..page.scopes[element].end);
    let mut outside: Vec<bool> = vec![false];
    for (place, scope) in inner.unwrap_or_default().iter().enumerate().skip(1) {
        let around = scope.parent.checked_sub(element);
        let around = around.and_then(|at| outside.get(at)).copied();
        let holds_core = (element + place..scope.end).contains(&core);
        let own = page.within[element + place].furniture || around.unwrap_or(true);
        outside.push(own && !holds_core);
    }
    outside
}

fn within(page: &Page<'_, '_>, element: usize, place: usize) -> bool {
    (element..page.scopes[element].end).contains(&page.blocks[place].scope)
}

/// Whether a heading announces other pages or comments.
fn announces_others(page: &Page<'_, '_>, place: usize) -> bool {
    let wording = &page.wordings[place];
    page.blocks[place].heading.is_some()
        && wording.afterwards > 0
        && 2 * wording.afterwards >= wording.words
}

#[cfg(test)]
mod tests;

//! Decides which buttons are content, and which hidden elements a reader would open: accordion answers, tabs.

use ego_tree::NodeRef;
use scraper::Node;

use super::{
    marks::Marks,
    survey::{Survey, is_heading, is_navigation},
};
use crate::text;

/// Most ancestors of a button that are looked at.
const MAX_AROUND: usize = 8;
/// Fewest letters of a question; a shorter one is a command.
const QUESTION: usize = 10;
/// Most nodes of a button that are looked at.
const MAX_NODES: usize = 64;

/// Words in the names of accordions and their answers.
const ACCORDION: &[&str] = &[
    "accordion",
    "akkordeon",
    "faq",
    "collaps",
    "expander",
    "expandable",
    "toggle-title",
    "question",
];
const PANEL: &[&str] = &[
    "accordion",
    "akkordeon",
    "faq",
    "collaps",
    "answer",
    "panel",
    "tab-pane",
    "tabpane",
    "tabcontent",
    "tab-content",
    "expandable",
    "toggle-content",
    "read-more",
    "readmore",
    "more-content",
    "more-text",
    "show-more",
    "showmore",
    "full-text",
    "spoiler",
];
/// Words of a fallback that complains about the browser instead of saying what is shown.
const COMPLAINTS: &[&str] = &[
    "browser",
    "navigateur",
    "navegador",
    "przeglądark",
    "prohlížeč",
    "selain",
    "tarayıcı",
    "браузер",
    "ブラウザ",
    "浏览器",
    "瀏覽器",
    "브라우저",
    "support",
    "javascript",
    "flash",
    "plugin",
    "plug-in",
];
/// Words in the names of furniture elements.
const FURNITURE: &[&str] = &[
    "nav",
    "navbar",
    "navigation",
    "menu",
    "submenu",
    "megamenu",
    "modal",
    "dialog",
    "popup",
    "popover",
    "dropdown",
    "drawer",
    "offcanvas",
    "cookie",
    "consent",
    "gdpr",
    "overlay",
    "tooltip",
    "toast",
    "lightbox",
    "search",
    "searchform",
    "login",
    "signin",
    "share",
    "sharing",
    "newsletter",
    "subscribe",
    "banner",
    "loader",
    "loading",
    "spinner",
    "cart",
    "minicart",
    "filter",
];
const FURNITURE_ROLES: &[&str] = &[
    "dialog",
    "alertdialog",
    "listbox",
    "tooltip",
    "search",
    "status",
    "alert",
    "banner",
    "contentinfo",
    "progressbar",
    "none",
    "presentation",
];

/// Whether a button is content: the question of an accordion, the name of a tab.
pub fn is_content(survey: &Survey<'_>, node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    let mut navigation = false;
    let mut accordion = marks.named(ACCORDION);
    for (far, around) in node.ancestors().take(MAX_AROUND).enumerate() {
        let Some(element) = around.value().as_element() else {
            continue;
        };
        let around = Marks::of(element);
        if is_heading(around.name)
            || ["dt", "summary"].contains(&around.name)
            || around.role == "heading"
        {
            return true;
        }
        navigation |= is_navigation(&around) || ["header", "form", "footer"].contains(&around.name);
        accordion |= far < 3 && around.named(ACCORDION);
    }
    if navigation || marks.pops_up || marks.worded(FURNITURE) {
        return false;
    }
    if marks.role == "tab" || accordion || shows_content(survey, node, marks) {
        return true;
    }
    says_something(node)
}

/// Whether a button controls an element on the page that is content.
fn shows_content(survey: &Survey<'_>, node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    if !marks.expands && marks.controls.is_empty() {
        return false;
    }
    let mut shown = marks.controls.split_ascii_whitespace().filter_map(|id| {
        let id = survey.named.get(id.trim_start_matches('#'))?;
        node.tree().get(*id)
    });
    shown.any(|panel| {
        panel
            .value()
            .as_element()
            .is_some_and(|element| !is_furniture(&Marks::of(element)))
    })
}

/// Whether a button contains a heading or a question.
fn says_something(node: NodeRef<'_, Node>) -> bool {
    let mut words = String::new();
    for inner in node.descendants().take(MAX_NODES) {
        match inner.value() {
            Node::Text(text) => words.push_str(text),
            Node::Element(element) if is_heading(element.name()) => return true,
            _ => {}
        }
    }
    let words = words.trim();
    words.ends_with(['?', '？', '؟']) && text::letters(words) >= QUESTION
}

/// Whether the content of an `object` or a `canvas` says in other words what it shows.
pub fn has_fallback(node: NodeRef<'_, Node>) -> bool {
    let mut words = String::new();
    for inner in node.descendants().take(MAX_NODES) {
        if let Node::Text(text) = inner.value() {
            words.push_str(text);
        }
    }
    let words = words.to_lowercase();
    text::letters(&words) > 0 && !COMPLAINTS.iter().any(|complaint| words.contains(complaint))
}

/// Whether a hidden element is content that a reader would open.
pub fn is_panel(survey: &Survey<'_>, node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    if marks
        .hidden
        .is_some_and(|value| value.eq_ignore_ascii_case("until-found"))
    {
        return true;
    }
    if marks.role == "tabpanel" {
        return true;
    }
    if is_furniture(marks) {
        return false;
    }
    let labelled = || {
        let mut ids = marks.labelled_by.split_ascii_whitespace();
        ids.any(|id| survey.labels.contains(id))
    };
    (!marks.id.is_empty() && survey.controlled.contains(marks.id))
        || labelled()
        || marks.named(PANEL)
        || follows_question(node)
}

/// Whether an element is navigation or otherwise beside the content.
fn is_furniture(marks: &Marks<'_>) -> bool {
    is_navigation(marks)
        || ["form", "dialog", "input", "img", "header", "footer"].contains(&marks.name)
        || FURNITURE_ROLES.contains(&marks.role)
        || marks.worded(FURNITURE)
}

/// Whether an element follows a heading, a term or the button of an accordion.
fn follows_question(node: NodeRef<'_, Node>) -> bool {
    let mut before = node
        .prev_siblings()
        .filter(|other| other.value().is_element());
    let Some(mut other) = before.next() else {
        return false;
    };
    for _ in 0..3 {
        let Some(element) = other.value().as_element() else {
            return false;
        };
        let marks = Marks::of(element);
        let is_title = is_heading(marks.name) && marks.name != "h1";
        if is_title
            || ["dt", "summary"].contains(&marks.name)
            || (marks.expands && !marks.pops_up)
            || ["tab", "heading"].contains(&marks.role)
            || marks.named(ACCORDION)
        {
            return true;
        }
        let Some(first) = other.children().find(|inner| inner.value().is_element()) else {
            return false;
        };
        other = first;
    }
    false
}

//! Surveys a page before it is read: which tables hold data, and which elements its buttons and tabs show.

use std::collections::{HashMap, HashSet};

use ego_tree::{NodeId, NodeRef, iter::Edge};
use scraper::{Html, Node};

use super::{
    layout::Table,
    marks::{Marks, Part, attribute},
};
use crate::text;

/// Facts about a page that are collected before it is read.
#[derive(Default)]
pub struct Survey<'a> {
    /// Ids of the elements that another one shows: accordion panels, tabs.
    pub controlled: HashSet<&'a str>,
    /// Ids of elements that may label a panel: buttons, tabs, headings.
    pub labels: HashSet<&'a str>,
    /// Elements by their ids.
    pub named: HashMap<&'a str, NodeId>,
    /// Data tables; the others lay out the page.
    pub tables: HashSet<NodeId>,
}

impl<'a> Survey<'a> {
    /// Surveys a page in one pass.
    pub fn of(page: &'a Html) -> Self {
        let mut survey = Self::default();
        let mut tables: Vec<(NodeId, Table)> = Vec::new();
        // The surrounding elements: whether each is navigation, and its part in a table.
        let mut around: Vec<(bool, Option<Part>)> = Vec::new();
        let mut navigation = 0usize;
        for edge in page.tree.root().traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Element(element) => {
                        let marks = Marks::of(element);
                        let (leads, part) = (is_navigation(&marks), marks.part());
                        navigation += usize::from(leads);
                        around.push((leads, part));
                        survey.note(&marks, node, navigation > 0);
                        if let Some((_, table)) = tables.last_mut() {
                            table.open(&marks, part);
                        }
                        if part == Some(Part::Table) {
                            tables.push((node.id(), Table::of(&marks)));
                        }
                    }
                    Node::Text(text) => {
                        if let Some((_, table)) = tables.last_mut() {
                            table.text(text::letters(text));
                        }
                    }
                    _ => {}
                },
                Edge::Close(node) if node.value().is_element() => {
                    let (leads, part) = around.pop().unwrap_or_default();
                    navigation -= usize::from(leads);
                    if tables.last().is_some_and(|(id, _)| *id == node.id()) {
                        survey.end_table(&mut tables);
                    } else if let Some((_, table)) = tables.last_mut() {
                        table.close(part);
                    }
                }
                Edge::Close(_) => {}
            }
        }
        survey
    }

    fn end_table(&mut self, tables: &mut Vec<(NodeId, Table)>) {
        let Some((id, table)) = tables.pop() else {
            return;
        };
        if table.holds_data() {
            self.tables.insert(id);
        }
        if let Some((_, outer)) = tables.last_mut() {
            outer.nested(&table);
        }
    }

    fn note(&mut self, marks: &Marks<'a>, node: NodeRef<'a, Node>, in_navigation: bool) {
        if !marks.id.is_empty() {
            self.named.entry(marks.id).or_insert(node.id());
            let is_label = marks.name == "button"
                || is_heading(marks.name)
                || ["dt", "summary"].contains(&marks.name)
                || ["tab", "button", "heading"].contains(&marks.role)
                || marks.expands;
            if is_label {
                self.labels.insert(marks.id);
            }
        }
        if in_navigation || marks.pops_up {
            return;
        }
        let mut controls = marks.controls;
        let is_control = marks.expands || marks.role == "tab" || marks.role == "button";
        if controls.is_empty()
            && marks.name == "a"
            && let Some(target) = node
                .value()
                .as_element()
                .and_then(|element| attribute(element, "href"))
            && target.starts_with('#')
            && (is_control || in_tabs(node))
        {
            controls = target;
        }
        let ids = controls.split_ascii_whitespace();
        self.controlled
            .extend(ids.map(|id| id.trim_start_matches('#')));
    }
}

/// Whether a link belongs to a list of tabs, by the names of the elements around it.
fn in_tabs(node: NodeRef<'_, Node>) -> bool {
    node.ancestors().take(3).any(|around| {
        around.value().as_element().is_some_and(|element| {
            let marks = Marks::of(element);
            is_heading(marks.name)
                || marks.role == "tablist"
                || marks.named(&["tab", "accordion", "faq"])
        })
    })
}

pub fn is_heading(name: &str) -> bool {
    matches!(name.as_bytes(), [b'h', b'1'..=b'6'])
}

/// Whether an element is navigation.
pub fn is_navigation(marks: &Marks<'_>) -> bool {
    marks.name == "nav" || ["navigation", "menu", "menubar", "toolbar"].contains(&marks.role)
}

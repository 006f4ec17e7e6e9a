//! Finds facts that are needed before a story is read: complete fields, and ranges that were moved away.

use std::collections::{HashMap, HashSet};

use super::reader::alternative;
use crate::xml::Element;

/// Facts about a story: the body, a note, a header.
#[derive(Default)]
pub struct Scope {
    /// Positions of fields that have an end. A field without an end would swallow the rest.
    fields: HashSet<usize>,
    /// Ids of ranges that were moved away and occur elsewhere.
    moved: HashSet<String>,
}

#[derive(Default)]
struct Finder<'a> {
    open: Vec<usize>,
    fields: HashSet<usize>,
    /// Names of the targets of moved ranges.
    targets: HashSet<&'a str>,
    /// Ids and names of ranges that were begun.
    begun: HashMap<&'a str, &'a str>,
    ended: HashSet<&'a str>,
}

impl Scope {
    /// Collects the facts about a story.
    pub fn of(story: Element<'_>) -> Self {
        let mut finder = Finder::default();
        finder.look(story);
        let moved = finder.begun.iter().filter(|&(id, name)| {
            finder.ended.contains(id) && finder.targets.contains(name) && !name.is_empty()
        });
        Self {
            moved: moved.map(|(id, _)| (*id).to_owned()).collect(),
            fields: finder.fields,
        }
    }

    /// Whether the field that begins at an element has an end.
    pub fn has_end(&self, beginning: Element<'_>) -> bool {
        self.fields.contains(&beginning.place())
    }

    /// Whether the range with this id was moved away.
    pub fn is_moved(&self, id: &str) -> bool {
        self.moved.contains(id)
    }
}

impl<'a> Finder<'a> {
    fn look(&mut self, parent: Element<'a>) {
        for child in parent.children() {
            match child.name() {
                "del" | "moveFrom" => {}
                "AlternateContent" => {
                    if let Some(branch) = alternative(child) {
                        self.look(branch);
                    }
                }
                "fldChar" => match child.attribute("fldCharType") {
                    Some("begin") => self.open.push(child.place()),
                    Some("end") => self.fields.extend(self.open.pop()),
                    _ => {}
                },
                "moveToRangeStart" => self.targets.extend(child.attribute("name")),
                "moveFromRangeStart" => {
                    let name = child.attribute("name").unwrap_or_default();
                    self.begun
                        .extend(child.attribute("id").map(|id| (id, name)));
                }
                // An end before the beginning does not count.
                "moveFromRangeEnd" => {
                    let id = child
                        .attribute("id")
                        .filter(|id| self.begun.contains_key(id));
                    self.ended.extend(id);
                }
                _ => self.look(child),
            }
        }
    }
}

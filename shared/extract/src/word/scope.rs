//! What must be known of a story before it is read: which of its fields end, and what was moved away from it.

use std::collections::{HashMap, HashSet};

use super::reader::alternative;
use crate::xml::Element;

/// Facts of a story: the body, a note, a header.
#[derive(Default)]
pub struct Scope {
    /// Places of the beginnings of fields that end. One without an end would swallow the rest.
    fields: HashSet<usize>,
    /// Ids of ranges that were moved away and stand elsewhere.
    moved: HashSet<String>,
}

#[derive(Default)]
struct Finder<'a> {
    open: Vec<usize>,
    fields: HashSet<usize>,
    /// Names of ranges that something was moved to.
    targets: HashSet<&'a str>,
    /// Ids and names of ranges that begin.
    begun: HashMap<&'a str, &'a str>,
    ended: HashSet<&'a str>,
}

impl Scope {
    /// Looks through a story.
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

    /// Whether the field that begins here ends.
    pub fn has_end(&self, beginning: Element<'_>) -> bool {
        self.fields.contains(&beginning.place())
    }

    /// Whether the range of this id was moved away.
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
                // One that ends before it begins does not count.
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

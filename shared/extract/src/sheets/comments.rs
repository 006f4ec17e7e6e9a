//! Reads comments: notes (ECMA-376 part 1, 18.7) and threaded comments ([MS-XLSX] 2.6.205).

use std::collections::{HashMap, HashSet};

use super::{reference, strings};
use crate::{
    ooxml::Package,
    protocol::Refusal,
    text,
    xml::{Element, Tree},
};

/// A comment on a cell.
pub struct Comment {
    pub row: u32,
    pub column: u32,
    author: String,
    text: String,
}

impl Comment {
    /// `B2, Ada: text`.
    pub fn line(&self) -> String {
        let Self {
            row,
            column,
            author,
            text,
        } = self;
        let apart = if author.is_empty() { "" } else { ", " };
        let column = reference::letters(*column);
        format!("{column}{row}{apart}{author}: {text}")
    }

    /// A comment by an author, whose name is on one line.
    fn of(name: &str, author: &str, text: &str) -> Option<Self> {
        let (row, column) = reference::cell(name);
        let text = text::one_line(text, usize::MAX);
        // Excel begins a note with its author's name.
        let own = text
            .strip_prefix(author)
            .and_then(|rest| rest.strip_prefix(':'));
        let text = own
            .map(str::trim_start)
            .filter(|_| !author.is_empty())
            .unwrap_or(&text);
        (!text.is_empty()).then(|| {
            Some(Self {
                row: row?,
                column: column?,
                text: text.to_owned(),
                author: author.to_owned(),
            })
        })?
    }
}

/// Longest author name, in characters: it stands before each comment.
pub const MAX_AUTHOR: usize = 100;

/// The comments of a sheet, by row and column, from its parts for threads and for notes. `people` maps ids to the authors
/// of threaded comments.
///
/// # Errors
/// `corrupt_file`, `text_too_large`.
pub fn read(
    package: &mut Package<'_>,
    [threaded, noted]: [Vec<&str>; 2],
    people: &HashMap<String, String>,
) -> Result<Vec<Comment>, Refusal> {
    let mut comments = Vec::new();
    for part in threaded {
        if let Some(source) = package.xml(part)? {
            threads(&source, people, &mut comments)?;
        }
    }
    // A thread comes with a note for programs that do not support threads.
    let known: HashSet<(u32, u32)> = comments.iter().map(|c| (c.row, c.column)).collect();
    for part in noted {
        if let Some(source) = package.xml(part)? {
            let mut notes = notes(&source)?;
            notes.retain(|note| !known.contains(&(note.row, note.column)));
            comments.extend(notes);
        }
    }
    comments.sort_by_key(|comment| (comment.row, comment.column));
    Ok(comments)
}

fn threads(
    source: &str,
    people: &HashMap<String, String>,
    comments: &mut Vec<Comment>,
) -> Result<(), Refusal> {
    let tree = Tree::parse(source)?;
    comments.extend(tree.root().children().filter_map(|comment| {
        let person = comment.attribute("personId").and_then(|id| people.get(id));
        let text = comment.child("text")?.text();
        let author = person.map(String::as_str).unwrap_or_default();
        Comment::of(comment.attribute("ref")?, author, &text)
    }));
    Ok(())
}

fn notes(source: &str) -> Result<Vec<Comment>, Refusal> {
    let tree = Tree::parse(source)?;
    let root = tree.root();
    let authors = authors(root);
    let listed = root.child("commentList").into_iter();
    let comments = listed
        .flat_map(|list| list.children())
        .filter_map(|comment| {
            let author: Option<usize> =
                comment.attribute("authorId").and_then(|id| id.parse().ok());
            let author = author.and_then(|author| authors.get(author));
            let author = author.map(String::as_str).unwrap_or_default();
            let mut text = String::new();
            runs(comment.child("text")?, &mut text);
            Comment::of(
                comment.attribute("ref")?,
                author,
                &strings::unescaped(&text),
            )
        });
    Ok(comments.collect())
}

/// The authors of notes, each on one line.
fn authors(root: Element<'_>) -> Vec<String> {
    let authors = root.child("authors").into_iter();
    let authors = authors.flat_map(|authors| authors.children());
    authors
        .map(|author| text::one_line(&author.text(), MAX_AUTHOR))
        .collect()
}

/// The text of runs, without phonetic readings.
fn runs(element: Element<'_>, text: &mut String) {
    for inner in element.children() {
        match inner.name() {
            "t" => text.push_str(&inner.text()),
            "r" => runs(inner, text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_authors_are_short_before_they_are_repeated() {
        let source = format!(
            "<comments><authors><author> Ada\nB.{0}</author><author>{0}</author><author>{1}</author></authors></comments>",
            " ".repeat(1_000),
            "x".repeat(1_000)
        );
        let tree = Tree::parse(&source).unwrap();
        let long = "x".repeat(MAX_AUTHOR);
        assert_eq!(authors(tree.root()), ["Ada B.", "", &long]);
    }
}

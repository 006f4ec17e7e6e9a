//! Reads speaker notes and comments (ECMA-376 part 1, 13.3.5 and 13.3.2; threads of Office 365, [MS-PPTX]).

use std::collections::HashMap;

use super::{body, bullets::Levels, corrupt, layouts::Placeholder};
use crate::{
    drawing,
    ooxml::{Package, Relationships},
    protocol::Refusal,
    text,
    xml::{Element, Tree},
};

/// Longest author name: it stands before each comment.
const MAX_NAME: usize = 100;

/// The notes of a slide under a separate heading line; `None` if there are none.
///
/// # Errors
/// `corrupt_file`, `text_too_large`.
pub fn notes(package: &mut Package<'_>, part: &str) -> Result<Option<String>, Refusal> {
    let source = package.xml(part)?.ok_or_else(|| corrupt("no notes"))?;
    let tree = Tree::parse(&source)?;
    let mut blocks = Vec::new();
    if let Some(shapes) = tree.root().at(&["cSld", "spTree"]) {
        noted(shapes, &mut blocks);
    }
    Ok((!blocks.is_empty()).then(|| format!("Notes:\n{}", blocks.join("\n\n"))))
}

/// The texts of a notes page, without its header, footer, date, number and slide image.
fn noted(shapes: Element<'_>, blocks: &mut Vec<String>) {
    for shape in drawing::children(shapes) {
        if shape.name() == "grpSp" {
            noted(shape, blocks);
        }
        let placeholder = shape.child("nvSpPr").and_then(Placeholder::of);
        let kind = placeholder.map_or("body", |own| own.kind);
        let is_page = matches!(kind, "sldImg" | "sldNum" | "hdr" | "ftr" | "dt");
        if let Some(text) = shape.child("txBody").filter(|_| !is_page) {
            blocks.extend(body::blocks(text, &Levels::default()));
        }
    }
}

/// Names of comment authors by their ids; empty if the list is broken.
pub fn authors(
    package: &mut Package<'_>,
    relationships: &Relationships,
) -> HashMap<String, String> {
    let mut authors = HashMap::new();
    for kind in ["commentAuthors", "authors"] {
        for target in relationships.of_kind(kind) {
            let source = package.xml(&target.part).ok().flatten().unwrap_or_default();
            let Ok(tree) = Tree::parse(&source) else {
                continue;
            };
            let named = tree.root().children().filter_map(|author| {
                let name = text::one_line(author.attribute("name")?, MAX_NAME);
                Some((author.attribute("id")?.to_owned(), name))
            });
            authors.extend(named);
        }
    }
    authors
}

/// The comments of a part in order, each after its author's name; replies follow their comment.
///
/// # Errors
/// `corrupt_file`, `text_too_large`.
pub fn comments(
    package: &mut Package<'_>,
    part: &str,
    authors: &HashMap<String, String>,
) -> Result<Vec<String>, Refusal> {
    let source = package.xml(part)?.ok_or_else(|| corrupt("no comments"))?;
    let tree = Tree::parse(&source)?;
    let mut all = Vec::new();
    listed(tree.root(), &mut all);
    let comments = all.into_iter().filter_map(|comment| {
        let said = match comment.child("txBody") {
            Some(text) => body::blocks(text, &Levels::default()).join("\n"),
            None => comment.child("text")?.text(),
        };
        let said = said.trim();
        let author = comment.attribute("authorId").and_then(|id| authors.get(id));
        let author = author.filter(|name| !name.is_empty());
        let said = author.map_or_else(|| said.to_owned(), |name| format!("{name}: {said}"));
        Some(said).filter(|said| !said.is_empty())
    });
    Ok(comments.collect())
}

/// Lists comments and replies in file order. There are none in the text of another.
fn listed<'a>(within: Element<'a>, all: &mut Vec<Element<'a>>) {
    for inner in within.children() {
        match inner.name() {
            "cm" | "reply" => all.push(inner),
            "text" | "txBody" => continue,
            _ => {}
        }
        listed(inner, all);
    }
}

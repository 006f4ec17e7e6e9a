//! Reads OpenDocument text (ISO/IEC 26300): headings, paragraphs, lists, tables, notes, text boxes, objects.

mod block;
mod body;
mod lists;
mod objects;
mod paragraph;
mod shapes;
mod styles;
mod table;

use std::collections::HashSet;

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
    warnings::WarningCode,
};

use crate::{
    archive::Archive,
    decode, language, properties,
    protocol::Refusal,
    text::{self, Builder},
    xml::{self, Element, Tree},
};
use block::Block;
use body::{Body, Source};
use objects::without_doctype;
use styles::Styles;

/// Reads a document.
///
/// Page headers are read once at the start, page footers once at the end, and comments last. Hidden text is left out
/// unless `include_hidden` is set.
///
/// # Errors
/// `password_protected`, `corrupt_file`, `text_too_large`.
pub fn read(bytes: &[u8], include_hidden: bool) -> Result<Extracted, Refusal> {
    let mut archive = Archive::open(bytes)?;
    let manifest = archive.part("META-INF/manifest.xml")?.unwrap_or_default();
    if manifest
        .windows(15)
        .any(|window| window == b"encryption-data")
    {
        let detail = "its parts are encrypted";
        return Err(Refusal::new(FailureCode::PasswordProtected, detail));
    }
    let content = decode::page(&archive.needed("content.xml")?);
    let content = without_doctype(&content);
    let content = Tree::parse(&content)?;
    let mut builder = Builder::default();
    let styles = archive.part("styles.xml")?;
    let styles = styles.map(|bytes| decode::page(&bytes)).unwrap_or_default();
    let styles = without_doctype(&styles);
    let styles = if styles.is_empty() {
        None
    } else {
        let parsed = Tree::parse(&styles).ok();
        if parsed.is_none() {
            let warnings = &mut builder.warnings;
            warnings.add_at(WarningCode::PartsUnreadable, "styles.xml");
        }
        parsed
    };
    let common = styles.as_ref().map(Tree::root);

    let mut source = Source::new(&mut archive, include_hidden);
    let margins = common.map(|root| margins(root, &mut source));
    let (above, below) = margins.unwrap_or_default();
    let root = content.root();
    let mut body = Body::new(&mut source, Styles::of(root, common));
    let mut blocks = above;
    if let Some(inner) = root.child("body") {
        body.forms_of(inner);
        body.blocks(inner, &mut blocks);
    }
    let refused = source.copies.refused();
    source.warnings.add(WarningCode::TableCut, refused);
    builder
        .warnings
        .extend(std::mem::take(&mut source.warnings));
    block::write(blocks, &mut builder);
    let mut end = Builder::default();
    block::write(below, &mut end);
    if !source.comments.is_empty() {
        end.heading(1, "Comments");
        for comment in &source.comments {
            end.block(comment);
        }
    }
    builder.append(end);

    let meta = archive.metadata("meta.xml").unwrap_or_default();
    let meta = xml::values(&meta);
    let title = xml::first(&meta, &["title"], text::title);
    Ok(Extracted {
        properties: Properties {
            author: xml::first(&meta, &["initial-creator", "creator"], properties::author),
            language: xml::first(&meta, &["language"], language::stated),
            created: xml::first(&meta, &["creation-date"], properties::date),
            modified: xml::first(&meta, &["date"], properties::date),
        },
        ..builder.finish(title, None, "odt")
    })
}

/// The page headers and the page footers: each line once across all page styles.
fn margins(root: Element<'_>, source: &mut Source<'_, '_>) -> (Vec<Block>, Vec<Block>) {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    let Some(masters) = root.child("master-styles") else {
        return (above, below);
    };
    let mut body = Body::new(source, Styles::of(root, Some(root)));
    body.in_margin = true;
    for part in masters.children().flat_map(Element::children) {
        if part.attribute("display") == Some("false") {
            continue;
        }
        match part.name().split('-').next() {
            Some("header") => body.blocks(part, &mut above),
            Some("footer") => body.blocks(part, &mut below),
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    for blocks in [&mut above, &mut below] {
        blocks.retain(|block| match block {
            Block::Gap => true,
            block => seen.insert(block.flat()),
        });
    }
    (above, below)
}

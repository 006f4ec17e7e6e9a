//! Reads Word documents (WordprocessingML, ECMA-376 part 1), transitional and strict.
//!
//! Content comes in reading order: page headers once; then the body, with notes in the sentences that refer to them,
//! and floating content after its paragraph; then page footers, and comments under a separate heading. Deleted text of
//! tracked changes is left out.

mod block;
mod chunk;
mod field;
mod formats;
mod line;
mod margins;
mod notes;
mod numbering;
mod object;
mod paragraph;
mod reader;
mod run;
mod scope;
mod styles;
mod table;

use dynrag_domain::{chunks::Extracted, documents::FailureCode, warnings::WarningCode};

use crate::{
    ooxml::{Package, Relationships},
    protocol::Refusal,
    tables::Copies,
    text::Builder,
    xml::Tree,
};
use block::Block;
use margins::Edge;

use reader::Reader;

const ENGINE: &str = "docx";

/// Reads a document, including hidden text if `include_hidden` is set.
///
/// # Errors
/// `password_protected`, `corrupt_file`, `text_too_large`. A broken part other than the document's main one is left
/// out with a warning.
pub fn read(bytes: &[u8], include_hidden: bool) -> Result<Extracted, Refusal> {
    let mut package = Package::open(bytes)?;
    let (own_title, properties) = package.properties();
    let mut copies = Copies::default();
    let (blocks, found_title, mut builder) =
        document(&mut package, include_hidden, false, &mut copies)?;
    let refused = copies.refused();
    builder.warnings.add(WarningCode::TableCut, refused);
    block::write(&blocks, &mut builder);
    Ok(Extracted {
        properties,
        ..builder.finish(own_title.or(found_title), None, ENGINE)
    })
}

/// The blocks of a document, its title, and a builder with its warnings. If it is `inside` of another document,
/// documents embedded in it are not read. `copies` are shared by all of them.
fn document(
    package: &mut Package<'_>,
    include_hidden: bool,
    inside: bool,
    copies: &mut Copies,
) -> Result<(Vec<Block>, Option<String>, Builder), Refusal> {
    let main = package.main_part()?;
    let corrupt = |detail: &str| Refusal::new(FailureCode::CorruptFile, detail);
    let source = package
        .xml(&main)?
        .ok_or_else(|| corrupt("no main document"))?;
    let tree = Tree::parse(&source)?;
    let mut builder = Builder::default();
    let relationships = package.relationships(&main).unwrap_or_else(|_| {
        builder.warnings.add(WarningCode::PartsUnreadable, 1);
        Relationships::default()
    });
    let mut reader = Reader::new(package, relationships, include_hidden, inside, copies);
    reader.load();
    let body = tree.root().child("body").unwrap_or(tree.root());
    reader.count_notes_as(body);
    let mut blocks = reader.margins(tree.root(), Edge::Header);
    // Only a title in the body is the document's.
    reader.title = None;
    let mut main = Vec::new();
    reader.story(body, &mut main);
    let title = reader.title.take().or_else(|| block::first_heading(&main));
    blocks.append(&mut main);
    blocks.append(&mut reader.margins(tree.root(), Edge::Footer));
    blocks.append(&mut reader.comments());
    builder.warnings.extend(reader.warnings);
    Ok((blocks, title, builder))
}

//! Reads Excel workbooks (ECMA-376 part 1, SpreadsheetML) and writes what Excel displays.

mod blocks;
mod cells;
mod columns;
mod comments;
mod drawings;
mod format;
mod merges;
mod reference;
mod strings;
mod styles;
mod workbook;
mod worksheet;

use dynrag_domain::{
    chunks::Extracted,
    documents::FailureCode,
    warnings::{WarningCode, Warnings},
};

use crate::{
    drawing::Parts,
    ooxml::{Package, Relationships},
    protocol::Refusal,
    text::{self, Builder},
};
use blocks::Budget;
use merges::Steps;
use workbook::{Sheet, Workbook};
use worksheet::Worksheet;

const ENGINE: &str = "xlsx";
/// Heading level of sheets.
const LEVEL: u8 = 2;

/// Reads a file. Each sheet has a heading with its name, then its tables, the texts of its drawings, and its comments.
///
/// # Errors
/// `password_protected`, `corrupt_file` (also if no sheet is readable), `text_too_large`.
pub fn read(bytes: &[u8], include_hidden: bool) -> Result<Extracted, Refusal> {
    let mut package = Package::open(bytes)?;
    let (title, properties) = package.properties();
    let mut builder = Builder::default();
    let mut workbook = Workbook::read(&mut package, &mut builder.warnings)?;
    let sheets = std::mem::take(&mut workbook.sheets);
    let mut reader = Reader {
        package,
        workbook,
        include_hidden,
        budget: Budget::default(),
        steps: Steps::default(),
        parts: Parts::default(),
    };
    let mut broken = None;
    let mut sound = false;
    for sheet in &sheets {
        if sheet.hidden && !include_hidden {
            builder
                .warnings
                .add_at(WarningCode::HiddenContent, &sheet.name);
            sound = true;
            continue;
        }
        match reader.sheet(sheet, &mut builder.warnings) {
            Ok(blocks) => {
                sound = true;
                append(&mut builder, &sheet.name, &blocks);
            }
            Err(refusal) if refusal.code == FailureCode::TextTooLarge => return Err(refusal),
            Err(refusal) => {
                builder
                    .warnings
                    .add_at(WarningCode::PartsUnreadable, &sheet.name);
                broken = Some(refusal);
            }
        }
    }
    if let Some(refusal) = broken.filter(|_| !sound) {
        return Err(refusal);
    }
    let cut = reader.parts.copies.refused();
    builder.warnings.add(WarningCode::TableCut, cut);
    Ok(Extracted {
        properties,
        ..builder.finish(title, None, ENGINE)
    })
}

/// Appends a sheet, unless it is empty.
fn append(builder: &mut Builder, name: &str, blocks: &[String]) {
    if blocks.is_empty() {
        return;
    }
    let name = text::normalise(&text::one_line(name, usize::MAX));
    builder.marked_heading(LEVEL, &name);
    for block in blocks {
        builder.block(block);
    }
}

/// State that the sheets of a workbook share.
struct Reader<'a> {
    package: Package<'a>,
    workbook: Workbook,
    include_hidden: bool,
    budget: Budget,
    steps: Steps,
    /// Each sheet, drawing and list of comments is read once.
    parts: Parts,
}

impl Reader<'_> {
    /// The normalized blocks of a sheet.
    fn sheet(&mut self, sheet: &Sheet, warnings: &mut Warnings) -> Result<Vec<String>, Refusal> {
        let corrupt = || {
            Refusal::new(
                FailureCode::CorruptFile,
                "a sheet without a part of its own",
            )
        };
        let part = self.workbook.part(sheet);
        let part = part.filter(|part| self.parts.first(part));
        let part = part.ok_or_else(corrupt)?;
        let source = self.package.xml(part)?.ok_or_else(corrupt)?;
        let mut worksheet = Worksheet::read(&source, &self.workbook);
        drop(source);
        if worksheet.torn {
            if worksheet.rows.is_empty() {
                return Err(strings::cut_off());
            }
            warnings.add_at(WarningCode::PartsUnreadable, &sheet.name);
        }
        self.warn(&worksheet, &sheet.name, warnings);
        merges::fill(
            &mut worksheet,
            &self.workbook.strings,
            &mut self.steps,
            &mut self.parts.copies,
        );
        note(
            warnings,
            WarningCode::TableCut,
            worksheet.unmerged,
            &sheet.name,
        );
        let written = blocks::write(
            &worksheet,
            &self.workbook.strings,
            self.include_hidden,
            &mut self.budget,
            &mut self.parts.copies,
        )?;
        note(warnings, WarningCode::TableCut, written.cut, &sheet.name);
        let mut blocks = written.blocks;
        let relationships = optional(self.package.relationships(part), &sheet.name, warnings)?;
        blocks.extend(self.drawings(&relationships, &sheet.name, warnings)?);
        blocks.extend(self.comments(&relationships, &worksheet, &sheet.name, warnings)?);
        let blocks = blocks.iter().map(|block| text::normalise(block));
        Ok(blocks.filter(|block| !block.is_empty()).collect())
    }

    /// Names of a sheet's parts of this kind. Parts that were read already are left out and counted.
    fn own<'r>(
        &mut self,
        relationships: &'r Relationships,
        kind: &'r str,
        name: &str,
        warnings: &mut Warnings,
    ) -> Vec<&'r str> {
        let all = relationships.of_kind(kind);
        let own = all.filter(|target| {
            let is_first = self.parts.first(&target.part);
            if !is_first {
                warnings.add_at(WarningCode::PartsUnreadable, name);
            }
            is_first
        });
        own.map(|target| target.part.as_str()).collect()
    }

    /// Texts of the shapes, charts and pictures on a sheet.
    fn drawings(
        &mut self,
        relationships: &Relationships,
        name: &str,
        warnings: &mut Warnings,
    ) -> Result<Vec<String>, Refusal> {
        let mut blocks = Vec::new();
        for part in self.own(relationships, "drawing", name, warnings) {
            let drawing = drawings::read(
                &mut self.package,
                &mut self.parts,
                part,
                self.include_hidden,
                warnings,
            );
            blocks.extend(optional(drawing, name, warnings)?);
        }
        for block in &blocks {
            self.budget.spend(block.len())?;
        }
        Ok(blocks)
    }

    /// Comments and notes of a sheet as one block, a line each.
    fn comments(
        &mut self,
        relationships: &Relationships,
        worksheet: &Worksheet,
        name: &str,
        warnings: &mut Warnings,
    ) -> Result<Option<String>, Refusal> {
        let parts = ["threadedComment", "comments"];
        let parts = parts.map(|kind| self.own(relationships, kind, name, warnings));
        let read = comments::read(&mut self.package, parts, &self.workbook.people);
        let mut comments = optional(read, name, warnings)?;
        if !self.include_hidden {
            comments.retain(|comment| !worksheet.hides(comment.row, comment.column));
        }
        warnings.add(WarningCode::Comments, comments.len());
        let lines: Vec<String> = comments.iter().map(comments::Comment::line).collect();
        let block = lines.join("\n");
        self.budget.spend(block.len())?;
        Ok((!block.is_empty()).then_some(block))
    }

    /// Adds warnings about a worksheet.
    fn warn(&self, worksheet: &Worksheet, name: &str, warnings: &mut Warnings) {
        let formulas = worksheet.formulas;
        note(warnings, WarningCode::FormulaWithoutValue, formulas, name);
        note(warnings, WarningCode::TableCut, worksheet.beyond, name);
        if !self.include_hidden {
            for (count, hidden) in [worksheet.hidden_rows(), worksheet.hidden_columns()] {
                let place = format!("{hidden} of {name}");
                note(warnings, WarningCode::HiddenContent, count, &place);
            }
        }
    }
}

/// Adds a warning for several occurrences at one place.
fn note(warnings: &mut Warnings, code: WarningCode, count: usize, place: &str) {
    if count > 0 {
        warnings.add(code, count - 1);
        warnings.add_at(code, place);
    }
}

/// Reads an optional part: a broken one is left out and counted.
///
/// # Errors
/// `text_too_large`.
fn optional<T: Default>(
    read: Result<T, Refusal>,
    place: &str,
    warnings: &mut Warnings,
) -> Result<T, Refusal> {
    match read {
        Err(refusal) if refusal.code != FailureCode::TextTooLarge => {
            warnings.add_at(WarningCode::PartsUnreadable, place);
            Ok(T::default())
        }
        read => read,
    }
}

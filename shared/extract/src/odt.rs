//! Reads OpenDocument text (ISO/IEC 26300): headings, paragraphs, lists, tables, notes.

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::{
    archive::Archive,
    decode, language, properties,
    protocol::Refusal,
    tables,
    text::{self, Builder},
    xml,
};

/// Blanks that one element may stand for.
const MAX_SPACES: usize = 100;

/// Reads a document.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
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
    let mut writer = Writer::default();
    let mut reader = Reader::from_str(&content);
    loop {
        match reader.read_event().map_err(|e| xml::refusal(&e))? {
            Event::Start(tag) => writer.open(&tag),
            Event::Empty(tag) => {
                writer.open(&tag);
                writer.close(tag.local_name().as_ref());
            }
            Event::End(tag) => writer.close(tag.local_name().as_ref()),
            Event::Eof => break,
            event => {
                if writer.in_text > 0 && writer.skipped == 0 {
                    xml::push_text(&event, &mut writer.line);
                }
            }
        }
    }
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
        ..writer.builder.finish(title, None, "odt")
    })
}

#[derive(Default)]
struct Writer {
    builder: Builder,
    line: String,
    /// Paragraphs and headings around the current position.
    in_text: usize,
    heading: Option<u8>,
    lists: usize,
    /// Whether the last block was of a list.
    tight: bool,
    /// Whether the item's first paragraph is still to come.
    marker: bool,
    /// The outermost table.
    rows: Vec<Vec<String>>,
    tables: usize,
    /// Inside of what nobody reads.
    skipped: usize,
}

impl Writer {
    fn open(&mut self, tag: &BytesStart<'_>) {
        let name = tag.local_name();
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        match name.as_ref() {
            // What was deleted, names of fields, alternative texts of forms.
            "tracked-changes" | "sequence-decls" | "forms" | "annotation" | "automatic-styles" => {
                self.skipped = 1;
            }
            "h" => {
                let level = xml::attribute(tag, "outline-level");
                let level = level.and_then(|level| level.parse().ok()).unwrap_or(1);
                self.heading = Some(u8::clamp(level, 1, 10));
                self.in_text += 1;
            }
            "p" => self.in_text += 1,
            "s" => {
                let blanks = xml::attribute(tag, "c").and_then(|c| c.parse().ok());
                let blanks = blanks.unwrap_or(1).min(MAX_SPACES);
                self.line.extend(std::iter::repeat_n(' ', blanks));
            }
            "tab" => self.line.push('\t'),
            "line-break" => self.line.push('\n'),
            "list" => self.lists += 1,
            "list-item" => self.marker = true,
            "table" => self.tables += 1,
            "table-row" if self.tables == 1 => self.rows.push(Vec::new()),
            "table-cell" if self.tables == 1 => {
                if let Some(row) = self.rows.last_mut() {
                    row.push(String::new());
                }
            }
            // A note stands in the middle of the sentence that it is to.
            "note-citation" => self.line.push_str(" ["),
            "note-body" => self.line.push_str("] ("),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match name {
            "h" | "p" => {
                self.in_text = self.in_text.saturating_sub(1);
                if self.in_text == 0 {
                    self.end_block();
                }
            }
            "list" => self.lists = self.lists.saturating_sub(1),
            "note-body" => self.line.push(')'),
            "table" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    let rows = std::mem::take(&mut self.rows);
                    let rows = rows.iter().map(|row| row.iter().map(String::as_str));
                    for piece in tables::pieces(rows) {
                        self.builder.block(&text::normalise(&piece));
                    }
                }
            }
            _ => {}
        }
    }

    fn end_block(&mut self) {
        let line = text::normalise(&std::mem::take(&mut self.line));
        let line = line.trim();
        let heading = self.heading.take();
        if line.is_empty() {
            return;
        }
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(line);
        } else if let Some(level) = heading {
            self.builder
                .heading(level, &text::one_line(line, usize::MAX));
        } else if self.lists > 0 {
            let indent = "  ".repeat((self.lists - 1).min(8));
            let marker = if std::mem::take(&mut self.marker) {
                "- "
            } else {
                "  "
            };
            let line = format!("{indent}{marker}{line}");
            if std::mem::replace(&mut self.tight, true) {
                self.builder.line(&line);
            } else {
                self.builder.block(&line);
            }
            return;
        } else {
            self.builder.block(line);
        }
        self.tight = false;
    }
}

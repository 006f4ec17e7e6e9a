//! Reads embedded documents of other formats (`altChunk`, ECMA-376 part 1, 17.17.2).

use dynrag_domain::{chunks::Extracted, documents::Format, warnings::WarningCode};

use super::{block::Block, reader::Reader};
use crate::{
    decode, detect, html_parser, html_text, mail, protocol::Refusal, rtf, text, text::Builder,
    xml::Element,
};

/// Start of a web archive.
const ARCHIVE: &[u8] = b"MIME-Version:";

impl Reader<'_, '_> {
    /// Reads an embedded document, each once. Documents embedded in it are not read.
    pub fn chunk(&mut self, element: Element<'_>, out: &mut Vec<Block>) {
        let id = element.attribute("id");
        let Some(target) = id.and_then(|id| self.relationships.by_id(id)) else {
            self.unreadable();
            return;
        };
        let part = target.part.clone();
        if self.unshown > 0 || self.moving.is_some() || !self.parts.insert(part.clone()) {
            return;
        }
        if self.inside {
            self.warnings.add(WarningCode::UnsupportedContent, 1);
            return;
        }
        let Ok(Some(bytes)) = self.package.part(&part) else {
            self.unreadable();
            return;
        };
        match self.chunk_of(&bytes, &part) {
            Ok(Some(mut blocks)) => out.append(&mut blocks),
            Ok(None) => self.warnings.add(WarningCode::UnsupportedContent, 1),
            Err(_) => self.unreadable(),
        }
    }

    fn chunk_of(&mut self, bytes: &[u8], part: &str) -> Result<Option<Vec<Block>>, Refusal> {
        let extension = part.rsplit('.').next().unwrap_or_default();
        let extension = extension.to_ascii_lowercase();
        let content_type = self.package.content_type(part).unwrap_or_default();
        let said = |extensions: &[&str], subtype: &str| {
            extensions.contains(&extension.as_str()) || content_type.ends_with(subtype)
        };
        let head = bytes.trim_ascii_start().get(..ARCHIVE.len());
        let is_archive = head.is_some_and(|head| head.eq_ignore_ascii_case(ARCHIVE));
        if is_archive || said(&["mht", "mhtml", "eml"], "/rfc822") {
            let pages = mail::pages(bytes, &mut self.warnings);
            return Ok(Some(pages.iter().flat_map(|page| of_page(page)).collect()));
        }
        let format = if said(&["html", "htm", "xhtml"], "html") || said(&[], "xhtml+xml") {
            Some(Format::Html)
        } else {
            let declared = content_type.ends_with("/plain").then_some(Format::Txt);
            detect(bytes, declared, Some(part))
        };
        let blocks = match format {
            Some(Format::Html) => of_page(&decode::page(bytes)),
            Some(Format::Rtf) => of_extracted(rtf::read(bytes, self.include_hidden)?),
            Some(Format::Txt | Format::Md) => {
                let text = text::normalise(&decode::page(bytes));
                // A document in a single XML file.
                if text.starts_with("<?xml") {
                    return Ok(None);
                }
                vec![Block::Text(text)]
            }
            Some(Format::Docx) => {
                let (include_hidden, copies) = (self.include_hidden, &mut *self.copies);
                let (blocks, _, builder) = self.package.inner(bytes, |package| {
                    super::document(package, include_hidden, true, copies)
                })?;
                self.warnings.extend(builder.warnings);
                blocks
            }
            _ => return Ok(None),
        };
        Ok(Some(blocks))
    }
}

fn of_page(page: &str) -> Vec<Block> {
    let visible: Builder = html_text::visible(&html_parser::parse(page));
    of_extracted(visible.finish(None, None, super::ENGINE))
}

/// Splits a text with headings into blocks.
fn of_extracted(extracted: Extracted) -> Vec<Block> {
    let Extracted { text, sections, .. } = extracted;
    let mut blocks = Vec::new();
    let first = sections.first().map_or(text.len(), |section| section.start);
    blocks.extend(paragraph(text.get(..first)));
    let ends = sections.iter().skip(1).map(|next| next.start);
    let ends = ends.chain(std::iter::once(text.len()));
    for (section, end) in sections.iter().zip(ends) {
        let piece = text.get(section.start..end);
        let (heading, rest) = piece
            .and_then(|piece| piece.split_once('\n'))
            .unwrap_or((piece.unwrap_or_default(), ""));
        let level = u8::try_from(section.heading_path.len()).unwrap_or(u8::MAX);
        if level == 0 || heading.is_empty() {
            blocks.extend(paragraph(piece));
        } else {
            blocks.push(Block::Heading(level, heading.to_owned()));
            blocks.extend(paragraph(Some(rest)));
        }
    }
    blocks
}

fn paragraph(text: Option<&str>) -> Option<Block> {
    let text = text?.trim_matches('\n');
    (!text.is_empty()).then(|| Block::Text(text.to_owned()))
}

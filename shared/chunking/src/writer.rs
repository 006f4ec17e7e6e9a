//! Makes chunks from ranges: the trimmed text, its span, its page and headings.

use dynrag_domain::chunks::{Chunk, Extracted, Section, common_path};
use sha2::{Digest, Sha256};

use crate::cutter::Cut;

/// Writes chunks in the order of their starts, counting characters and sections along the way.
pub(crate) struct Writer<'a> {
    extracted: &'a Extracted,
    /// A byte position and the characters before it.
    counted: (usize, usize),
    /// Sections that start at or before the last chunk.
    section: usize,
    chunks: Vec<Chunk>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(extracted: &'a Extracted) -> Self {
        Self {
            extracted,
            counted: (0, 0),
            section: 0,
            chunks: Vec::new(),
        }
    }

    pub(crate) fn finish(self) -> Vec<Chunk> {
        self.chunks
    }

    /// The section at an index, or, if it consists only of its heading and another section follows before `end`, that
    /// one.
    fn section_of_text(&self, mut at: usize, end: usize) -> Option<&Section> {
        let sections = &self.extracted.sections;
        while let (Some(here), Some(next)) = (sections.get(at), sections.get(at + 1)) {
            let line = self.extracted.text[here.start..next.start].trim();
            let line = line.trim_start_matches('#').trim_start();
            if next.start >= end || here.heading_path.last().is_none_or(|last| last != line) {
                break;
            }
            at += 1;
        }
        sections.get(at)
    }

    /// Headings that apply to the whole chunk: the common prefix of the paths of its sections, starting at an index.
    /// A section of which the chunk has only the heading does not count, unless there are no others.
    fn headings(&self, first: usize, fresh: usize, end: usize) -> Vec<String> {
        let Extracted { text, sections, .. } = self.extracted;
        let within = sections.iter().enumerate().skip(first);
        let within = within.take_while(|(at, here)| *at == first || here.start < end);
        let read = within.filter_map(|(at, here)| {
            let until = sections.get(at + 1).map_or(end, |next| next.start.min(end));
            let part = text[here.start.max(fresh)..until.max(fresh)].trim();
            let line = part.trim_start_matches('#').trim_start();
            let is_heading = here.heading_path.last().is_some_and(|last| last == line);
            (!part.is_empty() && !is_heading).then_some(here.heading_path.as_slice())
        });
        match common_path(read) {
            Some(path) => path.to_vec(),
            None => self
                .section_of_text(first, end)
                .map(|section| section.heading_path.clone())
                .unwrap_or_default(),
        }
    }

    /// Page and headings are those of the text that the chunk adds, not of its overlap.
    pub(crate) fn write(&mut self, cut: Cut) {
        let Cut {
            range,
            fresh,
            parent,
        } = cut;
        let stretch = &self.extracted.text[range.clone()];
        let trimmed = stretch.trim();
        if self.extracted.text[fresh..range.end].trim().is_empty() {
            return;
        }
        let start = range.start + (stretch.len() - stretch.trim_start().len());
        let (counted, characters) = self.counted;
        let first = characters + self.extracted.text[counted..start].chars().count();
        self.counted = (start, first);
        let added = &self.extracted.text[fresh..range.end];
        let fresh = (fresh + added.len() - added.trim_start().len()).max(start);
        while self
            .extracted
            .sections
            .get(self.section)
            .is_some_and(|section| section.start <= fresh)
        {
            self.section += 1;
        }
        let section = self
            .section
            .checked_sub(1)
            .and_then(|at| self.section_of_text(at, range.end));
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.chunks.push(Chunk {
            index: count(self.chunks.len()),
            text: trimmed.to_owned(),
            text_hash: hex::encode(Sha256::digest(trimmed.as_bytes())),
            char_span: (count(first), count(first + trimmed.chars().count())),
            page: section.and_then(|section: &Section| section.page),
            heading_path: self
                .section
                .checked_sub(1)
                .map(|at| self.headings(at, fresh, range.end))
                .unwrap_or_default(),
            parent,
        });
    }
}

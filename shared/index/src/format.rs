//! The layout of a segment: header, table of sections, and what the first section says.
//!
//! ```text
//! magic (8) · format (4) · sections (4) · [offset (8) · length (8) · checksum (4)]… · checksum of all this (4)
//! prefix:  meta · documents · tombstones · columns · centroids · directory of the terms
//! blocks:  lists · buckets of terms · frequent terms · rows
//! ```
//! All numbers are little-endian. The sections of the prefix have their checksums in the table; blocks end with their own,
//! so that each can be read alone.

use std::{io, ops::Range};

use crate::{
    error::Corrupt,
    wire::{CHECKSUM, Reader, length_u32, put_text, put_varint, seal, unseal},
};

const MAGIC: &[u8; 8] = b"drseg\r\n\x1a";
/// The format that this release writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// Sections in the order in which they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Section {
    Meta,
    Documents,
    Tombstones,
    Columns,
    Centroids,
    Directory,
    Lists,
    Buckets,
    Frequent,
    Rows,
}

/// How many sections there are, and how many of them the prefix has.
pub(crate) const SECTIONS: usize = 10;
pub(crate) const IN_PREFIX: usize = 6;
/// Bytes of header and table.
const TABLE: usize = 8 + 4 + 4 + SECTIONS * 20 + CHECKSUM;

/// Where each section is.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    sections: [(Range<u64>, u32); SECTIONS],
}

impl Table {
    /// Lays out sections: those of the prefix by their bytes, the others by their lengths.
    pub(crate) fn of(prefix: &[&[u8]; IN_PREFIX], blocks: [u64; SECTIONS - IN_PREFIX]) -> Self {
        let mut end = TABLE as u64;
        let lengths = prefix
            .iter()
            .map(|section| (section.len() as u64, crc32fast::hash(section)))
            .chain(blocks.map(|length| (length, 0)));
        let mut sections = [const { (0..0, 0) }; SECTIONS];
        for (place, (length, sum)) in sections.iter_mut().zip(lengths) {
            *place = (end..end + length, sum);
            end += length;
        }
        Self { sections }
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&(SECTIONS as u32).to_le_bytes());
        for (range, sum) in &self.sections {
            out.extend_from_slice(&range.start.to_le_bytes());
            out.extend_from_slice(&(range.end - range.start).to_le_bytes());
            out.extend_from_slice(&sum.to_le_bytes());
        }
        seal(out, start);
    }

    /// Reads the table at the start of an object of `size` bytes.
    pub(crate) fn read(object: &[u8], size: u64) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(object);
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err(Corrupt::Damaged("it does not begin as a segment"));
        }
        let format = reader.u32()?;
        if format != FORMAT {
            return Err(Corrupt::Newer(format));
        }
        let header = object.get(..TABLE);
        unseal(header.ok_or(Corrupt::Damaged("the table of sections is not whole"))?)?;
        if reader.length()? != SECTIONS {
            return Err(Corrupt::Damaged("it has other sections"));
        }
        let mut end = TABLE as u64;
        let mut sections = [const { (0..0, 0) }; SECTIONS];
        for section in &mut sections {
            let (offset, length, sum) = (reader.u64()?, reader.u64()?, reader.u32()?);
            if offset != end {
                return Err(Corrupt::Damaged("sections do not follow each other"));
            }
            end = offset
                .checked_add(length)
                .filter(|end| *end <= size)
                .ok_or(Corrupt::Damaged("a section is beyond the end"))?;
            *section = (offset..end, sum);
        }
        if end != size {
            return Err(Corrupt::Damaged("the object is longer than its sections"));
        }
        Ok(Self { sections })
    }

    pub(crate) fn range(&self, section: Section) -> Range<u64> {
        let place = self.sections.get(section as usize);
        place.map(|(range, _)| range.clone()).unwrap_or_default()
    }

    pub(crate) fn length(&self, section: Section) -> u64 {
        let range = self.range(section);
        range.end - range.start
    }

    /// Returns a section of the prefix, if its checksum is right.
    pub(crate) fn section<'a>(
        &self,
        object: &'a [u8],
        section: Section,
    ) -> Result<&'a [u8], Corrupt> {
        const SHORT: Corrupt = Corrupt::Damaged("the prefix is not whole");
        let (range, sum) = self.sections.get(section as usize).ok_or(SHORT)?;
        let (Ok(start), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end))
        else {
            return Err(SHORT);
        };
        let bytes = object.get(start..end).ok_or(SHORT)?;
        if crc32fast::hash(bytes) != *sum {
            return Err(Corrupt::Damaged("a section's checksum differs"));
        }
        Ok(bytes)
    }
}

/// What a segment holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Meta {
    pub(crate) flat: bool,
    pub(crate) dimension: usize,
    pub(crate) rows: u32,
    pub(crate) clusters: u32,
    /// Words of all rows.
    pub(crate) words: u64,
    /// Seed of the rotation.
    pub(crate) seed: u64,
    pub(crate) model: String,
    /// The languages of rows; a column has their numbers from 1.
    pub(crate) languages: Vec<String>,
}

impl Meta {
    pub(crate) fn put(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.push(u8::from(self.flat));
        out.extend_from_slice(&length_u32(self.dimension)?.to_le_bytes());
        out.extend_from_slice(&self.rows.to_le_bytes());
        out.extend_from_slice(&self.clusters.to_le_bytes());
        out.extend_from_slice(&self.words.to_le_bytes());
        out.extend_from_slice(&self.seed.to_le_bytes());
        put_text(out, &self.model);
        put_varint(out, self.languages.len() as u64);
        for language in &self.languages {
            put_text(out, language);
        }
        Ok(())
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Corrupt> {
        let mut reader = Reader::new(bytes);
        let flat = reader.u8()? == 1;
        let dimension = reader.length()?;
        let (rows, clusters) = (reader.u32()?, reader.u32()?);
        let (words, seed) = (reader.u64()?, reader.u64()?);
        let model = reader.text()?.to_owned();
        let languages = reader.varint_u32()?;
        let languages = (0..languages)
            .map(|_| reader.text().map(str::to_owned))
            .collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self {
            flat,
            dimension,
            rows,
            clusters,
            words,
            seed,
            model,
            languages,
        })
    }
}

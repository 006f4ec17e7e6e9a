//! Reads the parts of formats that are zip files.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use dynrag_domain::documents::FailureCode;
use zip::{ZipArchive, result::ZipError};

use crate::{decode, protocol::Refusal};

/// Largest part, unpacked. The child's memory is limited too; this gives a bomb its right name.
const MAX_PART: u64 = 64 * 1024 * 1024;
/// Maximum size of a metadata part.
const MAX_METADATA: u64 = 1024 * 1024;
/// All parts that are read, unpacked.
const MAX_ALL: u64 = 128 * 1024 * 1024;

/// A zip file.
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Indexes of the parts by their names in lower case: names are compared case-insensitively, and some writers use
    /// backslashes.
    places: HashMap<String, usize>,
    /// Bytes that may still be decompressed.
    left: u64,
}

fn key(name: &str) -> String {
    name.trim_start_matches('/')
        .replace('\\', "/")
        .to_ascii_lowercase()
}

fn refusal(error: &ZipError) -> Refusal {
    let code = match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            FailureCode::PasswordProtected
        }
        _ => FailureCode::CorruptFile,
    };
    Refusal::new(code, format!("zip: {error}"))
}

impl<'a> Archive<'a> {
    /// Opens an archive.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
        let mut places = HashMap::with_capacity(zip.len());
        for place in 0..zip.len() {
            if let Some(Ok(name)) = zip.name_for_index(place) {
                places.entry(key(&name)).or_insert(place);
            }
        }
        Ok(Self {
            zip,
            places,
            left: MAX_ALL,
        })
    }

    /// Bytes that may still be decompressed.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Lets no more than so many bytes be unpacked from now on.
    pub fn limit(&mut self, left: u64) {
        self.left = self.left.min(left);
    }

    /// Decompresses a part; `None` if there is no such part.
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(place) = self.places.get(&key(name)) else {
            return Ok(None);
        };
        let part = self.zip.by_index(*place).map_err(|e| refusal(&e))?;
        let most = MAX_PART.min(self.left);
        let mut bytes = Vec::new();
        let outcome = part.take(most + 1).read_to_end(&mut bytes);
        // A part that is refused was unpacked all the same.
        let read = bytes.len() as u64;
        self.left = self.left.saturating_sub(read);
        outcome
            .map_err(|e| Refusal::new(FailureCode::CorruptFile, format!("zip: {}", e.kind())))?;
        if read > most {
            let detail = format!("a part of more than {most} bytes");
            return Err(Refusal::new(FailureCode::TextTooLarge, detail));
        }
        Ok(Some(bytes))
    }

    /// Unpacks a part that must be there.
    pub fn needed(&mut self, name: &str) -> Result<Vec<u8>, Refusal> {
        self.part(name)?
            .ok_or_else(|| Refusal::new(FailureCode::CorruptFile, format!("no {name}")))
    }

    /// The text of a metadata part. `None` if it is missing, broken, or too large for metadata.
    pub fn metadata(&mut self, name: &str) -> Option<String> {
        let place = self.places.get(&key(name))?;
        let part = self.zip.by_index(*place).ok()?;
        let mut bytes = Vec::new();
        part.take(MAX_METADATA + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= MAX_METADATA).then(|| decode::page(&bytes))
    }

    /// Total uncompressed size, as declared by the file.
    pub fn declared_size(&mut self) -> u64 {
        (0..self.zip.len())
            .filter_map(|index| self.zip.by_index_raw(index).ok().map(|part| part.size()))
            .fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    #[test]
    fn what_is_refused_was_unpacked_all_the_same() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["small", "large"] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&vec![b' '; name.len() * 100]).unwrap();
        }
        zip.write_all(&[b' '; 1_000]).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        let mut archive = Archive::open(&bytes).unwrap();
        archive.limit(1_000);
        archive.limit(2_000);
        let mut read = |name: &str| archive.part(name).map(|part| part.map(|part| part.len()));
        let refused = Err(FailureCode::TextTooLarge);
        assert_eq!(read("small").unwrap(), Some(500));
        assert_eq!(read("large").map_err(|refusal| refusal.code), refused);
        assert_eq!(read("small").map_err(|refusal| refusal.code), refused);
    }
}

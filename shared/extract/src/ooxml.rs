//! Reads the parts and relationships of Word, PowerPoint and Excel files (ECMA-376 part 2, Open Packaging Conventions).
//!
//! Parts are found by relationships, never by their usual names: Office 365 writes `word/document2.xml`.

use std::collections::HashMap;

use dynrag_domain::{chunks::Properties, documents::FailureCode};

use crate::{
    archive::Archive,
    decode, language, properties,
    protocol::Refusal,
    text,
    xml::{self, Tree},
};

/// Largest unpacked size of a file, as it declares: a document's XML is some ten times its text.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// Longest part name, in bytes. Targets are copied wherever they are used, and a longer one names no part.
const MAX_NAME: usize = 1_000;
/// Signature of a compound file, the container of encrypted documents.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";

/// An Office file.
pub struct Package<'a> {
    archive: Archive<'a>,
    /// Content types of individual parts, by part names in lower case.
    types: HashMap<String, String>,
}

/// The target of a relationship.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Last segment of the relationship's type: `footnotes`, `chart`, `slide`. It is the same in transitional and
    /// strict files.
    pub kind: String,
    /// Part name relative to the root, without a leading slash and in lower case, since names are equal regardless of
    /// case; an address if it is external.
    pub part: String,
    /// Whether it is outside of the file.
    pub external: bool,
}

/// The relationships of a part.
#[derive(Default, Debug)]
pub struct Relationships {
    /// In file order.
    all: Vec<Target>,
    /// Indexes by id: a linear search would be slow in a malicious file.
    places: HashMap<String, usize>,
}

impl Relationships {
    /// The internal target with this id.
    pub fn by_id(&self, id: &str) -> Option<&Target> {
        let found = self.places.get(id).and_then(|place| self.all.get(*place));
        found.filter(|target| !target.external)
    }

    /// All internal targets of this kind, in file order.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Target> {
        let all = self.all.iter();
        all.filter(move |target| target.kind == kind && !target.external)
    }
}

impl<'a> Package<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// `password_protected`, `corrupt_file`, `text_too_large`.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        if bytes.starts_with(COMPOUND) {
            let detail = "an encrypted package";
            return Err(Refusal::new(FailureCode::PasswordProtected, detail));
        }
        let mut archive = Archive::open(bytes)?;
        let unpacked = archive.declared_size();
        if unpacked > MAX_UNPACKED {
            let detail = format!("unpacks to {unpacked} bytes");
            return Err(Refusal::new(FailureCode::TextTooLarge, detail));
        }
        let listed = archive.metadata("[Content_Types].xml").unwrap_or_default();
        Ok(Self {
            archive,
            types: content_types(&listed),
        })
    }

    /// Opens and reads a file inside of this one. Together they may unpack no more than one file.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and of `read`.
    pub fn inner<T>(
        &mut self,
        bytes: &[u8],
        read: impl FnOnce(&mut Package<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut inner = Package::open(bytes)?;
        inner.archive.limit(self.archive.left());
        let outcome = read(&mut inner);
        self.archive.limit(inner.archive.left());
        outcome
    }

    /// Name of the main part: the document, the presentation, the workbook.
    ///
    /// # Errors
    /// `corrupt_file` if there is none.
    pub fn main_part(&mut self) -> Result<String, Refusal> {
        let root = self.relationships("")?;
        let target = root.of_kind("officeDocument").next();
        target
            .map(|target| target.part.clone())
            .ok_or_else(|| Refusal::new(FailureCode::CorruptFile, "no main part"))
    }

    /// The relationships of a part, or of the file itself for an empty name. A missing part means an empty list.
    ///
    /// # Errors
    /// `corrupt_file`, `text_too_large`.
    pub fn relationships(&mut self, part: &str) -> Result<Relationships, Refusal> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let slash = if folder.is_empty() { "" } else { "/" };
        let path = format!("{folder}{slash}_rels/{name}.rels");
        let Some(source) = self.xml(&path)? else {
            return Ok(Relationships::default());
        };
        let tree = Tree::parse(&source)?;
        let mut relationships = Relationships::default();
        let all = tree.root().children().filter_map(|node| {
            let target = node.attribute("Target")?;
            let external = node.attribute("TargetMode") == Some("External");
            let kind = node.attribute("Type")?.rsplit('/').next()?.to_owned();
            let part = if external {
                target.to_owned()
            } else {
                resolve(folder, target)?
            };
            let target = Target {
                kind,
                part,
                external,
            };
            Some((node.attribute("Id")?.to_owned(), target))
        });
        for (id, target) in all {
            let place = relationships.all.len();
            relationships.places.entry(id).or_insert(place);
            relationships.all.push(target);
        }
        Ok(relationships)
    }

    /// The bytes of a part; `None` if it does not exist.
    ///
    /// # Errors
    /// `corrupt_file`, `text_too_large`.
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.archive.part(name)
    }

    /// The text of a part; `None` if it does not exist.
    ///
    /// # Errors
    /// `corrupt_file`, `text_too_large`.
    pub fn xml(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        Ok(self.part(name)?.map(|bytes| decode::page(&bytes)))
    }

    /// Content type of a part that has its own (`Override`).
    pub fn content_type(&self, part: &str) -> Option<&str> {
        let name = part.to_ascii_lowercase();
        self.types.get(&name).map(String::as_str)
    }

    /// The document properties and the title.
    pub fn properties(&mut self) -> (Option<String>, Properties) {
        let root = self.relationships("").unwrap_or_default();
        let part = root
            .of_kind("core-properties")
            .next()
            .map_or("docProps/core.xml", |target| target.part.as_str());
        let core = self.archive.metadata(part).unwrap_or_default();
        let core = xml::values(&core);
        let properties = Properties {
            author: xml::first(&core, &["creator"], properties::author),
            language: xml::first(&core, &["language"], language::stated),
            created: xml::first(&core, &["created"], properties::date),
            modified: xml::first(&core, &["modified"], properties::date),
        };
        (xml::first(&core, &["title"], text::title), properties)
    }
}

fn content_types(source: &str) -> HashMap<String, String> {
    let Ok(tree) = Tree::parse(source) else {
        return HashMap::new();
    };
    let overrides = tree.root().children().filter_map(|node| {
        let name = node.attribute("PartName")?;
        let name = name.trim_start_matches('/').to_ascii_lowercase();
        Some((name, node.attribute("ContentType")?.to_owned()))
    });
    overrides.collect()
}

/// A target as a part name; `None` if it lies outside of the file or is too long.
fn resolve(folder: &str, target: &str) -> Option<String> {
    if target.len() > MAX_NAME {
        return None;
    }
    let target = target.replace('\\', "/");
    let target = target.split('#').next()?;
    let mut parts: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        parts.extend(folder.split('/').filter(|part| !part.is_empty()));
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    #[test]
    fn targets_stay_in_the_file() {
        let resolved = |target| resolve("word", target);
        assert_eq!(resolved("media/a.png").as_deref(), Some("word/media/a.png"));
        assert_eq!(
            resolved("/ppt/slides/slide1.xml").as_deref(),
            Some("ppt/slides/slide1.xml")
        );
        assert_eq!(
            resolved("..\\customXml\\item1.xml").as_deref(),
            Some("customxml/item1.xml")
        );
        assert_eq!(resolved("Chart1.XML"), resolved("chart1.xml"));
        assert_eq!(resolved("../../etc/passwd"), None);
        let is_named = |length| resolve("word", &"n".repeat(length)).is_some();
        assert!(is_named(MAX_NAME) && !is_named(MAX_NAME + 1));
    }

    #[test]
    fn a_file_in_a_file_has_no_limit_of_its_own() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("part", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&[b' '; 1_000]).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        let mut outer = Package::open(&bytes).unwrap();
        outer.archive.limit(3_500);
        assert!(outer.part("part").is_ok());
        let inner = |outer: &mut Package<'_>| outer.inner(&bytes, |inner| inner.part("part"));
        assert!(inner(&mut outer).is_ok());
        assert!(inner(&mut outer).is_ok());
        assert!(inner(&mut outer).is_err());
        assert!(outer.part("part").is_err());
    }
}

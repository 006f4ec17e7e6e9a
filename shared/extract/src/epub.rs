//! Reads an EPUB (EPUB 2 and 3): the documents of its spine, in order.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
    warnings::WarningCode,
};
use quick_xml::{Reader, events::Event};
use scraper::Html;

use crate::{
    archive::Archive,
    decode, html_parser,
    html_text::{self, ReadOptions, marks::attribute, sheets::Sheet},
    language, properties,
    protocol::Refusal,
    text::{self, Builder},
    xhtml,
    xml::{self, Value},
};

/// Font obfuscation algorithms, which do not encrypt the book's text.
const OBFUSCATION: &[&str] = &[
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
];
/// Most fallbacks that are followed from a document that is not text.
const MAX_FALLBACKS: usize = 5;
/// Most style sheets of a book, and of a page.
const MAX_SHEETS: usize = 200;
const MAX_SHEETS_OF_PAGE: usize = 10;
/// More documents than this are no book.
const MAX_DOCUMENTS: usize = 10_000;

/// Reads a book, with the hidden content of its pages if `include_hidden` is set.
///
/// # Errors
/// `password_protected` if a document of the spine is encrypted, by any kind of rights management.
pub fn read(bytes: &[u8], include_hidden: bool) -> Result<Extracted, Refusal> {
    let mut archive = Archive::open(bytes)?;
    let container = archive.needed("META-INF/container.xml")?;
    let package_path = package_path(&decode::page(&container))
        .ok_or_else(|| Refusal::new(FailureCode::CorruptFile, "no package document"))?;
    let encrypted = match archive.part("META-INF/encryption.xml")? {
        Some(part) => encrypted(&decode::page(&part)),
        None => HashSet::new(),
    };
    let refuse_encrypted = |path: &str| match encrypted.contains(&path.to_lowercase()) {
        true => Err(Refusal::new(
            FailureCode::PasswordProtected,
            "rights management",
        )),
        false => Ok(()),
    };
    refuse_encrypted(&package_path)?;
    let source = decode::page(&archive.needed(&package_path)?);
    let package = Package::read(&source)?;
    let folder = package_path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let mut builder = Builder::default();
    let mut sheets = Sheets::default();
    let mut seen = HashSet::new();
    for path in package.spine.iter().take(MAX_DOCUMENTS) {
        // A document that the spine names twice is read once. Case does not count in the archive.
        let Some(path) = resolve(folder, path).filter(|path| seen.insert(path.to_lowercase()))
        else {
            continue;
        };
        refuse_encrypted(&path)?;
        // A spine may name missing files; the rest is still a book.
        if let Some(page) = archive.part(&path)? {
            let page = html_parser::parse(&xhtml::as_html(&decode::page(&page)));
            let options = ReadOptions {
                hidden: include_hidden,
                buttons: true,
                sheets: &sheets.of_page(&page, &path, &mut archive),
            };
            let blocks = html_text::read(&page, options);
            builder.append(blocks.text(|_| true));
            let hides = usize::from(blocks.hidden_letters > 0);
            builder.warnings.add(WarningCode::HiddenContent, hides);
        }
    }
    Ok(Extracted {
        properties: properties_of(&xml::values(&source)),
        ..builder.finish(package.title, None, "epub")
    })
}

/// The style sheets of a book, by their paths.
#[derive(Default)]
struct Sheets(HashMap<String, Rc<Sheet>>);

impl Sheets {
    /// The style sheets that a page links to or contains, in their order.
    fn of_page(&mut self, page: &Html, path: &str, archive: &mut Archive<'_>) -> Vec<Rc<Sheet>> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let elements = page.tree.nodes().filter_map(|node| {
            let element = node.value().as_element()?;
            Some((node, element))
        });
        let mut sheets = Vec::new();
        for (node, element) in elements {
            if sheets.len() == MAX_SHEETS_OF_PAGE {
                break;
            }
            match element.name() {
                "style" => {
                    let texts = node.children().filter_map(|inner| inner.value().as_text());
                    let source: String = texts.map(|text| &**text).collect();
                    sheets.push(Rc::new(Sheet::of(&source)));
                }
                "link" if attribute(element, "rel").is_some_and(is_style_sheet) => {
                    let path = attribute(element, "href").and_then(|href| resolve(folder, href));
                    sheets.extend(path.and_then(|path| self.sheet(path, archive)));
                }
                _ => {}
            }
        }
        sheets
    }

    fn sheet(&mut self, path: String, archive: &mut Archive<'_>) -> Option<Rc<Sheet>> {
        let key = path.to_lowercase();
        if let Some(known) = self.0.get(&key) {
            return Some(Rc::clone(known));
        }
        if self.0.len() == MAX_SHEETS {
            return None;
        }
        // A book is readable without the style sheet.
        let source = archive.metadata(&path).unwrap_or_default();
        let sheet = Rc::new(Sheet::of(&source));
        self.0.insert(key, Rc::clone(&sheet));
        Some(sheet)
    }
}

fn is_style_sheet(rel: &str) -> bool {
    let is = |wanted: &str| {
        let mut words = rel.split_ascii_whitespace();
        words.any(|word| word.eq_ignore_ascii_case(wanted))
    };
    is("stylesheet") && !is("alternate")
}

/// Paths of the encrypted parts, in lower case (EPUB Open Container Format, 4.2.6.3.2). Fonts that are only obfuscated
/// are left out.
fn encrypted(source: &str) -> HashSet<String> {
    let mut reader = Reader::from_str(source);
    let mut parts = HashSet::new();
    // The method precedes the reference. An encrypted key has its own method, which follows later.
    let mut method: Option<String> = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                "EncryptedData" => method = None,
                "EncryptionMethod" if method.is_none() => {
                    method = xml::attribute(&tag, "Algorithm");
                }
                "CipherReference" => {
                    let obfuscates = method
                        .as_deref()
                        .is_some_and(|method| OBFUSCATION.contains(&method));
                    let path = xml::attribute(&tag, "URI").and_then(|path| resolve("", &path));
                    parts.extend(path.filter(|_| !obfuscates).map(|path| path.to_lowercase()));
                }
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => return parts,
            Ok(_) => {}
        }
    }
}

/// EPUB 2 distinguishes dates by `opf:event`; EPUB 3 has one `dc:date`, of publication, and a `meta` for the others.
fn properties_of(values: &[Value]) -> Properties {
    let date = |kinds: &[&str]| {
        let mut of_kind = values.iter().filter(|value| match value.name.as_str() {
            "date" | "meta" => kinds.contains(&value.kind.as_deref().unwrap_or(&value.name)),
            _ => false,
        });
        of_kind.find_map(|value| properties::date(&value.text))
    };
    let creators = values.iter().filter(|value| value.name == "creator");
    Properties {
        author: properties::authors(creators.map(|value| &value.text)),
        language: xml::first(values, &["language"], language::stated),
        created: date(&["date", "publication", "original-publication", "creation"])
            .or_else(|| date(&["dcterms:created", "dcterms:issued"])),
        modified: date(&["dcterms:modified", "modification"]),
    }
}

fn package_path(container: &str) -> Option<String> {
    let mut reader = Reader::from_str(container);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "rootfile" => {
                return xml::attribute(&tag, "full-path");
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// A file of a book.
struct Item {
    href: String,
    kind: String,
    fallback: Option<String>,
}

#[derive(Default)]
struct Package {
    title: Option<String>,
    spine: Vec<String>,
}

impl Package {
    fn read(source: &str) -> Result<Self, Refusal> {
        let mut reader = Reader::from_str(source);
        let (mut package, mut manifest) = (Self::default(), HashMap::new());
        let mut title: Option<String> = None;
        loop {
            match reader.read_event().map_err(|e| xml::refusal(&e))? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "item" => {
                        if let (Some(id), Some(href)) =
                            (xml::attribute(&tag, "id"), xml::attribute(&tag, "href"))
                        {
                            let item = Item {
                                href,
                                kind: xml::attribute(&tag, "media-type").unwrap_or_default(),
                                fallback: xml::attribute(&tag, "fallback"),
                            };
                            manifest.insert(id, item);
                        }
                    }
                    "itemref" => {
                        let id = xml::attribute(&tag, "idref");
                        let path = id.and_then(|id| readable(&manifest, id));
                        package.spine.extend(path);
                    }
                    "title" if package.title.is_none() => title = Some(String::new()),
                    _ => {}
                },
                Event::End(tag) if tag.local_name().as_ref() == "title" => {
                    if let Some(title) = title.take() {
                        package.title = text::title(&title);
                    }
                }
                Event::Eof => return Ok(package),
                event => {
                    if let Some(title) = &mut title {
                        xml::push_text(&event, title);
                    }
                }
            }
        }
    }
}

/// The document with this id, or its fallback if it is not text.
fn readable(manifest: &HashMap<String, Item>, id: String) -> Option<String> {
    let mut id = id;
    for _ in 0..=MAX_FALLBACKS {
        let item = manifest.get(&id)?;
        let kind = item.kind.to_ascii_lowercase();
        if kind.is_empty() || kind.contains("html") || kind.contains("xml") {
            return Some(item.href.clone());
        }
        id = item.fallback.clone()?;
    }
    None
}

/// A path in the archive; `None` if it leads out of it.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let path = path.split(['#', '?']).next()?;
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(percent_decoded(&parts.join("/")))
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match (first, after) {
            (b'%', [a, b, ..]) => std::str::from_utf8(&[*a, *b])
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(
            resolve("OEBPS", "text/a%20b.xhtml#x").unwrap(),
            "OEBPS/text/a b.xhtml"
        );
        assert_eq!(resolve("OEBPS/x", "../a.xhtml").unwrap(), "OEBPS/a.xhtml");
        assert_eq!(resolve("", "../a.xhtml"), None);
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%zz%c3%a9"), "%zzé");
    }

    #[test]
    fn fallbacks_of_an_item_are_limited() {
        let item = |n: usize, kind: &str| Item {
            href: format!("{n}.x"),
            kind: kind.to_owned(),
            fallback: Some((n + 1).to_string()),
        };
        for (length, found) in [(MAX_FALLBACKS, true), (MAX_FALLBACKS + 1, false)] {
            let pictures = (0..length).map(|n| (n.to_string(), item(n, "image/png")));
            let text = (length.to_string(), item(length, "text/html"));
            let manifest: HashMap<String, Item> = pictures.chain([text]).collect();
            let readable = readable(&manifest, "0".to_owned());
            assert_eq!(readable.is_some(), found, "{length}");
        }
    }

    #[test]
    fn style_sheets_of_a_book_are_limited() {
        let empty = [&b"PK\x05\x06"[..], &[0; 18]].concat();
        let mut archive = Archive::open(&empty).unwrap();
        let mut sheets = Sheets::default();
        let found = (0..300).filter_map(|n| sheets.sheet(format!("{n}.css"), &mut archive));
        assert_eq!(found.count(), MAX_SHEETS);
        let page = Html::parse_document(&"<style>a{}</style>".repeat(50));
        let sheets = sheets.of_page(&page, "a.xhtml", &mut archive);
        assert_eq!(sheets.len(), MAX_SHEETS_OF_PAGE);
    }
}

//! Reads an EPUB (EPUB 2 and 3): the documents of its spine, in order.

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
};
use quick_xml::{Reader, events::Event};
use scraper::Html;

use crate::{
    archive::Archive,
    decode, html_text, language, properties,
    protocol::Refusal,
    text::{self, Builder},
    xml::{self, Value},
};

/// More documents than this are no book.
const MAX_DOCUMENTS: usize = 10_000;

/// Reads a book.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let mut archive = Archive::open(bytes)?;
    if archive.part("META-INF/encryption.xml")?.is_some()
        && archive.part("META-INF/rights.xml")?.is_some()
    {
        let detail = "rights management";
        return Err(Refusal::new(FailureCode::PasswordProtected, detail));
    }
    let container = archive.needed("META-INF/container.xml")?;
    let package_path = package_path(&decode::page(&container))
        .ok_or_else(|| Refusal::new(FailureCode::CorruptFile, "no package document"))?;
    let source = decode::page(&archive.needed(&package_path)?);
    let package = Package::read(&source)?;
    let folder = package_path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let mut builder = Builder::default();
    for path in package.spine.iter().take(MAX_DOCUMENTS) {
        let Some(path) = resolve(folder, path) else {
            continue;
        };
        // A spine may name what is not there; the rest is still a book.
        if let Some(page) = archive.part(&path)? {
            builder.append(html_text::visible(&Html::parse_document(&decode::page(
                &page,
            ))));
        }
    }
    Ok(Extracted {
        properties: properties_of(&xml::values(&source)),
        ..builder.finish(package.title, None, "epub")
    })
}

/// EPUB 2 tells dates apart by `opf:event`; EPUB 3 has one `dc:date`, of publication, and a `meta`
/// for the rest.
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

#[derive(Default)]
struct Package {
    title: Option<String>,
    spine: Vec<String>,
}

impl Package {
    fn read(source: &str) -> Result<Self, Refusal> {
        let mut reader = Reader::from_str(source);
        let (mut package, mut manifest) = (Self::default(), std::collections::HashMap::new());
        let mut title: Option<String> = None;
        loop {
            match reader.read_event().map_err(|e| xml::refusal(&e))? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "item" => {
                        if let (Some(id), Some(href)) =
                            (xml::attribute(&tag, "id"), xml::attribute(&tag, "href"))
                        {
                            manifest.insert(id, href);
                        }
                    }
                    "itemref" => {
                        let path = xml::attribute(&tag, "idref").and_then(|id| manifest.get(&id));
                        package.spine.extend(path.cloned());
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

/// A path in the archive; none where it leads out of it.
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
}

//! Says which format a file is, from its content first and from what was claimed second.

use dynrag_domain::documents::Format;

/// A PDF reader finds the header anywhere in this many first bytes.
const PDF_HEADER_WITHIN: usize = 1024;
/// How much of the file is looked at to tell text from binary.
const SAMPLE: usize = 8 * 1024;

/// How much of a zip file's end is looked through for the names of its parts.
const DIRECTORY: usize = 256 * 1024;

/// First bytes of formats that could pass for text or are often uploaded under a wrong name.
const BINARY: &[&[u8]] = &[
    b"PK\x05\x06",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x7fELF",
    b"MZ\x90",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"RIFF",
    b"II*\0",
    b"MM\0*",
    b"\0asm",
    b"SQLite format 3",
    b"%!PS",
];

/// Starts of an HTML file, after white space and comments, in lower case.
const HTML_STARTS: &[&[u8]] = &[b"<!doctype html", b"<html", b"<head", b"<body"];

/// Returns the format `bytes` are of, or `None` for one we do not read.
///
/// A PDF, an office file or an HTML page is known by its content, whatever it was declared to be; callers compare the
/// answer with the declaration. Text without such marks is Markdown, CSV, plain text and so on by
/// `declared` and then by the extension of `file_name`. Text declared to be a PDF is `None`. Empty
/// input is what it is declared to be.
pub fn detect(bytes: &[u8], declared: Option<Format>, file_name: Option<&str>) -> Option<Format> {
    let claimed = declared.or_else(|| file_name.and_then(Format::from_file_name));
    if bytes.is_empty() {
        return claimed.or(Some(Format::Txt));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return zipped(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return encrypted(bytes, claimed);
    }
    // Some programs leave the header away.
    let fragment = claimed == Some(Format::Rtf) && bytes.trim_ascii_start().starts_with(b"{\\");
    if fragment || bytes.trim_ascii_start().starts_with(b"{\\rtf") {
        return Some(Format::Rtf);
    }
    if BINARY.iter().any(|magic| bytes.starts_with(magic)) {
        return None;
    }
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let textual = utf16 || looks_like_text(bytes);
    if is_pdf(bytes, claimed, textual) {
        return Some(Format::Pdf);
    }
    if !textual {
        return None;
    }
    if starts_like_html(bytes) {
        return Some(Format::Html);
    }
    match claimed {
        Some(format) if format.has_signature() && !bytes.iter().all(u8::is_ascii_whitespace) => {
            None
        }
        Some(format) => Some(format),
        None => Some(Format::Txt),
    }
}

/// Which of the formats that are zip files this is: some say so in a first part, `mimetype`; the names of the parts
/// are not compressed.
fn zipped(bytes: &[u8]) -> Option<Format> {
    let first = bytes.get(30..).unwrap_or_default();
    if let Some(media_type) = first.strip_prefix(b"mimetype") {
        return [Format::Epub, Format::Odt]
            .into_iter()
            .find(|format| media_type.starts_with(format.media_type().as_bytes()));
    }
    // The parts' names are once more at the end.
    let directory = &bytes[bytes.len().saturating_sub(DIRECTORY)..];
    [
        (b"word/document".as_slice(), Format::Docx),
        (b"ppt/presentation", Format::Pptx),
        (b"xl/workbook", Format::Xlsx),
        (b"META-INF/container.xml", Format::Epub),
    ]
    .into_iter()
    .find(|(name, _)| directory.windows(name.len()).any(|window| window == *name))
    .map(|(_, format)| format)
}

/// An Office file with a password is a compound file with a package in it; what else is in such files we do not read.
fn encrypted(bytes: &[u8], claimed: Option<Format>) -> Option<Format> {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let found = bytes.windows(name.len()).any(|window| window == name);
    claimed
        .filter(|format| matches!(format, Format::Docx | Format::Pptx | Format::Xlsx))
        .filter(|_| found)
}

/// A text may speak of `%PDF-`, so away from the start it counts only in a binary or declared file.
fn is_pdf(bytes: &[u8], claimed: Option<Format>, textual: bool) -> bool {
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if head.trim_ascii_start().starts_with(b"%PDF-") {
        return true;
    }
    (claimed == Some(Format::Pdf) || !textual) && head.windows(5).any(|window| window == b"%PDF-")
}

/// No NUL, and few control characters. Encodings other than UTF-8 pass; the readers judge them.
fn looks_like_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let controls = sample
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
        .count();
    !sample.contains(&0) && controls * 20 <= sample.len()
}

fn starts_like_html(bytes: &[u8]) -> bool {
    let sample = bytes[..bytes.len().min(SAMPLE)].to_ascii_lowercase();
    let mut rest: &[u8] = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample);
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = if rest.starts_with(b"<!--") {
            b"-->"
        } else if rest.starts_with(b"<?xml") {
            b"?>"
        } else {
            break;
        };
        let Some(at) = rest.windows(end.len()).position(|window| window == end) else {
            return false;
        };
        rest = &rest[at + end.len()..];
    }
    HTML_STARTS.iter().any(|start| {
        rest.strip_prefix(*start).is_some_and(|after| {
            after
                .first()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_goes_before_what_was_said() {
        let pdf = b"%PDF-1.4\n\xe2\xe3";
        assert_eq!(detect(pdf, None, None), Some(Format::Pdf));
        assert_eq!(detect(pdf, Some(Format::Txt), None), Some(Format::Pdf));
        assert_eq!(
            detect(b"\n<!DOCTYPE HTML><p>x", Some(Format::Md), None),
            Some(Format::Html)
        );
        assert_eq!(
            detect(b"<?xml version='1.0'?><!-- a --><html>", None, None),
            Some(Format::Html)
        );
    }

    #[test]
    fn a_header_after_junk_counts_only_where_a_pdf_is_likely() {
        assert_eq!(
            detect(b"junk %PDF-1.4", Some(Format::Pdf), None),
            Some(Format::Pdf)
        );
        assert_eq!(detect(b"\0\0\0 %PDF-1.4", None, None), Some(Format::Pdf));
        assert_eq!(
            detect(b"how %PDF-1.4 starts", None, None),
            Some(Format::Txt)
        );
        let far = [vec![b' '; 2000], b"x%PDF-1.4".to_vec()].concat();
        assert_eq!(detect(&far, Some(Format::Pdf), None), None);
    }

    #[test]
    fn binaries_are_not_text() {
        for magic in BINARY {
            for declared in [None, Some(Format::Pdf), Some(Format::Txt)] {
                let bytes = [*magic, b" and more"].concat();
                assert_eq!(detect(&bytes, declared, Some("a.txt")), None, "{magic:?}");
            }
        }
        assert_eq!(detect(b"a\0b", Some(Format::Txt), None), None);
    }

    #[test]
    fn zip_files_are_told_apart_by_their_parts() {
        let zip = |first: &[u8]| [b"PK\x03\x04".as_slice(), &[0; 26], first].concat();
        for (content, found) in [
            (
                b"mimetypeapplication/epub+zipPK".as_slice(),
                Some(Format::Epub),
            ),
            (
                b"mimetypeapplication/vnd.oasis.opendocument.textPK",
                Some(Format::Odt),
            ),
            (
                b"mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK",
                None,
            ),
            (b"[Content_Types].xml word/document.xml", Some(Format::Docx)),
            (b"ppt/presentation.xml", Some(Format::Pptx)),
            (b"xl/workbook.xml", Some(Format::Xlsx)),
            (b"a.txt", None),
        ] {
            assert_eq!(detect(&zip(content), Some(Format::Pdf), None), found);
        }
    }

    #[test]
    fn an_encrypted_package_is_what_it_is_called() {
        let name: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let compound = [b"\xd0\xcf\x11\xe0".as_slice(), &name].concat();
        assert_eq!(
            detect(&compound, Some(Format::Xlsx), None),
            Some(Format::Xlsx)
        );
        assert_eq!(detect(&compound, Some(Format::Pdf), None), None);
        assert_eq!(detect(&compound[..20], Some(Format::Docx), None), None);
    }

    #[test]
    fn text_is_what_it_is_called() {
        assert_eq!(
            detect(b"# a", Some(Format::Md), Some("a.txt")),
            Some(Format::Md)
        );
        assert_eq!(detect(b"# a", None, Some("a.md")), Some(Format::Md));
        assert_eq!(detect(b"# a", None, None), Some(Format::Txt));
        assert_eq!(
            detect(b"<p>part", Some(Format::Html), None),
            Some(Format::Html)
        );
        assert_eq!(
            detect(b"<header>", Some(Format::Md), None),
            Some(Format::Md)
        );
        assert_eq!(detect(b"\xff\xfea\0", None, None), Some(Format::Txt));
        assert_eq!(detect(b"plain", Some(Format::Pdf), None), None);
        assert_eq!(detect(b"", Some(Format::Pdf), None), Some(Format::Pdf));
    }
}

//! Tells the formats that are zip files apart by the names of their parts, which are not compressed.

use dynrag_domain::documents::Format;

/// The directory's end record is this long, without its comment.
const END: usize = 22;
/// A comment of it is no longer.
const MAX_COMMENT: usize = u16::MAX as usize;
/// More parts than this are not looked at.
const MAX_PARTS: usize = 100_000;

/// The names that are looked for are shorter than this many bytes.
const MAX_NAME: usize = 256;

/// A part of a zip file.
struct Part<'a> {
    /// In lower case, as the names of Office's parts are compared, with `/` between folders.
    name: String,
    /// Its bytes as they stand in the file, if they are not compressed.
    stored: Option<&'a [u8]>,
}

/// Whether files of a format are zip files.
pub const fn is_zip(format: Format) -> bool {
    matches!(
        format,
        Format::Docx | Format::Pptx | Format::Xlsx | Format::Epub | Format::Odt
    )
}

/// Which of the formats a zip file is; `claimed` where its parts could be of several.
pub fn format(bytes: &[u8], claimed: Option<Format>) -> Option<Format> {
    let parts = directory(bytes).unwrap_or_else(|| local(bytes));
    let has = |name: &str| parts.iter().any(|part| part.name == name);
    if let Some(media_type) = parts.iter().find(|part| part.name == "mimetype") {
        return match media_type.stored {
            Some(media_type) => of_media_type(media_type),
            // Compressed, against the rules.
            None if has("meta-inf/container.xml") => Some(Format::Epub),
            None => claimed.filter(|format| *format == Format::Odt && has("content.xml")),
        };
    }
    // A workbook in another form, of which nothing else is different.
    if has("xl/workbook.bin") {
        return None;
    }
    let office = [
        ("word/", "word/document", Format::Docx),
        ("ppt/", "ppt/presentation", Format::Pptx),
        ("xl/", "xl/workbook", Format::Xlsx),
    ];
    let xml = |start: &str| {
        parts
            .iter()
            .any(|part| part.name.starts_with(start) && part.name.ends_with(".xml"))
    };
    let main = office.into_iter().find(|(_, main, _)| xml(main));
    if let Some((_, _, format)) = main {
        return Some(format);
    }
    if has("meta-inf/container.xml") {
        return Some(Format::Epub);
    }
    if !has("[content_types].xml") {
        return None;
    }
    // The main part may have any name: a relationship says it.
    office
        .into_iter()
        .find(|(folder, _, _)| xml(folder))
        .map(|(_, _, format)| format)
        .or(claimed.filter(|format| matches!(format, Format::Docx | Format::Pptx | Format::Xlsx)))
}

fn of_media_type(media_type: &[u8]) -> Option<Format> {
    let name = std::str::from_utf8(media_type).ok()?;
    match name
        .trim_start_matches('\u{feff}')
        .trim()
        .trim_end_matches('\0')
    {
        "application/epub+zip" => Some(Format::Epub),
        "application/vnd.oasis.opendocument.text"
        | "application/vnd.oasis.opendocument.text-template" => Some(Format::Odt),
        _ => None,
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(N)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
    )
}

fn name(bytes: &[u8]) -> String {
    let name = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    name.replace('\\', "/").trim_start_matches('/').to_owned()
}

/// The parts by the directory at the end (APPNOTE.TXT 4.3.12), also where other bytes stand before the zip file.
fn directory(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let earliest = bytes.len().saturating_sub(END + MAX_COMMENT);
    let end = earliest
        + bytes[earliest..]
            .windows(4)
            .rposition(|window| window == b"PK\x05\x06")?;
    let size = number::<4>(bytes, end + 12)?;
    let start = number::<4>(bytes, end + 16)?;
    let mut at = end.checked_sub(size)?;
    // What stands before the zip file moves all places in it.
    let moved = at.checked_sub(start)?;
    let mut parts = Vec::new();
    while at < end && parts.len() < MAX_PARTS {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let length = number::<2>(bytes, at + 28)?;
        let name = name(bytes.get(at + 46..at + 46 + length)?);
        let stored = (number::<2>(bytes, at + 10)? == 0)
            .then(|| {
                content(
                    bytes,
                    moved + number::<4>(bytes, at + 42)?,
                    number::<4>(bytes, at + 24)?,
                )
            })
            .flatten();
        parts.push(Part { name, stored });
        at += 46 + length + number::<2>(bytes, at + 30)? + number::<2>(bytes, at + 32)?;
    }
    Some(parts)
}

/// The bytes of a part that is not compressed, by its own header.
fn content(bytes: &[u8], at: usize, size: usize) -> Option<&[u8]> {
    let start = at + 30 + number::<2>(bytes, at + 26)? + number::<2>(bytes, at + 28)?;
    bytes.get(start..start.checked_add(size)?)
}

/// The parts by their own headers, where the directory is missing or damaged.
fn local(bytes: &[u8]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..]
        .windows(4)
        .position(|window| window == b"PK\x03\x04")
    {
        at += next;
        let length = number::<2>(bytes, at + 26).unwrap_or_default();
        let Some(raw) = bytes.get(at + 30..at + 30 + length) else {
            break;
        };
        let name = name(&raw[..length.min(MAX_NAME)]);
        let size = number::<4>(bytes, at + 18).unwrap_or_default();
        // Where the size follows the part, it is not known; media types are followed by the next header.
        let stored = (number::<2>(bytes, at + 8) == Some(0) && name == "mimetype")
            .then(|| content(bytes, at, size))
            .flatten();
        parts.push(Part { name, stored });
        at += 4;
        if parts.len() == MAX_PARTS {
            break;
        }
    }
    parts
}

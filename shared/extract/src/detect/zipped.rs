//! Tells zip-based formats apart by the names of their parts; names are not compressed.

use dynrag_domain::documents::Format;

/// Length of the end-of-central-directory record, without its comment.
const END: usize = 22;
/// Longest comment of that record.
const MAX_COMMENT: usize = u16::MAX as usize;
/// Most parts that are looked at.
const MAX_PARTS: usize = 100_000;

/// The names in question are shorter than this many bytes.
const MAX_NAME: usize = 256;

/// A part of a zip file.
struct Part<'a> {
    /// In lower case, because Office compares part names case-insensitively, with `/` between folders.
    name: String,
    /// The part's bytes, if they are not compressed.
    stored: Option<&'a [u8]>,
}

/// Whether a format is zip-based.
pub const fn is_zip(format: Format) -> bool {
    matches!(
        format,
        Format::Docx | Format::Pptx | Format::Xlsx | Format::Epub | Format::Odt
    )
}

/// The format of a zip file; `claimed` decides if the parts fit several formats.
pub fn format(bytes: &[u8], claimed: Option<Format>) -> Option<Format> {
    let parts = directory(bytes).unwrap_or_else(|| local(bytes));
    let has = |name: &str| parts.iter().any(|part| part.name == name);
    if let Some(media_type) = parts.iter().find(|part| part.name == "mimetype") {
        return match media_type.stored {
            Some(media_type) => of_media_type(media_type),
            // The media type is compressed, which violates the specification.
            None if has("meta-inf/container.xml") => Some(Format::Epub),
            None => claimed.filter(|format| *format == Format::Odt && has("content.xml")),
        };
    }
    // A binary workbook (`.xlsb`); its other parts are like those of `.xlsx`.
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
    // The main part may have any name; only a relationship identifies it.
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

/// The parts listed in the central directory (APPNOTE.TXT 4.3.12), even if other bytes precede the zip file.
fn directory(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let earliest = bytes.len().saturating_sub(END + MAX_COMMENT);
    let end = earliest
        + bytes[earliest..]
            .windows(4)
            .rposition(|window| window == b"PK\x05\x06")?;
    let size = number::<4>(bytes, end + 12)?;
    let start = number::<4>(bytes, end + 16)?;
    let mut at = end.checked_sub(size)?;
    // Bytes before the zip file shift all offsets in it.
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

/// The bytes of an uncompressed part, by its local header.
fn content(bytes: &[u8], at: usize, size: usize) -> Option<&[u8]> {
    let start = at + 30 + number::<2>(bytes, at + 26)? + number::<2>(bytes, at + 28)?;
    bytes.get(start..start.checked_add(size)?)
}

/// The parts by their local headers, if the directory is missing or damaged.
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
        // The size is unknown if it follows the data; a media type then ends at the next header.
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

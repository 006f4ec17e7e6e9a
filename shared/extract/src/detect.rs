//! Says which format a file is, from its content and from what was claimed.

mod marks;
mod zipped;

use dynrag_domain::documents::Format;

/// Returns the format `bytes` are of, or `None` for one we do not read.
///
/// A PDF, an office file or an HTML page is known by its content, whatever it was declared to be; callers compare the
/// answer with the declaration. Text that only begins with the marks of such a file is text where it is called so. Text
/// is Markdown, CSV, plain text and so on by `declared`, and by the extension of `file_name` where nothing or plain
/// text is declared, which programs say of any text. Text declared to be a PDF is `None`. Empty input is what it is
/// declared to be.
pub fn detect(bytes: &[u8], declared: Option<Format>, file_name: Option<&str>) -> Option<Format> {
    let claimed = Format::claimed(declared, file_name);
    if bytes.is_empty() {
        return claimed.or(Some(Format::Txt));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return zipped::format(bytes, claimed);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return encrypted(bytes, claimed);
    }
    let textual = marks::is_text(bytes);
    if marks::is_rtf(bytes, claimed) {
        return Some(Format::Rtf);
    }
    if marks::is_pdf(bytes, claimed, textual) {
        return Some(Format::Pdf);
    }
    if !textual {
        // A zip file may begin with other bytes, as one that extracts itself.
        return claimed
            .filter(|format| zipped::is_zip(*format))
            .and_then(|_| zipped::format(bytes, claimed));
    }
    if marks::is_html(bytes, claimed) {
        return Some(Format::Html);
    }
    match claimed {
        Some(format) if format.has_signature() && !bytes.iter().all(u8::is_ascii_whitespace) => {
            None
        }
        Some(format) => Some(format),
        // A program for a printer is text that nobody reads.
        None if bytes.starts_with(b"%!PS-Adobe") => None,
        None if marks::is_mail(bytes) => Some(Format::Eml),
        None => Some(Format::Txt),
    }
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

#[cfg(test)]
mod tests;

//! Detects the format of a file from its content and its declaration.

mod marks;
mod zipped;

use dynrag_domain::documents::Format;

/// Returns the format of `bytes`, or `None` if it is unsupported.
///
/// A PDF, an office file or an HTML page is recognized by its content, whatever was declared; callers compare the
/// result with the declaration. If text is declared, a file that merely begins like one of these is still text. The
/// text format follows `declared`. If nothing or plain text is declared, which programs do for any text, the extension
/// of `file_name` decides. Text that is declared as a PDF is `None`. Empty input has the declared format.
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
        // A zip file may begin with other bytes, for example if it is self-extracting.
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
        // PostScript is a program for printers, not readable text.
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

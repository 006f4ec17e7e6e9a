//! Tells text from binary data, and textual formats from plain text about them.

use dynrag_domain::documents::Format;

use crate::wide::{self, Wide};

/// A PDF reader accepts the header anywhere in this many first bytes.
const PDF_HEADER_WITHIN: usize = 1024;
/// Number of bytes that are checked to tell text from binary.
const SAMPLE: usize = 8 * 1024;
/// Number of bytes that are searched for the parts of a PDF that is all text.
const PDF_SAMPLE: usize = 64 * 1024;

/// Signatures of binary formats, which no text begins with.
const BINARY: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\x7fELF",
    b"\x1f\x8b",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!\x1a\x07",
    b"II*\0",
    b"MM\0*",
    b"\0asm",
    b"SQLite format 3\0",
];

/// Starts of an HTML file, after white space and comments, in lower case.
const HTML_STARTS: &[&[u8]] = &[b"<!doctype html", b"<html", b"<head", b"<body"];
/// Tags that a page has, but hardly a sentence about pages.
const HTML_TAGS: &[&[u8]] = &[
    b"</", b"<meta", b"<title", b"<p>", b"<p ", b"<div", b"<h1", b"<table", b"<link", b"<script",
];

/// Whether the bytes are text in some encoding: few control characters, and NULs only if the rest is text.
///
/// NULs occur in logs after a full disk or a power failure, and in tables with padded fields.
pub fn is_text(bytes: &[u8]) -> bool {
    if BINARY.iter().any(|magic| bytes.starts_with(magic)) || is_tar(bytes) {
        return false;
    }
    if Wide::of_mark(bytes).is_some() || Wide::guess(bytes).is_some() {
        return true;
    }
    // Logs that were truncated while being written begin with NULs.
    let start = bytes
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(bytes.len());
    let sample = &bytes[start..bytes.len().min(start + SAMPLE)];
    let nuls = sample.iter().filter(|byte| **byte == 0).count();
    let odd = wide::odd_controls(sample) - nuls;
    let text = sample.len() - nuls;
    let compressed = sample.starts_with(b"GIF8") && sample.get(5) == Some(&b'a')
        || sample.starts_with(b"BZh") && sample.get(4..10) == Some(b"1AY&SY");
    let unicode = match std::str::from_utf8(sample) {
        Ok(_) => true,
        // The sample ends inside a character.
        Err(error) => error.error_len().is_none(),
    };
    if text == 0 || compressed && !unicode {
        return false;
    }
    if nuls + start == 0 {
        // Other files are hardly UTF-8 without NULs.
        let most = if unicode { 6 } else { 20 };
        return odd <= 2 || odd * most <= text;
    }
    if unicode {
        return odd <= 1 || odd * 100 <= text;
    }
    nuls * 100 <= text && odd * 100 <= text && start == 0
}

/// A tar archive of text files looks like text with NULs.
fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// Whether the file is claimed to be text of some kind.
fn is_called_text(claimed: Option<Format>) -> bool {
    claimed.is_some_and(|format| !format.has_signature() && format != Format::Html)
}

/// Whether the file is RTF. A sentence about RTF may begin with the same bytes, so a file that is declared as text must
/// have more of the structure.
pub fn is_rtf(bytes: &[u8], claimed: Option<Format>) -> bool {
    let start = bytes.trim_ascii_start();
    let Some(rest) = start.strip_prefix(b"{\\rtf") else {
        // Some programs omit the header.
        return claimed == Some(Format::Rtf) && start.starts_with(b"{\\");
    };
    if !is_called_text(claimed) {
        return true;
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let next = rest[digits..].trim_ascii_start().first();
    let mut ends = bytes.iter().rev();
    let last = ends.find(|byte| !(byte.is_ascii_whitespace() || **byte == 0));
    matches!(next, Some(b'\\' | b'{')) && last == Some(&b'}')
}

/// Whether the file is a PDF. Plain text may mention `%PDF-`: away from the start it counts only if the file is binary
/// or declared as a PDF, and in declared text only with other parts of a PDF.
pub fn is_pdf(bytes: &[u8], claimed: Option<Format>, textual: bool) -> bool {
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if claimed == Some(Format::Pdf) || !textual {
        return contains(head, b"%PDF-");
    }
    let Some(rest) = head.trim_ascii_start().strip_prefix(b"%PDF-") else {
        return false;
    };
    let [b'0'..=b'9', b'.', b'0'..=b'9', rest @ ..] = rest else {
        return false;
    };
    let blanks = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let rest = &rest[rest.iter().take_while(blanks).count()..];
    if !matches!(rest.first(), Some(b'\n' | b'\r')) {
        return false;
    }
    if !is_called_text(claimed) {
        return true;
    }
    let comment = rest.trim_ascii_start();
    let signs = comment.iter().skip(1).take_while(|byte| !byte.is_ascii());
    let binary = comment.starts_with(b"%") && signs.take(2).count() == 2;
    let sample = &bytes[..bytes.len().min(PDF_SAMPLE)];
    let end = &bytes[bytes.len().saturating_sub(PDF_HEADER_WITHIN)..];
    let parts =
        contains(sample, b" obj") && (contains(end, b"%%EOF") || contains(sample, b"endobj"));
    binary || parts
}

/// Whether the file is a web page, in any encoding. If it is declared as text, its structure must go beyond a first
/// tag.
pub fn is_html(bytes: &[u8], claimed: Option<Format>) -> bool {
    let sample = bytes[..bytes.len().min(SAMPLE)].iter();
    // UTF-16 has NULs.
    let sample: Vec<u8> = sample
        .filter(|byte| **byte != 0)
        .map(u8::to_ascii_lowercase)
        .collect();
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    let mut rest = marks
        .iter()
        .find_map(|mark| sample.strip_prefix(*mark))
        .unwrap_or(&sample);
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
            let whole = after
                .first()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
            whole && (!is_called_text(claimed) || goes_on(after, bytes))
        })
    })
}

/// Whether the first tag of a page is followed by another tag or closed at the end, and the page has typical tags.
fn goes_on(rest: &[u8], whole: &[u8]) -> bool {
    let Some(end) = rest.iter().position(|byte| *byte == b'>') else {
        return false;
    };
    let rest = rest[end + 1..].trim_ascii_start();
    let end = whole.trim_ascii_end();
    let end = end[end.len().saturating_sub(7)..].to_ascii_lowercase();
    let closed = end == b"</html>" || end == b"</body>";
    (rest.starts_with(b"<") || closed) && HTML_TAGS.iter().any(|tag| contains(rest, tag))
}

/// Whether a file begins with the header fields of an email: lines `Name: value`, including the ones that every email
/// has.
pub fn is_mail(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let mut lines = sample
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .peekable();
    // The separator line of a mailbox file.
    lines.next_if(|line| line.starts_with(b"From "));
    let mut names: Vec<Vec<u8>> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return false;
        };
        let name = line[..colon].to_ascii_lowercase();
        if !name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        {
            return false;
        }
        names.push(name);
    }
    let has = |name: &str| names.iter().any(|other| other == name.as_bytes());
    let transport = ["received", "message-id", "mime-version", "return-path"];
    has("from") && (has("date") || has("subject")) && transport.iter().any(|name| has(name))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

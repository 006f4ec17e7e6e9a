//! Parses the tree of an email's parts (RFC 2045, RFC 2046) and determines their roles.

use std::borrow::Cow;

use dynrag_domain::warnings::Warnings;
use encoding_rs::Encoding;

use super::{
    charset,
    header::{self, Headers},
    params::Field,
    transfer,
};
use crate::decode;

/// Deepest nesting of parts; deeper parts are not parsed.
const MAX_DEPTH: usize = 20;
/// Most parts of an email.
const MAX_PARTS: usize = 5_000;
/// Bytes of the body that are used to guess the encoding of headers.
const SAMPLE: usize = 8 * 1024;

/// A part of an email, or the email itself.
pub struct Part<'a> {
    pub headers: Headers,
    /// Its media type: `text/plain`.
    pub media: Field,
    pub disposition: Field,
    body: &'a [u8],
    /// The parts of a multipart.
    pub parts: Vec<Part<'a>>,
}

/// The role of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Text to show.
    Text,
    /// An appointment.
    Calendar,
    /// Another email.
    Message,
    /// A multipart.
    Multipart,
    /// A file to save.
    Attachment,
    /// Embedded in the text, or meant for programs.
    Passed,
    /// Unreadable without a key.
    Encrypted,
    /// Signed in a form that is not read.
    Sealed,
}

/// An email: its parts, and the probable encoding of non-ASCII bytes in its headers.
pub struct Message<'a> {
    pub root: Part<'a>,
    pub eight_bit: Option<&'static Encoding>,
    /// Number of parts beyond the limit.
    pub left_out: usize,
}

impl<'a> Message<'a> {
    /// Parses an email from bytes that are [`header::unified`].
    pub fn parse(bytes: &'a [u8]) -> Self {
        let mut budget = Budget {
            left: MAX_PARTS,
            left_out: 0,
        };
        let root = parse(bytes, "text/plain", 0, &mut budget);
        let eight_bit = eight_bit(&root);
        Self {
            root,
            eight_bit,
            left_out: budget.left_out,
        }
    }
}

/// The declared encoding of the text, or a guess from headers and text: a subject alone is too short.
fn eight_bit(root: &Part<'_>) -> Option<&'static Encoding> {
    let mut sample: Vec<u8> = root.headers.beyond_ascii().collect::<Vec<_>>().join(&b'\n');
    if sample.is_empty() || std::str::from_utf8(&sample).is_ok() {
        return None;
    }
    let first = root
        .leaves()
        .into_iter()
        .find(|part| part.media.value.starts_with("text/"));
    let declared = first.and_then(|part| charset::known(&part.media.token("charset")?));
    let fits = |encoding: &&'static Encoding| !encoding.decode_without_bom_handling(&sample).1;
    declared.filter(fits).or_else(|| {
        if let Some(part) = first {
            let content = part.content();
            sample.extend_from_slice(&content[..content.len().min(SAMPLE)]);
        }
        Some(decode::undeclared(&sample).2)
    })
}

struct Budget {
    left: usize,
    left_out: usize,
}

fn parse<'a>(bytes: &'a [u8], default: &str, depth: usize, budget: &mut Budget) -> Part<'a> {
    let (headers, body) = header::split(bytes, depth > 0);
    let mut media = Field::parse(headers.get("content-type").unwrap_or_default());
    if !media.value.contains('/') {
        // Old programs wrote `text`, broken ones nothing or anything.
        media.value = if media.value == "html" {
            "text/html"
        } else {
            default
        }
        .to_owned();
    }
    let disposition = Field::parse(headers.get("content-disposition").unwrap_or_default());
    let mut part = Part {
        headers,
        media,
        disposition,
        body,
        parts: Vec::new(),
    };
    if part.media.value.starts_with("multipart/") && depth < MAX_DEPTH {
        let default = if part.media.value == "multipart/digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        for piece in pieces(body, part.media.plain("boundary")) {
            if budget.left == 0 {
                budget.left_out += 1;
                continue;
            }
            budget.left -= 1;
            part.parts.push(parse(piece, default, depth + 1, budget));
        }
    }
    if part.media.value.starts_with("multipart/") && part.parts.is_empty() {
        part.media.value = "text/plain".to_owned();
    }
    part
}

/// The pieces between the lines of a boundary. Without a named boundary, the first line that looks like one defines it.
fn pieces<'a>(body: &'a [u8], boundary: Option<&[u8]>) -> Vec<&'a [u8]> {
    let mut boundary = boundary.map(|boundary| boundary.trim_ascii_end().to_vec());
    let mut pieces = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line_start = at;
        at += line.len();
        let Some(rest) = line.strip_prefix(b"--") else {
            continue;
        };
        let rest = rest.trim_ascii_end();
        if boundary.as_ref().is_none_or(Vec::is_empty) && !rest.is_empty() {
            boundary = Some(rest.to_vec());
        }
        let Some(rest) = boundary
            .as_ref()
            .and_then(|boundary| rest.strip_prefix(boundary.as_slice()))
        else {
            continue;
        };
        if !rest.is_empty() && rest != b"--" {
            continue;
        }
        if let Some(start) = start.replace(at) {
            let piece = &body[start..line_start.max(start)];
            let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
            pieces.push(piece.strip_suffix(b"\r").unwrap_or(piece));
        }
        if rest == b"--" {
            return pieces;
        }
    }
    // A truncated email.
    pieces.extend(start.map(|start| &body[start..]));
    pieces
}

impl<'a> Part<'a> {
    /// The content, with its transfer encoding removed.
    pub fn content(&self) -> Cow<'a, [u8]> {
        let encoding = self
            .headers
            .get("content-transfer-encoding")
            .unwrap_or_default();
        let encoding = String::from_utf8_lossy(encoding).to_ascii_lowercase();
        let word = encoding
            .split([' ', ';', '('])
            .find(|word| !word.is_empty());
        transfer::decode(self.body, word.unwrap_or_default().trim_matches('"'))
    }

    /// The content as text, in the declared charset.
    pub fn text(&self, warnings: &mut Warnings) -> String {
        charset::decode(
            &self.content(),
            self.media.token("charset").as_deref(),
            warnings,
        )
    }

    /// The suggested file name.
    pub fn file_name(
        &self,
        eight_bit: Option<&'static Encoding>,
        warnings: &mut Warnings,
    ) -> Option<String> {
        self.disposition
            .text("filename", eight_bit, warnings)
            .or_else(|| self.media.text("name", eight_bit, warnings))
            .filter(|name| !name.trim().is_empty())
    }

    /// All parts without subparts, in order.
    pub fn leaves(&self) -> Vec<&Self> {
        let mut leaves = Vec::new();
        self.gather(&mut leaves);
        leaves
    }

    fn gather<'b>(&'b self, leaves: &mut Vec<&'b Self>) {
        // An encrypted part counts as one; the parts inside are meaningless.
        if self.parts.is_empty() || self.role() == Role::Encrypted {
            leaves.push(self);
        } else {
            self.parts.iter().for_each(|part| part.gather(leaves));
        }
    }

    /// The role of the part.
    pub fn role(&self) -> Role {
        let media = self.media.value.as_str();
        let attached = self.disposition.value == "attachment";
        match media {
            "multipart/encrypted" => Role::Encrypted,
            _ if !self.parts.is_empty() => Role::Multipart,
            "message/rfc822" | "message/global" | "message/news" => Role::Message,
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => self.sealed(),
            "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature" => Role::Passed,
            "application/pgp-encrypted" => Role::Passed,
            _ if attached => Role::Attachment,
            "text/calendar" => Role::Calendar,
            // Cards and tables with a name are files; style sheets belong to a page.
            "text/css" | "text/javascript" | "text/x-amp-html" | "text/watch-html" => Role::Passed,
            "text/vcard" | "text/x-vcard" | "text/directory" | "text/csv" | "text/xml"
                if self.is_named() && self.disposition.value != "inline" =>
            {
                Role::Attachment
            }
            "application/xhtml+xml" if !self.is_named() => Role::Text,
            "message/delivery-status"
            | "message/global-delivery-status"
            | "message/feedback-report"
            | "message/disposition-notification"
            | "message/global-headers" => Role::Text,
            _ if media.starts_with("text/") => Role::Text,
            // A picture in the text.
            _ if self.headers.get("content-id").is_some()
                && (media.starts_with("image/") || !self.is_named()) =>
            {
                Role::Passed
            }
            _ => Role::Attachment,
        }
    }

    fn is_named(&self) -> bool {
        let nothing = &mut Warnings::default();
        self.file_name(None, nothing).is_some()
    }

    /// The kind of CMS content (RFC 8551), by its parameter, else by its leading object identifier.
    fn sealed(&self) -> Role {
        const SIGNED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
        match self.media.token("smime-type").as_deref() {
            Some("signed-data" | "certs-only" | "compressed-data") => return Role::Sealed,
            Some(_) => return Role::Encrypted,
            None => {}
        }
        let content = self.content();
        let start = &content[..content.len().min(64)];
        if start.windows(SIGNED.len()).any(|window| window == SIGNED) {
            Role::Sealed
        } else {
            Role::Encrypted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(mail: &str) -> Vec<String> {
        let message = Message::parse(mail.as_bytes());
        let leaves = message.root.leaves();
        leaves
            .iter()
            .map(|part| String::from_utf8_lossy(&part.content()).into_owned())
            .collect()
    }

    #[test]
    fn parts_by_their_boundaries() {
        let mail = "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--bb\n--b \nContent-Type: multipart/mixed; \
            boundary=\"b b\"\n\n--b b\n\ntwo\n\n--b\nno header\n--b--\nepilogue\n--b\n\nnever\n";
        assert_eq!(bodies(mail), ["one\n--bb", "two\n", "no header"]);
        let nameless = "Content-Type: multipart/mixed\n\n--x\n\none\n--x\n\ncut off";
        assert_eq!(bodies(nameless), ["one", "cut off"]);
        assert_eq!(
            bodies("Content-Type: multipart/mixed; boundary=b\n\nno parts"),
            ["no parts"]
        );
    }

    #[test]
    fn a_bomb_of_parts_is_bounded() {
        let many = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\n\n".repeat(100_000)
        );
        let message = Message::parse(many.as_bytes());
        assert_eq!(message.root.leaves().len(), MAX_PARTS);
        assert_eq!(message.left_out, 100_000 - MAX_PARTS);
        let deep: String = (0..10_000)
            .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"))
            .collect();
        assert_eq!(Message::parse(deep.as_bytes()).root.leaves().len(), 1);
    }
}

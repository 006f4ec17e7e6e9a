//! Decodes transfer encodings: base64, quoted-printable, uuencode (RFC 2045, section 6).

use std::borrow::Cow;

/// The content of a part, from its body and the name of its transfer encoding.
pub fn decode<'a>(body: &'a [u8], encoding: &str) -> Cow<'a, [u8]> {
    match encoding {
        "base64" => {
            let decoded = base64(body);
            // Declared as base64, but plain text.
            if decoded.is_empty() {
                Cow::Borrowed(body)
            } else {
                Cow::Owned(decoded)
            }
        }
        "quoted-printable" => Cow::Owned(quoted_printable(body)),
        "x-uuencode" | "x-uue" | "uuencode" | "uue" => match uuencoded(body).pop() {
            Some(file) => Cow::Owned(file.bytes),
            None => Cow::Borrowed(body),
        },
        _ => Cow::Borrowed(body),
    }
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Decodes base64, and skips invalid characters. Plain text after its end, which mailing lists append, is kept.
pub fn base64(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    let mut rest = body;
    while let [byte, after @ ..] = rest {
        rest = after;
        if let Some(value) = sextet(*byte) {
            bits = bits << 6 | value;
            count += 1;
        }
        if count == 4 || (*byte == b'=' && count > 0) {
            flush(&mut bytes, bits, count);
            (bits, count) = (0, 0);
        }
        if *byte == b'=' {
            let tail = rest.trim_ascii_start();
            let tail = tail.strip_prefix(b"=").unwrap_or(tail).trim_ascii_start();
            let encoded = |byte: &u8| sextet(*byte).is_some() || b"=\r\n".contains(byte);
            if !tail.is_empty() && !tail.iter().take(200).all(encoded) {
                bytes.push(b'\n');
                bytes.extend_from_slice(tail);
                return bytes;
            }
        }
    }
    flush(&mut bytes, bits, count);
    bytes
}

fn flush(bytes: &mut Vec<u8>, bits: u32, count: u32) {
    if count >= 2 {
        let all = (bits << (6 * (4 - count))).to_be_bytes();
        bytes.extend_from_slice(&all[1..=(count as usize * 6 / 8)]);
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    match digits {
        [high, low, ..] => u8::try_from(value(*high)? * 16 + value(*low)?).ok(),
        _ => None,
    }
}

/// Decodes quoted-printable; a stray `=` is kept.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'=' {
            bytes.push(*byte);
            continue;
        }
        if let Some(byte) = hex(rest) {
            bytes.push(byte);
            rest = &rest[2..];
            continue;
        }
        // A soft line break, perhaps with white space that was added in transit.
        let blanks = rest
            .iter()
            .take(100)
            .position(|byte| !b" \t".contains(byte))
            .unwrap_or(rest.len().min(100));
        rest = match &rest[blanks..] {
            [b'\r', b'\n', after @ ..] | [b'\n' | b'\r', after @ ..] => after,
            [] => &[],
            _ => {
                bytes.push(b'=');
                rest
            }
        };
    }
    bytes
}

/// Decodes percent-encoded parameters (RFC 2231).
pub fn percent(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, hex(rest)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &rest[2..];
            }
            _ => bytes.push(*byte),
        }
    }
    bytes
}

/// A file inside a text, between `begin 644 name` and `end`.
pub struct Uuencoded {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Its byte range in the text.
    pub place: std::ops::Range<usize>,
}

/// The uuencoded files in a text.
pub fn uuencoded(text: &[u8]) -> Vec<Uuencoded> {
    let mut files = Vec::new();
    let mut open: Option<Uuencoded> = None;
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let line = line.trim_ascii_end();
        let Some(file) = &mut open else {
            open = begins(line).map(|name| Uuencoded {
                name,
                bytes: Vec::new(),
                place: start..start,
            });
            continue;
        };
        if line == b"end" {
            file.place.end = at;
            files.extend(open.take());
        } else if !decode_line(line, &mut file.bytes) {
            open = None;
        }
    }
    files
}

fn begins(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"begin ")?;
    let (mode, name) = rest.split_at_checked(rest.iter().position(|byte| *byte == b' ')?)?;
    let octal =
        (3..=4).contains(&mode.len()) && mode.iter().all(|byte| matches!(byte, b'0'..=b'7'));
    let name = String::from_utf8_lossy(name.trim_ascii()).into_owned();
    (octal && !name.is_empty()).then_some(name)
}

/// Decodes a line; `false` if it is invalid.
fn decode_line(line: &[u8], bytes: &mut Vec<u8>) -> bool {
    let Some((length, data)) = line.split_first() else {
        // The space of the last line may have been trimmed.
        return true;
    };
    if !(0x20..=0x60).contains(length) || data.iter().any(|byte| !(0x20..=0x60).contains(byte)) {
        return false;
    }
    let length = usize::from((length - 0x20) & 63);
    if data.len() > length.div_ceil(3) * 4 + 2 {
        return false;
    }
    let end = bytes.len() + length;
    for four in data.chunks(4) {
        let mut bits = 0u32;
        for place in 0..4 {
            bits = bits << 6 | u32::from((four.get(place).unwrap_or(&0x20) - 0x20) & 63);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    // Trailing zeros may have been trimmed as spaces; but a file of zeros only is not one.
    if data.len() * 2 >= length || bytes.len() > end {
        bytes.resize(end, 0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_with_faults() {
        assert_eq!(base64(b"SGVs\r\nbG8h"), b"Hello!");
        assert_eq!(base64(b"SGVsbG8="), b"Hello");
        assert_eq!(base64(b"SGVsbG8"), b"Hello");
        assert_eq!(base64(b"SG*Vs bG\x008=="), b"Hello");
        assert_eq!(base64(b"SGVsbG8=SGVsbG8="), b"HelloHello");
        assert_eq!(
            base64(b"SGVsbG8=\r\n_____\r\nThe list's footer"),
            b"Hello\n_____\r\nThe list's footer"
        );
        assert_eq!(&*decode(b"", "base64"), b"");
        assert_eq!(&*decode(b"===", "base64"), b"===");
    }

    #[test]
    fn quoted_printable_with_faults() {
        assert_eq!(quoted_printable(b"a=3D=\r\nb=  \nc=e9=ZZ="), b"a=bc\xe9=ZZ");
    }

    #[test]
    fn uuencoded_files() {
        // Written by Python's `binascii.b2a_uu`.
        let text = b"Hello\nbegin 644 cat.txt\n#0V%T\n`\nend\nbegin the day\n";
        let files = uuencoded(text);
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].name, "cat.txt");
        assert_eq!(files[0].bytes, b"Cat");
        assert_eq!(&text[files[0].place.clone()], &text[6..36]);
        assert!(uuencoded(b"begin 644 x\nnot encoded at all, in small letters\nend\n").is_empty());
    }
}

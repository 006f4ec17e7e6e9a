//! Finds the encoding that a web page or a part of XML declares in itself.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How far into a page its declaration is looked for. The standard's first look is at 1024 bytes; browsers start over
/// where they meet a later one.
const WITHIN: usize = 64 * 1024;

/// Elements whose content is text, in which tags are no tags.
const RAW: [&[u8]; 4] = [b"script", b"style", b"title", b"textarea"];

/// A name and a value.
type Attribute<'a> = (&'a [u8], &'a [u8]);

/// The encoding in an XML declaration at the start, or in a `meta` element.
pub fn encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(WITHIN)].to_ascii_lowercase();
    let found = of_xml(&head).or_else(|| of_html(&head))?;
    // What could be read as ASCII is not in UTF-16. The other label is one of scripts.
    Some(match found {
        found if found == UTF_16LE || found == UTF_16BE => UTF_8,
        found if found == X_USER_DEFINED => WINDOWS_1252,
        found => found,
    })
}

fn of_xml(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = find(declaration, b"?>")?;
    let at = find(&declaration[..end], b"encoding")?;
    let value = declaration[at + 8..end]
        .trim_ascii_start()
        .strip_prefix(b"=")?;
    let value = value.trim_ascii_start();
    let quote = value.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let value = value[1..].split(|byte| byte == quote).next()?;
    Encoding::for_label_no_replacement(value)
}

/// Scans as the HTML standard prescribes it ("prescan a byte stream to determine its encoding"), and passes over the
/// content of scripts and the like too.
fn of_html(head: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix(b"<!--") {
            // `<!-->` is a whole comment.
            rest = &rest[2..];
            let end = find(rest, b"-->").unwrap_or(comment.len());
            rest = rest.get(end + 3..)?;
            continue;
        }
        let closing = rest.get(1) == Some(&b'/');
        let tag = &rest[1 + usize::from(closing)..];
        if !tag.first().is_some_and(u8::is_ascii_alphabetic) {
            rest = match rest.get(1) {
                Some(b'!' | b'/' | b'?') => &rest[find(rest, b">")?..],
                _ => &rest[1..],
            };
            continue;
        }
        let end = tag
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))?;
        let name = &tag[..end];
        let (attributes, after) = attributes(&tag[end..]);
        rest = after;
        if closing {
            continue;
        }
        if name == b"meta"
            && let Some(encoding) = of_meta(&attributes)
        {
            return Some(encoding);
        }
        if RAW.contains(&name) {
            let end = [b"</", name].concat();
            rest = &rest[find(rest, &end)?..];
        }
    }
    None
}

fn of_meta(attributes: &[Attribute<'_>]) -> Option<&'static Encoding> {
    let value = |name: &[u8]| {
        let mut all = attributes.iter();
        all.find(|(other, _)| *other == name)
            .map(|(_, value)| *value)
    };
    if let Some(label) = value(b"charset") {
        return Encoding::for_label_no_replacement(label);
    }
    let pragma = value(b"http-equiv")?.trim_ascii() == b"content-type";
    let mut content = value(b"content").filter(|_| pragma)?;
    loop {
        content = &content[find(content, b"charset")? + 7..];
        if let Some(label) = content.trim_ascii_start().strip_prefix(b"=") {
            let label = label.trim_ascii_start();
            let label = match label.first()? {
                quote @ (b'"' | b'\'') => label[1..].split(|byte| byte == quote).next()?,
                _ => label
                    .split(|byte| byte.is_ascii_whitespace() || matches!(byte, b';' | b','))
                    .next()?,
            };
            return Encoding::for_label_no_replacement(label);
        }
    }
}

/// The attributes of a tag, names and values, and what follows the tag.
fn attributes(mut rest: &[u8]) -> (Vec<Attribute<'_>>, &[u8]) {
    let mut found = Vec::new();
    let space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
    loop {
        rest = &rest[rest.iter().take_while(|byte| space(byte)).count()..];
        let Some(byte) = rest.first() else {
            return (found, rest);
        };
        if *byte == b'>' {
            return (found, &rest[1..]);
        }
        // A name may begin with `=`, so that each turn gets on.
        let end = 1 + rest[1..]
            .iter()
            .take_while(|byte| !space(byte) && !matches!(byte, b'=' | b'>'))
            .count();
        let (name, after) = rest.split_at(end);
        let mut value: &[u8] = b"";
        rest = after;
        if let Some(after) = rest.trim_ascii_start().strip_prefix(b"=") {
            let after = after.trim_ascii_start();
            (value, rest) = match after.first() {
                Some(quote @ (b'"' | b'\'')) => {
                    let end = after[1..].iter().position(|byte| byte == quote);
                    let end = end.unwrap_or(after.len() - 1);
                    (&after[1..=end], after.get(end + 2..).unwrap_or_default())
                }
                _ => {
                    let end = after
                        .iter()
                        .take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'>')
                        .count();
                    after.split_at(end)
                }
            };
        }
        found.push((name, value));
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

//! Finds the encoding that a web page or an XML part declares.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How far into a page the declaration is searched for. The HTML standard prescans 1024 bytes, but browsers start over
/// if they find a later one.
const WITHIN: usize = 64 * 1024;

/// Elements whose content is text: tags in it do not count.
const RAW: [&[u8]; 4] = [b"script", b"style", b"title", b"textarea"];

/// The name and value of an attribute.
type Attribute<'a> = (&'a [u8], &'a [u8]);

/// The encoding from an XML declaration at the start, or from a `meta` element.
pub fn encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(WITHIN)].to_ascii_lowercase();
    let found = of_xml(&head).or_else(|| of_html(&head))?;
    // A declaration that is readable as ASCII cannot be UTF-16. The other label appears in scripts.
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

/// Scans for a `meta` element as the HTML standard prescribes ("prescan a byte stream to determine its encoding"), but
/// also skips the content of scripts and similar elements.
fn of_html(head: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix(b"<!--") {
            // `<!-->` is a complete comment.
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

/// The attributes of a tag, and the rest of the page.
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
        // A name may begin with `=`; at least one byte is consumed each time.
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

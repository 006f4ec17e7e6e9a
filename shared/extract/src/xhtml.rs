//! Converts XHTML for the HTML parser, which supports neither empty elements such as `<script/>` nor CDATA.

use std::collections::HashMap;

/// How far into a page a declaration of XHTML is searched for.
const DECLARED_WITHIN: usize = 2_048;
/// Elements without an end tag in HTML.
const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input",
    "keygen", "link", "meta", "param", "source", "track", "wbr",
];
/// Namespaces of elements that the HTML parser knows by their unprefixed names.
const KNOWN: &[&str] = &[
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xhtml",
];
/// Most prefixes and entities, longest name and text of an entity in bytes, and most bytes that entities may add to a
/// page.
const MAX_PREFIXES: usize = 16;
const MAX_ENTITIES: usize = 500;
const MAX_ENTITY_NAME: usize = 64;
const MAX_ENTITY: usize = 200;
const MAX_ADDED: usize = 1 << 20;

/// Whether a page declares XHTML: by an XML declaration, its document type, or its namespace.
pub fn is_declared(source: &str) -> bool {
    let source = source.trim_start_matches('\u{feff}').trim_start();
    if source.starts_with("<?xml") {
        return true;
    }
    let head = &source[..source.floor_char_boundary(DECLARED_WITHIN)];
    let lower = head.to_ascii_lowercase();
    let tag = |name: &str| {
        let start = lower.find(name)?;
        let end = lower[start..].find('>')?;
        Some(&lower[start..start + end])
    };
    tag("<!doctype").is_some_and(|kind| kind.contains("xhtml"))
        || tag("<html").is_some_and(|html| html.contains("www.w3.org/1999/xhtml"))
}

/// Converts a page to HTML: empty elements get end tags, CDATA becomes text, prefixes are removed, and entities of the
/// document are replaced. Malformed parts stay unchanged.
pub fn as_html(source: &str) -> String {
    let mut page = Page {
        html: String::with_capacity(source.len() + source.len() / 16),
        ..Page::default()
    };
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        page.text(&rest[..at]);
        rest = page.markup(&rest[at..]);
    }
    page.text(rest);
    page.html
}

#[derive(Default)]
struct Page<'a> {
    html: String,
    prefixes: Vec<&'a str>,
    entities: HashMap<&'a str, &'a str>,
    added: usize,
    /// Whether a document type was read; there is one.
    typed: bool,
    /// Length of the output after the last line break.
    after_break: usize,
}

impl<'a> Page<'a> {
    /// Copies text with the document's own entities replaced.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while !self.entities.is_empty()
            && let Some((before, after)) = rest.split_once('&')
        {
            self.html.push_str(before);
            let near = &after[..after.floor_char_boundary(MAX_ENTITY_NAME + 1)];
            let name = near.split_once(';').map(|(name, _)| name);
            let value = name.and_then(|name| {
                let value = self.entities.get(name)?;
                Some((value, &after[name.len() + 1..]))
            });
            match value {
                Some((value, after)) if self.added + value.len() <= MAX_ADDED => {
                    self.html.push_str(value);
                    self.added += value.len();
                    rest = after;
                }
                _ => {
                    self.html.push('&');
                    rest = after;
                }
            }
        }
        self.html.push_str(rest);
    }

    /// Copies markup that begins with `<`, and returns the rest.
    fn markup(&mut self, rest: &'a str) -> &'a str {
        if let Some(inner) = rest.strip_prefix("<![CDATA[") {
            let (text, after) = inner.split_once("]]>").unwrap_or((inner, ""));
            self.escaped(text);
            return after;
        }
        if rest.starts_with("<!--") {
            return self.copied(rest, rest.find("-->").map(|at| at + 3));
        }
        let is_type = rest
            .get(..9)
            .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
        if is_type {
            return self.document_type(rest);
        }
        let after = rest[1..].trim_start_matches('/');
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.copied(rest, Some(1));
        }
        match end_of_tag(rest) {
            Some((end, closes)) => self.tag(rest, end, closes),
            None => self.copied(rest, None),
        }
    }

    fn copied(&mut self, rest: &'a str, end: Option<usize>) -> &'a str {
        let (copied, after) = rest.split_at(end.unwrap_or(rest.len()));
        self.html.push_str(copied);
        after
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                _ => self.html.push(character),
            }
        }
    }

    /// Copies the document type without its declarations.
    fn document_type(&mut self, rest: &'a str) -> &'a str {
        let end = rest.find('>').unwrap_or(rest.len());
        let open = rest[..end].find('[').filter(|_| !self.typed);
        self.typed = true;
        let Some(open) = open else {
            return self.copied(rest, rest.find('>').map(|at| at + 1));
        };
        let Some(close) = rest.find("]>").or_else(|| rest.find("] >")) else {
            return self.copied(rest, rest.find('>').map(|at| at + 1));
        };
        self.declare(&rest[open..close.max(open)]);
        self.html.push_str(&rest[..open]);
        self.html.push('>');
        rest[close..].split_once('>').map_or("", |(_, after)| after)
    }

    fn declare(&mut self, declared: &'a str) {
        for entity in declared.split("<!ENTITY").skip(1).take(MAX_ENTITIES) {
            let entity = entity.trim_start();
            let Some((name, value)) = entity.split_once(char::is_whitespace) else {
                continue;
            };
            let value = value.trim_start();
            let quoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.split_once(quote));
            if let Some((value, _)) = quoted
                && value.len() <= MAX_ENTITY
                && !value.contains('<')
            {
                self.entities.insert(name, value);
            }
        }
    }

    /// Copies a tag that ends at `end`; `closes` marks an empty element.
    fn tag(&mut self, rest: &'a str, end: usize, closes: bool) -> &'a str {
        let (tag, after) = rest.split_at(end + 1);
        let is_end = tag.starts_with("</");
        let start = 1 + usize::from(is_end);
        let length = tag[start..].find(|c: char| c.is_whitespace() || c == '/' || c == '>');
        let (name, attributes) = tag[start..].split_at(length.unwrap_or(0));
        self.note_prefixes(attributes);
        let name = match name.split_once(':') {
            Some((prefix, local)) if self.prefixes.contains(&prefix) => local,
            _ => name,
        };
        if is_end {
            // To the HTML parser it would be a second line break.
            let is_break = name.eq_ignore_ascii_case("br") && self.after_break == self.html.len();
            if !is_break {
                self.html.push_str("</");
                self.html.push_str(name);
                self.html.push('>');
            }
            return after;
        }
        self.html.push('<');
        self.html.push_str(name);
        let attributes = attributes.strip_suffix('>').unwrap_or(attributes);
        let attributes = match closes {
            true => attributes.strip_suffix('/').unwrap_or(attributes),
            false => attributes,
        };
        self.text(attributes);
        self.html.push('>');
        let lower = name.to_ascii_lowercase();
        if lower == "br" {
            self.after_break = self.html.len();
        }
        if closes && !VOID.contains(&lower.as_str()) {
            self.html.push_str("</");
            self.html.push_str(name);
            self.html.push('>');
        }
        match lower.as_str() {
            "script" | "style" if !closes => self.raw(after, &lower),
            _ => after,
        }
    }

    /// Copies raw text up to the end of its element.
    fn raw(&mut self, rest: &'a str, name: &str) -> &'a str {
        let bytes = rest.as_bytes();
        let mut from = 0;
        while let Some(at) = rest[from..].find("</") {
            let start = from + at + 2;
            let found = bytes.get(start..start + name.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
                return self.copied(rest, Some(from + at));
            }
            from = start;
        }
        self.copied(rest, None)
    }

    fn note_prefixes(&mut self, attributes: &'a str) {
        for declared in attributes.split("xmlns:").skip(1) {
            let Some((prefix, value)) = declared.split_once('=') else {
                continue;
            };
            let value = value.trim_start().trim_start_matches(['"', '\'']);
            let is_known = KNOWN.iter().any(|known| {
                value
                    .strip_prefix(known)
                    .is_some_and(|after| after.starts_with(['"', '\'']))
            });
            let prefix = prefix.trim_end();
            if is_known && self.prefixes.len() < MAX_PREFIXES && !self.prefixes.contains(&prefix) {
                self.prefixes.push(prefix);
            }
        }
    }
}

/// The end of a tag, and whether it is an empty element. `None` if the tag is incomplete.
fn end_of_tag(tag: &str) -> Option<(usize, bool)> {
    let bytes = tag.as_bytes();
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => return Some((at, bytes[at - 1] == b'/' && at > 2)),
            b'=' => {
                at += 1;
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                let quote = *bytes.get(at)?;
                if quote == b'"' || quote == b'\'' {
                    at += 2 + tag[at + 1..].find(char::from(quote))?;
                    continue;
                }
                // A slash at the end of an unquoted value is part of the value.
                let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'>';
                at += bytes[at..].iter().position(ends)?;
                if bytes.get(at) == Some(&b'>') {
                    return Some((at, false));
                }
            }
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_elements_end() {
        let cases = [
            ("<title/><p>a</p>", "<title></title><p>a</p>"),
            ("<a href='x>y' /><br/>b", "<a href='x>y' ></a><br>b"),
            ("<a href=http://x/>c</a>", "<a href=http://x/>c</a>"),
            ("a<br></br>b</br>", "a<br>b</br>"),
            ("<![CDATA[<b> & c]]>d", "&lt;b&gt; &amp; cd"),
            ("<!-- <p/> --><p/>", "<!-- <p/> --><p></p>"),
            (
                "<script>if (a<b) '<p/>'</script><p/>",
                "<script>if (a<b) '<p/>'</script><p></p>",
            ),
            (
                "<m:math xmlns:m=\"http://www.w3.org/1998/Math/MathML\"><m:mi>x</m:mi><m:mspace/></m:math>",
                "<math xmlns:m=\"http://www.w3.org/1998/Math/MathML\"><mi>x</mi><mspace></mspace></math>",
            ),
            (
                "<!DOCTYPE html [<!ENTITY firm \"Ada &#38; Co\">]><p title='&firm;'>&firm; &amp; b</p>",
                "<!DOCTYPE html ><p title='Ada &#38; Co'>Ada &#38; Co &amp; b</p>",
            ),
            ("a < b <1> <p", "a < b <1> <p"),
            ("<![CDATA[open", "open"),
            ("<p a=\"open", "<p a=\"open"),
        ];
        for (xhtml, html) in cases {
            assert_eq!(as_html(xhtml), html);
        }
    }

    #[test]
    fn what_says_that_it_is_xhtml() {
        for page in [
            "\u{feff}<?xml version='1.0'?><html>",
            "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x'><html>",
            "<!DOCTYPE html>\n<html lang='en' xmlns='http://www.w3.org/1999/xhtml'>",
        ] {
            assert!(is_declared(page), "{page}");
        }
        assert!(!is_declared("<!DOCTYPE html><html><p>XHTML <?xml"));
    }

    #[test]
    fn hostile_pages_end() {
        for piece in [
            "<a b='",
            "<![CDATA[",
            "<!--",
            "<script>",
            "&x;",
            "</",
            "<!DOCTYPE [",
            "<p/",
        ] {
            assert!(as_html(&piece.repeat(100_000)).len() < 10_000_000);
        }
        let bomb = format!(
            "<!DOCTYPE a [<!ENTITY x '{}'>]>{}",
            "y".repeat(MAX_ENTITY),
            "&x;".repeat(100_000)
        );
        assert!(as_html(&bomb).len() < 3 << 20);
    }

    #[test]
    fn entities_are_few_and_short_and_hold_no_markup() {
        let read = |entities: &str, text: &str| {
            let html = as_html(&format!("<!DOCTYPE a [{entities}]>{text}"));
            html.split_once('>').unwrap().1.to_owned()
        };
        let long = "y".repeat(MAX_ENTITY);
        let two = format!("<!ENTITY a '{long}'><!ENTITY b '{long}y'>");
        assert_eq!(read(&two, "&a;&b;"), format!("{long}&b;"));
        assert_eq!(read("<!ENTITY a '<b>x</b>'>", "&a;"), "&a;");
        let many: String = (0..MAX_ENTITIES + 1)
            .map(|n| format!("<!ENTITY e{n} '{n}'>"))
            .collect();
        let (last, beyond) = (MAX_ENTITIES - 1, MAX_ENTITIES);
        assert_eq!(
            read(&many, &format!("&e{last};&e{beyond};")),
            format!("{last}&e{beyond};")
        );
    }

    #[test]
    fn only_the_first_document_type_counts() {
        let types = "<!DOCTYPE a [<!ENTITY x 'y'>]><!DOCTYPE a [<!ENTITY z 'w'>]>";
        assert!(as_html(&format!("{types}&x;&z;")).ends_with("y&z;"));
        let name = "n".repeat(MAX_ENTITY_NAME);
        let declared = format!("<!DOCTYPE a [<!ENTITY {name} 'y'><!ENTITY {name}n 'y'>]>");
        let html = as_html(&format!("{declared}&{name};&{name}n;&\u{e9};"));
        assert!(html.ends_with(&format!(">y&{name}n;&\u{e9};")), "{html}");
    }
}

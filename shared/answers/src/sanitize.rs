//! Takes out of an answer's Markdown what would load or link something foreign.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

/// Blocks of a stream that are shown one by one; what follows is shown at the end, as each is cleaned with all before it.
const MOST_BLOCKS: usize = 400;
/// Most rounds of cleaning. What is left after them is escaped whole.
const ROUNDS: usize = 8;

/// Returns an answer's Markdown without images, HTML, and links that are none of `allowed`.
///
/// An image becomes its alternative text, a link its text, a tag nothing, a bare address code. A link is
/// allowed if its address is one of `allowed`, followed by nothing or by a `#` and a fragment. Definitions of
/// references go, except to allowed addresses. The result is parsed again until nothing is left to take out.
pub fn sanitize(markdown: &str, allowed: &[&str]) -> String {
    let mut text = markdown.to_owned();
    for _ in 0..ROUNDS {
        match clean(&text, allowed) {
            Some(cleaned) => text = cleaned,
            None => return text,
        }
    }
    escape(&text)
}

/// Cleans an answer as it streams in.
///
/// Text goes through at once as long as nothing in it can begin a link, an image, a tag or code; from such a
/// character on it waits for the end of its paragraph. Behind a [`crate::MarkerFilter`] the markers `[n]` do
/// not wait. The whole of what was emitted has no foreign link either, but may differ from what
/// [`sanitize`] makes of the whole answer: a reference whose definition comes later has none.
#[derive(Clone, Debug)]
pub struct Sanitizer {
    allowed: Vec<String>,
    /// All that was emitted: what a piece of Markdown means depends on what precedes it.
    shown: String,
    held: String,
    blocks: usize,
}

impl Sanitizer {
    /// A sanitizer that lets links to these addresses through.
    pub fn new(allowed: &[&str]) -> Self {
        Self {
            allowed: allowed.iter().map(|url| (*url).to_owned()).collect(),
            shown: String::new(),
            held: String::new(),
            blocks: 0,
        }
    }

    /// Takes the next piece of the answer; returns what may be shown by now.
    pub fn push(&mut self, delta: &str) -> String {
        self.held.push_str(delta);
        let before = self.shown.len();
        while self.blocks < MOST_BLOCKS {
            let fresh = self.shown.is_empty() || self.shown.ends_with('\n');
            let safe = safe_prefix(&self.held, fresh);
            self.shown.extend(self.held.drain(..safe));
            let Some(end) = block_end(&self.held) else {
                break;
            };
            let block: String = self.held.drain(..end).collect();
            self.show(&block);
            self.blocks += 1;
        }
        self.shown[before..].to_owned()
    }

    /// Ends the answer; returns what is left to show.
    pub fn finish(&mut self) -> String {
        let before = self.shown.len();
        let rest = std::mem::take(&mut self.held);
        self.show(&rest);
        std::mem::take(&mut self.shown).split_off(before)
    }

    /// Shows a block, cleaned as it is behind all that was shown. If that would change what was shown
    /// before, such as by defining a reference, its signs are escaped; if even that would, it goes.
    fn show(&mut self, block: &str) {
        let allowed: Vec<&str> = self.allowed.iter().map(String::as_str).collect();
        for block in [block.to_owned(), escape(block)] {
            let clean = sanitize(&format!("{}{block}", self.shown), &allowed);
            if let Some(rest) = clean.strip_prefix(self.shown.as_str()) {
                self.shown.push_str(rest);
                return;
            }
        }
    }
}

/// How much of a text may be shown whatever follows.
fn safe_prefix(text: &str, fresh: bool) -> usize {
    let bytes = text.as_bytes();
    let mut line_start = fresh;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &text[at..];
        let is_special = match byte {
            b'[' => match marker(rest) {
                Some(length) => {
                    at += length;
                    line_start = false;
                    continue;
                }
                None => true,
            },
            b'<' | b'!' | b'`' | b'~' | b'\\' | b'&' | b']' => true,
            // Four spaces make code, whose content is not what it seems.
            b'\t' => true,
            b' ' if line_start => true,
            b':' => true,
            b'h' | b'H' | b'w' | b'W' | b'f' | b'F' => {
                begins_address(rest, text[..at].chars().next_back())
            }
            _ => false,
        };
        if is_special {
            return at;
        }
        line_start = *byte == b'\n';
        at += 1;
    }
    // The end of a line may belong to the end of a paragraph.
    at
}

/// The length of a marker such as `[12]` that cannot become a link; `None` if it may.
fn marker(text: &str) -> Option<usize> {
    let close = text.find(']').filter(|close| *close <= 4)?;
    let is_number = close > 1
        && text
            .get(1..close)?
            .bytes()
            .all(|byte| byte.is_ascii_digit());
    let next = text.as_bytes().get(close + 1)?;
    (is_number && !matches!(next, b'(' | b'[' | b':')).then_some(close + 1)
}

/// Whether a text begins an address, or may when it goes on.
fn begins_address(text: &str, before: Option<char>) -> bool {
    let fits = |start: &str| {
        let length = text.len().min(start.len());
        text.is_char_boundary(length) && text[..length].eq_ignore_ascii_case(&start[..length])
    };
    !before.is_some_and(char::is_alphanumeric)
        && ["http://", "https://", "www.", "ftp://"]
            .iter()
            .any(|start| fits(start))
}

/// Where the block ends that a text begins with; `None` if it may go on.
fn block_end(text: &str) -> Option<usize> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let mark = first.trim_start();
    let fence = ['`', '~'].iter().find_map(|c| {
        let length = mark.chars().take_while(|other| other == c).count();
        (length >= 3).then(|| c.to_string().repeat(length))
    });
    let mut at = 0;
    let mut opened = false;
    for line in text.split_inclusive('\n') {
        let is_whole = line.ends_with('\n');
        at += line.len();
        let trimmed = line.trim();
        match &fence {
            Some(fence) => {
                if opened
                    && is_whole
                    && trimmed.starts_with(fence.as_str())
                    && trimmed.chars().all(|c| fence.starts_with(c))
                {
                    return Some(at);
                }
                opened |= !trimmed.is_empty();
            }
            None => {
                if opened && is_whole && trimmed.is_empty() {
                    return Some(at);
                }
                opened |= !trimmed.is_empty();
            }
        }
    }
    None
}

/// A place of the text and what stands there instead.
type Change = (Range<usize>, String);

/// Takes out what one parse shows; `None` if there is nothing.
fn clean(text: &str, allowed: &[&str]) -> Option<String> {
    let usual = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    // Some renderers know more, such as `![[x]]`.
    clean_as(text, allowed, usual).or_else(|| clean_as(text, allowed, Options::all()))
}

fn clean_as(text: &str, allowed: &[&str], options: Options) -> Option<String> {
    let parser = Parser::new_ext(text, options);
    let mut changes: Vec<Change> = Vec::new();
    for (_, definition) in parser.reference_definitions().iter() {
        if !is_allowed(&definition.dest, allowed) {
            changes.push((definition.span.clone(), String::new()));
        }
    }
    let mut open: Vec<(Range<usize>, String)> = Vec::new();
    let mut in_code = false;
    for (event, span) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Image { .. }) => open.push((span, String::new())),
            Event::Start(Tag::Link { dest_url, .. })
                if !open.is_empty() || !is_allowed(&dest_url, allowed) =>
            {
                open.push((span, String::new()));
            }
            Event::Start(Tag::Link { .. }) => {}
            Event::End(TagEnd::Image) => close(&mut open, &mut changes),
            // Ends of allowed links have a span that no open element has.
            Event::End(TagEnd::Link) if open.last().is_some_and(|(range, _)| *range == span) => {
                close(&mut open, &mut changes);
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Html(_) | Event::InlineHtml(_) if open.is_empty() => {
                let breaks: String = text[span.clone()].chars().filter(|c| *c == '\n').collect();
                changes.push((span, breaks));
            }
            Event::Text(content) => add(
                &mut open,
                &mut changes,
                &content,
                span,
                in_code,
                text,
                allowed,
            ),
            Event::Code(content) => {
                if let Some((_, inner)) = open.last_mut() {
                    inner.push_str(&content);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((_, inner)) = open.last_mut() {
                    inner.push(' ');
                }
            }
            _ => {}
        }
    }
    changes.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut cleaned = String::with_capacity(text.len());
    let mut at = 0;
    for (span, with) in changes.iter().filter(|(span, _)| span.start < span.end) {
        if span.start < at {
            continue;
        }
        cleaned.push_str(text.get(at..span.start)?);
        cleaned.push_str(with);
        at = span.end;
    }
    cleaned.push_str(text.get(at..)?);
    (cleaned != text).then_some(cleaned)
}

fn close(open: &mut Vec<(Range<usize>, String)>, changes: &mut Vec<Change>) {
    let Some((span, inner)) = open.pop() else {
        return;
    };
    match open.last_mut() {
        Some((_, outer)) => outer.push_str(&inner),
        None => changes.push((span, escape(inner.trim()))),
    }
}

/// Notes text: of an element that goes, or with bare addresses that renderers make links of.
fn add(
    open: &mut [(Range<usize>, String)],
    changes: &mut Vec<Change>,
    content: &CowStr<'_>,
    span: Range<usize>,
    in_code: bool,
    text: &str,
    allowed: &[&str],
) {
    if let Some((_, inner)) = open.last_mut() {
        inner.push_str(content);
        return;
    }
    if in_code {
        return;
    }
    let part = &text[span.clone()];
    let mut from = 0;
    while let Some((start, end)) = address(part, from) {
        from = end;
        let url = &part[start..end];
        if !is_allowed(url, allowed) {
            let url: String = url.chars().filter(|c| *c != '`').collect();
            changes.push((span.start + start..span.start + end, format!("`{url}`")));
        }
    }
}

/// Finds an address in a text from a place on.
fn address(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut before = text.get(..from)?.chars().next_back();
    for (offset, c) in text.get(from..)?.char_indices() {
        let at = from + offset;
        let rest = &text[at..];
        let starts = ["http://", "https://", "www.", "ftp://"];
        let found = starts.iter().any(|start| {
            rest.len() > start.len()
                && rest.is_char_boundary(start.len())
                && rest[..start.len()].eq_ignore_ascii_case(start)
        });
        if found && !before.is_some_and(|c| c.is_alphanumeric()) {
            let length = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '<' | '`' | '|'))
                .unwrap_or(rest.len());
            let address = rest[..length]
                .trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', '*', '_', ')', ']']);
            return Some((at, at + address.len()));
        }
        before = Some(c);
    }
    None
}

fn is_allowed(url: &str, allowed: &[&str]) -> bool {
    allowed.iter().any(|known| {
        url == *known
            || url
                .strip_prefix(known)
                .is_some_and(|rest| rest.starts_with('#'))
    })
}

/// A text whose every sign of Markdown is just that sign.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '<' | '>' | '!' | '`' | '\\' | '&') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests;

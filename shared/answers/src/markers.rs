//! Citation markers in an answer: found, checked and normalised, whole or as the text streams in.
//!
//! The stream and the whole text take the same path, one character after the other, so that they cannot
//! differ.

use crate::chars::digit;

/// Longest marker, in characters. What goes on without an end is text.
pub(crate) const MAX_MARKER: usize = 80;
/// Most citations of an answer. Markers beyond go, as those of no source do.
pub const MAX_CITATIONS: usize = 200;
/// Most numbers that a range such as `[1-3]` may stand for.
const MAX_RANGE: u32 = 16;

/// A citation: where its marker stands in the emitted text, and the source that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Citation {
    /// Where the marker `[n]` begins, in characters of all text emitted.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The number of the source, from 1.
    pub source: usize,
}

/// Text that may be shown, with the citations whose markers are in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The text. Its markers all have the form `[n]`.
    pub text: String,
    /// The citations in it, in order.
    pub citations: Vec<Citation>,
}

/// Reads the markers of a whole answer, of which `sources` sources are numbered from 1.
pub fn markers(answer: &str, sources: usize) -> Marked {
    let mut filter = MarkerFilter::new(sources);
    let mut all = filter.push(answer);
    let rest = filter.finish();
    all.text.push_str(&rest.text);
    all.citations.extend(rest.citations);
    all
}

/// A text without markers such as `[1]`, and the spaces before them.
pub fn without_markers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        let number = from[1..].trim_start_matches(|c: char| c.is_ascii_digit());
        if number.len() < from.len() - 1 && number.starts_with(']') {
            kept.push_str(before.trim_end_matches(' '));
            rest = &number[1..];
        } else {
            kept.push_str(before);
            kept.push('[');
            rest = &from[1..];
        }
    }
    kept.push_str(rest);
    kept
}

/// Takes an answer as it streams in and lets through what may be shown.
///
/// A marker is `[1]`, `[2, 3]`, `[1-3]`, `[^1]`, `【1】` or `[1†name]`. It is held back until it is whole. Dropped are
/// numbers of no source, repetitions side by side, markers within markers, and what is half a marker
/// at the end, and all after [`MAX_CITATIONS`]. Code is left as it is, and so is `\[1]`.
#[derive(Clone, Debug)]
pub struct MarkerFilter {
    sources: usize,
    /// Bytes of a character whose rest has not come.
    bytes: Vec<u8>,
    /// What may be a marker; begins with an opening bracket.
    held: String,
    /// Its length in characters.
    held_chars: usize,
    depth: usize,
    nested: bool,
    /// Whether the held text has a `†`, behind which anything may stand.
    named: bool,
    /// A space that is dropped if it would precede nothing but a dropped marker.
    space: bool,
    dropped: bool,
    previous: char,
    /// Sources cited since the last character that is no marker.
    group: Vec<usize>,
    emitted: usize,
    /// Citations so far.
    cited: usize,
    code: Code,
    out: Marked,
}

/// Where in code the filter is.
#[derive(Clone, Copy, Debug, Default)]
struct Code {
    /// Backticks since the last other character.
    run: usize,
    /// How many opened the code that the text is in; 0 outside.
    open: usize,
    /// Whether the line holds nothing but spaces before the run.
    line_start: bool,
    run_at_line_start: bool,
    fence: bool,
}

impl MarkerFilter {
    /// A filter for an answer with `sources` sources.
    pub fn new(sources: usize) -> Self {
        Self {
            sources,
            bytes: Vec::new(),
            held: String::new(),
            held_chars: 0,
            depth: 0,
            nested: false,
            named: false,
            space: false,
            dropped: false,
            previous: '\n',
            group: Vec::new(),
            emitted: 0,
            cited: 0,
            code: Code {
                line_start: true,
                ..Code::default()
            },
            out: Marked::default(),
        }
    }

    /// Takes the next piece of the answer; returns what may be shown by now.
    pub fn push(&mut self, delta: &str) -> Marked {
        for c in delta.chars() {
            self.take(c);
        }
        std::mem::take(&mut self.out)
    }

    /// [`MarkerFilter::push`] for pieces that may end within a character. Bytes that are no UTF-8 become
    /// U+FFFD.
    pub fn push_bytes(&mut self, delta: &[u8]) -> Marked {
        self.bytes.extend_from_slice(delta);
        let bytes = std::mem::take(&mut self.bytes);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    text.chars().for_each(|c| self.take(c));
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    String::from_utf8_lossy(valid)
                        .chars()
                        .for_each(|c| self.take(c));
                    let Some(length) = error.error_len() else {
                        self.bytes = after.to_vec();
                        break;
                    };
                    self.take('\u{fffd}');
                    rest = after.get(length..).unwrap_or_default();
                }
            }
        }
        std::mem::take(&mut self.out)
    }

    /// Ends the answer; returns what is left to show.
    pub fn finish(&mut self) -> Marked {
        if !std::mem::take(&mut self.bytes).is_empty() {
            self.take('\u{fffd}');
        }
        if !self.held.is_empty() {
            self.held.clear();
            self.dropped = true;
        }
        if self.space && !self.dropped {
            self.put(' ');
        }
        let emitted = std::mem::take(&mut self.out);
        *self = Self::new(self.sources);
        emitted
    }

    fn take(&mut self, c: char) {
        if self.held.is_empty() {
            self.outside(c);
            return;
        }
        self.held.push(c);
        self.held_chars += 1;
        match c {
            _ if self.held_chars > MAX_MARKER => self.release(),
            '[' | '【' | '［' => {
                self.depth += 1;
                self.nested = true;
            }
            ']' | '】' | '］' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.close();
                }
            }
            '\n' => self.release(),
            '†' => self.named = true,
            _ if self.named || digit(c).is_some() => {}
            ' ' | '\u{a0}' | ',' | '，' | '、' | ';' | '；' | '،' | '^' | ':' | '-' | '–' => {
            }
            _ => self.release(),
        }
    }

    fn outside(&mut self, c: char) {
        self.code.step(c);
        let opens =
            matches!(c, '[' | '【' | '［') && self.previous != '\\' && !self.code.is_inside();
        if opens {
            self.held.push(c);
            (self.held_chars, self.depth) = (1, 1);
            (self.nested, self.named) = (false, false);
            return;
        }
        self.group.clear();
        self.text(c);
    }

    /// Emits a character of the text, and the space before it if that is still wanted.
    fn text(&mut self, c: char) {
        if self.space {
            let closes = matches!(
                c,
                '.' | ','
                    | ';'
                    | ':'
                    | '!'
                    | '?'
                    | '。'
                    | '，'
                    | '؟'
                    | '،'
                    | '।'
                    | ' '
                    | '\n'
                    | ')'
            );
            if !(self.dropped && closes) {
                self.put(' ');
            }
            self.space = false;
        }
        self.dropped = false;
        self.previous = c;
        if c == ' ' {
            self.space = true;
        } else {
            self.put(c);
        }
    }

    fn put(&mut self, c: char) {
        self.out.text.push(c);
        self.emitted += 1;
    }

    /// The held text turns out to be none: its bracket is text, and what follows is read again.
    fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        let mut chars = held.chars();
        if let Some(first) = chars.next() {
            self.group.clear();
            self.text(first);
        }
        for c in chars {
            self.take(c);
        }
    }

    /// The held text has its closing bracket.
    fn close(&mut self) {
        let inner = self.held.char_indices().nth(1).map_or(0, |(at, _)| at);
        let body = self.held.get(inner..).unwrap_or_default();
        let body = body.trim_end_matches([']', '】', '］']);
        let has_digit = body.chars().any(|c| digit(c).is_some());
        if !has_digit {
            self.release_whole();
            return;
        }
        let numbers = if self.nested {
            Vec::new()
        } else {
            numbers(body, self.sources)
        };
        self.held.clear();
        self.previous = ']';
        for source in numbers {
            if self.group.contains(&source) || self.cited == MAX_CITATIONS {
                continue;
            }
            self.cited += 1;
            self.group.push(source);
            if std::mem::take(&mut self.space) {
                self.put(' ');
            }
            let start = self.emitted;
            for c in format!("[{source}]").chars() {
                self.put(c);
            }
            self.out.citations.push(Citation {
                start,
                end: self.emitted,
                source,
            });
        }
        self.dropped = true;
    }

    /// A pair of brackets without a number is text.
    fn release_whole(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.group.clear();
        for c in held.chars() {
            self.text(c);
        }
    }
}

impl Code {
    fn is_inside(self) -> bool {
        self.open > 0 || self.run > 0
    }

    fn step(&mut self, c: char) {
        if c == '`' {
            if self.run == 0 {
                self.run_at_line_start = self.line_start;
            }
            self.run += 1;
            self.line_start = false;
            return;
        }
        let run = std::mem::take(&mut self.run);
        if run > 0 {
            let fence = run >= 3 && self.run_at_line_start;
            if self.open == 0 {
                (self.open, self.fence) = (run, fence);
            } else if self.fence && fence && run >= self.open || !self.fence && run == self.open {
                self.open = 0;
            }
        }
        if c == '\n' {
            self.line_start = true;
            // Code within a line ends with it: a backtick alone opens nothing.
            if !self.fence {
                self.open = 0;
            }
        } else if c != ' ' {
            self.line_start = false;
        }
        if self.open == 0 {
            self.fence = false;
        }
    }
}

/// The numbers of a marker's body that name a source, each once.
fn numbers(body: &str, sources: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for part in body.split([',', '，', '、', ';', '；', '،']) {
        // `4:0†name` is the fourth source; what follows is a place in it.
        let part = part.split(['†', ':']).next().unwrap_or_default();
        let mut ends = part.split(['-', '–']).map(number);
        let range = match (ends.next().flatten(), ends.next(), ends.next()) {
            (Some(one), None, _) => one..=one,
            (Some(first), Some(Some(last)), None) if last.saturating_sub(first) < MAX_RANGE => {
                first..=last
            }
            _ => continue,
        };
        for source in range.filter_map(|number| usize::try_from(number).ok()) {
            if (1..=sources).contains(&source) && !found.contains(&source) {
                found.push(source);
            }
        }
    }
    found
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim().trim_start_matches('^').trim();
    if text.is_empty() {
        return None;
    }
    text.chars().try_fold(0u32, |value, c| {
        value.checked_mul(10)?.checked_add(digit(c)?)
    })
}

#[cfg(test)]
mod tests;

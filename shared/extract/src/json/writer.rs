//! Writes JSON values as lines of `path: value` while they are parsed, at any depth of nesting.

use std::borrow::Cow;

use super::tokens::{Broken, Token, Tokens};

/// Deepest nesting; more occurs only in malicious files.
const MAX_DEPTH: usize = 100_000;
/// Longest path in bytes; a longer one is shortened, because it is repeated in each line.
const MAX_PATH: usize = 200;
/// Lengths of the start and end that are kept of a long path.
const PATH_ENDS: (usize, usize) = (60, 130);

/// The text of a value.
#[derive(Default)]
pub struct Value {
    /// A block for each item of a top-level list, or a single block.
    pub blocks: Vec<String>,
    /// The member `title` of an object, else `name`.
    pub title: Option<String>,
}

/// Writes the next value; `None` at the end.
pub fn value(tokens: &mut Tokens<'_>) -> Result<Option<Value>, Broken> {
    loop {
        match tokens.next()? {
            None => return Ok(None),
            // Between objects in a row that lack the brackets of a list.
            Some(Token::Comma) => tokens.lenient += 1,
            Some(first) => return Writer::default().write(first, tokens).map(Some),
        }
    }
}

/// Writes the only value of a line, which must be a list or an object: a line of a longer value may be a mere number.
pub fn line(tokens: &mut Tokens<'_>) -> Result<Option<Value>, Broken> {
    let Some(first) = tokens.next()? else {
        return Ok(None);
    };
    if !matches!(first, Token::ObjectStart | Token::ArrayStart) {
        return Err(tokens.broken("neither a list nor an object"));
    }
    let value = Writer::default().write(first, tokens)?;
    match tokens.next()? {
        None => Ok(Some(value)),
        Some(_) => Err(tokens.broken("more than a value")),
    }
}

/// An open list or object.
struct Frame<'a> {
    /// Length of its path in bytes.
    path: usize,
    next: Next,
    members: Members<'a>,
}

/// The tokens that may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    MemberOrEnd,
    CommaOrEnd,
    /// After a comma.
    Member,
}

enum Members<'a> {
    Named,
    /// Items of the top-level list, a block each.
    Blocks,
    /// Items of another list, as long as all of them are scalars.
    Scalars(Vec<Cow<'a, str>>),
    /// Number of items written so far.
    Numbered(usize),
}

#[derive(Default)]
struct Writer<'a> {
    frames: Vec<Frame<'a>>,
    /// Path of the current value, joined by dots.
    path: String,
    lines: String,
    value: Value,
    /// The member `name`.
    name: Option<String>,
    /// The name of a member that may become the title, if the next value is its text.
    names_document: Option<&'static str>,
}

impl<'a> Writer<'a> {
    fn write(mut self, first: Token<'a>, tokens: &mut Tokens<'a>) -> Result<Value, Broken> {
        let mut token = Some(first);
        loop {
            match token {
                Some(Token::String(text)) => {
                    match self.names_document.take() {
                        Some("title") => self.value.title = Some(text.clone().into_owned()),
                        Some(_) => self.name = Some(text.clone().into_owned()),
                        None => {}
                    }
                    self.scalar(text);
                }
                Some(Token::Bare(word)) => self.scalar(Cow::Borrowed(word)),
                Some(Token::ObjectStart) => self.open(true),
                Some(Token::ArrayStart) => self.open(false),
                Some(_) => return Err(tokens.broken("a value is missing")),
                None => {}
            }
            if self.frames.len() > MAX_DEPTH {
                return Err(tokens.broken("nested too deep"));
            }
            if self.frames.is_empty() {
                self.end_block();
                self.value.title = self.value.title.or(self.name);
                return Ok(self.value);
            }
            token = self.step(tokens)?;
        }
    }

    /// The first token of the next value; `None` if the current list or object ends.
    fn step(&mut self, tokens: &mut Tokens<'a>) -> Result<Option<Token<'a>>, Broken> {
        let unfinished = |tokens: &Tokens<'_>| tokens.broken("unfinished");
        let depth = self.frames.len();
        let Some(frame) = self.frames.last_mut() else {
            return Ok(None);
        };
        let named = matches!(frame.members, Members::Named);
        let mut token = tokens.next()?.ok_or_else(|| unfinished(tokens))?;
        if frame.next == Next::CommaOrEnd && token == Token::Comma {
            frame.next = Next::Member;
            token = tokens.next()?.ok_or_else(|| unfinished(tokens))?;
        }
        let end = if named {
            Token::ObjectEnd
        } else {
            Token::ArrayEnd
        };
        if token == end {
            tokens.lenient += usize::from(frame.next == Next::Member);
            self.close();
            return Ok(None);
        }
        if frame.next == Next::CommaOrEnd {
            return Err(tokens.broken("a comma is missing"));
        }
        frame.next = Next::CommaOrEnd;
        if !named {
            return Ok(Some(token));
        }
        let Token::String(name) = token else {
            return Err(tokens.broken("a name is missing"));
        };
        if tokens.next()? != Some(Token::Colon) {
            return Err(tokens.broken("a colon is missing"));
        }
        self.path.truncate(frame.path);
        push(&mut self.path, &name);
        self.names_document = match name.as_ref() {
            "title" if depth == 1 && self.value.title.is_none() => Some("title"),
            "name" if depth == 1 && self.name.is_none() => Some("name"),
            _ => None,
        };
        tokens
            .next()?
            .map_or_else(|| Err(unfinished(tokens)), |token| Ok(Some(token)))
    }

    fn scalar(&mut self, text: Cow<'a, str>) {
        self.names_document = None;
        match self.frames.last_mut() {
            Some(Frame {
                members: Members::Scalars(scalars),
                ..
            }) => scalars.push(text),
            Some(Frame {
                members: Members::Numbered(count),
                path,
                ..
            }) => {
                *count += 1;
                self.path.truncate(*path);
                push(&mut self.path, &count.to_string());
                line_of(&self.path, &text, &mut self.lines);
            }
            frame => {
                let ends_block = matches!(
                    frame,
                    Some(Frame {
                        members: Members::Blocks,
                        ..
                    })
                );
                line_of(&self.path, &text, &mut self.lines);
                if ends_block {
                    self.end_block();
                }
            }
        }
    }

    fn open(&mut self, named: bool) {
        self.names_document = None;
        if let Some(frame) = self.frames.last_mut() {
            if let Members::Scalars(scalars) = &mut frame.members {
                // A non-scalar item follows scalars, so these get separate lines.
                for (number, text) in scalars.iter().enumerate() {
                    self.path.truncate(frame.path);
                    push(&mut self.path, &(number + 1).to_string());
                    line_of(&self.path, text, &mut self.lines);
                }
                frame.members = Members::Numbered(scalars.len());
            }
            if let Members::Numbered(count) = &mut frame.members {
                *count += 1;
                self.path.truncate(frame.path);
                push(&mut self.path, &count.to_string());
                // An object in a list begins a paragraph.
                if named && !self.lines.is_empty() {
                    self.lines.push('\n');
                }
            }
        }
        let members = match (named, self.frames.is_empty()) {
            (true, _) => Members::Named,
            (false, true) => Members::Blocks,
            (false, false) => Members::Scalars(Vec::new()),
        };
        self.frames.push(Frame {
            path: self.path.len(),
            next: Next::MemberOrEnd,
            members,
        });
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.path.truncate(frame.path);
        if let Members::Scalars(scalars) = frame.members {
            line_of(&self.path, &scalars.join(", "), &mut self.lines);
        }
        if matches!(
            self.frames.last(),
            Some(Frame {
                members: Members::Blocks,
                ..
            })
        ) {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        if !self.lines.is_empty() {
            self.value.blocks.push(std::mem::take(&mut self.lines));
        }
    }
}

fn push(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

fn line_of(path: &str, value: &str, lines: &mut String) {
    if path.len() > MAX_PATH {
        let (start, end) = PATH_ENDS;
        lines.push_str(&path[..path.floor_char_boundary(start)]);
        lines.push('…');
        lines.push_str(&path[path.ceil_char_boundary(path.len() - end)..]);
        lines.push_str(": ");
    } else if !path.is_empty() {
        lines.push_str(path);
        lines.push_str(": ");
    }
    lines.push_str(value);
    lines.push('\n');
}

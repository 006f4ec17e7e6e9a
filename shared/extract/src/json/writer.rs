//! Writes the values of JSON as lines of `path: value` while they are read, however deep they are nested.

use std::borrow::Cow;

use super::tokens::{Broken, Token, Tokens};

/// More levels than this are an attack.
const MAX_DEPTH: usize = 100_000;
/// A path longer than this many bytes is shortened where it is written, as it stands in each line below it.
const MAX_PATH: usize = 200;
/// What is kept of it: its beginning and its end.
const PATH_ENDS: (usize, usize) = (60, 130);

/// What was written of a value.
#[derive(Default)]
pub struct Value {
    /// A block for each member of a list, or one.
    pub blocks: Vec<String>,
    /// The member `title` of an object, or `name`.
    pub title: Option<String>,
}

/// Writes the next value, if there is one.
pub fn value(tokens: &mut Tokens<'_>) -> Result<Option<Value>, Broken> {
    loop {
        match tokens.next()? {
            None => return Ok(None),
            // Between the objects of a list without its brackets.
            Some(Token::Comma) => tokens.lenient += 1,
            Some(first) => return Writer::default().write(first, tokens).map(Some),
        }
    }
}

/// Writes the only value of a line, which must be a list or an object: lines of a longer value may be numbers.
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

/// A list or an object that is open.
struct Frame<'a> {
    /// Length of its path.
    path: usize,
    next: Next,
    members: Members<'a>,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    MemberOrEnd,
    CommaOrEnd,
    /// After a comma.
    Member,
}

enum Members<'a> {
    Named,
    /// Of a list that is the whole value: each is a block.
    Blocks,
    /// Of another list, as long as all are scalars.
    Scalars(Vec<Cow<'a, str>>),
    /// The number of those that were written.
    Numbered(usize),
}

#[derive(Default)]
struct Writer<'a> {
    frames: Vec<Frame<'a>>,
    /// Of the value that is read, its parts joined by dots.
    path: String,
    lines: String,
    value: Value,
    /// The member `name`.
    name: Option<String>,
    /// The title's place, where the next value is one.
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

    /// The beginning of the next member of what is open, or none where that ends.
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
                // It has other members than scalars after all.
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

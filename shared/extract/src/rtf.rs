//! Reads Rich Text Format (RTF 1.9.1): paragraphs, headings, tables, text boxes and notes; text is in the code page of
//! its font. The available crates support neither code pages nor tables.

mod fields;
mod flow;
mod fonts;
mod info;
mod keywords;
mod math;
mod rows;
mod texts;

use dynrag_domain::{chunks::Extracted, documents::FailureCode, warnings::WarningCode};

use self::{
    fields::Shown,
    flow::{Block, Flow, Kind},
    fonts::{Font, Fonts, Styles},
    info::{Field, Info},
    math::Math,
    rows::Room,
    texts::Margins,
};
use crate::{
    code_pages, html_parser, html_text,
    protocol::Refusal,
    text::{self, Builder},
};

/// Groups within groups: beyond, the file is an attack.
const MAX_DEPTH: usize = 1_000;

/// The destination of a group's text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Destination {
    Text,
    Skipped,
    Fonts,
    Styles,
    /// Information about the document, and its individual texts and dates.
    Info,
    Field(Field),
    /// A drawing, of which only text boxes are read, and a property of it: its name, its value.
    Shape,
    ShapeName,
    ShapeValue,
    /// A picture, which has a description among its properties.
    Picture,
    /// The instruction of a field.
    Instruction,
    /// The author of the comment that follows.
    CommentAuthor,
    /// A tag of an HTML page that is stored in the file.
    HtmlTag,
    /// The number of a list item.
    ItemNumber,
    /// Text in two forms, the second of which is Unicode.
    Twice,
}

#[derive(Clone, Copy)]
struct Group {
    to: Destination,
    /// The destination of the text in [`Destination::Twice`].
    outer: Destination,
    /// Bytes that follow a `\u` for readers that know no Unicode.
    fallback: usize,
    font: Option<i32>,
    hidden: bool,
    deleted: bool,
    /// Whether the text is only for RTF readers, in a file that stores an HTML page.
    only_rtf: bool,
    /// Whether `\*` was read: an unknown destination that follows is skipped.
    optional: bool,
    /// The text that ends with this group.
    flow: Option<Kind>,
    /// Start of the list number that ends with this group.
    item: Option<usize>,
    /// Whether a field or an element of a formula ends with this group.
    field: bool,
    math: bool,
}

/// Reads a file, including hidden text if `include_hidden` is set.
pub fn read(bytes: &[u8], include_hidden: bool) -> Result<Extracted, Refusal> {
    // Not `{\rtf`: there are fragments about that every word processor opens.
    if !bytes.trim_ascii_start().starts_with(b"{\\") {
        return Err(Refusal::new(FailureCode::CorruptFile, "no RTF header"));
    }
    let mut reader = Reader::new(bytes, include_hidden);
    reader.run()?;
    let title = text::title(&reader.info.title);
    let properties = reader.info.properties();
    Ok(Extracted {
        properties,
        ..reader.finish().finish(title, None, "rtf")
    })
}

struct Reader<'a> {
    rest: &'a [u8],
    include_hidden: bool,
    /// The document's code page, and its default font.
    page: i32,
    usual_font: Option<i32>,
    fonts: Fonts,
    styles: Styles,
    groups: Vec<Group>,
    group: Group,
    /// Bytes that are still to be decoded.
    pending: Vec<u8>,
    /// Whether the last of them is a lead byte, and whether it is unescaped.
    lead: Option<bool>,
    /// A first half of a surrogate pair.
    surrogate: Option<u16>,
    to_skip: usize,
    info: Info,
    flow: Flow,
    /// The texts around the current one.
    outer: Vec<Flow>,
    /// Headers and footers read so far.
    headers: Margins,
    footers: Margins,
    /// Remaining capacity for tables.
    room: Room,
    shape_name: String,
    shape_value: String,
    fields: Vec<Shown>,
    math: Option<Math>,
    /// Whether the next text is separated from the word before it.
    apart: bool,
    comment_author: String,
    /// The HTML page stored in the file (MS-OXRTFEX).
    html: Option<String>,
    /// The reason why the last text was left out, so that a run of it counts once.
    leaving_out: Option<WarningCode>,
    builder: Builder,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], include_hidden: bool) -> Self {
        Self {
            rest: bytes,
            include_hidden,
            page: 1252,
            usual_font: None,
            fonts: Fonts::default(),
            styles: Styles::default(),
            groups: Vec::new(),
            group: Group {
                to: Destination::Text,
                outer: Destination::Text,
                fallback: 1,
                font: None,
                hidden: false,
                deleted: false,
                only_rtf: false,
                optional: false,
                flow: None,
                item: None,
                field: false,
                math: false,
            },
            pending: Vec::new(),
            lead: None,
            surrogate: None,
            to_skip: 0,
            info: Info::default(),
            flow: Flow::default(),
            outer: Vec::new(),
            headers: Margins::default(),
            footers: Margins::default(),
            room: Room::default(),
            shape_name: String::new(),
            shape_value: String::new(),
            fields: Vec::new(),
            math: None,
            apart: false,
            comment_author: String::new(),
            html: None,
            leaving_out: None,
            builder: Builder::default(),
        }
    }

    fn run(&mut self) -> Result<(), Refusal> {
        while let [byte, after @ ..] = self.rest {
            self.rest = after;
            match byte {
                b'{' | b'}' | b'\\' if self.is_second(*byte) => self.byte(*byte, true),
                b'{' => {
                    self.decode();
                    self.to_skip = 0;
                    if self.groups.len() >= MAX_DEPTH {
                        let detail = "groups nested too deeply";
                        return Err(Refusal::new(FailureCode::CorruptFile, detail));
                    }
                    self.groups.push(self.group);
                    self.group = Group {
                        flow: None,
                        item: None,
                        field: false,
                        math: false,
                        optional: false,
                        ..self.group
                    };
                }
                b'}' => {
                    if !self.end_group() {
                        return Ok(());
                    }
                }
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(*byte, true),
            }
        }
        // The file was truncated.
        while self.end_group() {}
        self.decode();
        Ok(())
    }

    /// Whether a byte with a meaning in RTF is the second byte of a character: old East Asian programs did not escape
    /// it.
    fn is_second(&self, byte: u8) -> bool {
        let escape = byte == b'\\' && matches!(self.rest, [b'\'' | b'\\' | b'{' | b'}', ..]);
        self.lead == Some(true) && !escape
    }

    /// Ends a group; `false` if none is open.
    fn end_group(&mut self) -> bool {
        self.decode();
        self.to_skip = 0;
        self.lead = None;
        if let Some(start) = self.group.item {
            self.end_item(start);
        }
        if self.group.to == Destination::ShapeValue {
            self.end_shape_value();
        }
        if std::mem::take(&mut self.group.math) {
            self.end_math();
        }
        if std::mem::take(&mut self.group.field) {
            self.end_field();
        }
        if let Some(kind) = self.group.flow {
            self.end_flow(kind);
        }
        match self.groups.pop() {
            Some(group) => {
                self.group = group;
                true
            }
            None => false,
        }
    }

    /// A byte of text in the code page of its font; `raw` if it is unescaped.
    fn byte(&mut self, byte: u8, raw: bool) {
        self.group.optional = false;
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return;
        }
        match self.group.to {
            Destination::Skipped
            | Destination::Shape
            | Destination::Picture
            | Destination::Info
            | Destination::Twice => {}
            Destination::Fonts => self.fonts.byte(byte),
            Destination::Styles => self.styles.byte(byte),
            _ => {
                self.lead = match self.lead {
                    Some(_) => None,
                    None if byte < 0x80 => None,
                    None => code_pages::is_lead(self.page_of_text(), byte).then_some(raw),
                };
                self.pending.push(byte);
            }
        }
    }

    fn font(&self) -> Font {
        self.group
            .font
            .or(self.usual_font)
            .map(|font| self.fonts.get(font))
            .unwrap_or_default()
    }

    fn page_of_text(&self) -> i32 {
        self.font().page.unwrap_or(self.page)
    }

    fn decode(&mut self) {
        self.surrogate = None;
        self.lead = None;
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        if let Some(signs) = self.font().signs {
            let sign = |byte: &u8| match *byte {
                byte if byte < 0x20 => char::from(byte),
                byte => signs.character(u32::from(byte)).unwrap_or('•'),
            };
            let text: String = bytes.iter().map(sign).collect();
            self.push(&text);
            return;
        }
        let page = self.page_of_text();
        let (mut text, mut replaced) = code_pages::decode(page, &bytes);
        // Some programs declare every font as Western, whatever the text.
        if replaced > 0 && self.font().western && matches!(page, 932 | 936 | 949 | 950) {
            (text, replaced) = code_pages::decode(1252, &bytes);
        }
        if self.is_read() {
            self.builder
                .warnings
                .add(WarningCode::CharactersReplaced, replaced);
        }
        self.push(&text);
    }

    /// Whether the current text is read.
    fn is_read(&self) -> bool {
        matches!(self.group.to, Destination::Text | Destination::ItemNumber) && !self.group.only_rtf
    }

    fn push(&mut self, text: &str) {
        match self.group.to {
            Destination::Field(field) => self.info.push(field, text),
            Destination::ShapeName => self.shape_name.push_str(text),
            Destination::ShapeValue => self.shape_value.push_str(text),
            Destination::Instruction => self.instruct(text),
            Destination::CommentAuthor => self.comment_author.push_str(text),
            Destination::HtmlTag => {
                if let Some(html) = &mut self.html {
                    html.push_str(text);
                }
            }
            Destination::Text | Destination::ItemNumber => self.push_text(text),
            _ => {}
        }
    }

    /// All blocks in order: headers, text, footers.
    fn finish(mut self) -> Builder {
        while let Some(outer) = self.outer.pop() {
            let inner = std::mem::replace(&mut self.flow, outer);
            self.flow.anchor(inner.finish(&mut self.room));
        }
        let mut builder = self.builder;
        for header in self.headers.lines() {
            builder.block(header);
        }
        let blocks = self.flow.finish(&mut self.room);
        let refused = self.room.copies.refused();
        builder.warnings.add(WarningCode::TableCut, refused);
        for Block(heading, text) in blocks {
            match heading {
                Some(level) => builder.heading(level, &text),
                None => builder.block(&text),
            }
        }
        if let Some(html) = self.html {
            builder.append(html_text::visible(&html_parser::parse(&html)));
        }
        for footer in self.footers.lines() {
            builder.block(footer);
        }
        builder
    }
}

#[cfg(test)]
mod tests;

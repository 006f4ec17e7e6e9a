//! Handles the control words of RTF.

use super::{
    Destination, Reader,
    flow::Kind,
    fonts,
    info::{Field, SKIPPED},
};

impl Reader<'_> {
    pub(super) fn control(&mut self) {
        match self.rest {
            [b'\'', a, b, after @ ..] => {
                let hex = std::str::from_utf8(&[*a, *b])
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if let Some(byte) = hex {
                    self.rest = after;
                    self.byte(byte, false);
                } else {
                    self.rest = &self.rest[1..];
                }
            }
            [b'*', after @ ..] => {
                // A destination that readers may skip if they do not know it.
                self.rest = after;
                self.group.optional = true;
            }
            [first, ..] if first.is_ascii_alphabetic() => self.word(),
            [symbol, after @ ..] => {
                self.rest = after;
                match symbol {
                    b'\\' | b'{' | b'}' => self.byte(*symbol, false),
                    b'~' => self.character("\u{a0}"),
                    b'_' => self.character("\u{2011}"),
                    b'\r' | b'\n' => self.end_of("\n"),
                    _ => {}
                }
            }
            [] => {}
        }
    }

    fn character(&mut self, text: &str) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else {
            self.decode();
            self.push(text);
        }
    }

    fn word(&mut self) {
        let end = |text: &[u8], is: fn(&u8) -> bool| {
            text.iter().position(|byte| !is(byte)).unwrap_or(text.len())
        };
        let (word, after) = self.rest.split_at(end(self.rest, u8::is_ascii_alphabetic));
        let sign = usize::from(after.first() == Some(&b'-'));
        let digits = end(&after[sign..], u8::is_ascii_digit);
        let (number, mut after) = if digits > 0 {
            after.split_at(sign + digits)
        } else {
            (&after[..0], after)
        };
        let number: Option<i32> = std::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok());
        if let Some(rest) = after.strip_prefix(b" ") {
            after = rest;
        }
        self.rest = after;
        let optional = std::mem::take(&mut self.group.optional);
        self.keyword(word, number, optional);
    }

    fn keyword(&mut self, word: &[u8], number: Option<i32>, optional: bool) {
        match word {
            b"bin" => {
                let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
                self.rest = &self.rest[length.min(self.rest.len())..];
                return;
            }
            b"u" => return self.unicode(number.unwrap_or(0)),
            b"uc" => {
                let bytes = usize::try_from(number.unwrap_or(1)).unwrap_or(1);
                self.group.fallback = bytes.min(100);
                return;
            }
            _ => {}
        }
        match self.group.to {
            Destination::Skipped => {}
            Destination::Fonts | Destination::Styles if optional => {
                self.group.to = Destination::Skipped
            }
            Destination::Fonts => self.fonts.word(word, number),
            Destination::Styles => self.styles.word(word, number),
            Destination::Info => match Field::named(word) {
                Some(field) => self.group.to = Destination::Field(field),
                None if optional => self.group.to = Destination::Skipped,
                None => {}
            },
            Destination::Field(field) => self.info.part(field, word, number),
            Destination::Twice if word == b"ud" => self.group.to = self.group.outer,
            Destination::Twice => {}
            _ => self.text_word(word, number, optional),
        }
    }

    /// Handles a control word in text.
    fn text_word(&mut self, word: &[u8], number: Option<i32>, optional: bool) {
        if self.group.to == Destination::Instruction {
            return self.of_instruction(word, number, optional);
        }
        if self.is_read() && self.begin_math(word, number) {
            return;
        }
        if self.destination(word) {
            return;
        }
        match self.group.to {
            _ if optional => self.group.to = Destination::Skipped,
            Destination::Shape
            | Destination::ShapeName
            | Destination::ShapeValue
            | Destination::Picture => {}
            Destination::HtmlTag => self.mark(word),
            _ => {
                self.of_document(word, number);
                self.of_characters(word, number);
                self.of_paragraphs(word, number);
                self.mark(word);
            }
        }
    }

    /// Handles a control word in the instruction of a field. Nested fields are not read.
    fn of_instruction(&mut self, word: &[u8], number: Option<i32>, optional: bool) {
        if optional || word == b"field" || SKIPPED.contains(&word) {
            self.decode();
            self.group.to = Destination::Skipped;
        } else {
            self.of_characters(word, number);
            self.mark(word);
        }
    }

    /// Begins a destination; `false` if the word is not one.
    fn destination(&mut self, word: &[u8]) -> bool {
        let in_shape = matches!(self.group.to, Destination::Shape);
        let to = match word {
            b"fonttbl" => Destination::Fonts,
            b"stylesheet" => Destination::Styles,
            b"info" => Destination::Info,
            b"upr" => {
                self.group.outer = self.group.to;
                Destination::Twice
            }
            b"shpinst" | b"do" | b"dptxbx" => Destination::Shape,
            b"pict" => Destination::Picture,
            b"picprop" if self.group.to == Destination::Picture => Destination::Shape,
            b"field" => {
                self.begin_field();
                return true;
            }
            b"fldinst" if self.is_read() && !self.fields.is_empty() => Destination::Instruction,
            b"sn" if in_shape => Destination::ShapeName,
            b"sv" if in_shape => Destination::ShapeValue,
            b"atnauthor" => {
                self.comment_author.clear();
                Destination::CommentAuthor
            }
            b"htmltag" if self.html.is_some() => Destination::HtmlTag,
            b"shptxt" | b"dptxbxtext" => {
                self.begin_flow(Kind::Box);
                return true;
            }
            // Known parts of formulas, pictures and tables, whose text is read in place.
            b"moMath" | b"moMathPara" | b"nesttableprops" | b"shppict" => self.group.to,
            _ if in_shape => {
                if SKIPPED.contains(&word) {
                    self.group.to = Destination::Skipped;
                }
                return SKIPPED.contains(&word);
            }
            b"footnote" => {
                self.begin_flow(Kind::Note);
                return true;
            }
            b"annotation" => {
                self.begin_flow(Kind::Comment);
                return true;
            }
            b"header" | b"headerl" | b"headerr" | b"headerf" => {
                self.begin_flow(Kind::Header);
                return true;
            }
            b"footer" | b"footerl" | b"footerr" | b"footerf" => {
                self.begin_flow(Kind::Footer);
                return true;
            }
            b"listtext" | b"pntext" => {
                self.decode();
                self.group.item = Some(self.flow.line.len());
                Destination::ItemNumber
            }
            _ if SKIPPED.contains(&word) => Destination::Skipped,
            _ => return false,
        };
        self.decode();
        self.group.to = to;
        true
    }

    /// Handles words about the whole document.
    fn of_document(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"ansicpg" => {
                if let Some(page) = number.filter(|page| *page > 0) {
                    self.page = page;
                }
            }
            b"mac" => self.page = 10000,
            b"pc" => self.page = 437,
            b"pca" => self.page = 850,
            b"deff" => self.usual_font = number,
            b"fromhtml" if self.html.is_none() && number != Some(0) => {
                self.html = Some(String::new());
            }
            _ => {}
        }
    }

    fn of_characters(&mut self, word: &[u8], number: Option<i32>) {
        let on = number != Some(0);
        match word {
            b"f" => {
                self.decode();
                self.group.font = number;
            }
            b"plain" => {
                self.decode();
                (self.group.font, self.group.hidden, self.group.deleted) = (None, false, false);
            }
            b"v" => {
                self.decode();
                self.group.hidden = on;
            }
            b"deleted" => {
                self.decode();
                self.group.deleted = on;
            }
            b"htmlrtf" => {
                self.decode();
                self.group.only_rtf = on && self.html.is_some();
            }
            _ => {}
        }
    }

    fn of_paragraphs(&mut self, word: &[u8], number: Option<i32>) {
        // The item of a list is part of the paragraph that it begins.
        if self.group.to == Destination::ItemNumber || self.html.is_some() {
            return;
        }
        match word {
            b"trowd" => {
                self.flow.in_table = true;
                self.flow.grid().word(word, number);
            }
            b"cellx" | b"clvmgf" | b"clvmrg" | b"clmrg" => self.flow.grid().word(word, number),
            b"intbl" => self.flow.in_table = true,
            b"itap" => {
                self.flow.depth = usize::try_from(number.unwrap_or(1)).unwrap_or(0);
                self.flow.in_table = self.flow.depth > 0;
            }
            b"pard" => {
                self.decode();
                self.flow.reset();
            }
            b"s" => self.flow.outline = number.and_then(|style| self.styles.level(style)),
            b"outlinelevel" => self.flow.outline = fonts::outline(number),
            b"cell" | b"nestcell" => {
                self.decode();
                self.flow.end_cell(word == b"nestcell", &mut self.room);
            }
            b"row" | b"nestrow" => {
                self.decode();
                self.flow.end_row(word == b"nestrow", &mut self.room);
            }
            _ => {}
        }
    }

    /// Handles words that stand for characters.
    fn mark(&mut self, word: &[u8]) {
        match word {
            b"par" | b"sect" | b"page" | b"column" => self.end_of("\n"),
            b"line" | b"lbr" | b"softline" => self.character("\n"),
            b"tab" => self.character("\t"),
            b"emdash" => self.character("—"),
            b"endash" => self.character("–"),
            b"bullet" => self.character("•"),
            b"lquote" => self.character("‘"),
            b"rquote" => self.character("’"),
            b"ldblquote" => self.character("“"),
            b"rdblquote" => self.character("”"),
            b"emspace" | b"enspace" | b"qmspace" => self.character(" "),
            b"zwj" => self.character("\u{200d}"),
            b"zwnj" => self.character("\u{200c}"),
            b"ltrmark" => self.character("\u{200e}"),
            b"rtlmark" => self.character("\u{200f}"),
            _ => {}
        }
    }

    /// Ends a paragraph, or a line in other destinations.
    fn end_of(&mut self, line: &str) {
        self.decode();
        let of_page = self.html.is_some();
        if self.group.to == Destination::Text && !of_page {
            // Deleting a paragraph mark joins the paragraph to the next one.
            if !self.group.deleted {
                self.flow.end_paragraph(&mut self.room);
            }
        } else if of_page {
            self.push(line);
        }
    }

    fn unicode(&mut self, number: i32) {
        self.group.optional = false;
        // Written as a signed 16-bit number.
        let unit = number as u16;
        let pair = self.surrogate.take();
        if !self.pending.is_empty() {
            self.decode();
        }
        let signs = self.font().signs;
        let character = match (pair, unit) {
            (_, 0xD800..=0xDBFF) => {
                self.surrogate = Some(unit);
                None
            }
            (Some(first), 0xDC00..=0xDFFF) => char::decode_utf16([first, unit])
                .next()
                .and_then(Result::ok),
            // Symbol fonts encode their bytes in the private use area.
            (_, 0xF020..=0xF0FF) => match (signs, unit) {
                (Some(signs), _) => Some(signs.character(u32::from(unit)).unwrap_or('•')),
                (None, 0xF0A7 | 0xF0B7) => Some('•'),
                _ => char::from_u32(u32::from(unit)),
            },
            _ => char::from_u32(u32::from(unit)),
        };
        if let Some(character) = character {
            self.push(character.encode_utf8(&mut [0; 4]));
        }
        self.to_skip = self.group.fallback;
    }
}

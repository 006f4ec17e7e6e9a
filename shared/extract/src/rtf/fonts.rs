//! The font table of an RTF file, which determines code pages, and its style sheet, which determines headings.

use std::collections::HashMap;

use crate::symbols;

/// Most fonts and styles of a file.
const MAX_ENTRIES: usize = 20_000;
/// Longest name that is kept, in bytes.
const MAX_NAME: usize = 200;

/// The code page of a font's character set (`\fcharset`); `None` for the document's own.
const fn page_of_charset(charset: i32) -> Option<i32> {
    Some(match charset {
        77 => 10000,
        78 => 10001,
        79 => 10003,
        80 => 10008,
        81 => 10002,
        83 => 10005,
        84 => 10004,
        85 => 10006,
        86 => 10081,
        87 => 10021,
        88 => 10029,
        89 => 10007,
        128 => 932,
        129 => 949,
        130 => 1361,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178..=180 => 1256,
        181 => 1255,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

/// Endings for the script in font names of Windows 3.1 and 95.
const ENDINGS: [(&str, i32); 9] = [
    (" cyr", 1251),
    (" cyrillic", 1251),
    (" ce", 1250),
    (" greek", 1253),
    (" tur", 1254),
    (" baltic", 1257),
    (" (hebrew)", 1255),
    (" (arabic)", 1256),
    (" (vietnamese)", 1258),
];

/// A font.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Font {
    /// The code page of its text, if it differs from the document's.
    pub page: Option<i32>,
    /// Whether it is declared as Western European.
    pub western: bool,
    /// The symbol font, if its letters show symbols.
    pub signs: Option<symbols::Font>,
}

/// The font table, `\fonttbl`.
#[derive(Default)]
pub struct Fonts {
    fonts: HashMap<i32, Font>,
    current: i32,
    font: Font,
    name: Vec<u8>,
}

impl Fonts {
    /// The font with a number.
    pub fn get(&self, number: i32) -> Font {
        self.fonts.get(&number).copied().unwrap_or_default()
    }

    /// Handles a control word in the table.
    pub fn word(&mut self, word: &[u8], number: Option<i32>) {
        match (word, number) {
            (b"f", Some(number)) => {
                self.end();
                self.current = number;
            }
            (b"fcharset", Some(number)) => {
                self.font.western = number == 0;
                self.font.page = page_of_charset(number).or(self.font.page);
            }
            (b"cpg", Some(page)) if page > 0 => self.font.page = Some(page),
            _ => {}
        }
    }

    /// Handles a byte of a name; `;` ends the font.
    pub fn byte(&mut self, byte: u8) {
        if byte == b';' {
            self.end();
        } else if self.name.len() < MAX_NAME {
            self.name.push(byte);
        }
    }

    fn end(&mut self) {
        let name = String::from_utf8_lossy(&self.name).to_lowercase();
        self.name.clear();
        let mut font = std::mem::take(&mut self.font);
        if name.trim().is_empty() && font == Font::default() {
            return;
        }
        font.signs = symbols::Font::named(&name);
        if font.page.is_none() {
            let ending = ENDINGS
                .iter()
                .find(|(ending, _)| name.trim_end().ends_with(ending));
            font.page = ending.map(|(_, page)| *page);
        }
        if self.fonts.len() < MAX_ENTRIES {
            self.fonts.insert(self.current, font);
        }
    }
}

/// The style sheet, `\stylesheet`: which paragraph styles are headings.
#[derive(Default)]
pub struct Styles {
    levels: HashMap<i32, u8>,
    current: i32,
    outline: Option<u8>,
    name: Vec<u8>,
}

impl Styles {
    /// The heading level of a style, from 1.
    pub fn level(&self, style: i32) -> Option<u8> {
        self.levels.get(&style).copied()
    }

    /// Handles a control word in the sheet.
    pub fn word(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"s" => self.current = number.unwrap_or(0),
            b"outlinelevel" => self.outline = outline(number),
            _ => {}
        }
    }

    /// Handles a byte of a name; `;` ends the style.
    pub fn byte(&mut self, byte: u8) {
        if byte != b';' {
            if self.name.len() < MAX_NAME {
                self.name.push(byte);
            }
            return;
        }
        let name = String::from_utf8_lossy(&std::mem::take(&mut self.name)).to_ascii_lowercase();
        let number = name
            .trim()
            .strip_prefix("heading ")
            .and_then(|number| number.trim().parse().ok());
        let named = number.filter(|level| (1..=9).contains(level));
        if let Some(level) = self.outline.take().or(named)
            && self.levels.len() < MAX_ENTRIES
        {
            self.levels.insert(self.current, level);
        }
        self.current = 0;
    }
}

/// The heading level of `\outlinelevelN`; 9 means body text.
pub fn outline(number: Option<i32>) -> Option<u8> {
    let level = u8::try_from(number?).ok()?;
    (level < 9).then_some(level + 1)
}

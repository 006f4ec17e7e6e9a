//! What a character is, as far as cutting a text into words goes.

use unicode_normalization::char::is_combining_mark;

/// What a character is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A letter or digit of a script with spaces.
    Letter,
    /// Belongs to the letter before it.
    Mark,
    /// Invisible: within a word as if it were not there.
    Ignorable,
    /// An apostrophe, or whatever else stands between two letters of one word.
    Inner,
    /// Joins the words of an identifier, an address or a number: `_`, `-`, `.`, `@` …
    Joiner,
    /// Korean, whose words are also cut into pairs of syllables.
    Hangul,
    /// Han and kana, written without spaces.
    Cjk,
    /// Thai, Lao, Khmer and Burmese, written without spaces between words.
    SouthEastAsian,
    /// Everything else.
    Break,
}

const ASCII: [Class; 128] = {
    let mut table = [Class::Break; 128];
    let mut at = 0;
    while at < 128 {
        table[at] = match at as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'\'' => Class::Inner,
            b'_' | b'-' | b'.' | b'/' | b'\\' | b'@' | b':' | b'+' | b'#' | b'&' | b'=' | b'?'
            | b'%' | b',' => Class::Joiner,
            _ => Class::Break,
        };
        at += 1;
    }
    table
};

/// The class of a byte below 128; [`Class::Break`] for others.
pub(crate) fn of_byte(byte: u8) -> Class {
    ASCII
        .get(usize::from(byte))
        .copied()
        .unwrap_or(Class::Break)
}

/// The class of a character.
pub(crate) fn of(c: char) -> Class {
    match c {
        '\0'..='\x7f' => u8::try_from(c).map_or(Class::Break, of_byte),
        '\u{ad}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200c}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => Class::Ignorable,
        // Apostrophes, the marks of Hebrew abbreviations, the dot of Catalan.
        '‘' | '’' | '\u{2bb}' | '\u{2bc}' | '׳' | '״' | '·' => Class::Inner,
        // Hyphens and dashes; the signs of Arabic numbers.
        '‐'..='–' | '−' | '٫' | '٬' => Class::Joiner,
        '\u{ff01}'..='\u{ff5e}' => of(narrow(c)),
        '\u{3005}'..='\u{3007}'
        | '\u{3031}'..='\u{3035}'
        | '\u{3041}'..='\u{309a}'
        | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}' => Class::Cjk,
        '\u{1100}'..='\u{11ff}'
        | '\u{3131}'..='\u{318e}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{ffa0}'..='\u{ffdc}' => Class::Hangul,
        '\u{e01}'..='\u{e3a}'
        | '\u{e40}'..='\u{e4e}'
        | '\u{e50}'..='\u{e59}'
        | '\u{e80}'..='\u{eff}'
        | '\u{1000}'..='\u{1049}'
        | '\u{1050}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}'
        | '\u{17dc}'..='\u{17e9}'
        | '\u{a9e0}'..='\u{a9ff}'
        | '\u{aa60}'..='\u{aa7f}' => Class::SouthEastAsian,
        // Units in one square, which NFKC spells out.
        '\u{3371}'..='\u{33ff}' => Class::Letter,
        _ if is_combining_mark(c) => Class::Mark,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Break,
    }
}

/// A full-width form as ASCII; anything else as it is.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xff01 + u32::from('!')).unwrap_or(c)
        }
        other => other,
    }
}

/// Whether a character is a Han one.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character is katakana, whose words no dictionary has: most are names and loans.
pub(crate) fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_their_classes() {
        for (characters, class) in [
            ("aZ0éßжعאह²½①㎏ＡＺ０", Class::Letter),
            ("\u{301}\u{94d}\u{5b8}\u{64b}", Class::Mark),
            ("\u{ad}\u{200d}\u{feff}\u{200e}", Class::Ignorable),
            ("'’׳·＇", Class::Inner),
            ("_-.@/–＿．", Class::Joiner),
            ("한ᄒㅎﾡ", Class::Hangul),
            ("水々〇ひカーｶﾞ𠀀", Class::Cjk),
            ("กຂខမ่๑", Class::SouthEastAsian),
            (" \n\"(!。、・「😀€\u{200b}", Class::Break),
        ] {
            for c in characters.chars() {
                assert_eq!(of(c), class, "{c:?}");
            }
        }
    }
}

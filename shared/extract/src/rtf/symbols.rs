//! Characters of the fonts Symbol and Wingdings, which have code pages of their own.

/// A font whose letters are signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signs {
    Symbol,
    Wingdings,
}

impl Signs {
    /// By a font's name.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        if name.starts_with("wingdings")
            || name.starts_with("webdings")
            || name.contains("dingbats")
        {
            Some(Self::Wingdings)
        } else if name == "symbol" || name.starts_with("symbol ") || name == "standard symbols l" {
            Some(Self::Symbol)
        } else {
            None
        }
    }

    /// The character of a byte.
    pub fn character(self, byte: u8) -> char {
        match self {
            Self::Symbol => symbol(byte),
            Self::Wingdings => wingding(byte),
        }
    }
}

/// Adobe's encoding of Symbol, from 0x20 and from 0xa1.
const SYMBOL_LOW: &str = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\u{203e}αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
const SYMBOL_HIGH: &str = "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\u{fffd}〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";

fn symbol(byte: u8) -> char {
    let found = match byte {
        0x20..=0x7e => SYMBOL_LOW.chars().nth(usize::from(byte - 0x20)),
        0xa0 => Some('€'),
        0xa1..=0xfe => SYMBOL_HIGH.chars().nth(usize::from(byte - 0xa1)),
        byte if byte < 0x20 => Some(char::from(byte)),
        _ => None,
    };
    found.unwrap_or('•')
}

fn wingding(byte: u8) -> char {
    match byte {
        0..=0x20 => char::from(byte),
        0x21 => '✏',
        0x22 => '✂',
        0x28 | 0x29 => '☎',
        0x2a..=0x2f => '✉',
        0x46 => '☞',
        0x4a => '☺',
        0x4c => '☹',
        0x6c => '●',
        0x6e => '■',
        0x6f | 0x70 | 0x71 | 0x72 | 0xa8 => '□',
        0x75 => '◆',
        0x76 => '❖',
        0x81..=0x8a => char::from_u32(0x2460 + u32::from(byte - 0x81)).unwrap_or('•'),
        0x8c..=0x95 => char::from_u32(0x2776 + u32::from(byte - 0x8c)).unwrap_or('•'),
        0xa7 => '▪',
        0xd8 => '➢',
        0xdf | 0xe7 | 0xef => '←',
        0xe0 | 0xe8 | 0xf0 => '→',
        0xe1 | 0xe9 | 0xf1 => '↑',
        0xe2 | 0xea | 0xf2 => '↓',
        0xfb => '✗',
        0xfc => '✓',
        0xfd => '☒',
        0xfe => '☑',
        _ => '•',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_signs() {
        for (byte, sign) in [
            (b'a', 'α'),
            (b'W', 'Ω'),
            (0xb7, '•'),
            (0xa3, '≤'),
            (0xae, '→'),
            (0xb0, '°'),
            (0xe5, '∑'),
            (0xd6, '√'),
            (0xf2, '∫'),
            (b'm', 'μ'),
        ] {
            assert_eq!(Signs::Symbol.character(byte), sign, "{byte:x}");
        }
        assert_eq!(SYMBOL_LOW.chars().count(), 0x7f - 0x20);
        assert_eq!(SYMBOL_HIGH.chars().count(), 0xff - 0xa1);
        assert_eq!(Signs::named("Wingdings 2"), Some(Signs::Wingdings));
        assert_eq!(Signs::named("Symbola"), None);
    }
}

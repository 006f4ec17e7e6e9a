//! Maps the characters of fonts that show symbols in place of letters: Symbol, Wingdings, Webdings, Zapf Dingbats.
//!
//! Sources: Adobe's encoding of Symbol, and the Unicode Consortium's mapping of Wingdings and Webdings (L2/12-130). Of
//! duplicate arrows, ticks and boxes in Unicode, the older ones are used, which more fonts support.

/// A font of symbols.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Font {
    Symbol,
    Wingdings,
    Wingdings2,
    Wingdings3,
    Webdings,
    Dingbats,
}

/// Names of the fonts.
const NAMES: &[(&str, Font)] = &[
    ("Symbol", Font::Symbol),
    ("SymbolMT", Font::Symbol),
    ("Symbol MT", Font::Symbol),
    ("Standard Symbols L", Font::Symbol),
    ("Standard Symbols PS", Font::Symbol),
    ("Wingdings", Font::Wingdings),
    ("Wingdings 2", Font::Wingdings2),
    ("Wingdings 3", Font::Wingdings3),
    ("Webdings", Font::Webdings),
    ("Dingbats", Font::Dingbats),
    ("ZapfDingbats", Font::Dingbats),
    ("Zapf Dingbats", Font::Dingbats),
    ("ITC Zapf Dingbats", Font::Dingbats),
];

/// Characters for the codes 0x20 to 0xFF, 32 per row. A space means none.
type Table = [&'static str; 7];

impl Font {
    /// The font with this name; `None` if it is a text font.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim_matches(|end: char| end.is_whitespace() || matches!(end, '"' | '\''));
        let found = NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(found.1)
    }

    /// The character that the font shows for a code, which may lie in the private use area (0xF020 to 0xF0FF).
    pub fn character(self, code: u32) -> Option<char> {
        let code = if code >= 0xF000 { code - 0xF000 } else { code };
        let place = usize::try_from(code.checked_sub(0x20)?).ok()?;
        let table = match self {
            Self::Symbol => &SYMBOL,
            Self::Wingdings => &WINGDINGS,
            Self::Wingdings2 => &WINGDINGS_2,
            Self::Wingdings3 => &WINGDINGS_3,
            Self::Webdings => &WEBDINGS,
            Self::Dingbats => return dingbat(code),
        };
        let found = table.get(place / 32)?.chars().nth(place % 32)?;
        (found != ' ' || place == 0).then_some(found)
    }
}

/// The character for a code of Zapf Dingbats; most are in the same order as in Unicode.
fn dingbat(code: u32) -> Option<char> {
    let code = match code {
        0x20 => 0x20,
        0x25 => 0x260E,
        0x2A => 0x261B,
        0x2B => 0x261E,
        0x48 => 0x2605,
        0x6C => 0x25CF,
        0x6E => 0x25A0,
        0x73 => 0x25B2,
        0x74 => 0x25BC,
        0x75 => 0x25C6,
        0x77 => 0x25D7,
        0xA8 => 0x2663,
        0xA9 => 0x2666,
        0xAA => 0x2665,
        0xAB => 0x2660,
        0xAC..=0xB5 => 0x2460 + code - 0xAC,
        0xD5 => 0x2192,
        0xD6 | 0xD7 => 0x2194 + code - 0xD6,
        0x21..=0x7E => 0x26E0 + code,
        0xA1..=0xA7 | 0xB6..=0xD4 | 0xD8..=0xEF | 0xF1..=0xFE => 0x26C0 + code,
        _ => return None,
    };
    char::from_u32(code)
}

/// Replaces the private use characters of a text by the symbols of the font.
pub fn shown(text: &str, font: Font) -> String {
    let shown = |character: char| match u32::from(character) {
        code @ 0xF020..=0xF0FF => font.character(code).unwrap_or(character),
        _ => character,
    };
    text.chars().map(shown).collect()
}

const SYMBOL: Table = [
    " !∀#∃%&∍()*+,−./0123456789:;<=>?",
    "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_",
    "‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}~ ",
    "                                ",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|—↵",
    "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓",
    "◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭ ",
];

const WINGDINGS: Table = [
    " 🖉✂✁👓🕭🕮🕯🕿✆🖂🖃📪📫📬📭🗀🗁🗎🗏🗐🗄⌛🖮🖰🖲🖳🖴🖫🖬✇✍",
    "🖎✌🖏👍👎☜☞☝☟🖐☺😐☹💣🕱🏳🏱✈☼🌢❄🕆✞🕈✠✡☪☯🕉☸♈♉",
    "♊♋♌♍♎♏♐♑♒♓🙰🙵●❍■□❐❑❒🞟⧫◆❖⬩⌧⮹⌘🏵🏶🙶🙷▯",
    "🄋➀➁➂➃➄➅➆➇➈➉🄌➊➋➌➍➎➏➐➑➒➓🙢🙠🙡🙣🙞🙜🙝🙟∙•",
    "⬝○🞆🞈🞊🞋🔿▪◻🟁🟅★🟋🟏🟓🟑⯐⌖⯎⯏⯑✪✰🕐🕑🕒🕓🕔🕕🕖🕗🕘",
    "🕙🕚🕛⮰⮱⮲⮳⮴⮵⮶⮷🙪🙫🙕🙔🙗🙖🙐🙑🙒🙓⌫⌦⮘⮚⮙⮛⮈⮊⮉⮋←",
    "→↑↓↖↗↙↘←➔↑↓↖↗↙↘⇦⇨⇧⇩⬄⇳⬁⬀⬃⬂🢬🢭✗✓☒☑ ",
];

const WINGDINGS_2: Table = [
    " 🖊🖋🖌🖍✄✀🕾🕽🗅🗆🗇🗈🗉🗊🗋🗌🗍📋🗑🗔🖵🖶🖷🖸🖭🖯🖱🖒🖓🖘🖙",
    "🖚🖛👈👉🖜🖝🖞🖟🖠🖡👆👇🖢🖣🖑✗✓☒☑☒☒⮾⮿🛇⦸🙱🙴🙲🙳‽🙹🙺",
    "🙻🙦🙤🙥🙧🙚🙘🙙🙛⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿ ",
    "☉🌕☽☾⸿✝🕇🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🙨🙩⋅🞄⦁●○🞅🞇🞉⊙⦿🞌",
    "🞍◾■□🞑🞒🞓🞔▣🞕🞖🞗🞘⬩⬥◇🞚◈🞛🞜🞝🞞⬪⬧◊🞠◖◗⯊⯋⯀⯁",
    "⬟⯂⬣⬢⯃⯄🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺",
    "🞻🞼🞽🞾🞿🟀🟂🟄🟆🟉🟊✶🟌🟎🟐🟒✹🟃🟇✯🟍🟔⯌⯍※⁂      ",
];

const WINGDINGS_3: Table = [
    " ←→↑↓↖↗↙↘⭰⭲⭱⭳⭶⭸⭻⭽⭤⭥⭪⭬⭫⭭⭍⮠⮡⮢⮣⮤⮥⮦⮧",
    "⮐⮑⮒⮓⮀⮃⭾⭿⮄⮆⮅⮇⮏⮍⮎⮌⭮⭯⎋⌤⌃⌥␣⍽⇪⮸🢠🢡🢢🢣🢤🢥",
    "🢦🢧🢨🢩🢪🢫🡐🡒🡑🡓🡔🡕🡗🡖🡘🡙▲▼△▽◀▶◁▷◣◢◤◥◀▶▲ ",
    "🞃⯅⯆⯇⯈⮜⮞⮝⮟🠐🠒🠑🠓🠔🠖🠕🠗🠘🠚🠙🠛🠜🠞🠝🠟🠀🠂🠁🠃🠄🠆🠅",
    "🠇🠈🠊🠉🠋🠠🠢🠤🠦🠨🠪🠬🢜🢝🢞🢟🠮🠰🠲🠴🠶🠸🠺🠹🠻🢘🢚🢙🢛🠼🠾🠽",
    "🠿🡀🡂🡁🡃🡄🡆🡅🡇⮨⮩⮪⮫⮬⮭⮮⮯🡠🡢🡡🡣🡤🡥🡧🡦🡰🡲🡱🡳🡴🡵🡷",
    "🡶🢀🢂🢁🢃🢄🢅🢇🢆🢐🢒🢑🢓🢔🢖🢕🢗               ",
];

const WEBDINGS: Table = [
    " 🕷🕸🕲🕶🏆🎖🖇🗨🗩🗰🗱🌶🎗🙾🙼🗕🗖🗗⏴⏵⏶⏷⏪⏩⏮⏭⏸⏹⏺🗚🗳",
    "🛠🏗🏘🏙🏚🏜🏭🏛🏠🏖🏝🛣🔍🏔👁👂🏞🏕🛤🏟🛳🕬🕫🕨🔈🎔🎕🗬🙽🗭🗪🗫",
    "⮔✓🚲⬜🛡📦🛱⬛🚑🛈🛩🛰🟈🕴⬤🛥🚔🗘🗙❓🛲🚇🚍⛳⦸⊖🚭🗮⏐🗯🗲 ",
    "🚹🚺🛉🛊🚼👽🏋⛷🏂🏌🏊🏄🏍🏎🚘🗠🛢💰🏷💳👪🗡🗢🗣✯🖄🖅🖃🖆🖹🖺🖻",
    "🕵🕰🖽🖾📋🗒🗓🕮📚🗞🗟🗃🗂🖼🎭🎜🎘🎙🎧💿🎞📷🎟🎬📽📹📾📻🎚🎛📺💻",
    "🖥🖦🖧🕹🎮🕻🕼📟🖁🖀🖨🖩🖿🖪🗜🔒🔓🗝📥📤🕳🌣🌤🌥🌦☁🌨🌧🌩🌪🌬🌫",
    "🌜🌡🛋🛏🍽🍸🛎🛍Ⓟ♿🛆🖈🎓🗤🗥🗦🗧🛪🐿🐦🐟🐕🐈🙬🙮🙭🙯🗺🌍🌏🌎🕊",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_of_symbols_are_read() {
        let symbol = Font::named("symbol").unwrap();
        for (code, expected) in [
            (0xF0B1, '±'),
            (0x61, 'α'),
            (0xF057, 'Ω'),
            (0xA3, '≤'),
            (0x20, ' '),
        ] {
            assert_eq!(symbol.character(code), Some(expected), "{code:x}");
        }
        assert_eq!(symbol.character(0x1F), None);
        assert_eq!(symbol.character(0xF0FF), None);
        assert_eq!(symbol.character(u32::MAX), None);
        let expected = [
            ("Wingdings", 0xFC, '✓'),
            ("Wingdings", 0xF0E0, '→'),
            ("Wingdings 2", 0x52, '☑'),
            ("Wingdings 3", 0x75, '▶'),
            ("Webdings", 0xF061, '✓'),
            ("ZapfDingbats", 0x33, '✓'),
            ("ZapfDingbats", 0x6E, '■'),
            ("ZapfDingbats", 0xA1, '❡'),
            ("ZapfDingbats", 0xC0, '➀'),
            ("ZapfDingbats", 0xE4, '➤'),
        ];
        for (font, code, expected) in expected {
            assert_eq!(
                Font::named(font).unwrap().character(code),
                Some(expected),
                "{font}"
            );
        }
        assert_eq!(Font::named("Arial"), None);
        assert_eq!(shown("a\u{f061}\u{e000}", symbol), "aα\u{e000}");
        for table in [SYMBOL, WINGDINGS, WINGDINGS_2, WINGDINGS_3, WEBDINGS] {
            assert!(table.iter().all(|row| row.chars().count() == 32));
        }
    }
}

//! What single characters are: digits of all scripts, scripts without case or spaces, closing marks.

/// The value of a decimal digit of any script.
///
/// Digits come in runs of ten that begin with zero: Unicode promises it.
pub(crate) fn digit(c: char) -> Option<u32> {
    const ZEROS: [char; 23] = [
        '0', '٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '෦', '๐', '໐', '༠', '၀',
        '႐', '០', '᠐', '꯰', '０',
    ];
    if c.is_ascii() {
        return c.to_digit(10);
    }
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero))?;
        (value < 10).then_some(value)
    })
}

/// Whether a character is written without spaces around words: each is a token of its own.
pub(crate) fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{309f}'
        | '\u{30a1}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}')
        || is_south_east_asian(c)
}

/// Whether a character is Thai, Lao, Khmer or Burmese, whose clauses a space parts.
pub(crate) fn is_south_east_asian(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e4e}' | '\u{e80}'..='\u{ecf}' | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}'
        | '\u{1780}'..='\u{17d3}')
}

/// Whether a character is Han or kana.
pub(crate) fn is_cjk(c: char) -> bool {
    is_sign(c) && !is_south_east_asian(c)
}

/// Whether a character is invisible and no part of a word's spelling.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character ends a quotation or a bracket.
pub(crate) fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '»'
            | '›'
            | ')'
            | ']'
            | '}'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '］'
            | '*'
            | '_'
    )
}

/// The number of characters before a byte of a text.
pub(crate) fn chars_before(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |before| before.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts_have_their_value() {
        for (c, value) in [
            ('7', Some(7)),
            ('٣', Some(3)),
            ('９', Some(9)),
            ('५', Some(5)),
            ('a', None),
            ('²', None),
        ] {
            assert_eq!(digit(c), value, "{c}");
        }
    }
}

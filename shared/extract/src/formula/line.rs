//! Writes the structures of a formula on one line.

use unicode_normalization::UnicodeNormalization;

/// Operators that precede their operand and take limits.
const LARGE: &str = "∑∏∐∫∬∭∮∯∰∱∲∳⋀⋁⋂⋃⨀⨁⨂⨃⨄⨅⨆⨌⨿";

/// A part of a formula.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Piece {
    pub text: String,
    /// Whether it begins with a word: `sin x`, `mod`.
    starts_word: bool,
    /// Whether it ends with a word, or with an operator's limits, which a letter must not touch.
    ends_word: bool,
}

impl Piece {
    /// A text, unchanged.
    pub fn of(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// An identifier, a number or an operator; a word if it has several letters.
    pub fn token(text: String) -> Self {
        let word = is_word(&text);
        Self {
            text,
            starts_word: word,
            ends_word: word,
        }
    }
}

fn is_word(text: &str) -> bool {
    text.chars().count() > 1 && text.chars().any(char::is_alphabetic)
}

/// Whether scripts at this operator are limits rather than exponents and indices.
fn is_large(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| LARGE.contains(c)) && characters.next().is_none()
}

/// The characters of a token: plain letters for mathematical ones, no invisible operators, ordinary spaces only.
pub fn clean(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            // Function application, invisible times, separator and plus; zero-width characters.
            '\u{2061}'..='\u{2064}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            // Letterlike symbols, bold, italic, script, double-struck letters and digits.
            '\u{2100}'..='\u{214f}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1ee00}'..='\u{1eeff}' => {
                let mut plain = std::iter::once(character).nfkc();
                match (plain.next(), plain.next()) {
                    (Some(letter), None) => text.push(letter),
                    _ => text.push(character),
                }
            }
            _ if character.is_whitespace() => text.push(' '),
            _ if character.is_control() => {}
            _ => text.push(character),
        }
    }
    text
}

/// Joins parts. Words are separated from adjacent letters.
pub fn row(pieces: impl IntoIterator<Item = Piece>) -> Piece {
    let mut all = Piece::default();
    for piece in pieces {
        let (last, first) = (all.text.chars().next_back(), piece.text.chars().next());
        let (Some(last), Some(first)) = (last, first) else {
            if all.text.is_empty() {
                all = piece;
            }
            continue;
        };
        let touches = (last.is_alphanumeric() || "})'′".contains(last))
            && (first.is_alphanumeric() || first == '\\' || LARGE.contains(first));
        if touches && (all.ends_word || piece.starts_word) {
            all.text.push(' ');
        }
        all.text.push_str(&piece.text);
        all.ends_word = piece.ends_word;
    }
    all
}

/// A script, in braces if it has more than one character.
fn script(mark: char, text: &str, always: bool) -> String {
    let text = text.trim();
    match text.chars().count() {
        0 => String::new(),
        1 if !always => format!("{mark}{text}"),
        _ => format!("{mark}{{{text}}}"),
    }
}

/// A part that something is attached to, in braces unless its extent is clear.
fn base(text: &str) -> String {
    let text = text.trim();
    let whole = text.chars().count() < 2
        || text.chars().all(char::is_alphanumeric)
        || text.starts_with(['(', '[', '|', '⌊', '⌈', '⟨', '‖'])
            && text.ends_with([')', ']', '|', '⌋', '⌉', '⟩', '‖'])
        || text.starts_with('\\') && text.ends_with('}');
    if whole {
        text.to_owned()
    } else {
        format!("{{{text}}}")
    }
}

/// A base with the scripts below and above it.
pub fn scripts(of: Piece, below: &str, above: &str) -> Piece {
    let large = is_large(&of.text);
    // `lim_{x→0}`: text after a word is separated from it, even if scripts come between.
    let word = is_word(&of.text);
    let text = format!(
        "{}{}{}",
        base(&of.text),
        script('_', below, large),
        script('^', above, large)
    );
    Piece {
        text,
        starts_word: of.starts_word,
        ends_word: large || word,
    }
}

/// A base with scripts before it.
pub fn prescripts(of: &Piece, below: &str, above: &str) -> Piece {
    let (below, above) = (script('_', below, false), script('^', above, false));
    if below.is_empty() && above.is_empty() {
        return of.clone();
    }
    Piece::of(format!("{{}}{below}{above}{}", of.text))
}

/// A sum or an integral with its limits and its operand.
pub fn large(operator: &str, below: &str, above: &str, over: Piece) -> Piece {
    let operator = scripts(Piece::of(operator.to_owned()), below, above).text;
    let over = over.text.trim();
    let apart = if over.is_empty() || operator.is_empty() {
        ""
    } else {
        " "
    };
    Piece::of(format!("{operator}{apart}{over}"))
}

/// A function and its argument.
pub fn function(name: Piece, argument: Piece) -> Piece {
    let (name, argument) = (name.text.trim(), argument.text.trim());
    let apart = if argument.starts_with(['(', '[', '{']) || argument.is_empty() {
        ""
    } else {
        " "
    };
    Piece {
        text: format!("{name}{apart}{argument}"),
        starts_word: name.chars().next().is_some_and(char::is_alphabetic),
        ends_word: true,
    }
}

/// How the bar of a fraction is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fraction {
    Line,
    None,
    Slanted,
}

pub fn fraction(kind: Fraction, above: &str, below: &str) -> Piece {
    let (above, below) = (above.trim(), below.trim());
    Piece::of(match kind {
        Fraction::Line => format!("\\frac{{{above}}}{{{below}}}"),
        Fraction::None => format!("{{{above} \\atop {below}}}"),
        Fraction::Slanted => format!("{}/{}", base(above), base(below)),
    })
}

/// A root; an empty degree means a square root.
pub fn root(degree: &str, of: &str) -> Piece {
    let (degree, of) = (degree.trim(), of.trim());
    Piece::of(if degree.is_empty() {
        format!("\\sqrt{{{of}}}")
    } else {
        format!("\\sqrt[{degree}]{{{of}}}")
    })
}

/// Rows of cells.
pub fn matrix(rows: &[Vec<String>]) -> Piece {
    let rows: Vec<String> = rows
        .iter()
        .map(|cells| {
            let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
            cells.join(" & ")
        })
        .collect();
    Piece::of(format!(
        "\\begin{{matrix}} {} \\end{{matrix}}",
        rows.join(" \\\\ ")
    ))
}

/// A mark above or below a base.
pub fn marked(mark: &str, of: &str, below: bool) -> Piece {
    let of = of.trim();
    let mut characters = mark.trim().chars();
    let (Some(first), None) = (characters.next(), characters.next()) else {
        let command = if below { "underset" } else { "overset" };
        return Piece::of(format!("\\{command}{{{}}}{{{of}}}", mark.trim()));
    };
    Piece::of(match command(first, below) {
        Some(command) => format!("\\{command}{{{of}}}"),
        None if below => format!("\\underset{{{first}}}{{{of}}}"),
        None => format!("\\overset{{{first}}}{{{of}}}"),
    })
}

/// The LaTeX name of a mark; `None` if it has none and may not be a mark.
pub fn command(mark: char, below: bool) -> Option<&'static str> {
    if below {
        return Some(match mark {
            '\u{332}' | '\u{331}' | '_' | '¯' | '‾' | '\u{305}' | '\u{304}' | '―' => {
                "underline"
            }
            '⏟' | '︸' => "underbrace",
            '⏝' | '︶' => "underparen",
            '⎵' => "underbracket",
            '→' | '\u{20ef}' => "underrightarrow",
            '←' | '\u{20ee}' => "underleftarrow",
            _ => return None,
        });
    }
    Some(match mark {
        '\u{302}' | '^' | 'ˆ' => "hat",
        '\u{303}' | '~' | '˜' | '∼' => "tilde",
        '\u{304}' | '\u{305}' | '¯' | '‾' | '_' | 'ˉ' | '―' => "overline",
        '\u{20d7}' | '→' | '⃑' => "vec",
        '\u{20d6}' | '←' => "overleftarrow",
        '\u{20e1}' | '↔' => "overleftrightarrow",
        '\u{307}' | '˙' | '.' => "dot",
        '\u{308}' | '¨' => "ddot",
        '\u{20db}' => "dddot",
        '\u{30c}' | 'ˇ' => "check",
        '\u{306}' | '˘' => "breve",
        '\u{301}' | '´' => "acute",
        '\u{300}' | '`' => "grave",
        '\u{30a}' | '˚' => "mathring",
        '⏞' | '︷' => "overbrace",
        '⏜' | '︵' => "overparen",
        '⎴' => "overbracket",
        _ => return None,
    })
}

/// Collapses runs of spaces and trims the ends.
pub fn finished(text: &str) -> String {
    crate::text::one_line(text, usize::MAX)
}

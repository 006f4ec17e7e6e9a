//! Parses number format codes (ECMA-376 part 1, 18.8.31).

/// Length of Excel's longest code, in characters.
const MAX_CODE: usize = 255;

/// A piece of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// Literal text.
    Literal(String),
    /// Unquoted letters without a meaning, which Excel does not write; they are displayed beside numbers.
    Word(String),
    /// `0`, `#` or `?`.
    Digit(char),
    /// The decimal point.
    Point,
    /// Separates thousands, or divides by a thousand.
    Comma,
    /// `%`.
    Percent,
    /// `E+` (true) or `E-`.
    Exponent(bool),
    /// `/` in fractions and dates.
    Slash,
    /// `@`.
    Text,
    /// `General`.
    General,
    /// A part of a date or time.
    Date(Part),
}

/// A part of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// `y`, `m`, `d`, `a` (weekday), `g` (era); `h`, `n` (minute), `s`; `p` (AM/PM); `.` (fraction of a second).
    /// Capital letters are elapsed hours, minutes, seconds.
    pub letter: char,
    /// Number of repetitions of the letter.
    pub count: usize,
}

/// The condition of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    pub less: bool,
    pub equal: bool,
    pub greater: bool,
    pub than: f64,
}

impl Condition {
    /// Whether a number meets the condition.
    pub fn holds(self, value: f64) -> bool {
        (self.less && value < self.than)
            || (self.greater && value > self.than)
            || (self.equal && value.total_cmp(&self.than).is_eq())
    }

    /// Whether only negative numbers meet the condition.
    pub fn only_negative(self) -> bool {
        !self.greater && (self.than < 0.0 || (self.than <= 0.0 && !self.equal))
    }

    /// Whether all numbers that fail the condition are negative.
    pub fn rest_is_negative(self) -> bool {
        self.greater && !self.less && (self.than < 0.0 || (self.than <= 0.0 && self.equal))
    }
}

/// The way in which a section displays a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As in General, among other text.
    General,
    /// Digits, possibly with an exponent.
    Number,
    /// A fraction, with the index of its slash.
    Fraction(usize),
    /// A date, a time or a duration.
    Date,
    /// Only text, regardless of the number.
    Literal,
}

/// A part of a code between semicolons.
#[derive(Clone, Debug)]
pub struct Section {
    pub condition: Option<Condition>,
    pub tokens: Vec<Token>,
    pub kind: Kind,
}

/// Parses the sections of a code.
pub fn sections(code: &str) -> Vec<Section> {
    let characters: Vec<char> = code.chars().take(MAX_CODE).collect();
    let mut scanner = Scanner {
        characters: &characters,
        at: 0,
    };
    let mut sections = Vec::new();
    loop {
        let (condition, tokens) = scanner.section();
        sections.push(finished(condition, tokens));
        if scanner.at >= characters.len() || sections.len() == 4 {
            return sections;
        }
        scanner.at += 1;
        if scanner.at == characters.len() {
            sections.push(finished(None, Vec::new()));
            return sections;
        }
    }
}

struct Scanner<'a> {
    characters: &'a [char],
    at: usize,
}

impl Scanner<'_> {
    /// Parses a section up to the next semicolon, which is not consumed.
    fn section(&mut self) -> (Option<Condition>, Vec<Token>) {
        let mut condition = None;
        let mut tokens = Vec::new();
        while let Some(character) = self.characters.get(self.at).copied() {
            if character == ';' {
                break;
            }
            self.at += 1;
            let token = match character {
                '"' => Token::Literal(self.until('"')),
                '\\' => Token::Literal(self.next().into_iter().collect()),
                // Space of the width of the next character.
                '_' => {
                    self.next();
                    Token::Literal(" ".to_owned())
                }
                // Repeated to fill the column.
                '*' => {
                    self.next();
                    continue;
                }
                '[' => {
                    let inner = self.until(']');
                    condition = condition.or_else(|| compared(&inner));
                    match bracket(&inner) {
                        Some(token) => token,
                        None => continue,
                    }
                }
                '0' | '#' | '?' => Token::Digit(character),
                '.' => Token::Point,
                ',' => Token::Comma,
                '%' => Token::Percent,
                '/' => Token::Slash,
                '@' => Token::Text,
                _ => {
                    self.at -= 1;
                    self.letters(&mut tokens);
                    continue;
                }
            };
            tokens.push(token);
        }
        (condition, tokens)
    }

    fn next(&mut self) -> Option<char> {
        let character = self.characters.get(self.at).copied();
        self.at += 1;
        character
    }

    fn until(&mut self, end: char) -> String {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let text: String = rest.iter().take_while(|c| **c != end).collect();
        self.at += text.chars().count() + 1;
        text
    }

    fn follows(&self, word: &str) -> bool {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let mut word = word.chars();
        word.all({
            let mut rest = rest.iter();
            move |expected| {
                rest.next()
                    .is_some_and(|c| c.to_ascii_lowercase() == expected)
            }
        })
    }

    /// Parses letters and other characters without a special meaning.
    fn letters(&mut self, tokens: &mut Vec<Token>) {
        for (word, count) in [("am/pm", 5), ("a/p", 3), ("上午/下午", 5), ("오전/오후", 5)]
        {
            if self.follows(word) {
                self.at += count;
                tokens.push(Token::Date(Part { letter: 'p', count }));
                return;
            }
        }
        if self.follows("general") {
            self.at += 7;
            tokens.push(Token::General);
            return;
        }
        let digits = tokens.iter().any(|token| matches!(token, Token::Digit(_)));
        if digits && (self.follows("e+") || self.follows("e-")) {
            tokens.push(Token::Exponent(self.follows("e+")));
            self.at += 2;
            return;
        }
        let mut run = String::new();
        while let Some(character) = self.characters.get(self.at).copied()
            && character.is_alphabetic()
            && !(self.follows("am/pm") || self.follows("a/p") || self.follows("general"))
        {
            run.push(character);
            self.at += 1;
        }
        if run.is_empty() {
            tokens.extend(self.next().map(|c| Token::Literal(c.to_string())));
        } else if let Some(parts) = parts(&run) {
            tokens.extend(parts);
        } else {
            tokens.push(Token::Word(run));
        }
    }
}

/// Parses letters as date parts; `None` if they form a word (`DA`, `Standard`).
fn parts(run: &str) -> Option<Vec<Token>> {
    let mut parts: Vec<Token> = Vec::new();
    let letters: Vec<char> = run.chars().collect();
    for same in letters.chunk_by(|a, b| a.eq_ignore_ascii_case(b)) {
        let count = same.len();
        let letter = same[0].to_ascii_lowercase();
        parts.push(match letter {
            'y' | 'm' | 'd' | 'h' | 's' | 'g' => Token::Date(Part { letter, count }),
            // Era years and Buddhist years are displayed as ordinary years.
            'e' => Token::Date(Part {
                letter: 'y',
                count: 4,
            }),
            'b' if count > 1 => Token::Date(Part {
                letter: 'y',
                count: 4,
            }),
            'a' if count > 2 => Token::Date(Part { letter, count }),
            // As in `yyyy-mm-ddThh:mm:ssZ`.
            't' | 'z' if count == 1 && letters.len() > 1 => Token::Literal(same.iter().collect()),
            'z' if count == 1 => Token::Literal("Z".to_owned()),
            't' if count == 1 => Token::Literal("T".to_owned()),
            _ => return None,
        });
    }
    Some(parts)
}

/// The content of brackets: elapsed time or a currency. Colours, languages and numeral systems are ignored.
fn bracket(inner: &str) -> Option<Token> {
    if let Some(currency) = inner.strip_prefix('$') {
        // The language may be a tag: `[$USD-en-US]`, `[$-ja-JP-x-gannen]`.
        let sign = currency.split_once('-').map_or(currency, |(sign, _)| sign);
        return (!sign.is_empty()).then(|| Token::Literal(sign.to_owned()));
    }
    let first = inner.chars().next()?.to_ascii_lowercase();
    let same = inner.chars().all(|c| c.to_ascii_lowercase() == first);
    (same && matches!(first, 'h' | 'm' | 's')).then(|| {
        Token::Date(Part {
            letter: first.to_ascii_uppercase(),
            count: inner.len(),
        })
    })
}

fn compared(inner: &str) -> Option<Condition> {
    let end = inner.find(|c| !matches!(c, '<' | '>' | '='))?;
    let (operator, than) = inner.split_at(end);
    let than: f64 = than.trim().parse().ok()?;
    let has = |c| operator.contains(c);
    (!operator.is_empty()).then(|| Condition {
        less: has('<'),
        greater: has('>'),
        equal: has('='),
        than,
    })
}

/// Resolves the meaning of letters in a section.
fn finished(condition: Option<Condition>, tokens: Vec<Token>) -> Section {
    let mut tokens = with_fractions_of_seconds(tokens);
    let digits = tokens.iter().any(|token| matches!(token, Token::Digit(_)));
    if digits {
        for token in &mut tokens {
            // Excel does not mix digits and dates, so these letters are a unit.
            if let Token::Date(Part { letter, count }) = *token {
                *token = Token::Literal(letter.to_string().repeat(count));
            }
        }
    }
    minutes(&mut tokens);
    super::limit::limit(&mut tokens);
    let any = |wanted: fn(&Token) -> bool| tokens.iter().any(wanted);
    let kind = if digits {
        let slash = tokens.iter().position(|token| *token == Token::Slash);
        slash
            .filter(|at| is_fraction(&tokens, *at))
            .map_or(Kind::Number, Kind::Fraction)
    } else if any(|token| matches!(token, Token::Date(part) if part.letter != 'g')) {
        Kind::Date
    } else if any(|token| matches!(token, Token::General | Token::Text)) {
        Kind::General
    } else if any(|token| matches!(token, Token::Word(_))) && tokens.iter().all(is_name) {
        tokens = vec![Token::General];
        Kind::General
    } else {
        Kind::Literal
    };
    Section {
        condition,
        tokens,
        kind,
    }
}

/// Whether a token may be part of a translated name of General: `Standard`, `G/通用格式`.
fn is_name(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Slash | Token::Date(_))
}

/// Combines `ss.00` into seconds and their fraction.
fn with_fractions_of_seconds(tokens: Vec<Token>) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let before = all.last();
        let after_point = matches!(before, Some(Token::Point | Token::Comma))
            && all.len() > 1
            && matches!(&all[all.len() - 2], Token::Date(part) if matches!(part.letter, 's' | 'S'));
        match (&token, all.last_mut()) {
            (Token::Digit('0'), Some(last)) if after_point => {
                *last = Token::Date(Part {
                    letter: '.',
                    count: 1,
                });
            }
            (Token::Digit('0'), Some(Token::Date(part))) if part.letter == '.' => part.count += 1,
            _ => all.push(token),
        }
    }
    all
}

/// Tells minutes from months: minutes follow hours or precede seconds.
fn minutes(tokens: &mut [Token]) {
    let places: Vec<usize> = (0..tokens.len())
        .filter(|at| matches!(&tokens[*at], Token::Date(part) if part.letter != 'p'))
        .collect();
    let letter = |tokens: &[Token], place: Option<&usize>| match place.map(|at| &tokens[*at]) {
        Some(Token::Date(part)) => part.letter,
        _ => ' ',
    };
    for (number, at) in places.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|before| places.get(before));
        let minute = matches!(letter(tokens, before), 'h' | 'H')
            || matches!(letter(tokens, places.get(number + 1)), 's' | 'S');
        if let Token::Date(part) = &mut tokens[*at]
            && part.letter == 'm'
            && part.count < 3
            && minute
        {
            part.letter = 'n';
        }
    }
}

fn is_fraction(tokens: &[Token], slash: usize) -> bool {
    let blank = |token: &&Token| !matches!(token, Token::Literal(text) if text.trim().is_empty());
    let before = tokens[..slash].iter().rev().find(blank);
    let after = tokens[slash + 1..].iter().find(blank);
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(before, Some(Token::Digit(_)))
        && match after {
            Some(Token::Digit(_)) => true,
            Some(Token::Literal(text)) => is_number(text),
            _ => false,
        }
}

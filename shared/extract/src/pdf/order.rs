//! Fixes the order of characters if pdfium's is not the reading order: Arabic and Hebrew beside Latin, and vertical
//! columns of East Asian characters.

use super::{
    directions::{is_mixed, is_mostly_right, logical},
    places::Area,
};

/// Fewest single-character lines that form a column.
const COLUMN: usize = 3;

/// A character on a page with its box in page units.
#[derive(Clone, Copy, Debug)]
pub struct Glyph {
    pub character: char,
    pub left: f32,
    pub right: f32,
    pub bottom: f32,
    pub top: f32,
    /// Left and right edge of the space that the character takes in its line.
    pub start: f32,
    pub end: f32,
    /// Font size in page units.
    pub size: f32,
    /// Whether pdfium added the character: spaces and line ends.
    pub generated: bool,
}

impl Glyph {
    fn area(&self) -> Area {
        Area::from([self.left, self.bottom, self.right, self.top])
    }
}

pub fn is_east_asian(character: char) -> bool {
    matches!(character,
        '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff01}'..='\u{ffee}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether the text of a page may be out of order, so that its character boxes are needed.
pub fn is_doubtful(raw: &str) -> bool {
    let mut column = 0;
    for line in raw.lines() {
        let mut characters = line.trim().chars();
        let single = characters.next().is_some_and(is_east_asian) && characters.next().is_none();
        column = if single { column + 1 } else { 0 };
        if column >= COLUMN || is_mixed(line.chars()) || is_spaced(line) {
            return true;
        }
    }
    false
}

/// Whether a character fills its em, and has no space beside it.
fn is_full(character: char) -> bool {
    is_east_asian(character)
        && !matches!(character, '\u{ac00}'..='\u{d7af}' | '\u{ff61}'..='\u{ffdc}')
}

/// Whether a line has a space between two full-width characters.
fn is_spaced(line: &str) -> bool {
    let mut before = [' '; 2];
    line.chars().any(|character| {
        let spaced = before[1] == ' ' && is_full(before[0]) && is_full(character);
        before = [before[1], character];
        spaced
    })
}

/// Removes spaces that pdfium added between full-width characters that are next to each other, as the file may give
/// them less width than they have, and between the characters of comb fields.
pub fn without_false_spaces(glyphs: &[Glyph], combs: &[Area]) -> Vec<Glyph> {
    let is_false = |index: usize, glyph: &Glyph| {
        let (Some(last), Some(next)) = (index.checked_sub(1), glyphs.get(index + 1)) else {
            return false;
        };
        let last = &glyphs[last];
        if !glyph.generated || glyph.character != ' ' {
            return false;
        }
        let comb = combs.iter().find(|comb| comb.holds(last.area()));
        comb.is_some_and(|comb| comb.holds(next.area())) || are_adjacent(last, next)
    };
    let kept = glyphs.iter().enumerate();
    let kept = kept.filter(|(index, glyph)| !is_false(*index, glyph));
    kept.map(|(_, glyph)| *glyph).collect()
}

/// Whether there is no room for a space between two full-width characters.
fn are_adjacent(last: &Glyph, next: &Glyph) -> bool {
    let step = (next.start - last.start) / last.size.max(1.0);
    is_full(last.character)
        && is_full(next.character)
        && (0.9..1.2).contains(&step)
        && (next.bottom - last.bottom).abs() < last.size * 0.5
}

/// The text of a page in reading order, with pdfium's line ends.
pub fn ordered(glyphs: &[Glyph]) -> String {
    let lines: Vec<&[Glyph]> = glyphs
        .split_inclusive(|glyph| glyph.character == '\n')
        .collect();
    let mostly_right = is_mostly_right(glyphs);
    let mut text = String::with_capacity(glyphs.len());
    let mut next = 0;
    while next < lines.len() {
        let column = column(&lines[next..]);
        if column >= COLUMN {
            let place = &lines[next..next + column];
            push_column(place, &mut text);
            next += column;
            continue;
        }
        let line = lines[next];
        let ending = line
            .iter()
            .rev()
            .take_while(|glyph| matches!(glyph.character, '\r' | '\n'))
            .count();
        let (words, ending) = line.split_at(line.len() - ending);
        match is_mixed(words.iter().map(|glyph| glyph.character)) {
            true => text.push_str(&logical(words, mostly_right).unwrap_or_else(|| plain(words))),
            false => text.extend(words.iter().map(|glyph| glyph.character)),
        }
        text.extend(ending.iter().map(|glyph| glyph.character));
        next += 1;
    }
    text
}

fn plain(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.character).collect()
}

/// The only character of a line.
fn single(line: &[Glyph]) -> Option<&Glyph> {
    let mut seen = line.iter().filter(|glyph| !glyph.character.is_whitespace());
    let first = seen.next().filter(|glyph| is_east_asian(glyph.character))?;
    seen.next().is_none().then_some(first)
}

/// Position of a character relative to the one before it in vertical writing.
#[derive(PartialEq)]
enum Step {
    Below,
    NextColumn,
    Elsewhere,
}

fn step(from: &Glyph, to: &Glyph) -> Step {
    let size = (from.top - from.bottom)
        .max(from.right - from.left)
        .max(from.size)
        .max(1.0);
    let across = (to.left + to.right - from.left - from.right) / 2.0;
    let down = (from.top + from.bottom - to.top - to.bottom) / 2.0;
    if across.abs() < size * 0.5 && down > 0.0 && down < size * 1.7 {
        Step::Below
    } else if across < 0.0 && across > size * -4.0 && down < 0.0 {
        Step::NextColumn
    } else {
        Step::Elsewhere
    }
}

/// Number of leading lines that form columns of single characters.
fn column(lines: &[&[Glyph]]) -> usize {
    let Some(mut last) = lines.first().and_then(|line| single(line)) else {
        return 0;
    };
    let (mut count, mut below) = (1, 0);
    for line in &lines[1..] {
        let Some(next) = single(line) else { break };
        match step(last, next) {
            Step::Below => below += 1,
            Step::NextColumn if below > 0 => {}
            _ => break,
        }
        last = next;
        count += 1;
    }
    // Rows of a table are further apart than the characters of a column.
    if below + 1 >= COLUMN { count } else { 0 }
}

fn push_column(lines: &[&[Glyph]], text: &mut String) {
    let mut last: Option<&Glyph> = None;
    for glyph in lines.iter().filter_map(|line| single(line)) {
        if last.is_some_and(|last| step(last, glyph) == Step::NextColumn) {
            text.push_str("\r\n");
        }
        text.push(glyph.character);
        last = Some(glyph);
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_single_characters_are_lines() {
        let mut glyphs = Vec::new();
        for (column, text) in ["保証期間", "二年です"].iter().enumerate() {
            for (row, character) in text.chars().enumerate() {
                let (left, bottom) = (100.0 - 20.0 * column as f32, 700.0 - 13.0 * row as f32);
                glyphs.push(Glyph {
                    character,
                    left,
                    right: left + 12.0,
                    bottom,
                    top: bottom + 12.0,
                    start: left,
                    end: left + 12.0,
                    size: 12.0,
                    generated: false,
                });
                for character in ['\r', '\n'] {
                    glyphs.push(Glyph {
                        character,
                        generated: true,
                        ..glyphs[glyphs.len() - 1]
                    });
                }
            }
        }
        let raw: String = glyphs.iter().map(|glyph| glyph.character).collect();
        assert!(is_doubtful(&raw));
        assert_eq!(ordered(&glyphs), "保証期間\r\n二年です\r\n");
        // Rows of a table are further apart.
        let table: Vec<Glyph> = glyphs
            .iter()
            .map(|glyph| Glyph {
                bottom: glyph.bottom * 3.0,
                top: glyph.bottom * 3.0 + 12.0,
                ..*glyph
            })
            .collect();
        assert_eq!(ordered(&table), raw);
    }
}

//! Reorders lines that mix Arabic or Hebrew with Latin words and numbers.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::order::{Glyph, is_east_asian};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Written from right to left.
    Right,
    /// Written from left to right.
    Left,
    Digit,
    Neutral,
}

const fn is_right(character: char) -> bool {
    matches!(character,
        '\u{590}'..='\u{5ff}' | '\u{600}'..='\u{65f}' | '\u{66a}'..='\u{6ef}' | '\u{6fa}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn is_hebrew(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{5ff}' | '\u{fb1d}'..='\u{fb4f}')
}

fn kind(character: char) -> Kind {
    if character.is_numeric() && !character.is_alphabetic() {
        Kind::Digit
    } else if is_right(character) && (character.is_alphabetic() || is_combining_mark(character)) {
        Kind::Right
    } else if character.is_alphabetic() {
        Kind::Left
    } else {
        Kind::Neutral
    }
}

/// Whether most letters of a page are written from right to left.
pub fn is_mostly_right(glyphs: &[Glyph]) -> bool {
    let count = |wanted| {
        let kinds = glyphs.iter().map(|glyph| kind(glyph.character));
        kinds.filter(|kind| *kind == wanted).count()
    };
    count(Kind::Right) > count(Kind::Left)
}

/// Whether a line has both directions. Lines with East Asian characters do not count: their font has a wrong character
/// map.
pub fn is_mixed(line: impl Iterator<Item = char>) -> bool {
    let (mut right, mut other) = (false, false);
    for character in line {
        if is_east_asian(character) {
            return false;
        }
        if !character.is_ascii() && is_right(character) {
            right |= kind(character) == Kind::Right;
        } else {
            other |= character.is_alphanumeric();
        }
    }
    right && other
}

/// Characters at one position: a ligature, or a letter with its marks.
struct Cluster {
    text: String,
    kind: Kind,
    first: char,
    /// Edges of the space that it takes in its line.
    left: f32,
    right: f32,
}

fn clusters(glyphs: &[Glyph]) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for glyph in glyphs {
        if let Some(last) = clusters.last_mut()
            && (is_combining_mark(glyph.character)
                || (last.left - glyph.start).abs() < 0.01
                    && (last.right - glyph.end).abs() < 0.01
                    && !glyph.character.is_whitespace())
        {
            last.text.push(glyph.character);
            continue;
        }
        clusters.push(Cluster {
            text: glyph.character.to_string(),
            kind: kind(glyph.character),
            first: glyph.character,
            left: glyph.start,
            right: glyph.end,
        });
    }
    clusters
}

/// Longest line that is reordered: the work grows quadratically.
const MAX_LINE: usize = 500;

/// The logical order of a bidirectional line, from the positions of its characters (the reverse of the Unicode
/// bidirectional algorithm, UAX #9). `mostly_right` describes the page. `None` if the line is too long or not straight.
pub fn logical(line: &[Glyph], mostly_right: bool) -> Option<String> {
    if line.len() > MAX_LINE {
        return None;
    }
    let drawn: Vec<Glyph> = line
        .iter()
        .copied()
        .filter(|glyph| !glyph.generated)
        .collect();
    let letters = || {
        drawn
            .iter()
            .filter(|glyph| glyph.character.is_alphanumeric())
    };
    let height = letters()
        .map(|glyph| (glyph.top - glyph.bottom).max(glyph.size))
        .fold(0.0, f32::max);
    let middle = |glyph: &Glyph| f32::midpoint(glyph.top, glyph.bottom);
    let first = middle(letters().next()?);
    if height <= 0.0 || letters().any(|glyph| (middle(glyph) - first).abs() > height) {
        return None;
    }
    // pdfium inserted spaces, so gaps mean spaces.
    let generated = line.len() > drawn.len();
    let mut clusters = clusters(&drawn);
    let count = |kind| {
        clusters
            .iter()
            .filter(|cluster| cluster.kind == kind)
            .count()
    };
    // Latin addresses and names may outnumber the other words of a line.
    let most = if mostly_right { 8 } else { 2 };
    let rightward = count(Kind::Left) > most * count(Kind::Right);
    let centre = |cluster: &Cluster| cluster.left + cluster.right;
    clusters.sort_by(|a, b| centre(b).total_cmp(&centre(a)));
    if generated {
        clusters = spaced(clusters, height);
    }
    if rightward {
        clusters.reverse();
        reverse_runs(&mut clusters, Kind::Right);
        // Numbers inside of reversed runs.
        turn_numbers(&mut clusters);
    } else {
        reverse_runs(&mut clusters, Kind::Left);
    }
    mend_brackets(&mut clusters);
    Some(clusters.into_iter().map(|cluster| cluster.text).collect())
}

/// Smallest gap between words, relative to the font size.
const GAP: f32 = 0.15;

/// Adds a space to each wide gap.
fn spaced(clusters: Vec<Cluster>, height: f32) -> Vec<Cluster> {
    let mut all: Vec<Cluster> = Vec::with_capacity(clusters.len() * 2);
    for cluster in clusters {
        if let Some(last) = all.last()
            && last.left - cluster.right > height * GAP
            && last.first != ' '
            && cluster.first != ' '
        {
            let (left, right) = (cluster.right, last.left);
            all.push(Cluster {
                text: " ".to_owned(),
                kind: Kind::Neutral,
                first: ' ',
                left,
                right,
            });
        }
        all.push(cluster);
    }
    all
}

/// Reverses the runs of one direction.
fn reverse_runs(clusters: &mut [Cluster], direction: Kind) {
    let mut start = 0;
    let mut hebrew = false;
    while start < clusters.len() {
        hebrew = match clusters[start].kind {
            Kind::Right => is_hebrew(clusters[start].first),
            _ => hebrew,
        };
        let end = if direction == Kind::Left {
            run_of_left(clusters, start, hebrew)
        } else {
            run_of_right(clusters, start)
        };
        clusters[start..end].reverse();
        start = end.max(start + 1);
    }
}

/// The end of a run of Latin words and numbers, including characters between them.
fn run_of_left(clusters: &[Cluster], start: usize, hebrew: bool) -> usize {
    let has = |place: usize| {
        clusters
            .get(place)
            .map(|cluster| (cluster.kind, cluster.first))
    };
    // `30%`, `$30`: in Hebrew the sign belongs to the number, in Arabic it does not.
    let sign =
        |place: usize| hebrew && has(place).is_some_and(|(_, sign)| "%$€£₪°#‰".contains(sign));
    let begins = |place: usize| matches!(has(place), Some((Kind::Left | Kind::Digit, _)));
    let signed = sign(start) && matches!(has(start + 1), Some((Kind::Digit, _)));
    if !begins(start) && !signed {
        return start;
    }
    let mut end = start + 1;
    let mut latin = has(start).is_some_and(|(kind, _)| kind == Kind::Left);
    let mut place = end;
    while let Some((kind, character)) = has(place) {
        match kind {
            Kind::Left => {
                latin = true;
                end = place + 1;
            }
            Kind::Digit => {
                let between = &clusters[end..place];
                let separator = match between {
                    [] => true,
                    [one] => {
                        ".,:/\u{a0}".contains(one.first) || hebrew && "+-–".contains(one.first)
                    }
                    _ => false,
                };
                // A following Latin word includes the number.
                if separator || latin || runs_into_latin(clusters, place) {
                    end = place + 1;
                } else {
                    return end;
                }
            }
            Kind::Neutral if sign(place) && end == place => end = place + 1,
            Kind::Neutral if character == '\t' => return end,
            Kind::Neutral => {}
            Kind::Right => return end,
        }
        place += 1;
    }
    end
}

/// Whether a Latin letter comes before the next right-to-left letter.
fn runs_into_latin(clusters: &[Cluster], from: usize) -> bool {
    let rest = clusters[from..].iter().map(|cluster| cluster.kind);
    let mut strong = rest.filter(|kind| matches!(kind, Kind::Left | Kind::Right));
    strong.next() == Some(Kind::Left)
}

/// The end of a run of Arabic or Hebrew words in a Latin line.
fn run_of_right(clusters: &[Cluster], start: usize) -> usize {
    if clusters[start].kind != Kind::Right {
        return start;
    }
    let mut end = start + 1;
    for (place, cluster) in clusters.iter().enumerate().skip(start) {
        match cluster.kind {
            Kind::Right => end = place + 1,
            Kind::Left => break,
            Kind::Digit | Kind::Neutral => {}
        }
    }
    end
}

fn turn_numbers(clusters: &mut [Cluster]) {
    let mut start = 0;
    let mut turned = false;
    while start < clusters.len() {
        match clusters[start].kind {
            Kind::Right => turned = true,
            Kind::Left => turned = false,
            _ => {}
        }
        let mut end = start;
        while clusters
            .get(end)
            .is_some_and(|cluster| cluster.kind == Kind::Digit)
        {
            end += 1;
        }
        let inside = clusters[end..]
            .iter()
            .find(|cluster| matches!(cluster.kind, Kind::Right | Kind::Left));
        if turned && inside.is_some_and(|cluster| cluster.kind == Kind::Right) {
            clusters[start..end].reverse();
        }
        start = end.max(start + 1);
    }
}

/// Fixes mirrored brackets. pdfium corrects only some of them, so unmatched ones are turned.
fn mend_brackets(clusters: &mut [Cluster]) {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("«", "»")] {
        let places: Vec<usize> = (0..clusters.len())
            .filter(|place| clusters[*place].text == open || clusters[*place].text == close)
            .collect();
        let mut depth = 0i32;
        let sound = places.iter().all(|place| {
            depth += if clusters[*place].text == open { 1 } else { -1 };
            depth >= 0
        });
        if !places.len().is_multiple_of(2) || sound && depth == 0 {
            continue;
        }
        for (number, place) in places.into_iter().enumerate() {
            let mended = if number % 2 == 0 { open } else { close };
            mended.clone_into(&mut clusters[place].text);
        }
    }
}

/// Replaces the presentation forms of Arabic letters (initial, medial, final) by the letters.
pub fn with_base_letters(text: String) -> String {
    let is_form = |c: char| matches!(c, '\u{fb50}'..='\u{fbff}' | '\u{fe70}'..='\u{fefc}');
    if !text.chars().any(is_form) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_form(character) {
            plain.extend(std::iter::once(character).nfkc());
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::super::order::ordered;
    use super::*;

    /// A line in visual order, from left to right, each character ten units wide.
    fn drawn(line: &str) -> Vec<Glyph> {
        let glyph = |(place, character): (usize, char)| Glyph {
            character,
            left: place as f32 * 10.0,
            right: place as f32 * 10.0 + 9.0,
            bottom: 0.0,
            top: 10.0,
            start: place as f32 * 10.0,
            end: place as f32 * 10.0 + 10.0,
            size: 10.0,
            generated: false,
        };
        line.chars().enumerate().map(glyph).collect()
    }

    /// The visual order of a word in an Arabic line, reversed by hand.
    fn backwards(word: &str) -> String {
        word.chars().rev().collect()
    }

    #[test]
    fn both_directions_in_a_line() {
        let (day, pay) = (backwards("يوما"), backwards("يدفع"));
        assert_eq!(
            ordered(&drawn(&format!("(ABC Ltd) {day} 15 %30 {pay}"))),
            "يدفع 30% 15 يوما (ABC Ltd)"
        );
        let (year, of) = (backwards("שנה"), backwards("של"));
        assert_eq!(ordered(&drawn(&format!("{year} 30% {of}"))), "של 30% שנה");
        assert_eq!(
            ordered(&drawn(&format!("{year} 12-05-2024 {of}"))),
            "של 12-05-2024 שנה"
        );
        assert_eq!(
            ordered(&drawn(&format!("The word {year} {of} means year"))),
            "The word של שנה means year"
        );
        // The address is longer than the words around it.
        let (here, post) = (backwards("هنا"), backwards("البريد"));
        let rest = backwards("يدفع المشتري خلال يوما من الاستلام");
        assert_eq!(
            ordered(&drawn(&format!(
                ".{here} information@department.example.com {post}\n{rest}"
            ))),
            format!("البريد information@department.example.com هنا.\n{rest}")
        );
        // A line of a single direction stays unchanged.
        assert_eq!(ordered(&drawn("يدفع")), "يدفع");
    }

    #[test]
    fn presentation_forms_become_letters() {
        assert_eq!(with_base_letters("\u{fee3}\u{fe8e}".to_owned()), "ما");
    }
}

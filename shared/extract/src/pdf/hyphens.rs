//! Rejoins words that were hyphenated at the end of a line, and keeps real hyphens.

use std::collections::HashMap;

use crate::text;

/// pdfium's marker for a hyphen at the end of a line.
const MARK: char = '\u{fffe}';

/// Words between parts of compounds with a suspended hyphen (`Ein- und Ausgang`). Few words end like these.
const BETWEEN: &[&str] = &[
    // German, Dutch, Scandinavian.
    "und",
    "oder",
    "bzw",
    "beziehungsweise",
    "resp",
    "respektive",
    "sowie",
    "bis",
    "aber",
    "en",
    "of",
    "och",
    "og",
    "eller",
    // English.
    "and",
    "or",
    "but",
    "through",
    "versus",
    "vs",
    "plus",
    "respectively",
    // Romance.
    "et",
    "ou",
    "e",
    "y",
    "o",
    "u",
    "ed",
    // Slavic, Baltic.
    "i",
    "a",
    "lub",
    "oraz",
    "albo",
    "nebo",
    "ili",
    "ali",
    "alebo",
    "и",
    "или",
    "і",
    "й",
    "або",
    "un",
    "vai",
    // Finnish, Estonian, Hungarian.
    "tai",
    "sekä",
    "või",
    "és",
    "vagy",
    "illetve",
];
/// Such words that are also the ending of many others (`foto`, `ope-ta-ja`).
const DOUBTFUL: &[&str] = &["to", "ja", "ve", "samt", "til", "și", "wie", "noch"];
/// Words that may be abbreviated with a full stop.
const ABBREVIATED: &[&str] = &[
    "bzw", "bezw", "u", "o", "od", "vs", "v", "resp", "evtl", "ev", "wzgl", "popř", "příp",
];
/// Two words that stand for one of [`BETWEEN`].
const PHRASES: &[(&str, &str)] = &[("als", "auch"), ("as", "well"), ("así", "como")];
/// Words that end like one of [`BETWEEN`]: `thereof`, `surplus`.
const WHOLE: &[(&str, &str)] = &[("here", "of"), ("sur", "plus"), ("non", "plus")];

/// Fewest letters of a complete word.
const MIN_ALONE: usize = 4;

/// Evidence about divided words from the document's own words.
#[derive(Default)]
pub struct Words {
    /// Candidates for joined words, and whether the document contains them elsewhere.
    seen: HashMap<String, bool>,
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '’' | '\'')
}

/// Longest word that is considered, in characters.
const MAX_WORD: usize = 64;

/// The word parts before and after a marker.
fn around<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str) {
    let start = before
        .char_indices()
        .rev()
        .take(MAX_WORD)
        .take_while(|(_, character)| is_of_word(*character))
        .last()
        .map_or(before.len(), |(place, _)| place);
    let end = after
        .char_indices()
        .take(MAX_WORD)
        .take_while(|(_, character)| is_of_word(*character))
        .last()
        .map_or(0, |(place, character)| place + character.len_utf8());
    (&before[start..], &after[..end])
}

impl Words {
    /// Looks up the words that markers divide.
    pub fn of<'a>(pages: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut words = Self::default();
        for page in pages.clone() {
            for (place, mark) in page.match_indices(MARK) {
                let (before, after) = around(&page[..place], &page[place + mark.len()..]);
                for form in [
                    format!("{before}{after}"),
                    format!("{before}-{after}"),
                    before.to_owned(),
                ] {
                    words.seen.insert(form, false);
                }
            }
        }
        if words.seen.is_empty() {
            return words;
        }
        for page in pages {
            let mut parts = page.split(MARK).peekable();
            let mut first = true;
            while let Some(part) = parts.next() {
                // Halves of divided words are not evidence.
                let head = if first {
                    0
                } else {
                    part.find(|c| !is_of_word(c)).unwrap_or(part.len())
                };
                let tail = match parts.peek() {
                    None => part.len(),
                    Some(_) => part.len() - around(part, "").0.len(),
                };
                first = false;
                for word in part
                    .get(head..tail)
                    .unwrap_or_default()
                    .split(|c| !is_of_word(c))
                {
                    if let Some(seen) = words.seen.get_mut(word) {
                        *seen = true;
                    }
                }
            }
        }
        words
    }

    fn has(&self, word: &str) -> bool {
        self.seen.get(word).copied().unwrap_or(false)
    }

    /// The replacement of a marker: nothing, a hyphen, or a hyphen and a space.
    fn joint(&self, before: &str, rest: &str) -> &'static str {
        let (head, tail) = around(before, rest);
        let ends = (head.chars().next_back(), tail.chars().next());
        let (Some(last), Some(next)) = ends else {
            return "";
        };
        if !last.is_alphanumeric() || !next.is_alphanumeric() {
            return "";
        }
        let joined = self.has(&format!("{head}{tail}"));
        if self.is_suspended(head, tail, rest, joined) {
            return "- ";
        }
        // Next to capitals or digits ("IEEE-754") the hyphen belongs to the word.
        let own = !(last.is_lowercase() && next.is_lowercase());
        if own || !joined && self.has(&format!("{head}-{tail}")) {
            return "-";
        }
        // Scripts without case divide words, too.
        ""
    }

    fn is_suspended(&self, head: &str, tail: &str, rest: &str, joined: bool) -> bool {
        let after = &rest[tail.len()..];
        let small = tail.to_lowercase();
        let letters = head.chars().filter(|c| c.is_alphanumeric()).count();
        if joined || letters < 2 && tail.chars().count() < 2 {
            return false;
        }
        // `Sommer- bzw. Winterreifen`, `hard- and/or software`.
        let abbreviated = ABBREVIATED.contains(&small.as_str())
            && after
                .strip_prefix('.')
                .is_some_and(|after| after.starts_with(char::is_whitespace));
        let paired = after.strip_prefix('/').is_some_and(|other| {
            BETWEEN.contains(&small.as_str())
                && BETWEEN.contains(&around("", other).1.to_lowercase().as_str())
        });
        if abbreviated || paired {
            return true;
        }
        if !after.starts_with(char::is_whitespace) {
            return false;
        }
        let next = after.split_whitespace().next().unwrap_or_default();
        let next = next.trim_matches(|c: char| !c.is_alphanumeric());
        if BETWEEN.contains(&small.as_str()) || PHRASES.contains(&(small.as_str(), next)) {
            let head = head.to_lowercase();
            return !WHOLE
                .iter()
                .any(|(start, end)| *end == small && head.ends_with(start));
        }
        // `short- to long-term`: the next word has its own hyphen.
        // `kevät- ja syksy`: the part before it is a complete word. English has `into`, Italian `cantato`.
        let alone = small != "to" && letters >= MIN_ALONE && self.has(head);
        DOUBTFUL.contains(&small.as_str()) && (next.contains('-') || alone)
    }

    /// The normalized text of a page, with divided words rejoined.
    ///
    /// pdfium marks the hyphens that it takes for line-end hyphenation. Other hyphens at line ends stay.
    pub fn mended(&self, raw: &str) -> String {
        let mut mended = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(place) = rest.find(MARK) {
            mended.push_str(&rest[..place]);
            rest = &rest[place + MARK.len_utf8()..];
            mended.push_str(self.joint(&mended, rest));
        }
        mended.push_str(rest);
        text::normalise(&mended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(raw: &str) -> String {
        Words::of(std::iter::once(raw)).mended(raw)
    }

    #[test]
    fn divided_words_are_mended() {
        assert_eq!(mended("inter\u{fffe}preter\r\n"), "interpreter");
        assert_eq!(mended("IEEE\u{fffe}754"), "IEEE-754");
        assert_eq!(mended("\u{fffe}\u{fffe}a \u{fffe}b"), "a b");
    }

    #[test]
    fn suspended_hyphens_stay() {
        assert_eq!(
            mended("zwei Ein\u{fffe}und Ausgänge"),
            "zwei Ein- und Ausgänge"
        );
        assert_eq!(
            mended("vracht\u{fffe}en verzendkosten"),
            "vracht- en verzendkosten"
        );
        assert_eq!(mended("the 10\u{fffe}or 20-day"), "the 10- or 20-day");
        assert_eq!(mended("short\u{fffe}to long-term"), "short- to long-term");
        assert_eq!(
            mended("Sommer\u{fffe}bzw. Winterreifen, Vor\u{fffe}u. Nachteile"),
            "Sommer- bzw. Winterreifen, Vor- u. Nachteile"
        );
        assert_eq!(
            mended("hard\u{fffe}and/or software, input\u{fffe}vs. output"),
            "hard- and/or software, input- vs. output"
        );
        assert_eq!(
            mended("Haus\u{fffe}als auch Hofarbeit, die Sign\u{fffe}als der"),
            "Haus- als auch Hofarbeit, die Signals der"
        );
        assert_eq!(mended("a sur\u{fffe}plus of gas"), "a surplus of gas");
        assert_eq!(
            mended("auf dem Hund\u{fffe}und. Dann"),
            "auf dem Hundund. Dann"
        );
        assert_eq!(mended("una fo\u{fffe}to bella"), "una foto bella");
        assert_eq!(mended("Land\u{fffe}unde mehr"), "Landunde mehr");
        assert_eq!(
            mended("as proof there\u{fffe}of comes"),
            "as proof thereof comes"
        );
    }

    #[test]
    fn the_document_knows_its_own_words() {
        assert_eq!(
            mended("a well\u{fffe}known rule is well-known"),
            "a well-known rule is well-known"
        );
        assert_eq!(
            mended("De vracht\u{fffe}en zijn vrachten"),
            "De vrachten zijn vrachten"
        );
        assert_eq!(
            mended("kevät\u{fffe}ja syksy, kevät on"),
            "kevät- ja syksy, kevät on"
        );
        assert_eq!(mended("opetta\u{fffe}ja tuli"), "opettaja tuli");
        assert_eq!(
            mended("they came in\u{fffe}to it in May"),
            "they came into it in May"
        );
    }
}

//! Languages, as far as analysing them differs.

use frostem::{Algorithm, Stemmer};

/// A language, as far as its analysis differs from that of others.
///
/// Languages without rules of their own are all [`Language::OTHER`]: their words are folded and not
/// stemmed. So the set of languages in a table stays small, whatever codes its rows hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(u8);

/// How the apostrophes of a language's words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apostrophe {
    /// `rock'n'roll`: the word without them, and what follows the last one if it is a word.
    Joins,
    /// `l'école`: what precedes is an article or a preposition.
    Elides,
    /// `İstanbul'da`: what follows is an ending.
    Ends,
}

/// A language's rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// ISO 639 codes, the first one the code of its stop words.
    codes: &'static [&'static str],
    algorithm: Option<Algorithm>,
    pub(crate) apostrophe: Apostrophe,
    /// Whether the capital of `ı` is `I`, and that of `i` is `İ`.
    pub(crate) dotless_i: bool,
    /// Whether marks tell so many words apart that a word written with them means just that.
    pub(crate) marks_matter: bool,
    /// Whether the spellings of Arabic letters are unified before the stem.
    pub(crate) spells_arabic: bool,
    /// Whether its stop words are marked in documents and dropped from queries.
    pub(crate) drops_stop_words: bool,
}

const PLAIN: Rules = Rules {
    codes: &[],
    algorithm: None,
    apostrophe: Apostrophe::Joins,
    dotless_i: false,
    marks_matter: false,
    spells_arabic: false,
    drops_stop_words: false,
};

/// A language without a stemmer.
const fn plain(codes: &'static [&'static str]) -> Rules {
    Rules {
        codes,
        drops_stop_words: true,
        ..PLAIN
    }
}

const fn stemmed(codes: &'static [&'static str], algorithm: Algorithm) -> Rules {
    Rules {
        codes,
        algorithm: Some(algorithm),
        drops_stop_words: true,
        ..PLAIN
    }
}

const fn eliding(codes: &'static [&'static str], algorithm: Algorithm) -> Rules {
    Rules {
        apostrophe: Apostrophe::Elides,
        ..stemmed(codes, algorithm)
    }
}

/// The languages with rules of their own. The first row is for all others.
const TABLE: &[Rules] = &[
    PLAIN,
    Rules {
        spells_arabic: true,
        ..stemmed(&["ar"], Algorithm::Arabic)
    },
    stemmed(&["hy"], Algorithm::Armenian),
    stemmed(&["eu"], Algorithm::Basque),
    eliding(&["ca"], Algorithm::Catalan),
    stemmed(&["cs"], Algorithm::Czech),
    stemmed(&["da"], Algorithm::Danish),
    stemmed(&["nl"], Algorithm::Dutch),
    stemmed(&["en"], Algorithm::English),
    stemmed(&["eo"], Algorithm::Esperanto),
    stemmed(&["et"], Algorithm::Estonian),
    stemmed(&["fi"], Algorithm::Finnish),
    eliding(&["fr"], Algorithm::French),
    stemmed(&["de"], Algorithm::German),
    stemmed(&["el"], Algorithm::Greek),
    stemmed(&["hi"], Algorithm::Hindi),
    stemmed(&["hu"], Algorithm::Hungarian),
    stemmed(&["id", "ms"], Algorithm::Indonesian),
    stemmed(&["ga"], Algorithm::Irish),
    eliding(&["it"], Algorithm::Italian),
    stemmed(&["lt"], Algorithm::Lithuanian),
    stemmed(&["ne"], Algorithm::Nepali),
    stemmed(&["no", "nb", "nn"], Algorithm::Norwegian),
    stemmed(&["fa"], Algorithm::Persian),
    stemmed(&["pl"], Algorithm::Polish),
    stemmed(&["pt"], Algorithm::Portuguese),
    stemmed(&["ro", "mo"], Algorithm::Romanian),
    stemmed(&["ru"], Algorithm::Russian),
    stemmed(&["sr", "hr", "bs", "sh"], Algorithm::Serbian),
    stemmed(&["st"], Algorithm::Sesotho),
    stemmed(&["es"], Algorithm::Spanish),
    stemmed(&["sv"], Algorithm::Swedish),
    stemmed(&["ta"], Algorithm::Tamil),
    Rules {
        apostrophe: Apostrophe::Ends,
        dotless_i: true,
        ..stemmed(&["tr"], Algorithm::Turkish)
    },
    Rules {
        apostrophe: Apostrophe::Ends,
        dotless_i: true,
        ..plain(&["az"])
    },
    // The list of stop words has syllables that are half of other words.
    Rules {
        marks_matter: true,
        drops_stop_words: false,
        ..plain(&["vi"])
    },
    plain(&["be"]),
    plain(&["bg"]),
    plain(&["he"]),
    plain(&["sk"]),
    plain(&["th"]),
    plain(&["uk"]),
    stemmed(&["yi"], Algorithm::Yiddish),
];

/// ISO 639-2 and 639-3 codes of the languages in the table, where a row may hold one. Rows hold the
/// shortest code (`shared/extract`), callers may pass the others.
const LONG_CODES: &[(&str, &str)] = &[
    ("ara", "ar"),
    ("arb", "ar"),
    ("aze", "az"),
    ("azj", "az"),
    ("bel", "be"),
    ("bos", "bs"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cze", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("ger", "de"),
    ("ell", "el"),
    ("gre", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("ekk", "et"),
    ("eus", "eu"),
    ("baq", "eu"),
    ("fas", "fa"),
    ("per", "fa"),
    ("pes", "fa"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("gle", "ga"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("arm", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("lit", "lt"),
    ("msa", "ms"),
    ("may", "ms"),
    ("zsm", "ms"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("dut", "nl"),
    ("nob", "nb"),
    ("nno", "nn"),
    ("nor", "no"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rum", "ro"),
    ("rus", "ru"),
    ("slk", "sk"),
    ("slo", "sk"),
    ("sot", "st"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tha", "th"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("vie", "vi"),
    ("yid", "yi"),
];

impl Language {
    /// Any language without rules of its own, and texts of no known language.
    pub const OTHER: Self = Self(0);

    /// How many there are: as many as a query can be analysed for.
    pub const COUNT: usize = TABLE.len();

    /// Returns the language of a BCP 47 tag or an ISO 639 code, as the rows hold it: `en`, `pt-BR`,
    /// `zh_Hant`, `deu`. [`Language::OTHER`] for `None` and for everything that has no rules.
    pub fn of(code: Option<&str>) -> Self {
        let Some(code) = code else {
            return Self::OTHER;
        };
        let first = code.split(['-', '_']).next().unwrap_or_default().trim();
        let short = LONG_CODES
            .iter()
            .find(|(long, _)| first.eq_ignore_ascii_case(long))
            .map_or(first, |(_, short)| short);
        let known = |rules: &Rules| {
            rules
                .codes
                .iter()
                .any(|code| short.eq_ignore_ascii_case(code))
        };
        (0u8..)
            .zip(TABLE)
            .find(|(_, rules)| known(rules))
            .map_or(Self::OTHER, |(number, _)| Self(number))
    }

    /// All languages, [`Language::OTHER`] first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0u8..).zip(TABLE).map(|(number, _)| Self(number))
    }

    /// Returns its ISO 639 code, `und` for [`Language::OTHER`].
    pub fn code(self) -> &'static str {
        self.rules().codes.first().copied().unwrap_or("und")
    }

    pub(crate) fn number(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn rules(self) -> &'static Rules {
        TABLE.get(self.number()).unwrap_or(&PLAIN)
    }

    pub(crate) fn stemmer(self) -> Option<Stemmer> {
        self.rules().algorithm.map(Stemmer::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_length_name_a_language() {
        for (code, expected) in [
            ("en", "en"),
            ("EN-us", "en"),
            ("pt_BR", "pt"),
            ("deu", "de"),
            ("ger", "de"),
            ("nb", "no"),
            ("ms", "id"),
            ("hr", "sr"),
            ("vi", "vi"),
            ("zh", "und"),
            ("haw", "und"),
            ("english", "und"),
            ("", "und"),
        ] {
            assert_eq!(Language::of(Some(code)).code(), expected, "{code}");
        }
        assert_eq!(Language::of(None), Language::OTHER);
    }

    #[test]
    fn every_language_is_found_by_its_code() {
        for language in Language::all().skip(1) {
            assert_eq!(Language::of(Some(language.code())), language);
        }
        for (long, short) in LONG_CODES {
            assert_ne!(Language::of(Some(long)), Language::OTHER, "{short}");
        }
        assert_eq!(Language::all().count(), Language::COUNT);
    }
}

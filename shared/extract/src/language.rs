//! The language of a text: what the document states, checked against what its words look like.

use dynrag_domain::chunks::Extracted;
use isolang::Language;
use whatlang::{Info, Lang};

/// Bytes of a sample, and how many are taken, from places evenly apart.
const SAMPLE: usize = 1024;
const SAMPLES: usize = 4;
/// Minimum letters of a useful sample. A Chinese or Japanese character is a syllable or more.
const ENOUGH_LETTERS: usize = 100;
const ENOUGH_SIGNS: usize = 30;
/// A sample with fewer letters per other character, blanks aside, is a table of numbers or a
/// program.
const LETTERS_FOR_OTHERS: usize = 3;
/// Codes that are of no language.
const NONE: [&str; 4] = ["mis", "mul", "und", "zxx"];

/// The code of a language given by code: `en-US`, `ENG`, `zh_Hant`. `None` for anything else.
pub fn stated(tag: &str) -> Option<String> {
    let tag = tag.trim().to_ascii_lowercase();
    let first = tag.split(['-', '_']).next().unwrap_or_default();
    code(first)
        .filter(|code| !NONE.contains(code))
        .map(str::to_owned)
}

/// Its shortest code.
fn code(name: &str) -> Option<&'static str> {
    let language = match name.len() {
        2 => Language::from_639_1(name),
        3 => Language::from_639_3(bibliographic(name)),
        _ => None,
    }?;
    Some(language.to_639_1().unwrap_or(match language.to_639_3() {
        // Of a macrolanguage, by whose code everybody calls them.
        "cmn" => "zh",
        "arb" => "ar",
        "pes" => "fa",
        "ekk" => "et",
        "lvs" => "lv",
        "zsm" => "ms",
        other => other,
    }))
}

/// Library catalogues (ISO 639-2/B), and so books, use different codes.
fn bibliographic(name: &str) -> &str {
    match name {
        "alb" => "sqi",
        "arm" => "hye",
        "baq" => "eus",
        "bur" => "mya",
        "chi" => "zho",
        "cze" => "ces",
        "dut" => "nld",
        "fre" => "fra",
        "geo" => "kat",
        "ger" => "deu",
        "gre" => "ell",
        "ice" => "isl",
        "mac" => "mkd",
        "mao" => "mri",
        "may" => "msa",
        "per" => "fas",
        "rum" => "ron",
        "slo" => "slk",
        "tib" => "bod",
        "wel" => "cym",
        other => other,
    }
}

/// Decides on the language. A reliable detection takes precedence over the declared language, since
/// documents made from a template declare the template's. But it cannot contradict a language that
/// the detector does not know.
pub fn settle(extracted: &mut Extracted) {
    let stated = extracted.properties.language.take();
    let known = |stated: &String| {
        let mut all = Lang::all().iter();
        all.any(|lang| code(lang.code()) == Some(stated))
    };
    extracted.properties.language = match stated {
        Some(stated) if !known(&stated) => Some(stated),
        stated => detect(&extracted.text).map(str::to_owned).or(stated),
    };
}

/// The detected language of a text; `None` unless more than half of its samples reliably agree.
fn detect(text: &str) -> Option<&'static str> {
    let found: Vec<Option<Lang>> = samples(text)
        .filter(|sample| is_prose(sample))
        .map(|sample| {
            whatlang::detect(sample)
                .filter(Info::is_reliable)
                .map(|info| info.lang())
        })
        .collect();
    let count = |lang: &Lang| {
        found
            .iter()
            .flatten()
            .filter(|other| *other == lang)
            .count()
    };
    let most = found.iter().flatten().max_by_key(|lang| count(lang))?;
    (count(most) * 2 > found.len()).then(|| code(most.code()))?
}

/// Evenly spaced samples; a short text is one sample.
fn samples(text: &str) -> impl Iterator<Item = &str> {
    let (count, length) = if text.len() <= SAMPLES * SAMPLE {
        (1, text.len())
    } else {
        (SAMPLES, SAMPLE)
    };
    (0..count).map(move |part| {
        let start = text.len() / count * part;
        let end = text.floor_char_boundary(start + length);
        &text[text.ceil_char_boundary(start)..end]
    })
}

fn is_prose(sample: &str) -> bool {
    let (mut letters, mut signs, mut others) = (0usize, 0, 0);
    for character in sample.chars() {
        match character {
            '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => {
                signs += 1
            }
            _ if character.is_alphabetic() => letters += 1,
            _ if character.is_whitespace() => {}
            _ => others += 1,
        }
    }
    let enough = letters >= ENOUGH_LETTERS || signs >= ENOUGH_SIGNS;
    enough && letters + signs >= others * LETTERS_FOR_OTHERS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "The kettle boils a litre of water in two minutes. Descale it every month \
        with vinegar, and rinse it twice before you make tea again.";
    const GERMAN: &str = "Der Kessel bringt einen Liter Wasser in zwei Minuten zum Kochen. Er wird \
        jeden Monat mit Essig entkalkt und zweimal gespült, bevor man wieder Tee macht.";
    const FRENCH: &str = "La bouilloire fait bouillir un litre d'eau en deux minutes. Il faut la \
        détartrer chaque mois avec du vinaigre et la rincer deux fois avant de refaire du thé.";
    const ARABIC: &str = "تغلي الغلاية لترا من الماء في دقيقتين. يجب إزالة الترسبات منها كل شهر \
        بالخل وشطفها مرتين قبل تحضير الشاي من جديد، ولا تترك الماء فيها طوال الليل أبدا.";
    const CHINESE: &str = "这个水壶两分钟就能烧开一升水。每个月要用醋除一次水垢，再次泡茶之前要冲洗两遍，\
        不要把水留在壶里过夜。";

    fn settled(stated: Option<&str>, text: &str) -> Option<String> {
        let mut extracted = Extracted {
            text: text.to_owned(),
            ..Extracted::default()
        };
        extracted.properties.language = stated.map(str::to_owned);
        settle(&mut extracted);
        extracted.properties.language
    }

    #[test]
    fn the_text_tells() {
        for (text, code) in [
            (ENGLISH, "en"),
            (GERMAN, "de"),
            (FRENCH, "fr"),
            (ARABIC, "ar"),
            (CHINESE, "zh"),
        ] {
            assert_eq!(settled(None, text).as_deref(), Some(code));
            assert_eq!(settled(Some("en"), text).as_deref(), Some(code));
            assert_eq!(settled(None, &text.repeat(100)).as_deref(), Some(code));
        }
    }

    #[test]
    fn without_enough_prose_the_statement_stands() {
        let numbers = "12.5 | 13.7 | total\n".repeat(500);
        let program = "if (a[i] != b[j]) { x += f(&y, 0x1f); }\n".repeat(200);
        let mixed = [ENGLISH.repeat(40), GERMAN.repeat(40)].concat();
        for text in ["Der Kessel", "水", "", &numbers, &program, &mixed] {
            assert_eq!(settled(None, text), None, "{text:.20}");
            assert_eq!(settled(Some("de"), text).as_deref(), Some("de"));
        }
        // Basque, which the detector does not know and takes for something else.
        let basque = "Irakurri arretaz jarraibideak ura irakiten hasi aurretik, eta garbitu \
            kikara bi aldiz tea berriro prestatu baino lehen, ozpinarekin hilero.";
        assert_eq!(settled(Some("eu"), basque).as_deref(), Some("eu"));
    }

    #[test]
    fn codes_by_many_names() {
        for (tag, code) in [
            ("en-US", "en"),
            (" DE_at ", "de"),
            ("deu", "de"),
            ("ger", "de"),
            ("zh-Hant-TW", "zh"),
            ("cmn", "zh"),
            ("haw", "haw"),
            ("iw", ""),
            ("und", ""),
            ("x-none", ""),
            ("English", ""),
            ("é", ""),
            ("", ""),
        ] {
            assert_eq!(stated(tag).unwrap_or_default(), code, "{tag}");
        }
    }
}

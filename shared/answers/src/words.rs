//! What function words do, by language: which may be left out, which turn a meaning around.
//!
//! The lists are short on purpose. A word in none of them is content, which a claim and its source must share.

use std::collections::HashMap;
use std::sync::LazyLock;

use dynrag_analysis::Language;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::chars::is_invisible;

/// May be added or left out anywhere: articles, `and`, `that`, `also`.
pub(crate) const IGNORE: u32 = 1;
/// Negates.
pub(crate) const NEGATION: u32 = 1 << 1;
/// Makes what stands beside it less than a statement: `if`, `unless`, `allegedly`.
pub(crate) const HEDGE: u32 = 1 << 2;
/// Begins a phrase that may be cut off the end of a sentence.
pub(crate) const OPENER: u32 = 1 << 3;
/// Makes what follows a part of what precedes: `that`, `whether`.
pub(crate) const COMPLEMENT: u32 = 1 << 4;
/// Stands for a name.
pub(crate) const PRONOUN: u32 = 1 << 5;
/// Speaks of the sources: `according`, `states`.
pub(crate) const META: u32 = 1 << 6;
/// Says how much, how often or when: `all`, `less`, `before`.
pub(crate) const QUALIFIER: u32 = 1 << 7;
/// Joins two sentences.
pub(crate) const JOINER: u32 = 1 << 8;

/// A form of another word, such as a verb's tense.
pub(crate) const FORM: u32 = 1 << 15;
/// What makes a word one of those below, and no content.
pub(crate) const FUNCTION: u32 =
    IGNORE | NEGATION | HEDGE | OPENER | COMPLEMENT | PRONOUN | QUALIFIER | JOINER;

/// Rows of language, flags and words. `form=base` is a form of the word `base`.
const TABLE: &[(&str, u32, &str)] = &[
    (
        "en",
        IGNORE,
        "a an the and also however moreover furthermore additionally therefore thus indeed too then nevertheless nonetheless",
    ),
    ("en", IGNORE | COMPLEMENT, "that"),
    ("en", COMPLEMENT, "whether"),
    (
        "en",
        NEGATION,
        "not no never none neither nor nobody nothing nowhere without hardly scarcely barely rarely seldom except unable",
    ),
    (
        "en",
        HEDGE,
        "if unless allegedly reportedly supposedly purportedly hypothetically otherwise",
    ),
    (
        "en",
        OPENER,
        "in on at by for with from to during after before because which who whom whose where when while as since until through via under over into",
    ),
    (
        "en",
        PRONOUN,
        "he she it they him her them his its their this these those we i you",
    ),
    (
        "en",
        META,
        "according source sources document documents text texts passage states stated says said article mentions mentioned \
        describes described reports notes based provided context excerpt",
    ),
    (
        "en",
        QUALIFIER,
        "all some most many few every each any both either only always often sometimes usually more less fewer most least first last \
        before after above below over under increase decrease or almost nearly about at up down",
    ),
    ("en", JOINER, "but while whereas yet although though as"),
    (
        "en",
        0,
        "am=be is=be are=be was=be were=be been=be being=be be=be has=have had=have having=have have=have does=do did=do do=do",
    ),
    (
        "es",
        IGNORE,
        "el la los las un una unos unas y e lo tambien ademas asi mismo",
    ),
    ("es", IGNORE | COMPLEMENT, "que"),
    ("es", COMPLEMENT, "si"),
    (
        "es",
        NEGATION,
        "no nunca jamas ningun ninguno ninguna nada nadie ni sin tampoco apenas excepto salvo",
    ),
    ("es", HEDGE, "si supuestamente presuntamente salvo"),
    (
        "es",
        OPENER,
        "en por para con desde durante tras despues antes porque cuando donde mientras quien quienes cuyo cuya como entre hasta sobre segun a hacia",
    ),
    (
        "es",
        PRONOUN,
        "el ella ellos ellas este esta estos estas su sus",
    ),
    (
        "es",
        META,
        "segun fuente fuentes documento documentos texto pasaje indica dice afirma menciona articulo acuerdo",
    ),
    (
        "es",
        QUALIFIER,
        "todo toda todos todas algunos algunas algun alguna mayoria muchos muchas pocos pocas cada ambos solo siempre a mas menos \
        primero primera ultimo ultima antes despues o u casi aumento disminucion",
    ),
    ("es", JOINER, "pero mientras aunque sino"),
    (
        "es",
        0,
        "es=ser son=ser era=ser eran=ser fue=ser fueron=ser sea=ser siendo=ser sido=ser ser=ser esta=estar estan=estar estaba=estar \
        estaban=estar estuvo=estar ha=haber han=haber habia=haber habian=haber hubo=haber haber=haber tiene=tener tienen=tener tenia=tener tenian=tener tuvo=tener",
    ),
    (
        "de",
        IGNORE,
        "der die das den dem des ein eine einen einem einer eines und auch ausserdem ferner somit daher",
    ),
    ("de", IGNORE | COMPLEMENT, "dass"),
    ("de", COMPLEMENT, "ob"),
    (
        "de",
        NEGATION,
        "nicht kein keine keinen keinem keiner nie niemals nichts niemand ohne weder noch kaum ausser",
    ),
    ("de", HEDGE, "wenn falls angeblich vermutlich vorgeblich"),
    (
        "de",
        OPENER,
        "in im am an auf bei mit von vom aus fur durch nach vor weil da wo wahrend als seit bis unter uber zu zum zur",
    ),
    (
        "de",
        PRONOUN,
        "er sie es sein seine ihr ihre dieser diese dieses",
    ),
    (
        "de",
        META,
        "laut gemass quelle quellen dokument text zufolge besagt steht",
    ),
    (
        "de",
        QUALIFIER,
        "alle einige viele wenige jeder jede beide nur immer mehr weniger erste letzte vor nach oder fast",
    ),
    ("de", JOINER, "aber wahrend jedoch doch sondern"),
    (
        "de",
        0,
        "ist=sein sind=sein war=sein waren=sein gewesen=sein hat=haben haben=haben hatte=haben hatten=haben wird=werden werden=werden wurde=werden wurden=werden worden=werden",
    ),
    (
        "fr",
        IGNORE,
        "le la les l un une et aussi egalement ainsi donc",
    ),
    ("fr", IGNORE | COMPLEMENT, "que qu"),
    ("fr", COMPLEMENT, "si"),
    (
        "fr",
        NEGATION,
        "ne n pas jamais aucun aucune rien personne sans ni guere plus sauf",
    ),
    ("fr", HEDGE, "si pretendument sauf"),
    (
        "fr",
        OPENER,
        "en dans par pour avec depuis pendant apres avant parce quand ou qui dont comme entre sur sous vers a",
    ),
    (
        "fr",
        PRONOUN,
        "il elle ils elles ce cette ces son sa ses leur leurs",
    ),
    (
        "fr",
        META,
        "selon source sources document texte passage indique affirme",
    ),
    (
        "fr",
        QUALIFIER,
        "tous toutes tout toute certains quelques plupart chaque seulement toujours plus moins premier derniere dernier avant apres ou",
    ),
    ("fr", JOINER, "mais tandis alors"),
    (
        "fr",
        0,
        "est=etre sont=etre etait=etre etaient=etre fut=etre furent=etre ete=etre a=avoir ont=avoir avait=avoir avaient=avoir",
    ),
    (
        "it",
        IGNORE,
        "il lo la i gli le l un uno una e ed anche inoltre",
    ),
    ("it", IGNORE | COMPLEMENT, "che"),
    (
        "it",
        NEGATION,
        "non mai nessun nessuno nessuna niente nulla senza ne",
    ),
    ("it", HEDGE, "se presumibilmente"),
    (
        "it",
        OPENER,
        "in per con da dal dopo prima quando dove mentre su tra fra a",
    ),
    ("pt", IGNORE, "o a os as um uma e tambem alem"),
    ("pt", IGNORE | COMPLEMENT, "que"),
    (
        "pt",
        NEGATION,
        "nao nunca nenhum nenhuma nada ninguem sem nem",
    ),
    ("pt", HEDGE, "se supostamente"),
    (
        "pt",
        OPENER,
        "em no na por para com desde durante apos depois antes porque quando onde enquanto",
    ),
    ("nl", IGNORE, "de het een en ook"),
    ("nl", NEGATION, "niet geen nooit niets niemand zonder"),
    ("nl", HEDGE, "als indien tenzij"),
    ("ar", IGNORE, "و قد ايضا كذلك كما"),
    ("ar", IGNORE | COMPLEMENT, "ان"),
    (
        "ar",
        NEGATION,
        "لا لم لن ليس ليست ليسوا غير بدون دون عدم الا سوى",
    ),
    ("ar", HEDGE, "اذا لو لولا يزعم زعم"),
    (
        "ar",
        OPENER,
        "في من الى على عن مع بعد قبل منذ حتى خلال حيث عندما حين التي الذي الذين لان بسبب اثناء",
    ),
    ("ar", PRONOUN, "هو هي هم هما هذا هذه ذلك تلك"),
    (
        "ar",
        META,
        "وفقا حسب بحسب المصدر الوثيقة النص يذكر تذكر ينص",
    ),
    (
        "ar",
        QUALIFIER,
        "كل جميع بعض معظم كثير قليل اكثر اقل اول اخر قبل بعد فقط دائما او كلا",
    ),
    ("ar", JOINER, "لكن ولكن بينما"),
    ("he", IGNORE, "את גם כן"),
    ("he", IGNORE | COMPLEMENT, "כי"),
    (
        "he",
        NEGATION,
        "לא אין בלי ללא אף אינו אינה אינם מעולם לעולם",
    ),
    ("he", HEDGE, "אם אילו"),
    (
        "he",
        OPENER,
        "על עם אחרי לפני כאשר כש משום בגלל בין עד של אל",
    ),
    ("he", PRONOUN, "הוא היא הם הן זה זו אלה"),
    ("he", META, "לפי המקור המסמך"),
    (
        "he",
        QUALIFIER,
        "כל כמה רוב יותר פחות ראשון אחרון לפני אחרי רק תמיד או",
    ),
    ("hi", IGNORE, "और भी एवं तथा"),
    ("hi", IGNORE | COMPLEMENT, "कि"),
    ("hi", NEGATION, "नही नहीं न मत ना बिना कभी"),
    ("hi", HEDGE, "यदि अगर"),
    ("hi", PRONOUN, "वह वे यह ये"),
    ("hi", META, "अनुसार स्रोत दस्तावेज़"),
    (
        "hi",
        QUALIFIER,
        "सभी कुछ सब अधिक कम पहला पहले बाद अंतिम केवल हमेशा या",
    ),
    ("hi", 0, "है=होना हैं=होना था=होना थी=होना थे=होना"),
    ("ru", IGNORE, "и а также"),
    ("ru", IGNORE | COMPLEMENT, "что"),
    ("ru", NEGATION, "не нет ни никогда никто ничего без нельзя"),
    ("ru", HEDGE, "если якобы"),
    (
        "ru",
        OPENER,
        "в на с из от по для после до когда где который которая которые",
    ),
    ("ru", PRONOUN, "он она оно они его ее их"),
];

/// What a word is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word {
    /// Its flags.
    pub(crate) flags: u32,
    /// The word that it is a form of.
    pub(crate) base: Option<&'static str>,
    /// Its value, if it is a number.
    pub(crate) number: Option<u32>,
}

/// Words by the hash of their folded form.
pub(crate) type Words = HashMap<u64, Word>;

static WORDS: LazyLock<HashMap<Language, Words>> = LazyLock::new(|| {
    let mut languages: HashMap<Language, Words> = HashMap::new();
    for (code, flags, words) in TABLE {
        let language = languages.entry(Language::of(Some(code))).or_default();
        for word in words.split_whitespace() {
            let (form, base) = word
                .split_once('=')
                .map_or((word, None), |(form, base)| (form, Some(base)));
            let mut folded = String::new();
            fold(form, &mut folded);
            let known = language.entry(hash(&folded)).or_default();
            known.flags |= flags | if base.is_some() { FORM } else { 0 };
            known.base = known.base.or(base);
        }
    }
    for (code, word, value) in crate::numbers::words() {
        let language = languages.entry(Language::of(Some(code))).or_default();
        let mut folded = String::new();
        fold(word, &mut folded);
        language.entry(hash(&folded)).or_default().number = Some(value);
    }
    languages
});

/// The words of a language, by [`fold`]ed form; empty if none are known.
pub(crate) fn of(language: Language) -> Option<&'static Words> {
    WORDS.get(&language)
}

/// The flags of a Han character.
pub(crate) fn of_sign(c: char) -> u32 {
    match c {
        '的' | '了' | '着' | '地' | '也' | '且' => IGNORE,
        '不' | '没' | '沒' | '未' | '无' | '無' | '非' | '否' | '勿' | '莫' | '别' => {
            NEGATION
        }
        '若' | '如' => HEDGE,
        '他' | '她' | '它' => PRONOUN,
        '但' | '而' | '并' | '和' | '与' => JOINER,
        '都' | '皆' | '全' | '每' | '各' | '最' | '多' | '少' | '前' | '后' | '上' | '下'
        | '初' | '首' | '末' | '只' | '或' | '更' => QUALIFIER,
        _ => 0,
    }
}

/// Which languages know a word: a bit for each, in the order of [`GUESSED`].
static KNOWN_BY: LazyLock<HashMap<u64, u16>> = LazyLock::new(|| {
    let mut known: HashMap<u64, u16> = HashMap::new();
    for (bit, language) in GUESSED.iter().enumerate() {
        for word in WORDS.get(language).into_iter().flat_map(HashMap::keys) {
            *known.entry(*word).or_default() |= 1 << bit;
        }
    }
    known
});

/// The languages with words of their own here.
static GUESSED: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let mut all: Vec<Language> = WORDS.keys().copied().collect();
    all.sort_unstable();
    all
});

/// The language whose function words a text has most of; `None` if too few tell.
pub(crate) fn guess(text: &str) -> Option<Language> {
    let mut hits = [0u32; 16];
    let mut folded = String::new();
    let words = text.split(|c: char| !c.is_alphabetic() && !is_combining_mark(c));
    for word in words.filter(|word| !word.is_empty()).take(80) {
        folded.clear();
        fold(word, &mut folded);
        let bits = KNOWN_BY.get(&hash(&folded)).copied().unwrap_or(0);
        for (bit, count) in hits.iter_mut().enumerate() {
            *count += u32::from(bits >> bit & 1);
        }
    }
    let most = hits.iter().copied().max().unwrap_or(0);
    let mut best = hits.iter().enumerate().filter(|(_, count)| **count == most);
    match (best.next(), best.next()) {
        (Some((bit, count)), None) if *count >= 2 => GUESSED.get(bit).copied(),
        _ => None,
    }
}

/// Appends a word in lower case without marks, invisible characters and the spellings that differ for nothing.
pub(crate) fn fold(word: &str, folded: &mut String) {
    if word.is_ascii() {
        folded.push_str(word);
        let start = folded.len() - word.len();
        folded[start..].make_ascii_lowercase();
        return;
    }
    for c in word.chars().filter(|c| !is_invisible(*c)).nfkd() {
        // Vowel signs of Indian scripts are spelling, marks of others are not.
        if is_combining_mark(c) && !matches!(c, '\u{900}'..='\u{dff}') || c == 'ـ' {
            continue;
        }
        match c {
            'أ' | 'إ' | 'آ' | 'ٱ' => folded.push('ا'),
            'ى' | 'ی' => folded.push('ي'),
            'ک' => folded.push('ك'),
            'ة' => folded.push('ه'),
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            '’' | '‘' | '\u{2bc}' => folded.push('\''),
            c => folded.extend(c.to_lowercase()),
        }
    }
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

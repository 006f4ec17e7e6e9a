//! Sentences that claim nothing: questions, greetings, refusals, headings, talk about the answer itself.

use crate::chars::is_closer;
use crate::markers::without_markers;
use crate::sentences::Kind;

/// Why a sentence claims nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoClaim {
    /// A question.
    Question,
    /// A greeting, a thank-you or an offer to help.
    Greeting,
    /// It says that nothing was found.
    Refusal,
    /// A heading or a line that announces what follows.
    Heading,
    /// A block of code.
    Code,
    /// Nothing but signs.
    Empty,
}

/// What greetings and offers begin with, in lower case.
const GREETINGS: &[&str] = &[
    "hello",
    "hi ",
    "hi!",
    "hi,",
    "hey",
    "good morning",
    "good afternoon",
    "thank",
    "you're welcome",
    "you are welcome",
    "sure",
    "of course",
    "certainly",
    "let me know",
    "i hope",
    "feel free",
    "please let me",
    "happy to help",
    "great question",
    "i can help",
    "hola",
    "buenos dias",
    "buenos días",
    "gracias",
    "por supuesto",
    "claro",
    "espero que",
    "hallo",
    "guten tag",
    "danke",
    "gerne",
    "natürlich",
    "ich hoffe",
    "bonjour",
    "merci",
    "bien sûr",
    "ciao",
    "olá",
    "obrigad",
    "مرحبا",
    "أهلا",
    "اهلا",
    "السلام عليكم",
    "شكرا",
    "بالتأكيد",
    "آمل",
    "שלום",
    "תודה",
    "בוודאי",
    "नमस्ते",
    "धन्यवाद",
    "你好",
    "您好",
    "谢谢",
    "当然",
    "希望",
    "здравствуйте",
    "привет",
    "спасибо",
    "конечно",
];

/// What refusals begin with or contain, in lower case.
const REFUSALS: &[&str] = &[
    "i could not find",
    "i couldn't find",
    "i can't find",
    "i cannot find",
    "i did not find",
    "i don't know",
    "i do not know",
    "i'm sorry",
    "i am sorry",
    "sorry, ",
    "i'm not sure",
    "i cannot answer",
    "i can't answer",
    "no information",
    "the sources do not",
    "the sources don't",
    "the documents do not",
    "the documents don't",
    "the provided sources do not",
    "the context does not",
    "none of the sources",
    "nothing in the sources",
    "there is no information",
    "no encontré",
    "no he encontrado",
    "no pude encontrar",
    "no lo sé",
    "lo siento",
    "no hay información",
    "las fuentes no",
    "los documentos no",
    "ich konnte nicht",
    "ich konnte keine",
    "ich weiß nicht",
    "es tut mir leid",
    "leider",
    "die quellen enthalten keine",
    "die dokumente enthalten keine",
    "je n'ai pas trouvé",
    "je ne sais pas",
    "désolé",
    "les sources ne",
    "لم أجد",
    "لم اجد",
    "لا أعرف",
    "لا توجد معلومات",
    "عذرا",
    "عذراً",
    "آسف",
    "لا تحتوي المصادر",
    "לא מצאתי",
    "איני יודע",
    "מצטער",
    "אין מידע",
    "मुझे नहीं मिला",
    "मुझे कोई",
    "मुझे नहीं पता",
    "क्षमा करें",
    "我没有找到",
    "没有找到",
    "未找到",
    "我不知道",
    "抱歉",
    "对不起",
    "来源中没有",
    "文档中没有",
    "не нашел",
    "не нашёл",
    "я не знаю",
    "извините",
    "к сожалению",
];

/// Words that turn from a refusal to a claim.
const TURNS: &[&str] = &[
    " but ",
    " however",
    " pero ",
    " sin embargo",
    " aber ",
    " jedoch",
    " mais ",
    " لكن",
    "ولكن",
    " אבל ",
    " लेकिन ",
    "但",
    " но ",
];

/// Why a sentence claims nothing; `None` if it claims something. What cites a source does, unless it is a
/// question, a heading or code.
pub(crate) fn no_claim(sentence: &str, kind: Kind, cites: bool) -> Option<NoClaim> {
    let mut text = without_markers(sentence).trim().to_owned();
    match kind {
        Kind::Code => return Some(NoClaim::Code),
        Kind::Heading => return Some(NoClaim::Heading),
        Kind::Item | Kind::Prose => {}
    }
    if !text.chars().any(char::is_alphanumeric) {
        return Some(NoClaim::Empty);
    }
    text = text
        .trim_end_matches(|c: char| is_closer(c) || c.is_whitespace())
        .to_owned();
    if text.ends_with(['?', '؟', '？', ';']) && !text.ends_with(';') {
        return Some(NoClaim::Question);
    }
    if cites {
        return None;
    }
    if text.ends_with([':', '：']) {
        return Some(NoClaim::Heading);
    }
    let lower = text
        .trim_start_matches(|c: char| !c.is_alphabetic())
        .to_lowercase();
    let turns = TURNS.iter().any(|word| lower.contains(word));
    if !turns && REFUSALS.iter().any(|start| lower.starts_with(start)) {
        return Some(NoClaim::Refusal);
    }
    let short = lower.chars().count() <= 80;
    if short
        && !turns
        && !lower.contains(|c: char| c.is_numeric())
        && GREETINGS.iter().any(|start| lower.starts_with(start))
    {
        return Some(NoClaim::Greeting);
    }
    None
}

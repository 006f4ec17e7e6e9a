//! The few sentences that are ours, in the languages that are known.

use dynrag_domain::answers::AnswerStatus;

/// What is said where there is no answer, and in what was searched.
pub(crate) fn without_answer(
    status: AnswerStatus,
    language: Option<&str>,
    collection: Option<&str>,
) -> String {
    let language = language
        .and_then(|tag| tag.split('-').next())
        .unwrap_or("en");
    let (documents, collection_of, not_found, refused) = match language {
        "de" => (
            "Ihren Dokumenten",
            "der Sammlung „{}“",
            "In {} habe ich nichts gefunden, was diese Frage beantwortet.",
            "Ich habe keine Antwort, die in {} vollständig belegt ist.",
        ),
        "es" => (
            "sus documentos",
            "la colección «{}»",
            "No he encontrado en {} nada que responda a esta pregunta.",
            "No tengo una respuesta respaldada por completo por {}.",
        ),
        "fr" => (
            "vos documents",
            "la collection « {} »",
            "Je n’ai rien trouvé dans {} qui réponde à cette question.",
            "Je n’ai pas de réponse entièrement confirmée par {}.",
        ),
        "ar" => (
            "مستنداتك",
            "المجموعة «{}»",
            "لم أجد في {} ما يجيب عن هذا السؤال.",
            "ليست لدي إجابة تؤيدها {} بالكامل.",
        ),
        "zh" => (
            "您的文档",
            "集合“{}”",
            "我在{}中没有找到可以回答这个问题的内容。",
            "我没有完全由{}支持的答案。",
        ),
        _ => (
            "your documents",
            "the collection “{}”",
            "I found nothing in {} that answers this question.",
            "I have no answer that is fully supported by {}.",
        ),
    };
    let searched = match collection {
        Some(name) => collection_of.replace("{}", name),
        None => documents.to_owned(),
    };
    let sentence = match status {
        AnswerStatus::Refused => refused,
        AnswerStatus::NotFound | AnswerStatus::Answered | AnswerStatus::Withdrawn => not_found,
    };
    sentence.replace("{}", &searched)
}

/// The language of a question as far as its script or punctuation tells.
pub(crate) fn language_of(question: &str) -> Option<&'static str> {
    question.chars().find_map(|c| match c {
        '\u{600}'..='\u{6FF}' => Some("ar"),
        '\u{4E00}'..='\u{9FFF}' => Some("zh"),
        '¿' | '¡' => Some("es"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_searched_is_named() {
        let said =
            |language, collection| without_answer(AnswerStatus::NotFound, language, collection);
        assert_eq!(
            said(Some("xx"), Some("Handbook")),
            "I found nothing in the collection “Handbook” that answers this question."
        );
        assert!(said(Some("de-AT"), None).contains("Ihren Dokumenten"));
        for language in ["en", "de", "es", "fr", "ar", "zh"] {
            for status in [AnswerStatus::NotFound, AnswerStatus::Refused] {
                let text = without_answer(status, Some(language), Some("N"));
                assert!(!text.contains("{}") && text.contains('N'), "{text}");
            }
        }
    }
}

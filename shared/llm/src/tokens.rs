//! Token counts of OpenAI's embedding models.

/// Number of cl100k tokens of a text, as counted and charged by text-embedding-3 and ada-002. The
/// first call loads the vocabulary (tens of milliseconds), so a process that never counts does not
/// pay for it. For other models the number is an estimate.
pub fn count_tokens(text: &str) -> u64 {
    u64::try_from(dynrag_tokenizer::cl100k().count(text)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::count_tokens;

    #[test]
    fn counts_are_those_of_openai() {
        // Counts published in OpenAI's cookbook, "How to count tokens with tiktoken".
        assert_eq!(count_tokens("tiktoken is great!"), 6);
        assert_eq!(count_tokens("antidisestablishmentarianism"), 6);
        assert_eq!(count_tokens("2 + 2 = 4"), 7);
        assert_eq!(count_tokens("お誕生日おめでとう"), 9);
        assert_eq!(count_tokens(""), 0);
    }
}

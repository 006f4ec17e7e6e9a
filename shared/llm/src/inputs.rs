//! What a text is to the model that embeds it, and how a model is told.

/// What a text is to the model that embeds it.
///
/// Some models embed a question and the passage that answers it differently. OpenAI's API has no field for
/// it: such models were trained with a prefix, which is part of the text on the wire. So any server of
/// OpenAI's form serves them, and nobody configures anything.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum InputType {
    /// What somebody searches for.
    Query,
    /// What can be found.
    Passage,
}

impl InputType {
    /// Returns what a model wants before a text of this type: nothing, unless it is known to want something.
    pub fn prefix(self, model: &str) -> &'static str {
        match (Family::of(model), self) {
            (Family::E5, Self::Query) => "query: ",
            (Family::E5, Self::Passage) => "passage: ",
            (Family::Plain, _) => "",
        }
    }

    /// Returns the number of [tokens](crate::count_tokens) that the prefix adds to a text, at most.
    ///
    /// It is not counted: a function that counts nothing else need not hold the vocabulary.
    pub fn prefix_tokens(self, model: &str) -> u64 {
        match (Family::of(model), self) {
            (Family::E5, Self::Query) => 3,
            (Family::E5, Self::Passage) => 4,
            (Family::Plain, _) => 0,
        }
    }
}

/// Models that want the same prefixes.
enum Family {
    /// E5, whose model cards ask for `query: ` and `passage: ` (Wang et al., arXiv 2212.03533 and 2402.05672):
    /// `e5-base-v2`, `intfloat/multilingual-e5-small` and so on. Its `-instruct` models take a task instead.
    E5,
    /// Models that embed every text as it is.
    Plain,
}

impl Family {
    fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        let parts = || name.split(|c: char| !c.is_ascii_alphanumeric());
        let has = |wanted| parts().any(|part| part.eq_ignore_ascii_case(wanted));
        if has("e5") && !has("instruct") {
            Self::E5
        } else {
            Self::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InputType::{Passage, Query};
    use crate::tokens::count_tokens;

    #[test]
    fn e5_is_told_what_a_text_is_and_others_are_not() {
        for model in [
            "multilingual-e5-small",
            "intfloat/multilingual-e5-large",
            "e5-base-v2",
            "E5_small:q4",
        ] {
            assert_eq!(Query.prefix(model), "query: ", "{model}");
            assert_eq!(Passage.prefix(model), "passage: ", "{model}");
            for input in [Query, Passage] {
                let counted = count_tokens(input.prefix(model));
                assert_eq!(input.prefix_tokens(model), counted, "{model}");
            }
        }
        for model in [
            "text-embedding-3-small",
            "all-MiniLM-L6-v2",
            "multilingual-e5-large-instruct",
            "made5",
            "e5/other",
            "",
        ] {
            assert_eq!(Query.prefix(model), "", "{model}");
            assert_eq!(Passage.prefix_tokens(model), 0, "{model}");
        }
    }
}

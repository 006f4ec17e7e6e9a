//! XLM-RoBERTa's tokenizer: characters are normalised, and a text is cut into the likeliest pieces.

use std::collections::HashMap;

use anyhow::anyhow;
use tokenizers::{
    Tokenizer,
    models::unigram::Unigram,
    pre_tokenizers::metaspace::{Metaspace, PrependScheme},
    processors::template::TemplateProcessing,
};

/// The first of the vocabulary are the special pieces `<s>`, `<pad>`, `</s>` and `<unk>`.
const BEGIN: u32 = 0;
const END: u32 = 2;
const UNKNOWN: usize = 3;

/// Builds the tokenizer, which wants a text as [`normalise`] leaves it.
pub(super) fn tokenizer(pieces: Vec<(String, f64)>) -> anyhow::Result<Tokenizer> {
    let model = Unigram::from(pieces, Some(UNKNOWN), false).map_err(|error| anyhow!("{error}"))?;
    let specials = TemplateProcessing::builder()
        .try_single("<s> $A </s>")
        .map_err(|error| anyhow!("{error}"))?
        .special_tokens(vec![("<s>", BEGIN), ("</s>", END)])
        .build()?;
    let mut tokenizer = Tokenizer::new(model);
    // A space belongs to the word after it, and the first word has one too.
    tokenizer
        .with_pre_tokenizer(Some(Metaspace::new('▁', PrependScheme::Always, true)))
        .with_post_processor(Some(specials));
    Ok(tokenizer)
}

/// Replaces single characters, and several spaces by one.
pub(super) fn normalise(characters: &HashMap<char, String>, text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut push = |c| {
        if c != ' ' || !normal.ends_with(' ') {
            normal.push(c);
        }
    };
    for c in text.chars() {
        match characters.get(&c) {
            Some(others) => others.chars().for_each(&mut push),
            None => push(c),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<u32> {
        let pieces = [
            "<s>",
            "<pad>",
            "</s>",
            "<unk>",
            "▁",
            "▁ket",
            "tle",
            "▁kettle",
            "s",
        ];
        let scores = [0.0, 0.0, 0.0, 0.0, -4.0, -5.0, -5.0, -6.0, -3.0];
        let pieces = pieces.map(String::from).into_iter().zip(scores).collect();
        let tokenizer = tokenizer(pieces).unwrap();
        let characters = [('\t', " "), ('\u{1}', ""), ('ﬆ', "st")];
        let characters = characters.map(|(from, to)| (from, to.to_owned())).into();
        let normal = normalise(&characters, text);
        tokenizer
            .encode_fast(normal, true)
            .unwrap()
            .get_ids()
            .to_vec()
    }

    #[test]
    fn texts_become_the_likeliest_pieces() {
        assert_eq!(ids("kettles"), [0, 7, 8, 2]);
        assert_eq!(ids("ket kettle"), [0, 5, 7, 2]);
        assert_eq!(ids("\u{1}ket\t \t kettle"), [0, 5, 7, 2]);
        assert_eq!(ids("sﬆ"), [0, 4, 8, 8, 3, 2]);
        assert_eq!(ids(""), [0, 2]);
    }
}

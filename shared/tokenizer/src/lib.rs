//! The tokenizer of OpenAI's embedding models, cl100k.
//!
//! The vocabulary, `data/cl100k_base.tiktoken.gz`, is OpenAI's (tiktoken, MIT licence).

use std::sync::LazyLock;

pub use bpe_openai::{Tokenizer, appendable_encoder};

/// The encoder that `build.rs` makes of the vocabulary.
static ENCODER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cl100k.zst"));
/// How cl100k splits text into words before encoding: tiktoken's pattern, with its negative look-ahead in the form of
/// `bpe-openai`. For a word matched by the second pattern, the last character begins the next word.
const PATTERNS: [(&str, bool); 3] = [
    (
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+$",
        false,
    ),
    ("\\s+\\s", true),
    ("\\s+", false),
];

static CL100K: LazyLock<Tokenizer> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "both are fixed when this is built, and tested"
    )]
    zstd::decode_all(ENCODER)
        .ok()
        .and_then(|encoder| rmp_serde::from_slice(&encoder).ok())
        .and_then(|encoder| Tokenizer::new_lookahead(encoder, &PATTERNS, false).ok())
        .expect("the encoder and the patterns are sound")
});

/// The tokenizer of text-embedding-3 and ada-002. The first call loads it, which takes tens of milliseconds: a process
/// that never counts never pays for it.
pub fn cl100k() -> &'static Tokenizer {
    &CL100K
}

/// The text of some cl100k tokens; `None` if one of them is none. Where they cut a character, U+FFFD stands for it.
pub fn decode(tokens: &[u32]) -> Option<String> {
    let bpe = &cl100k().bpe;
    // It reads beyond its table for other numbers.
    let known = |token: &u32| usize::try_from(*token).is_ok_and(|token| token < bpe.num_tokens());
    let bytes = tokens
        .iter()
        .all(known)
        .then(|| bpe.decode_tokens(tokens))?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{cl100k, decode};

    #[test]
    fn tokens_are_decoded_and_other_numbers_are_none() {
        let text = "naïve café 祝你";
        let tokens = cl100k().encode(text);
        assert_eq!(decode(&tokens).unwrap(), text);
        assert!(
            decode(&tokens[..tokens.len() - 1])
                .unwrap()
                .starts_with("naïve café")
        );
        assert_eq!(decode(&[]).unwrap(), "");
        for other in [100_256, 100_257, 199_999, u32::MAX] {
            assert_eq!(decode(&[other]), None, "{other}");
        }
    }

    #[test]
    fn it_encodes_as_the_one_it_replaces() {
        for text in [
            "",
            "Hello, world! It's 2026-11-29; isn't it?",
            "  leading,   inner   and trailing blanks  \n\n\t x \r\n",
            "お誕生日おめでとう 祝你生日快乐 يوم سعيد דוגמה ไทย",
            "fn main() { println!(\"{}\", 1_000_000 + 0xFF); }",
            "naïve café \u{1f600}\u{1f468}\u{200d}\u{1f469} \u{0}\u{7f}",
        ] {
            let other = bpe_openai::cl100k_base();
            assert_eq!(cl100k().encode(text), other.encode(text), "{text}");
            let words = |one: &bpe_openai::Tokenizer| -> Vec<String> {
                one.split(text).map(str::to_owned).collect()
            };
            assert_eq!(words(cl100k()), words(other), "{text}");
        }
    }
}

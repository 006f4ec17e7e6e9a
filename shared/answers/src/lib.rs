#![doc = include_str!("../README.md")]

mod align;
mod asked;
mod chars;
mod dates;
mod effort;
mod equal;
mod extract;
mod injection;
mod markers;
mod no_claim;
mod numbers;
mod reason;
mod sanitize;
mod sentences;
#[cfg(test)]
mod tests;
mod tokens;
mod units;
mod verify;
mod words;

pub use extract::{
    Candidate, FEATURES, LEAST_COVERAGE, Passage, Quote, Similarities, candidates, coverage,
    extract, features,
};
pub use injection::{Hidden, PromptBlocks, PromptSource, hidden, prompt_blocks, visible};
pub use markers::{Citation, MAX_CITATIONS, Marked, MarkerFilter, markers, without_markers};
pub use no_claim::NoClaim;
pub use reason::Reason;
pub use sanitize::{Sanitizer, sanitize};
pub use sentences::{Kind, Sentence, item_mark, sentences};
pub use verify::{Checked, Source, Support, Verdict, verify};

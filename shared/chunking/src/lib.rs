#![doc = include_str!("../README.md")]

mod cutter;
mod fixed;
mod graphemes;
mod markdown;
mod measure;
mod paragraph;
mod parent_child;
mod recursive;
mod semantic;
mod separators;
#[cfg(test)]
mod tests;
mod tokens;
mod writer;

use dynrag_domain::{
    chunks::{Chunk, Extracted},
    config::{Chunking, Strategy},
};

use crate::cutter::Cutter;
pub use crate::semantic::Semantic;

/// What [`plan`] gives.
pub enum Plan<'a> {
    /// The chunks.
    Ready(Vec<Chunk>),
    /// Vectors have to be asked for first: of [`Semantic::groups`], for [`Semantic::cut`].
    NeedsVectors(Semantic<'a>),
}

/// Cuts a text, as far as that can be done without a model. A text of white space alone has no chunks.
///
/// Sizes are taken as they are, at least 1, and the overlap as half of them at most; whether they are
/// sensible is [`Chunking::check`]'s to say.
pub fn plan(extracted: &Extracted, chunking: Chunking) -> Plan<'_> {
    let cutter = Cutter::new(extracted, chunking);
    let cuts = match chunking.strategy {
        Strategy::Recursive => recursive::cut(&cutter, cutter.overlap),
        Strategy::Fixed => fixed::cut(&cutter),
        Strategy::Paragraph => paragraph::cut(&cutter),
        Strategy::Markdown => markdown::cut(&cutter),
        Strategy::ParentChild => parent_child::cut(&cutter, chunking.unit),
        Strategy::Semantic => {
            return match Semantic::new(cutter) {
                Ok(semantic) => Plan::NeedsVectors(semantic),
                Err(cutter) => Plan::Ready(cutter.write(recursive::cut(&cutter, 0))),
            };
        }
    };
    Plan::Ready(cutter.write(cuts))
}

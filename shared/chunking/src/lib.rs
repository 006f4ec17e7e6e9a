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

/// The result of [`plan`].
pub enum Plan<'a> {
    /// The chunks.
    Ready(Vec<Chunk>),
    /// Vectors are needed first: those of [`Semantic::groups`], for [`Semantic::cut`].
    NeedsVectors(Semantic<'a>),
}

/// Chunks a text, as far as possible without a model. A text of only white space has no chunks.
///
/// The size is taken as given but at least 1, the overlap at most half of it; [`Chunking::check`]
/// decides whether they are sensible.
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

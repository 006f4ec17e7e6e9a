//! The part of a filter that Postgres decides, about documents, and the part that a search decides, about chunks.

use super::{ChunkFields, Condition, Filter};

/// A filter in parts. A chunk meets the filter if its document meets `documents`, and the chunk meets `chunks`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split {
    /// A condition on documents; `None` if every document meets it.
    pub documents: Option<Filter>,
    /// Conditions on documents that `chunks` refers to by their index.
    pub sets: Vec<Filter>,
    /// A condition on chunks; `None` if every chunk meets it.
    pub chunks: Option<ChunkFilter>,
}

/// A filter on chunks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChunkFilter {
    /// All of these.
    And(Vec<Self>),
    /// At least one of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A condition on a chunk's own field.
    Is(Condition),
    /// The chunk's document meets this one of the sets.
    Document(usize),
}

impl Filter {
    /// Splits the filter. Documents that do not meet `documents` need not be looked at; `sets` are needed only where a
    /// condition on documents and one on chunks are joined by `or` or within a `not`.
    pub fn split(self) -> Split {
        let (of_documents, others): (Vec<_>, Vec<_>) =
            self.conjuncts().into_iter().partition(Self::documents_only);
        let mut sets = Vec::new();
        let chunks: Vec<_> = others
            .into_iter()
            .map(|part| ChunkFilter::of(part, &mut sets))
            .collect();
        Split {
            documents: joined(of_documents, Self::And),
            sets,
            chunks: joined(chunks, ChunkFilter::And),
        }
    }

    fn conjuncts(self) -> Vec<Self> {
        match self {
            Self::And(parts) => parts.into_iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }
}

/// One part alone, several joined.
fn joined<T>(mut parts: Vec<T>, join: impl Fn(Vec<T>) -> T) -> Option<T> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(join(parts)),
    }
}

impl ChunkFilter {
    fn of(filter: Filter, sets: &mut Vec<Filter>) -> Self {
        if filter.documents_only() {
            sets.push(filter);
            return Self::Document(sets.len() - 1);
        }
        match filter {
            Filter::And(parts) => Self::And(Self::of_parts(parts, Filter::And, sets)),
            Filter::Or(parts) => Self::Or(Self::of_parts(parts, Filter::Or, sets)),
            Filter::Not(part) => Self::Not(Box::new(Self::of(*part, sets))),
            Filter::Is(condition) => Self::Is(condition),
        }
    }

    /// All conditions on documents among the parts become one set.
    fn of_parts(
        parts: Vec<Filter>,
        join: impl Fn(Vec<Filter>) -> Filter,
        sets: &mut Vec<Filter>,
    ) -> Vec<Self> {
        let (of_documents, others): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(Filter::documents_only);
        let of_documents = joined(of_documents, join);
        let parts = of_documents.into_iter().chain(others);
        parts.map(|part| Self::of(part, sets)).collect()
    }

    /// Whether a chunk meets the filter. `in_set` tells whether its document is in a set.
    pub fn matches(&self, chunk: &impl ChunkFields, in_set: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(chunk, in_set)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(chunk, in_set)),
            Self::Not(part) => !part.matches(chunk, in_set),
            Self::Is(condition) => condition.matches_chunk(chunk),
            Self::Document(set) => in_set(*set),
        }
    }
}

//! What of a segment a search may find.

use dynrag_domain::ids::DocumentId;

use super::Admit;
use crate::{
    At, Segment,
    cache::Opened,
    documents::{Covers, Document},
};

/// A segment with the rows that may be found.
pub(super) struct View {
    pub(super) opened: Opened,
    /// For each row whether it may be found.
    pub(super) admitted: Vec<bool>,
    /// How many may.
    pub(super) count: usize,
}

impl View {
    /// Looks at segments in their order.
    pub(super) fn all(opened: Vec<Opened>, admit: &dyn Admit, at: At) -> Vec<Self> {
        let covers = covers(&opened);
        let views = opened.into_iter().enumerate();
        views
            .map(|(number, opened)| Self::new(number, opened, &covers, admit, at))
            .collect()
    }

    fn new(number: usize, opened: Opened, covers: &Covers, admit: &dyn Admit, at: At) -> Self {
        let segment = &opened.segment;
        let documents = covers.apply(number, &segment.documents);
        let shown = |document: &Option<Document>| -> Option<DocumentId> {
            let document = document.as_ref()?;
            (at.shows(document) && admit.document(document.id)).then_some(document.id)
        };
        let documents: Vec<Option<DocumentId>> = documents.iter().map(shown).collect();
        let of = |place: &u32| documents.get(*place as usize).copied().flatten();
        let columns = &segment.columns;
        let admitted: Vec<bool> = if admit.depends_on_chunks() {
            let rows = (0u32..).zip(&columns.document).zip(&columns.page);
            rows.map(|((row, place), page)| {
                of(place)
                    .is_some_and(|id| admit.chunk(page.checked_sub(1), segment.language(row), id))
            })
            .collect()
        } else {
            columns
                .document
                .iter()
                .map(|place| of(place).is_some())
                .collect()
        };
        let count = admitted.iter().filter(|admitted| **admitted).count();
        Self {
            opened,
            admitted,
            count,
        }
    }

    pub(super) fn segment(&self) -> &Segment {
        &self.opened.segment
    }

    pub(super) fn admits(&self, row: u32) -> bool {
        self.admitted.get(row as usize).copied().unwrap_or_default()
    }
}

/// The tombstones of segments.
pub(crate) fn covers(opened: &[Opened]) -> Covers {
    let mut covers = Covers::default();
    for (number, opened) in opened.iter().enumerate() {
        covers.add(number, &opened.segment.tombstones);
    }
    covers
}

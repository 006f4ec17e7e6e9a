//! The part of a customer's documents that a caller's transactions can see.

use std::sync::Arc;

use dynrag_domain::CollectionId;
use uuid::Uuid;

/// The part of a customer's documents that a caller can see. The default is all of them, as for workers.
#[derive(Clone, Default, Debug)]
pub struct Bounds {
    /// The collections that the caller is bound to, which may all have been deleted; `None` if it is not bound.
    pub(crate) collections: Option<Arc<[CollectionId]>>,
    /// The caller's id, if it may not read documents: the content of others' documents is not disclosed to it.
    pub(crate) own_only: Option<Uuid>,
}

impl Bounds {
    /// Restricts the caller to these collections.
    pub fn within(collections: &[CollectionId]) -> Self {
        Self {
            collections: Some(collections.into()),
            own_only: None,
        }
    }

    /// Returns the transaction's setting, which row-level security reads. It consists of parsed UUIDs, so nothing needs
    /// quoting.
    pub(crate) fn setting(&self) -> Option<String> {
        let ids = self.collections.as_ref()?;
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        Some(format!("{{{}}}", ids.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_collection_left_is_not_the_same_as_unbound() {
        assert_eq!(Bounds::default().setting(), None);
        assert_eq!(Bounds::within(&[]).setting().as_deref(), Some("{}"));
        let ids = [CollectionId::generate(), CollectionId::generate()];
        let setting = format!("{{{},{}}}", ids[0], ids[1]);
        assert_eq!(Bounds::within(&ids).setting(), Some(setting));
    }
}

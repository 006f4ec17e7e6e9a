//! What a caller's transactions see of its customer's documents.

use std::sync::Arc;

use dynrag_domain::CollectionId;
use uuid::Uuid;

/// What a caller sees of its customer's documents. The default sees all of them, as workers do.
#[derive(Clone, Default, Debug)]
pub struct Bounds {
    /// The collections it is bound to, perhaps none any more; `None` where it is not bound.
    pub(crate) collections: Option<Arc<[CollectionId]>>,
    /// The caller's id, where it may not read documents. It is not told what the documents of others contain.
    pub(crate) own_only: Option<Uuid>,
}

impl Bounds {
    /// Bound to these collections.
    pub fn within(collections: &[CollectionId]) -> Self {
        Self {
            collections: Some(collections.into()),
            own_only: None,
        }
    }

    /// The setting of a transaction, which row-level security reads. Parsed UUIDs only, so nothing needs quoting.
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

//! One action on many documents.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{audit::Actor, ids::CollectionId, named::named};

/// Documents that a request may name one by one.
pub const MAX_IDS: usize = 1000;

named! {
    /// What is done with each document.
    BulkAction {
        /// It is deleted, and with a mail the documents attached to it.
        Delete = "delete",
        /// It is put into a collection, or out of one.
        Move = "move",
        /// It is tried again where it ended badly.
        Retry = "retry",
        /// Its content is read and cut again, as its next version.
        Reprocess = "reprocess",
    }
}

impl BulkAction {
    /// Whether it embeds documents, which costs.
    pub const fn embeds(self) -> bool {
        matches!(self, Self::Retry | Self::Reprocess)
    }
}

/// A bulk job as it is stored: what it does, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    /// What it does.
    pub action: BulkAction,
    /// Where documents are moved; `None` is out of their collection.
    pub collection_id: Option<CollectionId>,
    /// Kind of the actor that asked for it.
    actor_kind: String,
    /// Its id.
    actor_id: Option<Uuid>,
    /// Documents that were chosen.
    pub total: i64,
    /// Documents on which it is done.
    pub done: i64,
    /// Documents on which it failed.
    pub failed: i64,
}

impl Bulk {
    /// A job that has not begun and has no documents yet.
    pub fn new(action: BulkAction, collection_id: Option<CollectionId>, actor: Actor) -> Self {
        Self {
            action,
            collection_id,
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id(),
            total: 0,
            done: 0,
            failed: 0,
        }
    }

    /// Who asked for it.
    pub fn actor(&self) -> Actor {
        Actor::from_parts(&self.actor_kind, self.actor_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ApiKeyId, UserId};

    #[test]
    fn who_asked_is_kept() {
        for actor in [
            Actor::User(UserId::generate()),
            Actor::ApiKey(ApiKeyId::generate()),
            Actor::System,
        ] {
            let bulk = Bulk::new(BulkAction::Delete, None, actor);
            let json = serde_json::to_string(&bulk).unwrap();
            let read: Bulk = serde_json::from_str(&json).unwrap();
            assert_eq!(read.actor(), actor);
        }
    }
}

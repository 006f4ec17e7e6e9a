//! Bulk actions: one action on many documents.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{audit::Actor, documents::filter::Presence, ids::CollectionId, named::named};

/// Most document ids that one request may list.
pub const MAX_IDS: usize = 1000;

named! {
    /// The action on each document.
    BulkAction {
        /// Delete it; with an email, the documents made from its attachments too.
        Delete = "delete",
        /// Undelete it.
        Undelete = "undelete",
        /// Move it to a collection, or out of one.
        Move = "move",
        /// Retry it if it has failed or needs action.
        Retry = "retry",
        /// Extract and chunk its content again, as its next version.
        Reprocess = "reprocess",
    }
}

impl BulkAction {
    /// Whether it embeds documents, which costs money.
    pub const fn embeds(self) -> bool {
        matches!(self, Self::Retry | Self::Reprocess)
    }
}

/// A requested bulk action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BulkOperation {
    /// The action.
    pub action: BulkAction,
    /// The target collection of a move; `None` moves documents out of their collection.
    pub collection_id: Option<CollectionId>,
    /// Whether a deletion is permanent: without undelete.
    pub permanent: bool,
}

impl From<BulkAction> for BulkOperation {
    fn from(action: BulkAction) -> Self {
        Self {
            action,
            collection_id: None,
            permanent: false,
        }
    }
}

/// A stored bulk job: its action and progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    /// The action.
    pub action: BulkAction,
    /// The target collection of a move; `None` moves documents out of their collection.
    pub collection_id: Option<CollectionId>,
    /// Whether a deletion is permanent: without undelete.
    #[serde(default)]
    pub permanent: bool,
    /// Kind of the actor that requested it.
    actor_kind: String,
    /// The actor's id.
    actor_id: Option<Uuid>,
    /// Documents selected.
    pub total: i64,
    /// Documents completed.
    pub done: i64,
    /// Documents failed.
    pub failed: i64,
}

impl Bulk {
    /// Returns a job that has not started and has no documents yet.
    pub fn new(operation: BulkOperation, actor: Actor) -> Self {
        Self {
            action: operation.action,
            collection_id: operation.collection_id,
            permanent: operation.permanent,
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id(),
            total: 0,
            done: 0,
            failed: 0,
        }
    }

    /// Whether it acts on present or deleted documents.
    pub const fn presence(&self) -> Presence {
        match (self.action, self.permanent) {
            (BulkAction::Undelete, _) => Presence::Deleted,
            (BulkAction::Delete, true) => Presence::Either,
            _ => Presence::Present,
        }
    }

    /// The actor that requested it.
    pub fn actor(&self) -> Actor {
        Actor::from_parts(&self.actor_kind, self.actor_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ApiKeyId, UserId};

    #[test]
    fn the_actor_is_stored() {
        for actor in [
            Actor::User(UserId::generate()),
            Actor::ApiKey(ApiKeyId::generate()),
            Actor::System,
        ] {
            let bulk = Bulk::new(BulkAction::Delete.into(), actor);
            let json = serde_json::to_string(&bulk).unwrap();
            let read: Bulk = serde_json::from_str(&json).unwrap();
            assert_eq!(read.actor(), actor);
        }
    }
}

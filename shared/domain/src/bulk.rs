//! One action on many documents.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{audit::Actor, documents::filter::Presence, ids::CollectionId, named::named};

/// Documents that a request may name one by one.
pub const MAX_IDS: usize = 1000;

named! {
    /// What is done with each document.
    BulkAction {
        /// It is deleted, and with a mail the documents attached to it.
        Delete = "delete",
        /// Its deletion is taken back.
        Undelete = "undelete",
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

/// What a bulk action is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The action.
    pub action: BulkAction,
    /// Where documents are moved; `None` is out of their collection.
    pub collection_id: Option<CollectionId>,
    /// Whether what is deleted cannot be undeleted.
    pub permanent: bool,
}

impl From<BulkAction> for Asked {
    fn from(action: BulkAction) -> Self {
        Self {
            action,
            collection_id: None,
            permanent: false,
        }
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
    /// Whether what it deletes cannot be undeleted.
    #[serde(default)]
    pub permanent: bool,
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
    pub fn new(asked: Asked, actor: Actor) -> Self {
        Self {
            action: asked.action,
            collection_id: asked.collection_id,
            permanent: asked.permanent,
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id(),
            total: 0,
            done: 0,
            failed: 0,
        }
    }

    /// Which documents it acts on.
    pub const fn presence(&self) -> Presence {
        match (self.action, self.permanent) {
            (BulkAction::Undelete, _) => Presence::Deleted,
            (BulkAction::Delete, true) => Presence::Either,
            _ => Presence::There,
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
            let bulk = Bulk::new(BulkAction::Delete.into(), actor);
            let json = serde_json::to_string(&bulk).unwrap();
            let read: Bulk = serde_json::from_str(&json).unwrap();
            assert_eq!(read.actor(), actor);
        }
    }
}

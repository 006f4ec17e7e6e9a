//! Events over WebSocket: tickets to connect with, channels, and the message that events are waiting.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::CustomerId,
    mail_tokens::MailToken,
    named::named,
    queues::{Message, OfCustomer, Queue, version_1},
};

/// Seconds for which a ticket is valid.
pub const TICKET_SECONDS: i32 = 60;
/// Most open connections of a customer.
pub const MAX_CONNECTIONS: i64 = 100;
/// Most subscriptions of a connection.
pub const MAX_SUBSCRIPTIONS: i64 = 100;

named! {
    /// What events are about.
    Channel {
        /// Steps of documents, and their end.
        Documents = "documents",
        /// Exports, crawls, regenerations and bulk actions.
        Jobs = "jobs",
        /// Answers in the caller's own conversations.
        Chat = "chat",
        /// The alert that most of the month's budget is spent.
        Usage = "usage",
    }
}

/// What a client connects with, once: customer, id and a secret, in the form of the tokens of emailed links. It holds the
/// secret, hence no Debug.
pub struct Ticket(MailToken);

impl Ticket {
    /// Generates a new ticket.
    pub fn generate(customer_id: CustomerId) -> Self {
        Self(MailToken::generate(customer_id))
    }

    /// Parses a ticket; `None` for text that [`text`](Self::text) cannot have written.
    pub fn parse(text: &str) -> Option<Self> {
        MailToken::parse(text).map(Self)
    }

    /// The tenant that it names, which nothing proves before its hash was found.
    pub fn customer_id(&self) -> CustomerId {
        self.0.customer_id
    }

    /// The row of its hash.
    pub fn id(&self) -> Uuid {
        self.0.id
    }

    /// Returns the text for the URL: 86 characters.
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// Returns the stored hash of the secret.
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash()
    }
}

/// The message that a customer's connections have events waiting, or one of them is to be closed. It says which customer; what
/// is waiting is in the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    /// Format version of the message, at present 1. Other versions fail to deserialize.
    #[serde(deserialize_with = "version_1")]
    v: u8,
    customer_id: CustomerId,
}

impl Push {
    /// The message for a customer.
    pub const fn to(customer_id: CustomerId) -> Self {
        Self { v: 1, customer_id }
    }
}

impl Message for Push {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn queue(&self) -> Queue {
        Queue::Push
    }
}

impl OfCustomer for Push {
    fn customer_id(&self) -> CustomerId {
        self.customer_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_format_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let push = Push::to(id.parse().unwrap());
        let json = serde_json::to_string(&push).unwrap();
        assert_eq!(json, format!(r#"{{"v":1,"customerId":"{id}"}}"#));
        assert_eq!(serde_json::from_str::<Push>(&json).unwrap(), push);
        assert!(serde_json::from_str::<Push>(&json.replace("\"v\":1", "\"v\":2")).is_err());
    }
}

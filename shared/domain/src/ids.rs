//! Ids as UUID newtypes. Paths, S3 keys, Lance URIs and SQL parameters are only built from these, so
//! that no input of a caller can reach another tenant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{Error, Result};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Generates a new id of UUID version 7, so that later ids sort later.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Returns the UUID, for binding to a SQL parameter.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            /// Writes the hyphenated lower-case form.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Accepts only the hyphenated form; braces, URNs and bare hex are rejected.
            fn from_str(text: &str) -> Result<Self> {
                if text.len() != 36 {
                    return Err(Error::not_found($noun));
                }
                Uuid::try_parse(text).map(Self).map_err(|_| Error::not_found($noun))
            }
        }
    };
}

id!(
    /// Id of a customer.
    CustomerId,
    "customer"
);
id!(
    /// Id of a user.
    UserId,
    "user"
);
id!(
    /// Id of a conversation.
    ChatSessionId,
    "conversation"
);
id!(
    /// Id of a streamed answer.
    AnswerId,
    "answer"
);
id!(
    /// Id of a job: long-running work such as an export, a crawl or a bulk action.
    JobId,
    "job"
);
id!(
    /// Id of a run of a scheduled webhook.
    RunId,
    "run"
);
id!(
    /// Id of an invitation to become a user.
    InvitationId,
    "invitation"
);
id!(
    /// Id of a user's session.
    SessionId,
    "session"
);
id!(
    /// Id of a document.
    DocumentId,
    "document"
);
id!(
    /// Id of files that were put into a collection together.
    FileBatchId,
    "file batch"
);
id!(
    /// Id of a part of a file that is uploaded in parts.
    UploadPartId,
    "part"
);
id!(
    /// Id of a collection.
    CollectionId,
    "collection"
);
id!(
    /// Id of an API key.
    ApiKeyId,
    "api key"
);
id!(
    /// Id of a webhook.
    WebhookId,
    "webhook"
);
id!(
    /// Id of a notification; its receiver gets it as `webhook-id`.
    DeliveryId,
    "delivery"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_parses() {
        let id = DocumentId::generate();
        assert_eq!(id.to_string().parse::<DocumentId>().unwrap(), id);
        assert_eq!(
            id.to_string()
                .to_uppercase()
                .parse::<DocumentId>()
                .unwrap()
                .to_string(),
            id.to_string()
        );
        let bare = id.as_uuid().simple().to_string();
        for hostile in [
            "",
            "..",
            "../b",
            bare.as_str(),
            "{00000000-0000-0000-0000-000000000000}",
            "urn:uuid:00000000-0000-0000-0000-000000000000",
            "00000000-0000-0000-0000-00000000000/",
            "00000000-0000-0000-0000-0000000000é",
        ] {
            assert!(
                hostile.parse::<DocumentId>().is_err(),
                "{hostile:?} was taken for an id"
            );
        }
    }
}

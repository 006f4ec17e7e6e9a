//! Ids as UUID newtypes. A path, S3 key, Lance URI or SQL parameter is only ever built from one of
//! these, so that nothing a caller typed can leave its tenant.

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
            /// Makes a new id. Version 7, so that ids made later sort later.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The UUID itself, for binding to a SQL parameter.
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
            /// Always the hyphenated lower-case form, whatever notation the id was parsed from.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Accepts the hyphenated form only; braces, URNs and bare hex are refused.
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
    /// A customer: the tenant.
    CustomerId,
    "customer"
);
id!(
    /// A user of a customer.
    UserId,
    "user"
);
id!(
    /// A job of a customer: long work it asked for.
    JobId,
    "job"
);
id!(
    /// A run of a scheduled webhook.
    RunId,
    "run"
);
id!(
    /// An invitation to become a user.
    InvitationId,
    "invitation"
);
id!(
    /// A session of a user: what a login begins.
    SessionId,
    "session"
);
id!(
    /// A document of a customer.
    DocumentId,
    "document"
);
id!(
    /// A collection of a customer's documents.
    CollectionId,
    "collection"
);
id!(
    /// An API key of a customer.
    ApiKeyId,
    "api key"
);
id!(
    /// A webhook of a customer.
    WebhookId,
    "webhook"
);
id!(
    /// A notice to a webhook; also the `webhook-id` its receiver sees.
    DeliveryId,
    "delivery"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_an_id() {
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

//! Identities of callers: roles, scopes and email addresses.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    ids::{ApiKeyId, UserId, WebhookId},
    named::named,
};

/// A user's role within its customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Full access to the account.
    Business,
    /// Search and chat, without uploads.
    User,
}

impl Role {
    /// The name stored in `users.role` and in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::User => "user",
        }
    }

    /// The scopes of users with this role.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Business => &Scope::ALL,
            Self::User => &[Scope::Search, Scope::Chat],
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "business" => Ok(Self::Business),
            "user" => Ok(Self::User),
            other => Err(Error::internal_fault(format!("unknown role {other:?}"))),
        }
    }
}

named! {
    /// The status of a user.
    UserStatus {
        /// May log in.
        Active = "active",
        /// May not log in.
        Disabled = "disabled",
        /// Was invited and has not accepted yet.
        Invited = "invited",
    }
}

/// A permission of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// Read documents and their status.
    #[serde(rename = "documents:read")]
    DocumentsRead,
    /// Add, change and delete documents.
    #[serde(rename = "documents:write")]
    DocumentsWrite,
    /// Search.
    #[serde(rename = "search")]
    Search,
    /// Chat.
    #[serde(rename = "chat")]
    Chat,
    /// Manage webhooks.
    #[serde(rename = "webhooks")]
    Webhooks,
    /// Read metrics.
    #[serde(rename = "metrics")]
    Metrics,
    /// Manage the account: keys, users, configuration.
    #[serde(rename = "admin:tenant")]
    AdminTenant,
}

impl Scope {
    /// Every scope; the default key has all of them.
    pub const ALL: [Self; 7] = [
        Self::DocumentsRead,
        Self::DocumentsWrite,
        Self::Search,
        Self::Chat,
        Self::Webhooks,
        Self::Metrics,
        Self::AdminTenant,
    ];

    /// The name stored in `api_keys.scopes`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentsRead => "documents:read",
            Self::DocumentsWrite => "documents:write",
            Self::Search => "search",
            Self::Chat => "chat",
            Self::Webhooks => "webhooks",
            Self::Metrics => "metrics",
            Self::AdminTenant => "admin:tenant",
        }
    }

    /// Whether a key that is bound to collections may have this scope, because it concerns documents only.
    pub const fn fits_collections(self) -> bool {
        match self {
            Self::DocumentsRead | Self::DocumentsWrite | Self::Search | Self::Chat => true,
            Self::Webhooks | Self::Metrics | Self::AdminTenant => false,
        }
    }

    /// Returns the scope with this name; an unknown name grants nothing.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A class of endpoints, which may have its own rate limit.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Reading documents.
    Read,
    /// Adding, changing or deleting documents.
    Write,
    /// Search.
    Search,
    /// Chat.
    Chat,
    /// Managing the account: keys, users, configuration, webhooks, metrics.
    Manage,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::Search,
        Self::Chat,
        Self::Manage,
    ];

    /// Returns the class of the endpoints that require a scope.
    pub const fn of(scope: Option<Scope>) -> Self {
        match scope {
            Some(Scope::DocumentsRead) => Self::Read,
            Some(Scope::DocumentsWrite) => Self::Write,
            Some(Scope::Search) => Self::Search,
            Some(Scope::Chat) => Self::Chat,
            Some(Scope::Webhooks | Scope::Metrics | Scope::AdminTenant) | None => Self::Manage,
        }
    }

    /// Whether its requests count as reads, against `readsPerMinute`. `take_limits()` in the database has the same
    /// rule.
    pub const fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Search)
    }

    /// Whether a POST of this class changes something, so that it must not run twice.
    pub const fn changes(self) -> bool {
        matches!(self, Self::Write | Self::Chat | Self::Manage)
    }

    /// The name in `customer_config.class_limits`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Search => "search",
            Self::Chat => "chat",
            Self::Manage => "manage",
        }
    }
}

/// The caller behind a verified credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Principal {
    /// A user with an access token.
    User(UserId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A webhook that receives documents, authenticated by its token or signature.
    Webhook(WebhookId),
}

/// A case-folded email address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Email(String);

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, &'static str> {
        Self::try_from(text.as_str())
    }
}

impl Email {
    /// The folded address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Email {
    type Error = &'static str;

    /// Accepts the addresses that mail servers accept in practice: one `@`, a dotted domain, no spaces or control
    /// characters, 254 bytes at most (RFC 5321).
    fn try_from(text: &str) -> std::result::Result<Self, &'static str> {
        let folded = text.trim().to_lowercase();
        if folded.len() > 254 {
            return Err("an email address of at most 254 bytes");
        }
        let (local, domain) = folded.rsplit_once('@').ok_or("not an email address")?;
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= 63
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let good = !local.is_empty()
            && local.len() <= 64
            && local
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
            && domain.contains('.')
            && domain.split('.').all(label);
        if good {
            Ok(Self(folded))
        } else {
            Err("not an email address")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_folded_and_checked() {
        assert_eq!(
            Email::try_from(" Ada@Example.COM ").unwrap().as_str(),
            "ada@example.com"
        );
        for bad in [
            "",
            "ada",
            "@x.de",
            "a@b",
            "a b@x.de",
            "a@x..de",
            "a@-x.de",
            "a@x.de\r\nBcc: b@x.de",
            "a\u{202e}@x.de",
            "a\u{200b}@x.de",
        ] {
            assert!(Email::try_from(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_user_may_not_upload() {
        assert!(!Role::User.scopes().contains(&Scope::DocumentsWrite));
        assert!(Role::Business.scopes().contains(&Scope::DocumentsWrite));
    }
}

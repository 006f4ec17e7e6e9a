//! What is written down of who did what.

use uuid::Uuid;

use crate::{
    identity::Principal,
    ids::{ApiKeyId, UserId, WebhookId},
    named::named,
};

named! {
    /// What kind of actor did it.
    ActorKind {
        /// A user of the customer.
        User = "user",
        /// An API key.
        ApiKey = "api_key",
        /// A webhook.
        Webhook = "webhook",
        /// An administrator of the platform.
        PlatformAdmin = "platform_admin",
        /// We ourselves, where nobody asked.
        System = "system",
    }
}

/// Who did it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A user.
    User(UserId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A webhook.
    Webhook(WebhookId),
    /// We ourselves, where nobody asked.
    System,
}

impl From<Principal> for Actor {
    fn from(principal: Principal) -> Self {
        match principal {
            Principal::User(id) => Self::User(id),
            Principal::ApiKey(id) => Self::ApiKey(id),
            Principal::Webhook(id) => Self::Webhook(id),
        }
    }
}

impl Actor {
    /// An actor from what is stored of it. Nobody known is the system.
    pub fn from_parts(kind: &str, id: Option<Uuid>) -> Self {
        match (kind, id) {
            ("user", Some(id)) => Self::User(id.into()),
            ("api_key", Some(id)) => Self::ApiKey(id.into()),
            ("webhook", Some(id)) => Self::Webhook(id.into()),
            _ => Self::System,
        }
    }

    /// The name stored in `audit_log.actor_kind`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::Webhook(_) => "webhook",
            Self::System => "system",
        }
    }

    /// Whose id it is.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id.as_uuid()),
            Self::ApiKey(id) => Some(id.as_uuid()),
            Self::Webhook(id) => Some(id.as_uuid()),
            Self::System => None,
        }
    }
}

/// What was done. The target of each is in its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// A customer signed up; target: the customer.
    CustomerCreated,
    /// A key was made; target: the key.
    ApiKeyCreated,
    /// A key was revoked; target: the key.
    ApiKeyRevoked,
    /// A key was handed over, as its user may have none any more; target: the key.
    ApiKeyTransferred,
    /// Somebody was invited to become a user; target: the invitation.
    UserInvited,
    /// An invitation was taken back; target: the invitation.
    InvitationDeleted,
    /// Somebody accepted an invitation; target: the new user.
    UserCreated,
    /// Role or status of a user was changed; target: the user.
    UserUpdated,
    /// A user was deleted; target: the user.
    UserDeleted,
    /// A user verified the address; target: the user.
    UserEmailVerified,
    /// A user changed the password; target: the user.
    UserPasswordChanged,
    /// A user set a forgotten password anew; target: the user.
    UserPasswordReset,
    /// An export was asked for; target: the job.
    ExportRequested,
    /// A crawl was asked for; target: the job.
    CrawlRequested,
    /// An action on many documents was asked for; target: the job.
    BulkRequested,
    /// Vectors of another model were asked for.
    RegenerationRequested,
    /// The company's name was changed; target: the customer.
    CustomerUpdated,
    /// The configuration was changed; target: the customer.
    ConfigUpdated,
    /// The customer's own key of the provider was set; target: the customer.
    OpenAiKeySet,
    /// It was deleted; target: the customer.
    OpenAiKeyDeleted,
    /// The secrets that sign tokens were replaced; target: the customer.
    SecretsRotated,
    /// A session ended; target: the session.
    SessionEnded,
    /// All sessions of a user ended; target: the user.
    UserSessionsEnded,
    /// A spent refresh token came again, and the session was ended; target: the session.
    SessionTokenReused,
    /// A document was added; target: the document.
    DocumentAdded,
    /// A document got a new version; target: the document.
    DocumentUpdated,
    /// A document that ended badly was queued again; target: the document.
    DocumentRetried,
    /// A document was put into another collection, or out of one; target: the document.
    DocumentMoved,
    /// A document was deleted; target: the document.
    DocumentDeleted,
    /// A deletion was taken back; target: the document.
    DocumentUndeleted,
    /// A collection was made; target: the collection.
    CollectionCreated,
    /// A collection was changed; target: the collection.
    CollectionUpdated,
    /// A collection was deleted; target: the collection.
    CollectionDeleted,
    /// A webhook was made; target: the webhook.
    WebhookCreated,
    /// A webhook was changed; target: the webhook.
    WebhookUpdated,
    /// A webhook was deleted; target: the webhook.
    WebhookDeleted,
    /// We stopped a webhook, as nobody takes its notices; target: the webhook.
    WebhookDisabled,
}

impl Action {
    /// The name stored in `audit_log.action`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerCreated => "customer.created",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::ApiKeyTransferred => "api_key.transferred",
            Self::UserInvited => "user.invited",
            Self::InvitationDeleted => "invitation.deleted",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::UserDeleted => "user.deleted",
            Self::UserEmailVerified => "user.email_verified",
            Self::UserPasswordChanged => "user.password_changed",
            Self::UserPasswordReset => "user.password_reset",
            Self::ExportRequested => "export.requested",
            Self::CrawlRequested => "crawl.requested",
            Self::BulkRequested => "bulk.requested",
            Self::RegenerationRequested => "regeneration.requested",
            Self::CustomerUpdated => "customer.updated",
            Self::ConfigUpdated => "config.updated",
            Self::OpenAiKeySet => "openai_key.set",
            Self::OpenAiKeyDeleted => "openai_key.deleted",
            Self::SecretsRotated => "secrets.rotated",
            Self::SessionEnded => "session.ended",
            Self::UserSessionsEnded => "user.sessions_ended",
            Self::SessionTokenReused => "session.token_reused",
            Self::DocumentAdded => "document.added",
            Self::DocumentUpdated => "document.updated",
            Self::DocumentRetried => "document.retried",
            Self::DocumentMoved => "document.moved",
            Self::DocumentDeleted => "document.deleted",
            Self::DocumentUndeleted => "document.undeleted",
            Self::CollectionCreated => "collection.created",
            Self::CollectionUpdated => "collection.updated",
            Self::CollectionDeleted => "collection.deleted",
            Self::WebhookCreated => "webhook.created",
            Self::WebhookUpdated => "webhook.updated",
            Self::WebhookDeleted => "webhook.deleted",
            Self::WebhookDisabled => "webhook.disabled",
        }
    }
}

//! Audit records: actors and actions.

use uuid::Uuid;

use crate::{
    identity::Principal,
    ids::{ApiKeyId, UserId, WebhookId},
    named::named,
};

named! {
    /// The kind of an actor.
    ActorKind {
        /// A user of the customer.
        User = "user",
        /// An API key.
        ApiKey = "api_key",
        /// A webhook.
        Webhook = "webhook",
        /// An administrator of the platform.
        PlatformAdmin = "platform_admin",
        /// The platform itself.
        System = "system",
    }
}

/// The actor of an audit record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A user.
    User(UserId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A webhook.
    Webhook(WebhookId),
    /// The platform itself, without a request.
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
    /// Returns an actor from its stored kind and id. An unknown actor is the system.
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

    /// The actor's id.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id.as_uuid()),
            Self::ApiKey(id) => Some(id.as_uuid()),
            Self::Webhook(id) => Some(id.as_uuid()),
            Self::System => None,
        }
    }
}

/// An audited action. Each description names the target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// A customer signed up; target: the customer.
    CustomerCreated,
    /// A key was created; target: the key.
    ApiKeyCreated,
    /// A key was revoked; target: the key.
    ApiKeyRevoked,
    /// A key was transferred because its user may no longer have keys; target: the key.
    ApiKeyTransferred,
    /// A user was invited; target: the invitation.
    UserInvited,
    /// An invitation was deleted; target: the invitation.
    InvitationDeleted,
    /// An invitation was accepted; target: the new user.
    UserCreated,
    /// Role or status of a user was changed; target: the user.
    UserUpdated,
    /// A user was deleted; target: the user.
    UserDeleted,
    /// A user verified the email address; target: the user.
    UserEmailVerified,
    /// A user changed the password; target: the user.
    UserPasswordChanged,
    /// A user reset a forgotten password; target: the user.
    UserPasswordReset,
    /// An export was requested; target: the job.
    ExportRequested,
    /// A crawl was requested; target: the job.
    CrawlRequested,
    /// A bulk action was requested; target: the job.
    BulkRequested,
    /// A regeneration of all vectors was requested.
    RegenerationRequested,
    /// The company name was changed; target: the customer.
    CustomerUpdated,
    /// The configuration was changed; target: the customer.
    ConfigUpdated,
    /// The customer's own provider key was set; target: the customer.
    OpenAiKeySet,
    /// The customer's own provider key was deleted; target: the customer.
    OpenAiKeyDeleted,
    /// The customer's reranker was set; target: the customer.
    RerankerSet,
    /// The customer's reranker was deleted; target: the customer.
    RerankerDeleted,
    /// A provider of chat models was set; target: the customer.
    ChatProviderSet,
    /// A provider of chat models was deleted; target: the customer.
    ChatProviderDeleted,
    /// The token signing secrets were rotated; target: the customer.
    SecretsRotated,
    /// A session ended; target: the session.
    SessionEnded,
    /// All sessions of a user ended; target: the user.
    UserSessionsEnded,
    /// A used refresh token was presented again and the session was ended; target: the session.
    SessionTokenReused,
    /// A user allowed an OAuth client to act for it; target: the client's session.
    ClientGranted,
    /// A client may no longer act for a user; target: the client's session.
    ClientRevoked,
    /// A used authorization code was presented again and the client's session was ended; target: the session.
    ClientCodeReused,
    /// A document was added; target: the document.
    DocumentAdded,
    /// A document got a new version; target: the document.
    DocumentUpdated,
    /// A document that had failed was queued again; target: the document.
    DocumentRetried,
    /// A document was moved to another collection, or out of one; target: the document.
    DocumentMoved,
    /// A document was deleted; target: the document.
    DocumentDeleted,
    /// A document was undeleted; target: the document.
    DocumentUndeleted,
    /// A collection was created; target: the collection.
    CollectionCreated,
    /// A collection was changed; target: the collection.
    CollectionUpdated,
    /// A collection was deleted; target: the collection.
    CollectionDeleted,
    /// A webhook was created; target: the webhook.
    WebhookCreated,
    /// A webhook was changed; target: the webhook.
    WebhookUpdated,
    /// A webhook was deleted; target: the webhook.
    WebhookDeleted,
    /// The platform disabled a webhook because its receiver does not accept notifications; target: the webhook.
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
            Self::RerankerSet => "reranker.set",
            Self::RerankerDeleted => "reranker.deleted",
            Self::ChatProviderSet => "chat_provider.set",
            Self::ChatProviderDeleted => "chat_provider.deleted",
            Self::SecretsRotated => "secrets.rotated",
            Self::SessionEnded => "session.ended",
            Self::UserSessionsEnded => "user.sessions_ended",
            Self::SessionTokenReused => "session.token_reused",
            Self::ClientGranted => "client.granted",
            Self::ClientRevoked => "client.revoked",
            Self::ClientCodeReused => "client.code_reused",
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

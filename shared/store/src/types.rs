//! Types of `domain` as parameters and columns. That crate itself is independent of SQL.

use dynrag_domain::{
    AnswerId, ApiKeyId, ChatSessionId, CollectionId, CustomerId, DeliveryId, DocumentId,
    FileBatchId, InvitationId, JobId, RunId, SessionId, UploadPartId, UserId, VersionNumber,
    WebhookId,
    answers::Thumb,
    audit::{Action, ActorKind},
    company::CustomerStatus,
    config::{Strategy, Unit},
    documents::{FailureCode, Format, Source, Stage, Status, VersionStatus},
    fetches::LeftOutStatus,
    identity::{Class, Email, Role, Scope, UserStatus},
    jobs::Lane,
    realtime::Channel,
    spending::Payer,
    tables::TableVersion,
    tasks::{JobKind, JobStatus},
    webhooks::{DeliveryStatus, DisabledReason, Event, RunStatus, Trigger, WebhookStatus},
};
use uuid::Uuid;

use crate::{params::sent_as, row::FromColumn};

/// Ids are UUIDs.
macro_rules! ids {
    ($($id:ident)+) => {
        $(
            sent_as! { $id => Uuid, UUID, UUID_ARRAY, $id::as_uuid; }

            impl FromColumn<'_> for $id {
                type Sql = Uuid;

                fn from_sql(sql: Uuid) -> Result<Self, String> {
                    Ok(sql.into())
                }
            }
        )+
    };
}

ids! {
    AnswerId ApiKeyId ChatSessionId CollectionId CustomerId DeliveryId DocumentId FileBatchId InvitationId JobId RunId SessionId UploadPartId
    UserId WebhookId
}

/// Enums whose names are sent as text.
macro_rules! names {
    ($($name:ident)+) => {
        $(sent_as! { $name => &'static str, TEXT, TEXT_ARRAY, |name: &$name| name.as_str(); })+
    };
}

/// Enums whose names are sent and read as text.
macro_rules! named {
    ($($name:ident)+) => {
        $(
            names! { $name }

            impl<'a> FromColumn<'a> for $name {
                type Sql = &'a str;

                fn from_sql(sql: &'a str) -> Result<Self, String> {
                    sql.parse()
                        .map_err(|_| format!(concat!("unknown ", stringify!($name), " {:?}"), sql))
                }
            }
        )+
    };
}

named! {
    ActorKind Channel CustomerStatus DeliveryStatus DisabledReason Event FailureCode Format JobKind JobStatus Lane
    LeftOutStatus Payer Role RunStatus Source Stage Status Strategy Thumb Trigger Unit UserStatus VersionStatus WebhookStatus
}

// An unknown scope grants nothing and is not an error, so scopes are read with `Scope::parse`.
names! { Action Class Scope }

sent_as! {
    TableVersion => i64, INT8, INT8_ARRAY, |version: &TableVersion| version.number();
    VersionNumber => i32, INT4, INT4_ARRAY, |version: &VersionNumber| version.get();
    Email => &'a str, TEXT, TEXT_ARRAY, Email::as_str;
}

impl FromColumn<'_> for VersionNumber {
    type Sql = i32;

    fn from_sql(sql: i32) -> Result<Self, String> {
        Self::try_from(sql).map_err(|_| format!("{sql} is not a version number"))
    }
}

//! Messages of the tasks queue: background account tasks. A tagged, versioned enum, like
//! [`jobs::Job`](crate::jobs::Job).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    identity::Email,
    ids::{CustomerId, InvitationId, JobId, UserId},
    named::named,
    queues::{Message, Queue, version_1},
};

named! {
    /// The kind of a job.
    JobKind {
        /// Writes all of a customer's data into zip files.
        Export = "export",
        /// Fetches the pages of a site.
        Crawl = "crawl",
        /// Embeds all documents with another model.
        Regenerate = "regenerate",
        /// Acts on many documents.
        Bulk = "bulk",
    }
}

named! {
    /// The status of a job.
    JobStatus {
        /// It has not begun.
        Queued = "queued",
        /// It has begun.
        Running = "running",
        /// It ended well.
        Completed = "completed",
        /// It ended badly.
        Failed = "failed",
    }
}

/// A message for the tasks function. An email may be sent twice if its message is delivered twice; nothing
/// else happens twice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "task",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Task {
    /// Send the email with the link that verifies an address.
    VerifyEmail {
        /// Format version of the message, at present 1. Other versions fail to deserialize.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The user whose address it is.
        user_id: UserId,
    },
    /// Send the email with the link that resets a password, if a user has this address.
    ResetPassword {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The address, which may be unknown.
        email: Email,
    },
    /// Email a user that the password was changed.
    PasswordChanged {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The user whose password it is.
        user_id: UserId,
    },
    /// Email the customer's users with the role `business` that most of the month's budget is spent.
    BudgetAlert {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// First day of the month.
        month: NaiveDate,
    },
    /// Write a customer's data into zip files, or continue to.
    Export {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The job.
        job_id: JobId,
    },
    /// Continue a bulk action.
    Bulk {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The job.
        job_id: JobId,
    },
    /// Erase a deleted customer.
    Erase {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
    },
    /// Send the email of an invitation.
    Invite {
        /// Format version of the message, at present 1.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The invitation.
        invitation_id: InvitationId,
    },
}

impl Task {
    /// Returns the task to verify a user's address.
    pub const fn verify_email(customer_id: CustomerId, user_id: UserId) -> Self {
        Self::VerifyEmail {
            v: 1,
            customer_id,
            user_id,
        }
    }

    /// Returns the task to reset a forgotten password.
    pub const fn reset_password(email: Email) -> Self {
        Self::ResetPassword { v: 1, email }
    }

    /// Returns the task to report a changed password.
    pub const fn password_changed(customer_id: CustomerId, user_id: UserId) -> Self {
        Self::PasswordChanged {
            v: 1,
            customer_id,
            user_id,
        }
    }

    /// Returns the task of an export.
    pub const fn export(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Export {
            v: 1,
            customer_id,
            job_id,
        }
    }

    /// Returns the task of a bulk action.
    pub const fn bulk(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Bulk {
            v: 1,
            customer_id,
            job_id,
        }
    }

    /// Returns the task to erase a customer.
    pub const fn erase(customer_id: CustomerId) -> Self {
        Self::Erase { v: 1, customer_id }
    }

    /// Returns the task to send an invitation.
    pub const fn invite(customer_id: CustomerId, invitation_id: InvitationId) -> Self {
        Self::Invite {
            v: 1,
            customer_id,
            invitation_id,
        }
    }
}

impl Message for Task {
    fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::VerifyEmail { customer_id, .. }
            | Self::PasswordChanged { customer_id, .. }
            | Self::BudgetAlert { customer_id, .. }
            | Self::Export { customer_id, .. }
            | Self::Bulk { customer_id, .. }
            | Self::Erase { customer_id, .. }
            | Self::Invite { customer_id, .. } => Some(*customer_id),
            Self::ResetPassword { .. } => None,
        }
    }

    fn queue(&self) -> Queue {
        Queue::Tasks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_format_is_stable() {
        let id = "00000000-0000-7000-8000-000000000001";
        let task = Task::verify_email(
            id.parse().unwrap(),
            uuid::Uuid::parse_str(id).unwrap().into(),
        );
        let json = serde_json::to_string(&task).unwrap();
        assert_eq!(
            json,
            format!(r#"{{"task":"verifyEmail","v":1,"customerId":"{id}","userId":"{id}"}}"#)
        );
        assert_eq!(serde_json::from_str::<Task>(&json).unwrap(), task);
        assert!(serde_json::from_str::<Task>(&json.replace("\"v\":1", "\"v\":2")).is_err());
        let bad = r#"{"task":"resetPassword","v":1,"email":"nobody"}"#;
        assert!(serde_json::from_str::<Task>(bad).is_err());
    }
}

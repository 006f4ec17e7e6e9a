//! Messages of the tasks queue: what is done for an account out of sight. A tagged, versioned enum, as
//! [`jobs::Job`](crate::jobs::Job) is.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    identity::Email,
    ids::{CustomerId, InvitationId, JobId, UserId},
    named::named,
    queues::{Message, Queue},
};

named! {
    /// What a job of a customer does.
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
    /// Where a job of a customer stands.
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

/// A piece of work for the tasks function. A mail may go out twice when one is delivered twice; nothing
/// else happens twice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "task",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Task {
    /// Mail the link by which an address is verified.
    VerifyEmail {
        /// Version of this message's form; 1 now. Another one is not taken for a task.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// Whose address.
        user_id: UserId,
    },
    /// Mail the link by which a forgotten password is set anew, if somebody has this address.
    ResetPassword {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The address, whose or nobody's.
        email: Email,
    },
    /// Tell a user that the password was changed.
    PasswordChanged {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// Whose password.
        user_id: UserId,
    },
    /// Tell whoever is in charge that most of the month's budget is spent.
    BudgetAlert {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// First day of the month.
        month: NaiveDate,
    },
    /// Write a customer's data into zip files, or go on with it.
    Export {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The job.
        job_id: JobId,
    },
    /// Go on with an action on many documents.
    Bulk {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The job.
        job_id: JobId,
    },
    /// Remove what is left of a customer that is deleted.
    Erase {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
    },
    /// Mail an invitation.
    Invite {
        /// Version of this message's form; 1 now.
        #[serde(deserialize_with = "version_1")]
        v: u8,
        /// The tenant.
        customer_id: CustomerId,
        /// The invitation.
        invitation_id: InvitationId,
    },
}

fn version_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        1 => Ok(1),
        v => Err(D::Error::custom(format!(
            "message of form {v}, which this release does not know"
        ))),
    }
}

impl Task {
    /// Verification of a user's address.
    pub const fn verify_email(customer_id: CustomerId, user_id: UserId) -> Self {
        Self::VerifyEmail {
            v: 1,
            customer_id,
            user_id,
        }
    }

    /// A forgotten password.
    pub const fn reset_password(email: Email) -> Self {
        Self::ResetPassword { v: 1, email }
    }

    /// Notice of a changed password.
    pub const fn password_changed(customer_id: CustomerId, user_id: UserId) -> Self {
        Self::PasswordChanged {
            v: 1,
            customer_id,
            user_id,
        }
    }

    /// An export.
    pub const fn export(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Export {
            v: 1,
            customer_id,
            job_id,
        }
    }

    /// An action on many documents.
    pub const fn bulk(customer_id: CustomerId, job_id: JobId) -> Self {
        Self::Bulk {
            v: 1,
            customer_id,
            job_id,
        }
    }

    /// Removal of a customer.
    pub const fn erase(customer_id: CustomerId) -> Self {
        Self::Erase { v: 1, customer_id }
    }

    /// Mail of an invitation.
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
    fn the_form_on_the_wire_is_stable() {
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

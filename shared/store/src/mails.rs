//! Limits on emails to an address. They are counted across all customers, by a hash of the address: no one may use the
//! platform to send a stranger emails again and again, from however many accounts.

use std::time::Duration;

use dynrag_domain::{Error, Kind, Result, identity::Email};

use crate::{Store, Tenant};

/// Emails that are counted together: one kind does not use up the limit of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailKind {
    /// Links that verify an address or reset a password.
    Link,
    /// Notices to an account's users.
    Notice,
    /// Invitations.
    Invitation,
}

impl MailKind {
    /// The name in SQL and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Notice => "notice",
            Self::Invitation => "invitation",
        }
    }

    /// Returns the maximum number of emails per hour and per day.
    const fn quota(self) -> (i32, i32) {
        match self {
            Self::Link => (5, 20),
            Self::Notice => (10, 30),
            Self::Invitation => (3, 6),
        }
    }
}

/// Returns the mailbox of an address, for counting: `ann+anything@example.com` is Ann's as well.
fn mailbox(address: &Email) -> String {
    let (local, domain) = address.as_str().split_once('@').unwrap_or_default();
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    format!("{local}@{domain}")
}

fn wait(seconds: i32) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(1))
}

impl Store {
    /// Counts an email of a kind to an address. Returns `None` if it may be sent, otherwise the time until one may be.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn take_mail(&self, kind: MailKind, to: &Email) -> Result<Option<Duration>> {
        let (an_hour, a_day) = kind.quota();
        let row = self
            .call_one(
                include_str!("../queries/mails/take.sql"),
                &[&kind.as_str(), &mailbox(to), &an_hour, &a_day],
            )
            .await?;
        let seconds: Option<i32> = row.get("wait")?;
        Ok(seconds.map(wait))
    }
}

/// Counts one of the customer's invitations: one per hour to an address, and `a_day` in total.
///
/// # Errors
/// `invitation_limit` (rate limited); `unavailable` without a database.
pub async fn take_invitation(tx: &Tenant, to: &Email, a_day: i32) -> Result<()> {
    let refused = tx
        .query_opt(
            include_str!("../queries/mails/take_invitation.sql"),
            &[&tx.customer_id(), &mailbox(to), &a_day],
        )
        .await?;
    let Some(row) = refused else {
        return Ok(());
    };
    let detail = match row.get::<String>("refused")?.as_str() {
        "address" => "This address was invited less than an hour ago. The email may be on its way or in the spam folder; to invite it \
                      again, wait for the time in Retry-After."
            .to_owned(),
        _ => format!(
            "You have reached the limit of {a_day} invitations per day (invitationsPerDay). Wait for the time in Retry-After, or ask the \
             platform's operator for a higher limit."
        ),
    };
    let after = wait(row.get("wait")?);
    Err(Error::new(Kind::RateLimited, "invitation_limit", detail).after(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_makes_no_other_mailbox() {
        let of = |address| mailbox(&Email::try_from(address).unwrap());
        assert_eq!(of("ann@example.com"), "ann@example.com");
        assert_eq!(of("ann+1@example.com"), of("ann+2+3@example.com"));
        assert_ne!(of("ann@example.com"), of("bob@example.com"));
        assert_ne!(of("ann@example.com"), of("ann@example.org"));
    }
}

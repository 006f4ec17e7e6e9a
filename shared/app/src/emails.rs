//! Emails to a customer's users. A deployment without `MAIL_FROM` sends none.
//!
//! For an email with a link:
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the token is written | the message | the queue delivers it again |
//! | after it, before SES has the email | an unused token, until it expires | the next delivery creates another |
//! | after it | a message that is delivered again | a second email; of an invitation only its link works, else both do until one is used |

mod links;
mod texts;

use chrono::NaiveDate;
use dynrag_cloud::{
    Mailer,
    mail::{Mail, Sent},
};
use dynrag_config::MailConfig;
use dynrag_domain::{
    Error, InvitationId, Kind, Result, UserId,
    identity::{Email, UserStatus},
    mail_tokens::MailToken,
    tasks::Task,
};
use dynrag_store::{
    Store, Tenant, TenantId, invitations,
    mail_tokens::{self, Purpose},
    mails::MailKind,
    outbox::{self, Pending},
    usage::monthly_spend,
    users,
};

use crate::App;

pub(crate) use links::{invalid_link, link_token};

/// Writes the task of an email to the outbox, if this deployment sends emails. Dispatch it after the commit.
///
/// # Errors
/// `unavailable` without a database.
pub(crate) async fn queue(tx: &Tenant, task: Task) -> Result<Option<Pending<Task>>> {
    match enabled() {
        true => outbox::insert(tx, task).await.map(Some),
        false => Ok(None),
    }
}

/// Whether this deployment sends emails.
pub fn enabled() -> bool {
    MailConfig::from_env().from.is_some()
}

/// Checks that this deployment sends emails.
///
/// # Errors
/// `mail_disabled` (unavailable).
pub fn check_enabled() -> Result<()> {
    if enabled() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unavailable,
        "mail_disabled",
        "This deployment does not send emails. Ask its operator to set MailFrom.",
    ))
}

/// Sends a user the link that verifies its address, unless the address is verified or the user is not active.
///
/// # Errors
/// `unavailable`.
pub async fn verify_email(app: &App, customer: TenantId, user: UserId) -> Result<()> {
    let Some(sender) = Sender::load(app).await? else {
        return Ok(());
    };
    let Some((to, false)) = sender.address(customer, user).await? else {
        return Ok(());
    };
    if !sender.may_send(MailKind::Link, &to).await? {
        return Ok(());
    }
    let purpose = Purpose::VerifyEmail(user);
    let token = sender.new_token(customer, purpose).await?;
    let mail = texts::verify_email(sender.app_url, &token, purpose.hours())?;
    sender.send(&to, &mail).await
}

/// Sends the link that resets a password, if a user has this address.
///
/// # Errors
/// `unavailable`.
pub async fn reset_password(app: &App, email: &Email) -> Result<()> {
    let Some(sender) = Sender::load(app).await? else {
        return Ok(());
    };
    let Some((customer, user)) = sender.store.begin_reset(email).await? else {
        return Ok(());
    };
    if !sender.may_send(MailKind::Link, email).await? {
        return Ok(());
    }
    let purpose = Purpose::ResetPassword(user);
    let token = sender.new_token(customer, purpose).await?;
    let mail = texts::reset_password(sender.app_url, &token, purpose.hours())?;
    sender.send(email, &mail).await
}

/// Emails an active user that the password was changed.
///
/// # Errors
/// `unavailable`.
pub async fn password_changed(app: &App, customer: TenantId, user: UserId) -> Result<()> {
    let Some(sender) = Sender::load(app).await? else {
        return Ok(());
    };
    let Some((to, _)) = sender.address(customer, user).await? else {
        return Ok(());
    };
    if !sender.may_send(MailKind::Notice, &to).await? {
        return Ok(());
    }
    sender.send(&to, &texts::password_changed()?).await
}

/// Emails the users with the role `business` that most or all of a month's budget is spent.
///
/// # Errors
/// `unavailable`.
pub async fn budget_alert(app: &App, customer: TenantId, month: NaiveDate) -> Result<()> {
    let Some(sender) = Sender::load(app).await? else {
        return Ok(());
    };
    let tx = sender.store.tenant(customer).await?;
    let spend = monthly_spend(&tx, month).await?;
    let owners = users::in_charge(&tx).await?;
    tx.commit().await?;
    let Some((spent, Some(budget))) = spend else {
        return Ok(());
    };
    let mail = texts::budget_alert(sender.app_url, month, spent, budget)?;
    for owner in owners {
        let to = Email::try_from(owner).map_err(Error::internal_fault)?;
        if sender.may_send(MailKind::Notice, &to).await? {
            sender.send(&to, &mail).await?;
        }
    }
    Ok(())
}

/// Sends an invitation that is still open, with its link.
///
/// # Errors
/// `unavailable`.
pub async fn invite(app: &App, customer: TenantId, id: InvitationId) -> Result<()> {
    let Some(sender) = Sender::load(app).await? else {
        return Ok(());
    };
    let tx = sender.store.tenant(customer).await?;
    let invitation = invitations::get(&tx, id).await?;
    tx.commit().await?;
    let Some(invitation) = invitation else {
        return Ok(());
    };
    let to = &invitation.email;
    if !sender.may_send(MailKind::Invitation, to).await? {
        return Ok(());
    }
    let purpose = Purpose::Invitation(id);
    let token = sender.new_token(customer, purpose).await?;
    let (company, inviter) = (
        invitation.company_name.as_deref(),
        invitation.invited_by.as_deref(),
    );
    let mail = texts::invitation(sender.app_url, &token, company, inviter)?;
    sender.send(to, &mail).await
}

/// Everything needed to write and send emails.
struct Sender<'a> {
    store: &'a Store,
    mailer: &'a Mailer,
    app_url: &'a str,
}

impl<'a> Sender<'a> {
    /// Returns `None` if this deployment sends no emails.
    async fn load(app: &'a App) -> Result<Option<Self>> {
        let Some((mailer, app_url)) = app.mailer().await? else {
            tracing::warn!("no email is sent: MAIL_FROM is not set");
            return Ok(None);
        };
        Ok(Some(Self {
            store: app.unbounded_store().await?,
            mailer,
            app_url,
        }))
    }

    async fn send(&self, to: &Email, mail: &Mail) -> Result<()> {
        match self.mailer.send(to, mail).await? {
            Sent::Accepted => tracing::info!("email sent"),
            // It would be rejected again.
            Sent::Rejected(cause) => tracing::error!(cause, "email rejected"),
        }
        Ok(())
    }

    /// Whether one more email of a kind may be sent to an address, counted over all customers.
    async fn may_send(&self, kind: MailKind, to: &Email) -> Result<bool> {
        let wait = self.store.take_mail(kind, to).await?;
        if wait.is_some() {
            tracing::warn!(
                kind = kind.as_str(),
                "email not sent: too many to this address"
            );
        }
        Ok(wait.is_none())
    }

    /// Generates a token for a link and stores its hash.
    async fn new_token(&self, customer: TenantId, purpose: Purpose) -> Result<MailToken> {
        let token = MailToken::generate(customer.customer_id());
        let tx = self.store.tenant(customer).await?;
        mail_tokens::insert(&tx, &token, purpose).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Returns the address of an active user and whether it is verified; `None` for any other user.
    async fn address(&self, customer: TenantId, user: UserId) -> Result<Option<(Email, bool)>> {
        let tx = self.store.tenant(customer).await?;
        let row = users::get(&tx, user).await?;
        tx.commit().await?;
        row.filter(|row| row.status == UserStatus::Active)
            .map(|row| {
                let email = Email::try_from(row.email).map_err(Error::internal_fault)?;
                Ok((email, row.email_verified_at.is_some()))
            })
            .transpose()
    }
}

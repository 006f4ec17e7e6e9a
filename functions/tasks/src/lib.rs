//! What is done for accounts out of sight: mails, exports, actions on many documents, the removal of who has left.
//! Of a mail with a link:
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the token is written | the message | the queue delivers it again |
//! | after it, before SES has the mail | a token nobody has, until it expires | the next delivery makes another |
//! | after it | a message that comes again | a second mail; its link alone works where it is an invitation's, else both do until one is used |

mod bulk;
mod erase;
mod export;
mod letters;
mod rows;
mod text;

use std::time::Instant;

use chrono::NaiveDate;
use dynrag_app::App;
use dynrag_cloud::{
    Mailer, Objects,
    mail::{Mail, Sent},
};
use dynrag_config::{MailConfig, VectorsConfig};
use dynrag_domain::{
    CustomerId, Error, InvitationId, Result, UserId,
    identity::{Email, UserStatus},
    mail_tokens::MailToken,
    tasks::Task,
};
use dynrag_store::{
    Store, invitations,
    mail_tokens::{self, Purpose},
    mails::MailKind,
    usage::monthly_spend,
    users,
};
use dynrag_worker::{Delivery, Invocation};
use tokio::sync::OnceCell;

use crate::{bulk::Bulk, erase::erase, export::Export};

/// What the function makes once per cold start.
#[derive(Default)]
pub struct Tasks {
    parts: OnceCell<Parts>,
}

impl Tasks {
    /// Does what it is told, one after the other; what has to come again.
    ///
    /// # Errors
    /// `unavailable` or `internal_error`, before anything was done.
    pub async fn run(&self, batch: Invocation<Vec<Delivery<Task>>>) -> Result<Vec<Delivery<Task>>> {
        let parts = self.parts.get_or_try_init(Parts::load).await?;
        let mut again = Vec::new();
        for delivery in batch.event {
            if let Err(error) = parts.perform(&delivery.job, batch.deadline).await {
                tracing::error!(
                    message_id = delivery.message_id,
                    code = error.code(),
                    cause = error.internal(),
                    "task failed"
                );
                again.push(delivery);
            }
        }
        Ok(again)
    }
}

async fn send(mailer: &Mailer, to: &Email, mail: &Mail) -> Result<()> {
    match mailer.send(to, mail).await? {
        Sent::Accepted => tracing::info!("mail sent"),
        // It would be rejected again.
        Sent::Rejected(cause) => tracing::error!(cause, "mail rejected"),
    }
    Ok(())
}

struct Parts {
    app: App,
    store: Store,
    documents: Objects,
    vectors: Objects,
    /// None where this deployment sends no mail.
    mail: Option<(Mailer, String)>,
}

impl Parts {
    async fn load() -> Result<Self> {
        let app = App::default();
        let cloud = app.cloud().await;
        let config = MailConfig::from_env();
        let mail = match (config.from, config.app_url) {
            (Some(from), Some(app_url)) => Some((cloud.mailer(&from), app_url)),
            (Some(_), None) => return Err(Error::internal_fault("APP_URL is not set")),
            (None, _) => None,
        };
        let vectors = VectorsConfig::from_env().map_err(Error::internal_fault)?;
        Ok(Self {
            store: app.unbounded_store().await?.clone(),
            documents: app.documents().await?.0.clone(),
            vectors: cloud.objects(&vectors.bucket),
            mail,
            app,
        })
    }

    async fn perform(&self, task: &Task, deadline: Instant) -> Result<()> {
        match task {
            Task::Export {
                customer_id,
                job_id,
                ..
            } => {
                let export = Export {
                    app: &self.app,
                    store: &self.store,
                    documents: &self.documents,
                    customer: *customer_id,
                    job: *job_id,
                    deadline,
                };
                export.run().await
            }
            Task::Bulk {
                customer_id,
                job_id,
                ..
            } => {
                let bulk = Bulk {
                    app: &self.app,
                    store: &self.store,
                    customer: *customer_id,
                    job: *job_id,
                    deadline,
                };
                bulk.run().await
            }
            Task::Erase { customer_id, .. } => {
                erase(&self.store, &self.documents, &self.vectors, *customer_id).await
            }
            mail => self.mail(mail).await,
        }
    }

    async fn mail(&self, task: &Task) -> Result<()> {
        let Some((mailer, app_url)) = &self.mail else {
            tracing::warn!("no mail is sent: MAIL_FROM is not set");
            return Ok(());
        };
        let letter = match task {
            Task::VerifyEmail {
                customer_id,
                user_id,
                ..
            } => self.verify_email(app_url, *customer_id, *user_id).await?,
            Task::ResetPassword { email, .. } => self.reset_password(app_url, email).await?,
            Task::PasswordChanged {
                customer_id,
                user_id,
                ..
            } => self.password_changed(*customer_id, *user_id).await?,
            Task::BudgetAlert {
                customer_id, month, ..
            } => {
                return self
                    .budget_alert(mailer, app_url, *customer_id, *month)
                    .await;
            }
            Task::Invite {
                customer_id,
                invitation_id,
                ..
            } => self.invite(app_url, *customer_id, *invitation_id).await?,
            Task::Export { .. } | Task::Bulk { .. } | Task::Erase { .. } => None,
        };
        match letter {
            Some((to, mail)) => send(mailer, &to, &mail).await,
            // Whoever it was for is gone, or never was.
            None => Ok(()),
        }
    }

    /// Whether one more mail of a kind may go to an address, whichever customers have it sent there.
    async fn may_send(&self, kind: MailKind, to: &Email) -> Result<bool> {
        let wait = self.store.take_mail(kind, to).await?;
        if wait.is_some() {
            tracing::warn!(
                kind = kind.as_str(),
                "mail held back: the address was sent too many"
            );
        }
        Ok(wait.is_none())
    }

    /// Tells every user who is in charge.
    async fn budget_alert(
        &self,
        mailer: &Mailer,
        app_url: &str,
        customer: CustomerId,
        month: NaiveDate,
    ) -> Result<()> {
        let tx = self.store.tenant(customer).await?;
        let spend = monthly_spend(&tx, month).await?;
        let owners = users::in_charge(&tx).await?;
        tx.commit().await?;
        let Some((spent, Some(budget))) = spend else {
            return Ok(());
        };
        let mail = letters::budget_alert(app_url, month, spent, budget)?;
        for owner in owners {
            let to = Email::try_from(owner).map_err(Error::internal_fault)?;
            if self.may_send(MailKind::Notice, &to).await? {
                send(mailer, &to, &mail).await?;
            }
        }
        Ok(())
    }

    /// Remembers a new token of a purpose.
    async fn token(&self, customer: CustomerId, purpose: Purpose) -> Result<MailToken> {
        let token = MailToken::generate(customer);
        let tx = self.store.tenant(customer).await?;
        mail_tokens::insert(&tx, &token, purpose).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The address of an active user; none for another, and where the mail would come too late.
    async fn address(&self, customer: CustomerId, user: UserId) -> Result<Option<(Email, bool)>> {
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

    async fn verify_email(
        &self,
        app_url: &str,
        customer: CustomerId,
        user: UserId,
    ) -> Result<Option<(Email, Mail)>> {
        let Some((to, false)) = self.address(customer, user).await? else {
            return Ok(None);
        };
        if !self.may_send(MailKind::Link, &to).await? {
            return Ok(None);
        }
        let purpose = Purpose::VerifyEmail(user);
        let token = self.token(customer, purpose).await?;
        let mail = letters::verify_email(app_url, &token, purpose.hours())?;
        Ok(Some((to, mail)))
    }

    async fn reset_password(&self, app_url: &str, email: &Email) -> Result<Option<(Email, Mail)>> {
        let Some((customer, user)) = self.store.begin_reset(email).await? else {
            return Ok(None);
        };
        if !self.may_send(MailKind::Link, email).await? {
            return Ok(None);
        }
        let purpose = Purpose::ResetPassword(user);
        let token = self.token(customer, purpose).await?;
        let mail = letters::reset_password(app_url, &token, purpose.hours())?;
        Ok(Some((email.clone(), mail)))
    }

    async fn password_changed(
        &self,
        customer: CustomerId,
        user: UserId,
    ) -> Result<Option<(Email, Mail)>> {
        let Some((to, _)) = self.address(customer, user).await? else {
            return Ok(None);
        };
        if !self.may_send(MailKind::Notice, &to).await? {
            return Ok(None);
        }
        Ok(Some((to, letters::password_changed()?)))
    }

    async fn invite(
        &self,
        app_url: &str,
        customer: CustomerId,
        id: InvitationId,
    ) -> Result<Option<(Email, Mail)>> {
        let tx = self.store.tenant(customer).await?;
        let invitation = invitations::get(&tx, id).await?;
        tx.commit().await?;
        let Some(invitation) = invitation else {
            return Ok(None);
        };
        if !self
            .may_send(MailKind::Invitation, &invitation.email)
            .await?
        {
            return Ok(None);
        }
        let token = self.token(customer, Purpose::Invitation(id)).await?;
        let mail = letters::invitation(
            app_url,
            &token,
            invitation.company_name.as_deref(),
            invitation.invited_by.as_deref(),
        )?;
        Ok(Some((invitation.email, mail)))
    }
}

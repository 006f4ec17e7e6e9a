//! SES.

use aws_sdk_sesv2::{
    Client,
    error::ProvideErrorMetadata,
    types::{Body, Content, Destination, EmailContent, Message},
};
use dynrag_domain::{Error, Result, identity::Email};

use crate::error;

/// An email to one person, as text and as HTML.
pub struct Mail {
    /// Subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Sends email.
#[derive(Clone)]
pub struct Mailer {
    client: Client,
    from: String,
}

/// Outcome of an email.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// SES has it.
    Accepted,
    /// SES will never accept it, with the reason: sender or recipient are not verified, or the
    /// address is invalid.
    Rejected(String),
}

impl Mailer {
    pub(crate) fn new(client: Client, from: &str) -> Self {
        Self {
            client,
            from: from.to_owned(),
        }
    }

    /// Sends an email.
    ///
    /// # Errors
    /// `unavailable`; it is then unknown whether SES has it.
    pub async fn send(&self, to: &Email, mail: &Mail) -> Result<Sent> {
        let content = |text: &str| {
            Content::builder()
                .data(text)
                .charset("UTF-8")
                .build()
                .map_err(Error::internal_fault)
        };
        let body = Body::builder()
            .text(content(&mail.text)?)
            .html(content(&mail.html)?)
            .build();
        let message = Message::builder()
            .subject(content(&mail.subject)?)
            .body(body)
            .build();
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Sent::Accepted),
            Err(e) if matches!(e.code(), Some("MessageRejected" | "BadRequestException")) => {
                Ok(Sent::Rejected(e.message().unwrap_or_default().to_owned()))
            }
            Err(e) => Err(error::call("ses:SendEmail", &e)),
        }
    }
}

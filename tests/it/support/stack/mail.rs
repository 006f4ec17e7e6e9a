//! The emails sent through SES.

use serde_json::Value;

use super::{Stack, eventually};

/// A sent email.
#[derive(Clone, Debug)]
pub struct Mail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    /// The token of its link, which must be the same in text and HTML.
    #[track_caller]
    pub fn token(&self) -> String {
        let of = |body: &str| {
            let (_, rest) = body
                .split_once("#token=")
                .unwrap_or_else(|| panic!("no link in {self:?}"));
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
            rest[..end.unwrap_or(rest.len())].to_owned()
        };
        let token = of(&self.text);
        assert_eq!(of(&self.html), token, "{self:?}");
        token
    }
}

impl Stack {
    /// Returns all emails to an address, oldest first.
    pub async fn mails(&self, to: &str) -> Vec<Mail> {
        let url = format!("{}/_ministack/ses/messages", self.env.aws_endpoint_url);
        let answer: Value = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        // Grouped by account, of which there is only one.
        let accounts = answer["messages"]
            .as_object()
            .unwrap_or_else(|| panic!("{answer}"));
        let messages = accounts.values().flat_map(|sent| sent.as_array().unwrap());
        let mine = messages.filter(|message| message["To"][0] == to);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        mine.map(|message| Mail {
            subject: text(&message["Subject"]),
            text: text(&message["BodyText"]),
            html: text(&message["BodyHtml"]),
        })
        .collect()
    }

    /// Waits for the nth email to an address with this text in its subject.
    pub async fn mail(&self, to: &str, subject: &str, nth: usize) -> Mail {
        eventually(&format!("email {nth} {subject:?} to {to}"), async || {
            let mails = self.mails(to).await;
            let mut fitting = mails
                .into_iter()
                .filter(|mail| mail.subject.contains(subject));
            fitting.nth(nth - 1)
        })
        .await
    }
}

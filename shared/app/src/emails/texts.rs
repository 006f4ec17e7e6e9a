//! The texts of emails, as plain text and HTML from the same lines. The templates escape user input.

use askama::Template;
use chrono::NaiveDate;
use dynrag_cloud::mail::Mail;
use dynrag_domain::{Error, Result, company, mail_tokens::MailToken, money::Usd};

/// The link of an email.
struct Link {
    label: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "email.txt")]
struct Text<'a> {
    lines: &'a [String],
    link: Option<&'a Link>,
    closing: &'a str,
}

#[derive(Template)]
#[template(path = "email.html")]
struct Html<'a> {
    subject: &'a str,
    lines: &'a [String],
    link: Option<&'a Link>,
    closing: &'a str,
}

fn mail(subject: String, lines: &[String], link: Option<Link>, closing: &str) -> Result<Mail> {
    let link = link.as_ref();
    let text = Text {
        lines,
        link,
        closing,
    };
    let html = Html {
        subject: &subject,
        lines,
        link,
        closing,
    };
    Ok(Mail {
        text: text.render().map_err(Error::internal_fault)?,
        html: html.render().map_err(Error::internal_fault)?,
        subject,
    })
}

/// Links to a page with the token behind `#`, which browsers do not send.
fn link(app_url: &str, page: &str, label: &'static str, token: &MailToken) -> Link {
    Link {
        label,
        url: format!("{app_url}/{page}#token={}", token.text()),
    }
}

/// Returns the email with the link that verifies an address.
pub(super) fn verify_email(app_url: &str, token: &MailToken, hours: i32) -> Result<Mail> {
    mail(
        "Verify your email address".to_owned(),
        &[
            "Welcome to Dynamic RAG. Please confirm that this is your email address.".to_owned(),
            format!("The link is valid for {hours} hours."),
        ],
        Some(link(app_url, "verify-email", "Verify email address", token)),
        "Someone signed up with this address. If it was not you, ignore this email.",
    )
}

/// Returns the email with the link that resets a password.
pub(super) fn reset_password(app_url: &str, token: &MailToken, hours: i32) -> Result<Mail> {
    let time = if hours == 1 {
        "an hour".to_owned()
    } else {
        format!("{hours} hours")
    };
    mail(
        "Set a new password".to_owned(),
        &[
            "Someone requested a new password for your account.".to_owned(),
            format!("The link is valid for {time} and can be used once."),
        ],
        Some(link(app_url, "reset-password", "Set a new password", token)),
        "If it was not you, ignore this email: your password stays unchanged.",
    )
}

/// Returns the email that reports a changed password.
pub(super) fn password_changed() -> Result<Mail> {
    mail(
        "Your password was changed".to_owned(),
        &[
            "The password of your account was just changed, and all other sessions were ended."
                .to_owned(),
        ],
        None,
        "If it was not you, set a new password at once with 'Forgot password', and inform the administrator of your account.",
    )
}

/// Returns the email that reports that most or all of a month's budget is spent.
pub(super) fn budget_alert(
    app_url: &str,
    month: NaiveDate,
    spent: Usd,
    budget: Usd,
) -> Result<Mail> {
    let month = month.format("%B %Y");
    let is_spent = spent >= budget;
    let (subject, what_follows) = if is_spent {
        let follows = "New documents wait and vector searches are rejected until next month, or until you raise the budget.";
        (format!("The budget of {month} is spent"), follows)
    } else {
        let follows = "Once it is spent, new documents wait and vector searches are rejected until next month, or until you raise the budget.";
        // Less than all of it, so the product is small.
        let percent = spent.nanos().saturating_mul(100) / budget.nanos().max(1);
        (
            format!("{percent}% of the budget of {month} is spent"),
            follows,
        )
    };
    mail(
        subject,
        &[
            format!(
                "You have spent {spent} USD of your budget of {budget} USD for {month} on the embedding provider."
            ),
            what_follows.to_owned(),
        ],
        Some(Link {
            label: "View usage",
            url: format!("{app_url}/usage"),
        }),
        "This email is sent at most once a month.",
    )
}

/// Returns the email of an invitation.
pub(super) fn invitation(
    app_url: &str,
    token: &MailToken,
    company: Option<&str>,
    inviter: Option<&str>,
) -> Result<Mail> {
    let company = company.map_or_else(|| "a company".to_owned(), company::unlinked);
    let line = match inviter {
        Some(inviter) => format!("{inviter} invites you to join {company} on Dynamic RAG."),
        None => format!("You are invited to join {company} on Dynamic RAG."),
    };
    // The inviter must not control the subject.
    mail(
        "You are invited to Dynamic RAG".to_owned(),
        &[line, "The link is valid for seven days.".to_owned()],
        Some(link(
            app_url,
            "accept-invitation",
            "Accept the invitation",
            token,
        )),
        "If you do not know the sender, ignore this email.",
    )
}

#[cfg(test)]
mod tests {
    use dynrag_domain::CustomerId;

    use super::*;

    #[test]
    fn a_budget_alert_states_the_share_that_is_spent() {
        let month = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let alert = |spent: &str| {
            let (spent, budget) = (spent.parse().unwrap(), "25".parse().unwrap());
            budget_alert("https://app.example.com", month, spent, budget).unwrap()
        };
        let most = alert("20.5");
        assert_eq!(most.subject, "82% of the budget of November 2026 is spent");
        assert!(most.text.contains("Once it is spent, new documents wait"));
        for spent in ["25", "25.01"] {
            let spent = alert(spent);
            assert_eq!(spent.subject, "The budget of November 2026 is spent");
            assert!(spent.text.contains("New documents wait"), "{}", spent.text);
            assert!(!spent.text.contains("Once it"), "{}", spent.text);
            assert!(spent.text.contains("https://app.example.com/usage"));
        }
    }

    #[test]
    fn user_input_is_escaped() {
        let token = MailToken::generate(CustomerId::generate());
        let company = Some("<script>x</script> & Co");
        let mail = invitation("https://app.example.com", &token, company, Some("a@b.de")).unwrap();
        assert!(mail.text.contains("join <script>x</ script> & Co on"));
        assert_eq!(mail.subject, "You are invited to Dynamic RAG");
        assert!(!mail.html.contains("<script>"), "{}", mail.html);
        let url = format!(
            "https://app.example.com/accept-invitation#token={}",
            token.text()
        );
        assert!(
            mail.text.contains(&url) && mail.html.contains(&url),
            "{}",
            mail.html
        );
    }
}

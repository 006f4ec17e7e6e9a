//! Names of companies. They stand in mails to strangers, under the platform's own sender: nobody may write a message or a
//! link there.

use crate::named::named;

named! {
    /// Where a customer stands.
    CustomerStatus {
        /// Its callers are admitted.
        Active = "active",
        /// An administrator has suspended it: its callers are refused.
        Suspended = "suspended",
        /// It has left, and its data is being erased.
        Deleted = "deleted",
    }
}

/// Longest name, in characters.
pub const MAX: usize = 100;

/// Signs in a row, none of which is a letter, a digit or a space, that no name of a company has.
const RUN: usize = 3;

/// The name without spaces around it; `None` for nothing but spaces.
///
/// # Errors
/// What a name must be like.
pub fn name(text: &str) -> Result<Option<&str>, &'static str> {
    let name = text.trim();
    if name.is_empty() {
        return Ok(None);
    }
    if name.chars().count() > MAX {
        return Err("at most 100 characters");
    }
    if name.contains(char::is_control) {
        return Err("no control characters");
    }
    let lower = name.to_lowercase();
    let link = ["://", "www.", "<", ">", "@", "\\"];
    if link.iter().any(|part| lower.contains(part)) {
        return Err("a name, without addresses, links or markup");
    }
    let mut run = 0;
    for c in name.chars() {
        run = if c.is_alphanumeric() || c.is_whitespace() {
            0
        } else {
            run + 1
        };
        if run == RUN {
            return Err("no more than two punctuation marks in a row");
        }
    }
    Ok(Some(name))
}

/// The name as a mail shows it: no mail program makes a link of it.
///
/// Programs take letters on both sides of a dot or a slash for an address, and some of what is called a company is one
/// (`Example.com`): a space goes between.
pub fn unlinked(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        text.push(c);
        let joins = matches!(c, '.' | '/' | ':' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
        if joins && chars.peek().is_some_and(|next| !next.is_whitespace()) {
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_companies_pass_and_messages_do_not() {
        for good in [
            "Example Ltd.",
            "AT&T Inc.",
            "Yahoo!",
            "Müller & Söhne GmbH & Co. KG",
            "株式会社ディスコ",
            "Booking.com B.V.",
            "L'Oréal (France) S.A.",
            "3M",
        ] {
            assert_eq!(name(good), Ok(Some(good)));
        }
        assert_eq!(name("  Example  "), Ok(Some("Example")));
        assert_eq!(name(" \u{3000} "), Ok(None));
        for bad in [
            "visit http://evil.example now",
            "WWW.evil.example",
            "<img src=x>",
            "mail me@evil.example",
            "URGENT!!! Your account",
            "a\nb",
            "--- read this ---",
            &"x".repeat(101),
        ] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_name_is_a_link_in_a_mail() {
        assert_eq!(unlinked("evil.example/login"), "evil. example/ login");
        assert_eq!(unlinked("Example Ltd."), "Example Ltd.");
        assert_eq!(unlinked("B.V. Müller"), "B. V. Müller");
    }
}

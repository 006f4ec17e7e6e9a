//! Company names. They appear in emails to strangers that the platform sends, so a name must not carry a message or a
//! link.

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

/// This many punctuation marks or symbols in a row occur in no company name.
const RUN: usize = 3;

/// Returns the name, trimmed; `None` if it is blank.
///
/// # Errors
/// The rule that the name breaks.
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

/// Returns the name as emails show it, so that no mail client turns it into a link.
///
/// Mail clients take letters on both sides of a dot or a slash for an address, and some company names are addresses
/// (`Example.com`), so a space is inserted.
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
    fn company_names_are_accepted_and_messages_are_rejected() {
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
    fn no_name_becomes_a_link_in_an_email() {
        assert_eq!(unlinked("evil.example/login"), "evil. example/ login");
        assert_eq!(unlinked("Example Ltd."), "Example Ltd.");
        assert_eq!(unlinked("B.V. Müller"), "B. V. Müller");
    }
}

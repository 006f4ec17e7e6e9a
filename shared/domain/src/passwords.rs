//! The rules for new passwords.

use std::{collections::HashSet, sync::LazyLock};

/// The 3,000 most common passwords of zxcvbn's frequency list (MIT licence).
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Longest accepted password, in characters; argon2 accepts more, but hashing is not free.
pub const MAX_CHARACTERS: usize = 128;

/// Checks a new password: 8 characters with all four classes, or 15 of any kind; at most 128; not one of
/// the most common, also ignoring case and digits or symbols around it.
///
/// # Errors
/// The sentence to show at the password field.
pub fn check(password: &str, email: &str) -> Result<(), &'static str> {
    let characters = password.chars().count();
    if characters > MAX_CHARACTERS {
        return Err("at most 128 characters");
    }
    if password.to_lowercase() == email.to_lowercase() {
        return Err("must not be the email address");
    }
    if is_common(password) {
        return Err(
            "too common: one of the most common passwords, or one with digits or symbols around it",
        );
    }
    let has = |class: fn(char) -> bool| password.chars().any(class);
    let four_classes = has(|c| c.is_lowercase())
        && has(|c| c.is_uppercase())
        && has(|c| c.is_numeric())
        && has(|c| !c.is_alphanumeric());
    if characters >= 15 || (characters >= 8 && four_classes) {
        Ok(())
    } else {
        Err(
            "at least 15 characters, or at least 8 with a lower-case letter, an upper-case letter, a digit and a symbol",
        )
    }
}

fn is_common(password: &str) -> bool {
    let folded = password.to_lowercase();
    let letters = folded.trim_matches(|c: char| !c.is_alphabetic());
    let word = folded.trim_matches(|c: char| !c.is_alphanumeric());
    [folded.as_str(), word, letters]
        .into_iter()
        .any(|part| COMMON.contains(part))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn common_passwords_are_rejected_in_any_case_and_with_symbols_around_them() {
        assert_eq!(super::COMMON.len(), 3000);
        for bad in [
            "Password1!",
            "P123456789!a",
            "!!Qwerty123!!",
            "Sunshine#2026",
            "11111111aA!1",
        ] {
            let common = check(bad, "a@b.de").is_err_and(|why| why.contains("too common"));
            assert_eq!(
                common,
                bad != "P123456789!a" && bad != "11111111aA!1",
                "{bad}"
            );
        }
    }

    #[test]
    fn a_password_is_long_or_has_all_character_classes() {
        assert!(check("Abcdef1!", "a@b.de").is_ok());
        assert!(check("correct horse battery", "a@b.de").is_ok());
        for bad in [
            "",
            "Ab1!",
            "abcdefg1!",
            "ABCDEFG1!",
            "Abcdefgh!",
            "Abcdefg1",
            "short and plai",
        ] {
            assert!(check(bad, "a@b.de").is_err(), "{bad:?}");
        }
        assert!(check(&"é".repeat(128), "a@b.de").is_ok());
        assert!(check(&"é".repeat(129), "a@b.de").is_err());
        assert!(check("Long.Name1@Example.com", "long.name1@example.com").is_err());
    }
}

//! The rule a new password must meet.

/// Longest password taken, in characters; argon2 would take more, but hashing is not free.
pub const MAX_CHARACTERS: usize = 128;

/// Checks a new password: 8 characters with all four classes, or 15 of anything; at most 128.
///
/// # Errors
/// The sentence to show at the password field.
pub fn check(password: &str, email: &str) -> Result<(), &'static str> {
    let characters = password.chars().count();
    if characters > MAX_CHARACTERS {
        return Err("at most 128 characters");
    }
    if password.to_lowercase() == email.to_lowercase() {
        return Err("must not be the e-mail address");
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
            "at least 15 characters, or at least 8 with a lower-case and an upper-case letter, a digit and a symbol",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn long_or_varied() {
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

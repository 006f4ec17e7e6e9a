//! Results in pages that fit into what clients pass on to a model.

use dynrag_api::cursor;
use dynrag_domain::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes of a result. Of clients Claude Code takes least, 25,000 tokens: these are less in any script.
pub(crate) const MOST_BYTES: usize = 48_000;

/// What is wrong with a cursor of another call.
pub(crate) const OTHER_CALL: &str =
    "The cursor belongs to another call. Send it with the same arguments, or leave it out.";

/// A cursor's content: how much precedes, and the fingerprint of what was asked.
#[derive(Serialize, Deserialize)]
struct Mark {
    asked: String,
    offset: usize,
}

/// Returns the cursor of what follows so many results or characters.
///
/// # Errors
/// An internal fault if it cannot be written.
pub(crate) fn cursor(asked: &impl Serialize, offset: usize) -> Result<String> {
    let asked = fingerprint(asked)?;
    cursor::encode(&Mark { asked, offset })
}

/// Returns how much precedes; 0 without a cursor.
///
/// # Errors
/// `invalid_cursor`.
pub(crate) fn offset(asked: &impl Serialize, text: Option<&str>) -> Result<usize> {
    let Some(text) = text else {
        return Ok(0);
    };
    let mark: Mark = cursor::decode(text)?;
    match mark.asked == fingerprint(asked)? {
        true => Ok(mark.offset),
        false => Err(Error::new(Kind::Invalid, "invalid_cursor", OTHER_CALL)),
    }
}

/// A short hash of what was asked.
///
/// # Errors
/// An internal fault if it cannot be written.
pub(crate) fn fingerprint(asked: &impl Serialize) -> Result<String> {
    let asked = serde_json::to_vec(asked).map_err(Error::internal_fault)?;
    Ok(hex::encode(&Sha256::digest(asked)[..12]))
}

/// How many items fit, at least one of those that there are.
///
/// # Errors
/// An internal fault if an item cannot be written.
pub(crate) fn fit(items: &[impl Serialize]) -> Result<usize> {
    let mut bytes = 0;
    for (number, item) in items.iter().enumerate() {
        bytes += serde_json::to_vec(item)
            .map_err(Error::internal_fault)?
            .len();
        if bytes > MOST_BYTES && number > 0 {
            return Ok(number);
        }
    }
    Ok(items.len())
}

/// The part of a text from a character on that fits, and the place of the rest.
pub(crate) fn part(text: &str, offset: usize) -> (String, Option<usize>) {
    let from = text
        .char_indices()
        .nth(offset)
        .map_or(text.len(), |(at, _)| at);
    let rest = &text[from..];
    let (part, more) = rest.split_at(rest.floor_char_boundary(MOST_BYTES));
    let next = (!more.is_empty()).then(|| offset + part.chars().count());
    (part.to_owned(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_text_continue_in_characters() {
        let text = "é两x".repeat(20_000);
        let (mut whole, mut offset) = (String::new(), Some(0));
        while let Some(at) = offset {
            let (part, next) = part(&text, at);
            assert!(part.len() <= MOST_BYTES);
            whole.push_str(&part);
            offset = next;
        }
        assert_eq!(whole, text);
        assert_eq!(part("ab", 9), (String::new(), None));
    }

    #[test]
    fn a_cursor_belongs_to_its_call() {
        let text = cursor(&("a", 1), 7).unwrap();
        assert_eq!(offset(&("a", 1), Some(&text)).unwrap(), 7);
        assert_eq!(offset(&("a", 1), None).unwrap(), 0);
        let other = offset(&("b", 1), Some(&text)).unwrap_err();
        assert_eq!(other.code(), "invalid_cursor");
    }

    #[test]
    fn one_item_always_fits() {
        let long = "x".repeat(MOST_BYTES);
        assert_eq!(fit(&[&long]).unwrap(), 1);
        assert_eq!(fit(&[&long, &long]).unwrap(), 1);
        assert_eq!(fit(&["a", "b"]).unwrap(), 2);
        assert_eq!(fit(&Vec::<String>::new()).unwrap(), 0);
    }
}

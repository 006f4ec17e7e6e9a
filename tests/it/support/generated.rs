//! Files, and parts of files, that are generated: a test compares them, and writes them with `UPDATE_DOCS=1`.

use std::{env, fs};

use super::known::checkout;

fn updating() -> bool {
    #[expect(clippy::disallowed_methods, reason = "set by hand after a change")]
    env::var_os("UPDATE_DOCS").is_some()
}

/// Compares a file of the checkout, or writes it. Returns a message if it differs.
#[must_use]
pub fn file(path: &str, text: &str) -> Option<String> {
    let file = checkout().join(path);
    if fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return None;
    }
    if updating() {
        fs::write(&file, text).unwrap();
        return None;
    }
    Some(format!(
        "{path} is out of date: run this test with UPDATE_DOCS=1 and read the difference"
    ))
}

/// The same for the part of a document between its two comments, `<!-- <name>: generated … -->` and `<!-- end of <name> -->`.
#[must_use]
pub fn part(path: &str, name: &str, text: &str) -> Option<String> {
    let whole = fs::read_to_string(checkout().join(path)).unwrap();
    let begin = format!("<!-- {name}: generated; UPDATE_DOCS=1 writes them -->\n");
    let end = format!("<!-- end of {name} -->\n");
    let (before, rest) = whole
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{path}: no {begin}"));
    let (_, after) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("{path}: no {end}"));
    file(path, &format!("{before}{begin}{text}{end}{after}"))
}

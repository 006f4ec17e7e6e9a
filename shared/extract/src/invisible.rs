//! Characters that nobody sees, in amounts or of kinds that honest text has no use for: a message to a model may be made of them.

/// Characters without width in a row from which they are no mere hints for line breaks.
const LEAST_RUN: usize = 4;

/// Counts invisible characters that can carry a message: tags, embeddings and overrides of direction, and runs of
/// characters without width. Joiners, soft hyphens and the tags of a flag are text.
pub fn count(text: &str) -> usize {
    let (mut found, mut run, mut in_flag) = (0, 0, false);
    for c in text.chars() {
        run = match c {
            '\u{200b}' | '\u{2060}' | '\u{feff}' => run + 1,
            // Binary text is written in joiners too, but in pairs with those above or in long runs.
            '\u{200c}' | '\u{200d}' if run > 0 => run + 1,
            _ => 0,
        };
        // The whole run, once it is one.
        found += match run {
            LEAST_RUN => LEAST_RUN,
            run => usize::from(run > LEAST_RUN),
        };
        match c {
            // A black flag with tags behind it is the flag of a region.
            '\u{1f3f4}' => in_flag = true,
            '\u{e0020}'..='\u{e007f}' if in_flag => in_flag = c != '\u{e007f}',
            '\u{e0000}'..='\u{e007f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                found += 1
            }
            _ => in_flag = false,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_carry_a_message_is_counted() {
        let tags: String = "ignore"
            .chars()
            .filter_map(|c| char::from_u32(0xe0000 + u32::from(c)))
            .collect();
        for (text, expected) in [
            ("plain", 0),
            ("می\u{200c}خواهم and co\u{ad}operate", 0),
            (
                "👩\u{200d}👩\u{200d}👧 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
                0,
            ),
            ("a\u{200b}very\u{200b}long\u{200b}address", 0),
            (&format!("a{tags}b"), 6),
            ("a\u{202e}b\u{202c}", 2),
            ("a\u{200b}\u{200c}\u{200b}\u{200d}\u{200b}b", 5),
        ] {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }
}

//! Converts special forms of email text: flowed lines, PGP armour, calendars, text/enriched.

/// The text of `format=flowed` (RFC 3676): a line that ends with a space continues on the next one.
pub fn unflowed(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of a paragraph that continues.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start_matches('>').len();
        let (quotes, content) = line.split_at(depth);
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        let goes_on = open == Some(depth) && !is_signature;
        if !goes_on {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(quotes);
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !is_signature;
        open = flows.then_some(depth);
        match content.strip_suffix(' ') {
            Some(content) if flows && delete_space => out.push_str(content),
            _ => out.push_str(content),
        }
    }
    out
}

/// The text without PGP armour (RFC 9580, section 6), and whether it was encrypted.
pub fn unarmoured(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut encrypted = false;
    let mut within = None;
    let mut head = false;
    for line in text.lines() {
        let mark = line.trim_end();
        let begins = mark
            .strip_prefix("-----BEGIN PGP ")
            .and_then(|rest| rest.strip_suffix("-----"));
        match (within, begins) {
            (None, Some("SIGNED MESSAGE")) => head = true,
            (None, Some(kind)) => {
                encrypted |= kind == "MESSAGE";
                within = Some(kind);
            }
            (Some(kind), _) => {
                if mark
                    .strip_prefix("-----END PGP ")
                    .and_then(|rest| rest.strip_suffix("-----"))
                    == Some(kind)
                {
                    within = None;
                }
            }
            // The header `Hash: SHA256` up to a blank line.
            (None, None) if head => head = !mark.is_empty(),
            (None, None) => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    (out, encrypted)
}

/// The text of text/enriched (RFC 1896) and text/richtext (RFC 1341).
pub fn enriched(source: &str, is_richtext: bool) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    let mut parameter = false;
    while let Some(at) = rest.find('<') {
        if !parameter {
            text.push_str(&rest[..at]);
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('<') {
            text.push('<');
            rest = after;
            continue;
        }
        let Some((tag, after)) = rest.split_once('>') else {
            break;
        };
        match tag.to_ascii_lowercase().as_str() {
            "param" => parameter = true,
            "/param" => parameter = false,
            "nl" | "paragraph" | "/paragraph" => text.push('\n'),
            "lt" => text.push('<'),
            _ => {}
        }
        rest = after;
    }
    if !parameter {
        text.push_str(rest);
    }
    if is_richtext { text } else { joined(&text) }
}

/// A single line end becomes a space, and n line ends become n - 1.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut ends = 0usize;
    for line in text.lines() {
        if line.trim().is_empty() {
            ends += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if ends == 0 { " " } else { "\n\n" });
        }
        out.push_str(line);
        ends = 0;
    }
    out
}

/// The readable lines of a calendar (RFC 5545). `brief` omits the description, which the body repeats.
pub fn calendar(source: &str, brief: bool) -> String {
    let mut unfolded: Vec<String> = Vec::new();
    for line in source.lines() {
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(more), Some(last)) => last.push_str(more),
            _ => unfolded.push(line.to_owned()),
        }
    }
    let mut lines = Vec::new();
    let mut within = Vec::new();
    for line in &unfolded {
        let Some((name, value)) = property(line) else {
            continue;
        };
        match name {
            "BEGIN" => within.push(value),
            "END" => {
                within.pop();
            }
            // Properties of alarms and time zones are left out.
            _ if matches!(within.last(), Some(&("VEVENT" | "VTODO" | "VJOURNAL"))) => {
                lines.extend(shown(name, value, brief));
            }
            _ => {}
        }
    }
    lines.join("\n")
}

/// The name and value of a line. Parameters come between them, and their quotes may contain colons.
fn property(line: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let colon = line.find(|character| {
        quoted ^= character == '"';
        character == ':' && !quoted
    })?;
    let name = line[..colon].split(';').next()?;
    Some((name, &line[colon + 1..]))
}

fn shown(name: &str, value: &str, brief: bool) -> Option<String> {
    let label = match name {
        "SUMMARY" => "Summary",
        "DTSTART" => "Start",
        "DTEND" => "End",
        "DUE" => "Due",
        "LOCATION" => "Location",
        "DESCRIPTION" if !brief => "Description",
        _ => return None,
    };
    let value = if name.starts_with('D') && name != "DESCRIPTION" {
        moment(value)
    } else {
        unescaped(value)
    };
    (!value.trim().is_empty()).then(|| format!("{label}: {}", value.trim()))
}

/// Writes `20261120T093000Z` as `2026-11-20T09:30:00Z`.
fn moment(value: &str) -> String {
    let (day, time) = value.split_once('T').unwrap_or((value, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if day.len() != 8 || !digits(day) {
        return value.to_owned();
    }
    let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
    let (clock, zone) = match time.strip_suffix('Z') {
        Some(clock) => (clock, "Z"),
        None => (time, ""),
    };
    if clock.len() != 6 || !digits(clock) {
        return day;
    }
    format!(
        "{day}T{}:{}:{}{zone}",
        &clock[..2],
        &clock[2..4],
        &clock[4..]
    )
}

fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowing_lines() {
        let text = "One \ntwo \nthree.\n\n> a \n> b\n>> c \n> d\n stuffed\nend \n-- \nAda";
        assert_eq!(
            unflowed(text, false),
            "One two three.\n\n> a b\n>> c \n> d\nstuffed\nend \n-- \nAda"
        );
        assert_eq!(unflowed("长 \n行", true), "长行");
    }

    #[test]
    fn armour() {
        let signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nText.\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\nAfter";
        assert_eq!(unarmoured(signed), ("Text.\nAfter\n".to_owned(), false));
        let sealed = "-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----";
        assert_eq!(unarmoured(sealed), (String::new(), true));
    }

    #[test]
    fn enriched_text() {
        let source =
            "<bold>Now</bold> is <color><param>red</param>the</color>\ntime\n\nfor <<all>.";
        assert_eq!(enriched(source, false), "Now is the time\n\nfor <all>.");
        assert_eq!(enriched("a<nl>b<lt>c", true), "a\nb<c");
    }

    #[test]
    fn calendars() {
        let source = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nDTSTART:19700101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
            DTSTART;TZID=\"Europe: Berlin\":20261203T093000\r\nDTEND;VALUE=DATE:20261204\r\nSUMMARY:Kick\r\n off\\, all\r\nLOCATION:Room 4\r\n\
            DESCRIPTION:One\\ntwo\r\nBEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(
            calendar(source, false),
            "Start: 2026-12-03T09:30:00\nEnd: 2026-12-04\nSummary: Kickoff, all\nLocation: Room 4\nDescription: One\ntwo"
        );
        assert!(!calendar(source, true).contains("One"));
    }
}

//! Reads address lists (RFC 5322, section 3.4), including forms that violate the standard.

use dynrag_domain::warnings::Warnings;

use super::words;

/// Most addresses of a field.
const MAX_ADDRESSES: usize = 2_000;

/// A person, or a group of people.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    pub address: String,
    /// The group that begins at this address.
    pub group: Option<String>,
}

impl Mailbox {
    /// The address as shown in the head of an email.
    pub fn shown(&self) -> String {
        let one = match (self.name.as_str(), self.address.as_str()) {
            ("", address) => address.to_owned(),
            (name, "") => name.to_owned(),
            (name, address) => format!("{name} <{address}>"),
        };
        match &self.group {
            Some(group) if one.is_empty() => group.clone(),
            Some(group) => format!("{group}: {one}"),
            None => one,
        }
    }
}

/// Parses an address list. Encoded words are decoded after parsing, so that their content is not taken for syntax.
pub fn parse(text: &str, warnings: &mut Warnings) -> Vec<Mailbox> {
    let mut list = List::default();
    let mut quoted = false;
    let mut comments = 0usize;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted || comments > 0 => {
                list.push(comments, characters.next().unwrap_or('\\'))
            }
            '"' if comments == 0 && !list.in_angle => quoted = !quoted,
            _ if quoted => list.push(comments, character),
            '(' => comments += 1,
            ')' if comments > 0 => comments -= 1,
            _ if comments > 0 => list.push(comments, character),
            '<' => list.in_angle = true,
            '>' => list.in_angle = false,
            ',' | ';' => list.end(warnings),
            ':' if !list.in_angle => list.begin_group(warnings),
            _ => list.push(0, character),
        }
        if list.done.len() >= MAX_ADDRESSES {
            break;
        }
    }
    list.end(warnings);
    // An empty group, as in `undisclosed-recipients:;`.
    if let Some(group) = list.group.take() {
        list.done.push(Mailbox {
            group: Some(group),
            ..Mailbox::default()
        });
    }
    list.done
}

#[derive(Default)]
struct List {
    done: Vec<Mailbox>,
    group: Option<String>,
    words: String,
    comment: String,
    angle: String,
    in_angle: bool,
}

impl List {
    fn push(&mut self, comments: usize, character: char) {
        if comments > 0 {
            self.comment.push(character);
        } else if self.in_angle {
            self.angle.push(character);
        } else {
            self.words.push(character);
        }
    }

    fn begin_group(&mut self, warnings: &mut Warnings) {
        let name = words::words(&std::mem::take(&mut self.words), warnings);
        self.group = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    }

    fn end(&mut self, warnings: &mut Warnings) {
        self.in_angle = false;
        let mut name = std::mem::take(&mut self.words).trim().to_owned();
        let comment = std::mem::take(&mut self.comment);
        let mut address = std::mem::take(&mut self.angle).trim().to_owned();
        if address.is_empty() && name.contains('@') && !name.contains("=?") {
            address = std::mem::take(&mut name);
        }
        // A source route: `@a,@b:user@host`.
        if let Some((route, last)) = address.rsplit_once(':')
            && route.starts_with('@')
        {
            address = last.to_owned();
        }
        if name.is_empty() {
            name = comment.trim().to_owned();
        }
        let name = words::words(&name, warnings);
        // Outlook adds quotes around the name.
        let name = name.trim().trim_matches('\'').to_owned();
        if name.is_empty() && address.is_empty() {
            return;
        }
        let name = if name == address { String::new() } else { name };
        self.done.push(Mailbox {
            name,
            address,
            group: self.group.take(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_every_notation() {
        for (raw, shown) in [
            ("Ada <ada@x>", "Ada <ada@x>"),
            (
                "\"Lovelace, Ada\" <ada@x>, bob@x",
                "Lovelace, Ada <ada@x>|bob@x",
            ),
            (
                "=?utf-8?q?Lovelace=2C_Ada?= <ada@x>",
                "Lovelace, Ada <ada@x>",
            ),
            ("ada@x (Ada (the first))", "Ada the first <ada@x>"),
            ("Ada <ada@x>; 'Bob' <bob@x>", "Ada <ada@x>|Bob <bob@x>"),
            (
                "Team: Ada <ada@x>, bob@x;, eve@x",
                "Team: Ada <ada@x>|bob@x|eve@x",
            ),
            ("undisclosed-recipients:;", "undisclosed-recipients"),
            ("<ada@x>", "ada@x"),
            ("Ada", "Ada"),
            ("\"A \\\"B\\\" C\" <a@x>", "A \"B\" C <a@x>"),
            (" , ;", ""),
        ] {
            let list = parse(raw, &mut Warnings::default());
            let all: Vec<String> = list.iter().map(Mailbox::shown).collect();
            assert_eq!(all.join("|"), shown, "{raw}");
        }
    }

    #[test]
    fn addresses_have_an_end() {
        let list = parse(&"ada@x, ".repeat(5_000), &mut Warnings::default());
        assert_eq!(list.len(), MAX_ADDRESSES);
    }
}

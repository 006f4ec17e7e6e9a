//! Reads an email as text: its head, its body, and the emails forwarded with it.

use dynrag_domain::warnings::{WarningCode, Warnings};

use super::{
    address::{self, Mailbox},
    header,
    part::{Message, Part, Role},
    plain,
    same::{self, Choice},
    transfer, words,
};
use crate::{
    decode, html_parser, html_text, properties, rtf,
    text::{self, Builder},
};

/// Deepest nesting of forwarded emails.
pub const MAX_FORWARDED: usize = 8;
/// Longest line of a head, in characters.
const MAX_LINE: usize = 2_000;
/// Most attachment names that are listed.
const MAX_NAMES: usize = 200;

/// Sender, recipients, date and subject.
#[derive(Default)]
pub struct Head {
    pub from: Vec<Mailbox>,
    pub subject: Option<String>,
    pub sent: Option<chrono::DateTime<chrono::FixedOffset>>,
    lines: Vec<String>,
}

impl Head {
    /// Reads the head of an email.
    pub fn of(message: &Message<'_>, warnings: &mut Warnings) -> Self {
        let headers = &message.root.headers;
        let mut head = Self::default();
        for (label, name) in [("From", "from"), ("To", "to"), ("Cc", "cc")] {
            let mut people = Vec::new();
            for raw in headers.all(name).take(20) {
                let text = words::plain(raw, message.eight_bit, warnings);
                people.extend(address::parse(&text, warnings));
            }
            let shown: Vec<String> = people.iter().map(Mailbox::shown).collect();
            head.line(label, &shown.join(", "));
            if label == "From" {
                head.from = people;
            }
        }
        if let Some(raw) = headers.get("date") {
            let raw = String::from_utf8_lossy(raw);
            let other = || Some(properties::date(&raw)?.fixed_offset());
            head.sent = super::date::parse(&raw).or_else(other);
            let sent = head
                .sent
                .map(|sent| sent.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            head.line("Date", &sent.unwrap_or_default());
        }
        if let Some(raw) = headers.get("subject") {
            let subject = words::text(raw, message.eight_bit, warnings);
            head.line("Subject", &subject);
            head.subject = Some(subject);
        }
        head
    }

    /// Whether the head is empty, so that the file is not an email.
    pub fn is_empty(&self) -> bool {
        self.from.is_empty() && self.subject.is_none() && self.sent.is_none()
    }

    fn line(&mut self, label: &str, value: &str) {
        let value = text::one_line(value, MAX_LINE);
        if !value.is_empty() {
            self.lines.push(format!("{label}: {value}"));
        }
    }
}

/// Reads an email and the emails inside of it.
#[derive(Default)]
pub struct Reader {
    pub warnings: Warnings,
    /// Whether a part is encrypted.
    pub locked: bool,
    /// Whether any text apart from heads was read.
    pub has_text: bool,
    /// Names of uuencoded files in texts.
    uuencoded: Vec<String>,
}

impl Reader {
    /// The text of an email with this head, at a nesting depth.
    pub fn letter(&mut self, message: &Message<'_>, mut head: Head, depth: usize) -> Builder {
        self.warnings
            .add(WarningCode::PartsUnreadable, message.left_out);
        let body = self.part(&message.root);
        self.has_text |= !body.as_str().is_empty();
        let leaves = message.root.leaves();
        let mut names = Vec::new();
        let mut count = self.uuencoded.len();
        let mut forwarded = Vec::new();
        for part in &leaves {
            match part.role() {
                Role::Attachment => {
                    count += 1;
                    names.extend(part.file_name(message.eight_bit, &mut self.warnings));
                }
                Role::Message if depth + 1 >= MAX_FORWARDED => {
                    self.warnings.add(WarningCode::UnsupportedContent, 1);
                }
                Role::Message => {
                    let (name, builder) = self.forwarded(part, depth + 1);
                    names.extend(name);
                    forwarded.push(builder);
                }
                Role::Sealed => self.warnings.add(WarningCode::UnsupportedContent, 1),
                _ => {}
            }
        }
        names.append(&mut self.uuencoded);
        self.warnings.add(WarningCode::AttachmentsNotRead, count);
        names.truncate(MAX_NAMES);
        let names: Vec<String> = names.iter().map(|name| text::one_line(name, 300)).collect();
        let names = names.join(", ");
        if !names.is_empty() {
            head.lines.push(format!("Attachments: {names}"));
        }
        let mut builder = Builder::of(text::normalise(&head.lines.join("\n")));
        builder.append(body);
        for mail in forwarded {
            builder.append(mail);
        }
        builder
    }

    /// A forwarded email: its subject and its text.
    fn forwarded(&mut self, part: &Part<'_>, depth: usize) -> (Option<String>, Builder) {
        let content = part.content();
        let content = header::unified(&content);
        let message = Message::parse(&content);
        let head = Head::of(&message, &mut self.warnings);
        let subject = head
            .subject
            .clone()
            .filter(|subject| !subject.trim().is_empty());
        let mut uuencoded = std::mem::take(&mut self.uuencoded);
        let builder = self.letter(&message, head, depth);
        std::mem::swap(&mut uuencoded, &mut self.uuencoded);
        (subject, builder)
    }

    fn part(&mut self, part: &Part<'_>) -> Builder {
        match part.role() {
            Role::Multipart => match part.media.value.as_str() {
                "multipart/alternative" => self.alternative(&part.parts),
                "multipart/related" => self.related(part),
                _ => self.mixed(&part.parts),
            },
            Role::Text => self.text(part),
            Role::Calendar => self.calendar(part, false),
            Role::Encrypted => {
                self.locked = true;
                Builder::default()
            }
            // Read after the body, or not at all.
            Role::Message | Role::Attachment | Role::Passed | Role::Sealed => Builder::default(),
        }
    }

    /// All parts in order, without repeating a text in another form.
    fn mixed(&mut self, parts: &[Part<'_>]) -> Builder {
        let mut all = Builder::default();
        let mut last = (String::new(), String::new());
        for part in parts {
            let builder = self.part(part);
            if builder.as_str().is_empty() {
                continue;
            }
            let this = (part.media.value.clone(), builder.as_str().to_owned());
            let is_other_form = this.0 != last.0 && !last.1.is_empty();
            if is_other_form
                && same::covered(&this.1, &last.1) >= 95
                && same::covered(&last.1, &this.1) >= 95
            {
                continue;
            }
            all.append(builder);
            last = this;
        }
        all
    }

    /// The most complete alternative, but the plain one if it has the same content.
    fn alternative(&mut self, parts: &[Part<'_>]) -> Builder {
        let mut plain = Builder::default();
        let mut rich = Builder::default();
        let mut richest = 0;
        for part in parts.iter().filter(|part| part.role() != Role::Calendar) {
            let builder = self.part(part);
            if part.media.value == "text/plain" && plain.as_str().is_empty() {
                plain = builder;
                continue;
            }
            let letters = text::letters(builder.as_str());
            // The last alternative is the richest (RFC 2046, section 5.1.4).
            if letters * 2 > richest {
                (rich, richest) = (builder, letters);
            }
        }
        let mut chosen = match same::choose(plain.as_str(), rich.as_str()) {
            Choice::Plain => plain,
            Choice::Rich => rich,
            Choice::Both => {
                plain.append(rich);
                plain
            }
        };
        let brief = !chosen.as_str().is_empty();
        for part in parts.iter().filter(|part| part.role() == Role::Calendar) {
            let calendar = self.calendar(part, brief);
            chosen.append(calendar);
        }
        chosen
    }

    /// The root of related parts (RFC 2387), and other texts that no page refers to.
    fn related(&mut self, part: &Part<'_>) -> Builder {
        let start = part.media.plain("start").map(<[u8]>::to_vec);
        let is_start =
            |one: &&Part<'_>| start.is_some() && one.headers.get("content-id") == start.as_deref();
        let root = part.parts.iter().find(is_start).or(part.parts.first());
        let mut builder = root.map(|root| self.part(root)).unwrap_or_default();
        for other in &part.parts {
            let is_root = root.is_some_and(|root| std::ptr::eq(root, other));
            let referred = ["content-id", "content-location"];
            if !is_root
                && referred
                    .iter()
                    .all(|name| other.headers.get(name).is_none())
            {
                let other = self.part(other);
                builder.append(other);
            }
        }
        builder
    }

    fn calendar(&mut self, part: &Part<'_>, brief: bool) -> Builder {
        let source = part.text(&mut self.warnings);
        Builder::of(text::normalise(&plain::calendar(&source, brief)))
    }

    fn text(&mut self, part: &Part<'_>) -> Builder {
        match part.media.value.as_str() {
            "text/html" | "application/xhtml+xml" => {
                let page = if part
                    .media
                    .token("charset")
                    .is_some_and(|label| !label.is_empty())
                {
                    part.text(&mut self.warnings)
                } else {
                    decode::page(&part.content())
                };
                html_text::visible(&html_parser::parse(&page))
            }
            "text/rtf" | "text/enriched" | "text/richtext" => self.marked(part),
            _ => {
                let text = self.plain(part);
                Builder::of(text::normalise(&text))
            }
        }
    }

    fn marked(&mut self, part: &Part<'_>) -> Builder {
        let kind = part.media.value.as_str();
        if kind != "text/rtf" {
            let source = part.text(&mut self.warnings);
            let source = plain::enriched(&source, kind == "text/richtext");
            return Builder::of(text::normalise(&source));
        }
        match rtf::read(&part.content(), false) {
            Ok(read) => {
                let mut builder = Builder::of(read.text);
                builder.warnings = read.warnings;
                builder
            }
            Err(_) => {
                self.warnings.add(WarningCode::PartsUnreadable, 1);
                Builder::default()
            }
        }
    }

    /// A plain text without uuencoded files and PGP armour.
    fn plain(&mut self, part: &Part<'_>) -> String {
        let content = part.content();
        let mut kept: Vec<u8> = Vec::new();
        let mut from = 0;
        for file in transfer::uuencoded(&content) {
            kept.extend_from_slice(&content[from..file.place.start]);
            from = file.place.end;
            self.uuencoded.push(file.name);
        }
        kept.extend_from_slice(&content[from..]);
        let label = part.media.token("charset");
        let text = super::charset::decode(&kept, label.as_deref(), &mut self.warnings);
        // A bare CR is a line end too.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = if text.contains("-----BEGIN PGP ") {
            let (text, encrypted) = plain::unarmoured(&text);
            self.locked |= encrypted;
            text
        } else {
            text
        };
        if part.media.token("format").as_deref() == Some("flowed") {
            let delete_space = part.media.token("delsp").as_deref() == Some("yes");
            return plain::unflowed(&text, delete_space);
        }
        text
    }
}

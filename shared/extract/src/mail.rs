//! Reads a mail (RFC 5322 and MIME): who, when, about what, and its text.

use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
};
use mail_parser::{Address, MessageParser, MimeHeaders};
use scraper::Html;

use crate::{
    html_text, language, properties,
    protocol::Refusal,
    text::{self, Builder},
};

/// Reads a mail. What is attached is named and not read.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let corrupt = |detail: &str| Refusal::new(FailureCode::CorruptFile, detail);
    let mail = MessageParser::default()
        .parse(bytes)
        .ok_or_else(|| corrupt("no mail"))?;
    if mail.from().is_none() && mail.subject().is_none() && mail.date().is_none() {
        return Err(corrupt("a mail without From, Subject and Date"));
    }
    let mut head = Vec::new();
    for (name, addresses) in [("From", mail.from()), ("To", mail.to()), ("Cc", mail.cc())] {
        let addresses = addresses.map(people).unwrap_or_default();
        if !addresses.is_empty() {
            head.push(format!("{name}: {addresses}"));
        }
    }
    if let Some(date) = mail.date() {
        head.push(format!("Date: {}", date.to_rfc3339()));
    }
    if let Some(subject) = mail.subject() {
        head.push(format!("Subject: {}", text::one_line(subject, usize::MAX)));
    }
    let attached: Vec<&str> = mail
        .attachments()
        .filter_map(MimeHeaders::attachment_name)
        .collect();
    if !attached.is_empty() {
        head.push(format!("Attachments: {}", attached.join(", ")));
    }
    let mut builder = Builder::of(text::normalise(&head.join("\n")));
    // The plain text where there is one: it is what the sender wrote, or a rendering of it.
    let plain: Vec<&str> = mail
        .text_bodies()
        .filter(|part| !part.is_text_html())
        .filter_map(|part| part.text_contents())
        .collect();
    if plain.is_empty() {
        for html in mail.html_bodies().filter_map(|part| part.text_contents()) {
            builder.append(html_text::visible(&Html::parse_document(html)));
        }
    } else {
        for part in plain {
            builder.block(&text::normalise(part));
        }
    }
    let title = mail.subject().and_then(text::title);
    let names = mail.from().into_iter().flat_map(Address::iter);
    let names = names.filter_map(|one| one.name().or(one.address()));
    Ok(Extracted {
        properties: Properties {
            author: properties::authors(names),
            language: mail.content_language().as_text().and_then(language::stated),
            created: mail.date().and_then(sent),
            modified: None,
        },
        ..builder.finish(title, None, "mail-parser")
    })
}

fn sent(date: &mail_parser::DateTime) -> Option<chrono::DateTime<chrono::Utc>> {
    // A date that is none is counted on into the next month.
    if !date.is_valid() {
        return None;
    }
    properties::kept(chrono::DateTime::from_timestamp(date.to_timestamp(), 0)?)
}

fn people(addresses: &Address<'_>) -> String {
    let people: Vec<String> = addresses
        .iter()
        .filter_map(|one| match (one.name(), one.address()) {
            (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
            (name, address) => name.or(address).map(str::to_owned),
        })
        .collect();
    text::one_line(&people.join(", "), 2_000)
}

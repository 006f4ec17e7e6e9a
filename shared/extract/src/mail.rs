//! Reads an email (RFC 5322 and MIME): sender, recipients, date, subject, and its text.

mod address;
mod charset;
mod date;
mod header;
mod letter;
mod params;
mod part;
mod plain;
mod same;
mod transfer;
mod words;

use bytes::Bytes;
use dynrag_domain::{
    chunks::{Extracted, Properties},
    documents::FailureCode,
    warnings::{WarningCode, Warnings},
};

use self::{
    letter::{Head, MAX_FORWARDED, Reader},
    part::{Message, Role},
};
use crate::{language, properties, protocol::Refusal, text};

/// Most attachments that are returned for an email.
const MAX_ATTACHMENTS: usize = 50;

/// A file attached to an email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The suggested file name.
    pub name: Option<String>,
    /// The declared media type, in lower case: `application/pdf`.
    pub media_type: String,
    /// Its content, decoded.
    pub bytes: Bytes,
}

/// Reads an email. Attachments are named but not read; forwarded emails follow the email that contains them.
pub fn read(bytes: &[u8]) -> Result<Extracted, Refusal> {
    let bytes = header::unified(bytes);
    let message = Message::parse(&bytes);
    let mut reader = Reader::default();
    let head = head(&message, &mut reader.warnings)?;
    let title = head.subject.as_deref().and_then(text::title);
    let created = head.sent.and_then(|sent| properties::kept(sent.to_utc()));
    let names = head.from.iter().map(|one| {
        if one.name.is_empty() {
            &one.address
        } else {
            &one.name
        }
    });
    let author = properties::authors(names);
    let mut builder = reader.letter(&message, head, 0);
    if reader.locked {
        if !reader.has_text {
            return Err(Refusal::new(
                FailureCode::PasswordProtected,
                "an encrypted mail",
            ));
        }
        reader.warnings.add(WarningCode::UnsupportedContent, 1);
    }
    builder.warnings.extend(reader.warnings);
    let language = message.root.headers.get("content-language");
    let language = language.map(|language| String::from_utf8_lossy(language));
    Ok(Extracted {
        properties: Properties {
            author,
            language: language.as_deref().and_then(language::stated),
            created,
            modified: None,
        },
        ..builder.finish(title, None, "mail")
    })
}

/// The attachments of an email and of the emails forwarded in it, at most 50. Together they are no larger than the
/// email, because nothing is decompressed.
pub fn attachments(bytes: &[u8]) -> Result<Vec<Attachment>, Refusal> {
    let bytes = header::unified(bytes);
    let message = Message::parse(&bytes);
    head(&message, &mut Warnings::default())?;
    Ok(attached(&message, 0, MAX_ATTACHMENTS))
}

/// The pages of a web archive (MHTML, RFC 2557), which is structured like an email.
pub fn pages(bytes: &[u8], warnings: &mut Warnings) -> Vec<String> {
    let bytes = header::unified(bytes);
    let message = Message::parse(&bytes);
    let parts = message.root.leaves().into_iter();
    let pages = parts.filter(|part| part.media.value.contains("html"));
    pages.map(|part| part.text(warnings)).collect()
}

fn attached(message: &Message<'_>, depth: usize, limit: usize) -> Vec<Attachment> {
    let mut files = Vec::new();
    let nothing = &mut Warnings::default();
    for part in message.root.leaves() {
        if files.len() >= limit {
            break;
        }
        let role = part.role();
        match role {
            Role::Attachment => files.push(Attachment {
                name: part.file_name(message.eight_bit, nothing),
                media_type: part.media.value.clone(),
                bytes: part.content().into_owned().into(),
            }),
            Role::Message if depth + 1 < MAX_FORWARDED => {
                let content = part.content();
                let content = header::unified(&content);
                let inner = Message::parse(&content);
                files.append(&mut attached(&inner, depth + 1, limit - files.len()));
            }
            Role::Text if part.media.value == "text/plain" => {
                let found = transfer::uuencoded(&part.content());
                files.extend(
                    found
                        .into_iter()
                        .take(limit - files.len())
                        .map(|file| Attachment {
                            name: Some(file.name),
                            media_type: "application/octet-stream".to_owned(),
                            bytes: file.bytes.into(),
                        }),
                );
            }
            _ => {}
        }
    }
    files
}

fn head(message: &Message<'_>, warnings: &mut Warnings) -> Result<Head, Refusal> {
    let head = Head::of(message, warnings);
    if head.is_empty() {
        let detail = "a mail without From, Subject and Date";
        return Err(Refusal::new(FailureCode::CorruptFile, detail));
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::mutants;

    #[test]
    fn mutants_are_read_or_refused() {
        let sound = "From: =?utf-8?q?J=C3=B6rg?= <a@x>, \"B, C\" <b@x>\nTo: T: d@x;\nDate: Fri, 20 Nov 2026 09:30:00 +0100\n\
            Subject: =?gb2312?B?vbu79c2o?= =?gb2312?B?1qo=?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
            Content-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain; format=flowed; charset=utf-7\n\na \n> b+TgBOAA- \n\
            begin 644 f\n#0V%T\n`\nend\n--c\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>caf=E9 =\n</p>\n\
            --c\nContent-Type: text/calendar\n\nBEGIN:VEVENT\nDTSTART:20261120T093000Z\nSUMMARY:x\\,y\nEND:VEVENT\n--c--\n\
            --b\nContent-Type: text/enriched\n\n<bold>e</bold>\n--b\nContent-Type: message/rfc822\n\nFrom: e@x\n\nInner\n\
            --b\nContent-Type: application/pdf; name*0*=utf-8''%e2; name*1=b\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n--b--\n";
        for mutant in mutants(sound.as_bytes(), 3_000) {
            if let Err(refusal) = read(&mutant) {
                assert_eq!(refusal.code, FailureCode::CorruptFile);
            }
            drop(attachments(&mutant));
        }
    }
}

//! Messages between caller, fork server and reader: an order to the server, an answer of the reader, and the
//! server's report of how the reader ended.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use dynrag_domain::{
    chunks::{Extracted, Properties, Section},
    documents::FailureCode,
    warnings::Warnings,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{mail::Attachment, properties};

/// First argument of a process that is a fork server; the second is its [`Setup`].
pub const SERVER_WORD: &str = "extract-server";
/// Longest [`Order`], in bytes.
pub const MAX_ORDER: usize = 1024;
/// Largest JSON line of an answer: the sections of a long book take a few hundred kilobytes.
pub const MAX_HEADER: u64 = 16 * 1024 * 1024;
/// Longest password, in bytes. AES-256 looks at the first 127, the older ciphers at 32.
pub const MAX_PASSWORD: usize = 1024;
/// Exit status of a reader that died of a refused allocation.
pub const EXIT_MEMORY: i32 = 71;

/// Readers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Engine {
    /// The first reader of PDFs.
    Pdfium,
    /// The second reader of PDFs.
    PdfExtract,
    /// Main content of an HTML page.
    Html,
    /// Markdown.
    Markdown,
    /// Plain text.
    Plain,
    /// Word.
    Word,
    /// PowerPoint.
    Slides,
    /// Excel.
    Sheets,
    /// OpenDocument text.
    Odt,
    /// EPUB.
    Epub,
    /// Rich Text Format.
    Rtf,
    /// Email.
    Mail,
    /// The attachments of an email; the answer consists of files, not text.
    Attachments,
    /// CSV and its relatives.
    Delimited,
    /// JSON and JSON Lines.
    Json,
}

/// Settings of a server, passed once as its argument.
#[derive(Debug, Serialize, Deserialize)]
pub struct Setup {
    pub pdfium_library: Option<PathBuf>,
}

/// An order to a reader, as JSON. Three descriptors come with it: the document, see [`Input`], the pipe for the
/// [`Answer`], and the pipe for [`Ended`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    pub engine: Engine,
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    pub output_bytes: u64,
    pub wanted: ReadOptions,
}

/// Options for reading a file.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
pub struct ReadOptions {
    /// Whether hidden content is read too.
    pub include_hidden: bool,
    /// Maximum pages of a PDF; one with more is rejected before any is read.
    pub max_pages: Option<u32>,
}

/// The server's first report, once a reader was forked.
pub const STARTED: u8 = b'+';

/// How a reader ended, as reported by the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// As wait(2) gives it.
    pub status: i32,
    /// CPU time of the server and of readers that ended, since its last report.
    pub cpu: Duration,
}

impl Ended {
    /// Length on the wire.
    pub const BYTES: usize = 12;

    /// The status, then the microseconds, both with their lowest byte first.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.status.to_le_bytes());
        let micros = u64::try_from(self.cpu.as_micros()).unwrap_or(u64::MAX);
        bytes[4..].copy_from_slice(&micros.to_le_bytes());
        bytes
    }

    /// The reverse.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let [a, b, c, d, micros @ ..] = bytes;
        Self {
            status: i32::from_le_bytes([a, b, c, d]),
            cpu: Duration::from_micros(u64::from_le_bytes(micros)),
        }
    }
}

/// A reader's input at descriptor 0: the length of the password in four bytes, the password, the file.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub password: Option<&'a str>,
    pub bytes: &'a [u8],
}

/// The first part of what a reader is given, before the file. A password that can open nothing is left out.
pub fn opening(password: Option<&str>) -> Zeroizing<Vec<u8>> {
    let password = password
        .filter(|password| password.len() <= MAX_PASSWORD && !password.contains('\0'))
        .unwrap_or_default();
    // Of its final size from the start: growing would leave a copy behind.
    let mut opening = Zeroizing::new(Vec::with_capacity(4 + MAX_PASSWORD));
    opening.extend_from_slice(&(password.len() as u32).to_le_bytes());
    opening.extend_from_slice(password.as_bytes());
    opening
}

/// Takes apart what a reader is given.
pub fn split(given: &[u8]) -> Option<Input<'_>> {
    let (length, rest) = given.split_first_chunk()?;
    let (password, bytes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let password = std::str::from_utf8(password).ok()?;
    Some(Input {
        password: Some(password).filter(|password| !password.is_empty()),
        bytes,
    })
}

/// Why there is no text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    pub code: FailureCode,
    /// For the log; never text of the document.
    pub detail: String,
    /// Whether another reader may still find text.
    pub doubtful: bool,
}

impl Refusal {
    pub fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            doubtful: false,
        }
    }

    /// Of a text that is longer than it may be.
    pub fn too_large(extracted: &Extracted) -> Self {
        let detail = format!("{} bytes of text", extracted.text.len());
        Self::new(FailureCode::TextTooLarge, detail)
    }

    /// The same, worth a second opinion.
    pub fn doubtful(code: FailureCode, detail: impl Into<String>) -> Self {
        Self {
            doubtful: true,
            ..Self::new(code, detail)
        }
    }
}

/// The JSON line of an answer. After `Text` come the bytes of the text, to the end of the stream:
/// escaping them would double some documents.
#[derive(Debug, Serialize, Deserialize)]
pub enum Header {
    Text {
        sections: Vec<Section>,
        title: Option<String>,
        pages: Option<u32>,
        engine: String,
        properties: Properties,
        #[serde(default)]
        warnings: Warnings,
    },
    /// Files, whose contents are concatenated.
    Files(Vec<FileHeader>),
    Refused(Refusal),
    /// The reader cannot run here: no library. Not about the file.
    Unavailable(String),
    /// The sandbox could not be built. Not about the file.
    Unconfined(String),
}

/// A file of an answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct FileHeader {
    pub name: Option<String>,
    pub media_type: String,
    pub bytes: usize,
}

/// A parsed answer.
#[derive(Debug)]
pub enum Answer {
    Text(Extracted),
    Files(Vec<Attachment>),
    Refused(Refusal),
    Unavailable(String),
    Unconfined(String),
}

/// Serializes an answer that has text.
pub fn encode(extracted: Extracted) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(&Header::Text {
        sections: extracted.sections,
        title: extracted.title,
        pages: extracted.pages,
        engine: extracted.engine,
        properties: extracted.properties,
        warnings: extracted.warnings,
    })?;
    bytes.push(b'\n');
    bytes.extend_from_slice(extracted.text.as_bytes());
    Ok(bytes)
}

/// Serializes an answer that has files.
pub fn encode_files(files: &[Attachment]) -> serde_json::Result<Vec<u8>> {
    let headers = files.iter().map(|file| FileHeader {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: file.bytes.len(),
    });
    let mut bytes = serde_json::to_vec(&Header::Files(headers.collect()))?;
    bytes.push(b'\n');
    for file in files {
        bytes.extend_from_slice(&file.bytes);
    }
    Ok(bytes)
}

/// The files of an answer, whose bytes are what follows its header.
fn files(headers: Vec<FileHeader>, mut bytes: Bytes) -> Result<Vec<Attachment>, String> {
    let mut files = Vec::new();
    for header in headers {
        if header.bytes > bytes.len() {
            return Err("files beyond the end of the answer".to_owned());
        }
        files.push(Attachment {
            name: header.name,
            media_type: header.media_type,
            bytes: bytes.split_to(header.bytes),
        });
    }
    if !bytes.is_empty() {
        return Err("bytes of no file".to_owned());
    }
    Ok(files)
}

/// Parses a reader's answer. It read a hostile file, so nothing in its answer is trusted: slicing the text by its
/// sections must not panic.
pub fn decode(mut bytes: Vec<u8>) -> Result<Answer, String> {
    let line_end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or("no complete answer")?;
    let header = serde_json::from_slice(&bytes[..line_end]).map_err(|error| error.to_string())?;
    match header {
        Header::Refused(refusal) => Ok(Answer::Refused(refusal)),
        Header::Files(headers) => {
            let bytes = Bytes::from(bytes).slice(line_end + 1..);
            files(headers, bytes).map(Answer::Files)
        }
        Header::Unavailable(detail) => Ok(Answer::Unavailable(detail)),
        Header::Unconfined(detail) => Ok(Answer::Unconfined(detail)),
        Header::Text {
            sections,
            title,
            pages,
            engine,
            properties,
            warnings,
        } => {
            bytes.drain(..=line_end);
            let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
            if text.contains('\0') {
                return Err("NUL in the text".to_owned());
            }
            let in_order = sections.is_sorted_by_key(|section| section.start);
            if !in_order || !sections.iter().all(|s| text.is_char_boundary(s.start)) {
                return Err("sections do not fit the text".to_owned());
            }
            if !properties::are_valid(&properties) {
                return Err("properties beyond their limits".to_owned());
            }
            if !warnings.are_valid() {
                return Err("warnings beyond their limits".to_owned());
            }
            Ok(Answer::Text(Extracted {
                text,
                sections,
                title,
                pages,
                engine,
                properties,
                warnings,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(start: usize) -> Vec<u8> {
        encode(Extracted {
            text: "é\nb".to_owned(),
            sections: vec![Section {
                start,
                ..Section::default()
            }],
            engine: "plain".to_owned(),
            ..Extracted::default()
        })
        .unwrap()
    }

    #[test]
    fn an_answer_round_trips() {
        let Answer::Text(extracted) = decode(sample(3)).unwrap() else {
            panic!("not text");
        };
        assert_eq!(extracted.text, "é\nb");
        assert_eq!(extracted.sections[0].start, 3);
    }

    #[test]
    fn files_round_trip_and_are_not_believed() {
        let file = |bytes: &'static [u8]| Attachment {
            name: Some("a\nb.pdf".to_owned()),
            media_type: "application/pdf".to_owned(),
            bytes: Bytes::from_static(bytes),
        };
        let sent = [file(b"one\n"), file(b""), file(b"\0three")];
        let bytes = encode_files(&sent).unwrap();
        let Answer::Files(files) = decode(bytes.clone()).unwrap() else {
            panic!("not files");
        };
        assert_eq!(files, sent);
        assert!(decode(bytes[..bytes.len() - 1].to_vec()).is_err());
        assert!(decode([&bytes[..], b"x"].concat()).is_err());
    }

    #[test]
    fn a_password_goes_before_the_file() {
        for (password, arrives) in [
            (Some("gehéim"), Some("gehéim")),
            (None, None),
            (Some(""), None),
            (Some("a\0b"), None),
            (Some("x".repeat(2000).as_str()), None),
        ] {
            let given = [&opening(password)[..], b"%PDF"].concat();
            let input = split(&given).unwrap();
            assert_eq!((input.password, input.bytes), (arrives, &b"%PDF"[..]));
        }
        for broken in [&b""[..], b"\x01\0\0", b"\x05\0\0\0abcd", b"\x01\0\0\0\xff"] {
            assert!(split(broken).is_none());
        }
    }

    #[test]
    fn a_lying_child_is_caught() {
        assert!(decode(sample(1)).is_err(), "inside a character");
        assert!(decode(sample(9)).is_err(), "after the end");
        assert!(decode(b"{\"Text\"".to_vec()).is_err(), "cut short");
        assert!(decode(vec![]).is_err());
        let mut nul = sample(0);
        nul.push(0);
        assert!(decode(nul).is_err());
        let mut boasting = Extracted::default();
        boasting.properties.author = Some("x".repeat(201));
        assert!(decode(encode(boasting).unwrap()).is_err());
        let turned = Extracted {
            text: "ab".to_owned(),
            sections: [1, 0]
                .map(|start| Section {
                    start,
                    ..Section::default()
                })
                .to_vec(),
            ..Extracted::default()
        };
        assert!(decode(encode(turned).unwrap()).is_err(), "out of order");
        for (detail, is_lawful) in [("line 3", true), ("a\nb", false)] {
            let warning = format!(r#"[{{"code":"invalid_lines","count":1,"detail":{detail:?}}}]"#);
            let warned = Extracted {
                warnings: serde_json::from_str(&warning).unwrap(),
                ..Extracted::default()
            };
            let answer = decode(encode(warned).unwrap());
            assert_eq!(answer.is_ok(), is_lawful, "{detail}");
        }
    }
}

//! Documents: formats, states, and the reasons an ingestion ends badly.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    named::named,
};

/// Longest title, in characters.
pub const MAX_TITLE: usize = 512;
/// Longest `externalId`, in characters.
pub const MAX_EXTERNAL_ID: usize = 256;
/// Largest metadata object, in bytes of JSON.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;

/// A document format that can be turned into text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// PDF.
    Pdf,
    /// HTML.
    Html,
    /// Markdown (CommonMark with tables).
    Md,
    /// Plain text.
    Txt,
    /// Word.
    Docx,
    /// PowerPoint.
    Pptx,
    /// Excel.
    Xlsx,
    /// Values separated by commas, semicolons, tabs or bars.
    Csv,
    /// JSON, or JSON Lines.
    Json,
    /// EPUB.
    Epub,
    /// A mail.
    Eml,
    /// Rich Text Format.
    Rtf,
    /// OpenDocument text.
    Odt,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 13] = [
        Self::Pdf,
        Self::Txt,
        Self::Html,
        Self::Md,
        Self::Docx,
        Self::Pptx,
        Self::Xlsx,
        Self::Csv,
        Self::Json,
        Self::Epub,
        Self::Eml,
        Self::Rtf,
        Self::Odt,
    ];

    /// Whether files of it are known by their first bytes, and are no text that a JSON string could hold.
    pub const fn has_signature(self) -> bool {
        matches!(
            self,
            Self::Pdf | Self::Docx | Self::Pptx | Self::Xlsx | Self::Epub | Self::Rtf | Self::Odt
        )
    }

    /// The short name used in configuration and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Md => "md",
            Self::Txt => "txt",
            Self::Docx => "docx",
            Self::Pptx => "pptx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Epub => "epub",
            Self::Eml => "eml",
            Self::Rtf => "rtf",
            Self::Odt => "odt",
        }
    }

    /// The media type stored with the document.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Html => "text/html",
            Self::Md => "text/markdown",
            Self::Txt => "text/plain",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Epub => "application/epub+zip",
            Self::Eml => "message/rfc822",
            Self::Rtf => "application/rtf",
            Self::Odt => "application/vnd.oasis.opendocument.text",
        }
    }

    /// The format a media type stands for; parameters such as `charset` are ignored.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match essence.as_str() {
            "application/pdf" | "application/x-pdf" => Some(Self::Pdf),
            "text/html" | "application/xhtml+xml" | "application/vnd.wap.xhtml+xml" => {
                Some(Self::Html)
            }
            "text/markdown" | "text/x-markdown" | "text/x-web-markdown" => Some(Self::Md),
            "text/plain" | "text/x-log" => Some(Self::Txt),
            "text/csv"
            | "text/x-csv"
            | "application/csv"
            | "application/x-csv"
            | "text/comma-separated-values"
            | "text/x-comma-separated-values"
            | "text/tab-separated-values" => Some(Self::Csv),
            "application/json"
            | "text/json"
            | "text/x-json"
            | "application/x-json"
            | "application/json-seq"
            | "application/jsonl"
            | "application/x-jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines"
            | "application/ndjson"
            | "application/x-ndjson" => Some(Self::Json),
            essence if essence.ends_with("+json") => Some(Self::Json),
            "message/rfc822" => Some(Self::Eml),
            "application/rtf" | "application/x-rtf" | "text/rtf" | "text/richtext" => {
                Some(Self::Rtf)
            }
            "application/x-epub+zip" => Some(Self::Epub),
            "application/vnd.oasis.opendocument.text-template" => Some(Self::Odt),
            essence => [Self::Docx, Self::Pptx, Self::Xlsx, Self::Epub, Self::Odt]
                .into_iter()
                .find(|format| format.media_type() == essence)
                .or_else(|| Self::from_office_media_type(essence)),
        }
    }

    /// Templates, slide shows, and files with macros, in lower case. `application/vnd.ms-excel` is none of them: Windows
    /// says that of CSV.
    fn from_office_media_type(essence: &str) -> Option<Self> {
        if let Some(kind) = essence.strip_prefix("application/vnd.openxmlformats-officedocument.") {
            return match kind {
                "wordprocessingml.template" => Some(Self::Docx),
                "presentationml.slideshow" | "presentationml.template" => Some(Self::Pptx),
                "spreadsheetml.template" => Some(Self::Xlsx),
                _ => None,
            };
        }
        match essence.strip_suffix(".macroenabled.12")? {
            "application/vnd.ms-word.document" | "application/vnd.ms-word.template" => {
                Some(Self::Docx)
            }
            "application/vnd.ms-powerpoint.presentation"
            | "application/vnd.ms-powerpoint.slideshow"
            | "application/vnd.ms-powerpoint.template" => Some(Self::Pptx),
            "application/vnd.ms-excel.sheet" | "application/vnd.ms-excel.template" => {
                Some(Self::Xlsx)
            }
            _ => None,
        }
    }

    /// The format a file name's extension stands for.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "pdf" => Some(Self::Pdf),
            "html" | "htm" | "xhtml" | "xht" | "shtml" => Some(Self::Html),
            "md" | "markdown" | "mkd" | "mkdn" | "mdown" | "mdwn" | "mdtext" | "mdx" | "rmd"
            | "qmd" => Some(Self::Md),
            "txt" | "text" | "log" => Some(Self::Txt),
            "csv" | "tsv" | "tab" | "psv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" | "geojson" | "jsonld" | "json5" => Some(Self::Json),
            "docx" | "docm" | "dotx" | "dotm" => Some(Self::Docx),
            "pptx" | "pptm" | "potx" | "potm" | "ppsx" | "ppsm" => Some(Self::Pptx),
            "xlsx" | "xlsm" | "xltx" | "xltm" => Some(Self::Xlsx),
            "odt" | "ott" => Some(Self::Odt),
            extension => Self::ALL
                .into_iter()
                .find(|format| format.as_str() == extension),
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| Error::internal_fault(format!("unknown format {text:?}")))
    }
}

named! {
    /// Where a document stands.
    Status {
        /// A presigned upload has not arrived yet; expires.
        AwaitingUpload = "awaiting_upload",
        /// Waiting for the embedding function.
        Queued = "queued",
        /// Leased by the embedding function.
        Processing = "processing",
        /// Searchable.
        Completed = "completed",
        /// Ended badly; `code` says why.
        Failed = "failed",
        /// Somebody has to do something first; `code` says what.
        NeedsAction = "needs_action",
    }
}

impl Status {
    /// Whether nothing more happens by itself.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::NeedsAction)
    }
}

named! {
    /// What is being done with a document.
    Stage {
        /// Getting the bytes from the web.
        Fetching = "fetching",
        /// Turning bytes into text, in a process of its own.
        Extracting = "extracting",
        /// Cutting the text.
        Chunking = "chunking",
        /// Asking the model.
        Embedding = "embedding",
        /// Writing to LanceDB and publishing.
        Storing = "storing",
    }
}

named! {
    /// Which way a document came in.
    Source {
        /// `POST /api/ingest/document`.
        Api = "api",
        /// `POST /api/ingest/file`.
        File = "file",
        /// `/api/ingest/presigned-url`.
        Presigned = "presigned",
        /// `POST /api/ingest/url`, or a crawl.
        Url = "url",
        /// `POST /api/ingest/webhook`, or a webhook's own address.
        Webhook = "webhook",
    }
}

named! {
    /// Why an ingestion ended badly. The code is stable; clients branch on it.
    FailureCode {
        /// Zero bytes, or only white space.
        EmptyDocument = "empty_document",
        /// A PDF of images: it needs OCR.
        NoTextLayer = "no_text_layer",
        /// The PDF needs a password to be opened.
        PasswordProtected = "password_protected",
        /// Text that is not valid UTF-8.
        InvalidUtf8 = "invalid_utf8",
        /// The bytes are of no format we read, or not of the format they were said to be.
        UnsupportedType = "unsupported_type",
        /// Larger than the customer's limit.
        FileTooLarge = "file_too_large",
        /// The reader could not make sense of the file.
        CorruptFile = "corrupt_file",
        /// The reader's process was killed by the file.
        ExtractionCrashed = "extraction_crashed",
        /// Reading took too long.
        ExtractionTimeout = "extraction_timeout",
        /// Reading took too much memory.
        ExtractionMemory = "extraction_memory",
        /// The text is larger than we store.
        TextTooLarge = "text_too_large",
        /// More documents than the customer's limit.
        DocumentLimit = "document_limit",
        /// The provider refused the key.
        EmbeddingKeyInvalid = "embedding_key_invalid",
        /// The provider's account has no quota left.
        InsufficientQuota = "insufficient_quota",
        /// The customer's budget of the month is spent, or would be.
        BudgetExceeded = "budget_exceeded",
        /// The provider refused the text or the model.
        EmbeddingRejected = "embedding_rejected",
        /// The stored vectors are of another model or size.
        EmbeddingModelChanged = "embedding_model_changed",
        /// The presigned upload did not arrive in time.
        UploadExpired = "upload_expired",
        /// The address is not one that is requested.
        UrlBlocked = "url_blocked",
        /// The host's name has no public address.
        DnsFailed = "dns_failed",
        /// The server cannot be reached.
        ConnectFailed = "connect_failed",
        /// The server's certificate is not valid for its name.
        TlsFailed = "tls_failed",
        /// The server takes too long.
        FetchTimeout = "fetch_timeout",
        /// What the server sends is not HTTP, or cut off.
        AnswerBroken = "answer_broken",
        /// The address redirects again and again.
        TooManyRedirects = "too_many_redirects",
        /// The server answers with an error.
        HttpStatus = "http_status",
        /// The original is no longer in the bucket.
        OriginalMissing = "original_missing",
        /// Tried as often as we try, without an end.
        AttemptsExhausted = "attempts_exhausted",
    }
}

impl FailureCode {
    /// [`Status::NeedsAction`] where the customer can mend it without a new upload, otherwise
    /// [`Status::Failed`].
    pub const fn status(self) -> Status {
        match self {
            Self::NoTextLayer
            | Self::PasswordProtected
            | Self::EmbeddingKeyInvalid
            | Self::InsufficientQuota
            | Self::BudgetExceeded => Status::NeedsAction,
            _ => Status::Failed,
        }
    }

    /// Whether the same file may well end otherwise when it is tried again, though nobody changes it: what failed
    /// was a network or a server, or ran out of tries.
    pub const fn may_pass(self) -> bool {
        matches!(
            self,
            Self::AttemptsExhausted
                | Self::DnsFailed
                | Self::ConnectFailed
                | Self::TlsFailed
                | Self::FetchTimeout
                | Self::AnswerBroken
                | Self::HttpStatus
        )
    }

    /// The sentence shown with the code: what happened and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EmptyDocument => "The document has no text. Send one that has.",
            Self::NoTextLayer => {
                "The PDF holds only images. Run OCR over it and upload the result."
            }
            Self::PasswordProtected => {
                "The PDF wants a password, or another one than it was given. Retry with it, or upload a copy without one."
            }
            Self::InvalidUtf8 => {
                "The text is not valid UTF-8. Save it as UTF-8 and upload it again."
            }
            Self::UnsupportedType => {
                "The bytes are of no type we read, or not of the type that was given."
            }
            Self::FileTooLarge => "The file is larger than your configuration allows.",
            Self::CorruptFile => {
                "The file is damaged and cannot be read. Export it again and upload the result."
            }
            Self::ExtractionCrashed => {
                "Reading the file crashed its reader. Export it again, or as another type."
            }
            Self::ExtractionTimeout => {
                "Reading the file took too long. Split it, or export it again."
            }
            Self::ExtractionMemory => {
                "Reading the file took too much memory. Split it, or export it again."
            }
            Self::TextTooLarge => "The file holds more text than one document may have. Split it.",
            Self::DocumentLimit => {
                "You have as many documents as your configuration allows. Delete some first."
            }
            Self::EmbeddingKeyInvalid => {
                "The embedding provider refused the key. Set a valid one and retry."
            }
            Self::InsufficientQuota => {
                "The embedding provider's account has no quota left. Top it up and retry."
            }
            Self::BudgetExceeded => {
                "Embedding this would exceed the month's budget. It goes on with the next month, or once monthlyBudgetUsd is raised."
            }
            Self::EmbeddingRejected => {
                "The embedding provider refused the request. Check the model's name."
            }
            Self::EmbeddingModelChanged => {
                "The stored vectors are of another embedding model. Set the model back or regenerate them."
            }
            Self::UploadExpired => {
                "Nothing was uploaded before the link expired. Ask for a new one."
            }
            Self::UrlBlocked => {
                "The address, or one it redirects to, is not public. Only public http and https addresses are fetched."
            }
            Self::DnsFailed => "The host name has no public address. Check the spelling and retry.",
            Self::ConnectFailed => "The server could not be reached. Check the address and retry.",
            Self::TlsFailed => {
                "The server's certificate is not valid for this address. Once it is, retry."
            }
            Self::FetchTimeout => "The server took too long to answer. Retry later.",
            Self::AnswerBroken => {
                "The server's answer was cut off or is not valid HTTP. Retry later."
            }
            Self::TooManyRedirects => {
                "The address redirects again and again. Give the address it should lead to."
            }
            Self::HttpStatus => {
                "The server answered with an error. Check that the address opens without a login, and retry."
            }
            Self::OriginalMissing => "The uploaded file is no longer in storage. Upload it again.",
            Self::AttemptsExhausted => {
                "Processing was tried several times and did not end. Upload the file again."
            }
        }
    }
}

/// A version of a document, from 1, as a path names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
#[schema(value_type = i32, minimum = 1)]
pub struct VersionNumber(i32);

impl VersionNumber {
    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl FromStr for VersionNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // Digits alone: `+1` would be another way to write the same path.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && number > 0 => Ok(Self(number)),
            _ => Err(Error::not_found("version")),
        }
    }
}

/// What to do when the document is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnDuplicate {
    /// Same content: nothing happens. Same `externalId`, other content: a new version.
    #[default]
    Skip,
    /// Always a new version.
    NewVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for code in FailureCode::ALL {
            assert_eq!(code.as_str().parse::<FailureCode>().unwrap(), *code);
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.status().is_terminal());
            assert!(code.sentence().ends_with('.'));
        }
        assert!("gone".parse::<Status>().is_err());
    }

    #[test]
    fn media_types_and_names() {
        assert_eq!(
            Format::from_media_type("Text/HTML; charset=latin1"),
            Some(Format::Html)
        );
        assert_eq!(Format::from_media_type("application/zip"), None);
        assert_eq!(Format::from_file_name("a.b.PDF"), Some(Format::Pdf));
        assert_eq!(Format::from_file_name("pdf"), None);
        for (media_type, format) in [
            ("text/json", Some(Format::Json)),
            ("application/ld+json", Some(Format::Json)),
            ("application/vnd.api+json; charset=utf-8", Some(Format::Json)),
            ("text/x-web-markdown", Some(Format::Md)),
            (
                "application/vnd.ms-word.document.macroEnabled.12",
                Some(Format::Docx),
            ),
            (
                "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
                Some(Format::Pptx),
            ),
            (
                "application/vnd.ms-excel.template.macroEnabled.12",
                Some(Format::Xlsx),
            ),
            (
                "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
                None,
            ),
            // What browsers on Windows say of CSV, and of anything.
            ("application/vnd.ms-excel", None),
            ("application/octet-stream", None),
        ] {
            assert_eq!(Format::from_media_type(media_type), format, "{media_type}");
        }
        for (name, format) in [
            ("a.DOCM", Some(Format::Docx)),
            ("a.ppsx", Some(Format::Pptx)),
            ("a.xltx", Some(Format::Xlsx)),
            ("a.ott", Some(Format::Odt)),
            ("a.tab", Some(Format::Csv)),
            ("a.geojson", Some(Format::Json)),
            ("a.mkd", Some(Format::Md)),
            ("a.xlsb", None),
            ("a.doc", None),
            ("a.ods", None),
        ] {
            assert_eq!(Format::from_file_name(name), format, "{name}");
        }
    }
}

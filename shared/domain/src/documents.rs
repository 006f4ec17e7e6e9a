//! Documents: formats, states, and the reasons an ingestion ends badly.

pub mod filter;
mod format;

use std::{borrow::Cow, str::FromStr};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    named::named,
};

pub use format::Format;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 512;
/// Longest `externalId`, in characters.
pub const MAX_EXTERNAL_ID: usize = 256;
/// Longest file name, in characters.
const MAX_FILE_NAME: usize = 512;

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
    /// Where a version of a document stands.
    VersionStatus {
        /// It is waiting or being processed.
        Pending = "pending",
        /// Search shows it.
        Published = "published",
        /// It was published, and another one took its place.
        Superseded = "superseded",
        /// It ended badly.
        Failed = "failed",
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
        /// An attachment of a mail.
        Attachment = "attachment",
    }
}

/// How a document is read. What is left out stays as the document has it; for a new document it is false.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Reading {
    /// Whether hidden content is read too.
    pub include_hidden: Option<bool>,
    /// Whether the attachments of a mail become documents of their own.
    pub attachments: Option<bool>,
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
        /// The text is larger than we store, or than the customer's limit.
        TextTooLarge = "text_too_large",
        /// More pages than the customer's limit.
        TooManyPages = "too_many_pages",
        /// More chunks than a document of the customer may have.
        TooManyChunks = "too_many_chunks",
        /// More chunks than all documents of the customer together may have.
        ChunkLimit = "chunk_limit",
        /// More documents than the customer's limit.
        DocumentLimit = "document_limit",
        /// More bytes than the originals of the customer may have together.
        StorageLimit = "storage_limit",
        /// The provider refused the key.
        EmbeddingKeyInvalid = "embedding_key_invalid",
        /// The provider's account has no quota left.
        InsufficientQuota = "insufficient_quota",
        /// The customer's budget of the month is spent, or would be.
        BudgetExceeded = "budget_exceeded",
        /// The platform's budget for the customer is spent this month, or would be.
        PlatformBudgetExceeded = "platform_budget_exceeded",
        /// The platform's key is not used before a user of the customer has verified an address.
        EmailNotVerified = "email_not_verified",
        /// The model is not one that the platform pays for.
        ModelNotAllowed = "model_not_allowed",
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
            | Self::BudgetExceeded
            | Self::PlatformBudgetExceeded
            | Self::EmailNotVerified
            | Self::ModelNotAllowed
            | Self::ChunkLimit => Status::NeedsAction,
            Self::EmptyDocument
            | Self::InvalidUtf8
            | Self::UnsupportedType
            | Self::FileTooLarge
            | Self::CorruptFile
            | Self::ExtractionCrashed
            | Self::ExtractionTimeout
            | Self::ExtractionMemory
            | Self::TextTooLarge
            | Self::TooManyPages
            | Self::TooManyChunks
            | Self::DocumentLimit
            | Self::StorageLimit
            | Self::EmbeddingRejected
            | Self::EmbeddingModelChanged
            | Self::UploadExpired
            | Self::UrlBlocked
            | Self::DnsFailed
            | Self::ConnectFailed
            | Self::TlsFailed
            | Self::FetchTimeout
            | Self::AnswerBroken
            | Self::TooManyRedirects
            | Self::HttpStatus
            | Self::OriginalMissing
            | Self::AttemptsExhausted => Status::Failed,
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

    /// The sentence shown with the code, with what the page's server answered where that is known.
    pub fn reason(self, http_status: Option<i32>) -> Cow<'static, str> {
        let (Self::HttpStatus, Some(status)) = (self, http_status) else {
            return self.sentence().into();
        };
        let advice = match status {
            401 | 403 | 407 => "Only pages that open without a login are fetched.",
            404 | 410 => "Check the address, and retry.",
            429 | 500..=999 => "Retry later.",
            _ => "Check that the address opens without a login, and retry.",
        };
        format!("The page's server answered {status}. {advice}").into()
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
            Self::TooManyPages => {
                "The file has more pages than maxPages of your configuration. Split it."
            }
            Self::TooManyChunks => {
                "The document has more chunks than maxDocumentChunks of your configuration. Split it, or use larger chunks."
            }
            Self::ChunkLimit => {
                "Your documents together would have more chunks than maxChunks of your configuration. Delete some, or ask the platform for more room, and retry."
            }
            Self::DocumentLimit => {
                "You have as many documents as your configuration allows. Delete some first."
            }
            Self::StorageLimit => {
                "Your originals together would be larger than maxStorageBytes of your configuration. Delete documents or ask the platform for more room, then send it again."
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
            Self::PlatformBudgetExceeded => {
                "Embedding this would exceed platformBudgetUsd, which the platform pays for you in a month. Set your own key at /api/customers/openai-key, or wait for the next month."
            }
            Self::EmailNotVerified => {
                "Verify your e-mail address by the link that was mailed to you; POST /api/auth/resend-verification mails another."
            }
            Self::ModelNotAllowed => {
                "The platform does not pay for this embedding model. Set your own key at /api/customers/openai-key, or regenerate with a model it pays for, and retry."
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

/// The last part of a file name, in NFC, without control characters, at most 512 characters long. It is shown and
/// never becomes part of a path or key.
pub fn file_name(raw: &str) -> Option<String> {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    // NFC: macOS sends names with decomposed accents.
    let clean: String = last
        .nfc()
        .filter(|c| !c.is_control())
        .take(MAX_FILE_NAME)
        .collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_their_paths() {
        assert_eq!(file_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(file_name("C:\\tmp\\a\u{0}b.pdf").as_deref(), Some("ab.pdf"));
        assert_eq!(file_name("Me\u{301}mo.pdf").as_deref(), Some("Mémo.pdf"));
        assert_eq!(file_name("../"), None);
    }

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
}

//! Documents: formats, statuses, and the reasons why processing fails.

pub mod filter;
mod format;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use crate::named::named;

pub use format::Format;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 512;
/// Longest `externalId`, in characters.
pub const MAX_EXTERNAL_ID: usize = 256;
/// Longest file name, in characters.
const MAX_FILE_NAME: usize = 512;

named! {
    /// The status of a document.
    Status {
        /// Waiting for its presigned upload, until the upload expires.
        AwaitingUpload = "awaiting_upload",
        /// Waiting to be processed.
        Queued = "queued",
        /// Being processed.
        Processing = "processing",
        /// Searchable.
        Completed = "completed",
        /// Failed; `code` gives the reason.
        Failed = "failed",
        /// Waiting for the customer to act; `code` gives the reason.
        NeedsAction = "needs_action",
    }
}

impl Status {
    /// Whether processing has ended: nothing more happens by itself.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::NeedsAction)
    }
}

named! {
    /// The status of a version of a document.
    VersionStatus {
        /// It is waiting or being processed.
        Pending = "pending",
        /// Searches find it.
        Published = "published",
        /// It was published, and a newer version has replaced it.
        Superseded = "superseded",
        /// It failed.
        Failed = "failed",
    }
}

named! {
    /// A stage of processing.
    Stage {
        /// Fetching the content from the web.
        Fetching = "fetching",
        /// Extracting text.
        Extracting = "extracting",
        /// Splitting the text into chunks.
        Chunking = "chunking",
        /// Computing embeddings.
        Embedding = "embedding",
        /// Storing the vectors and publishing.
        Storing = "storing",
    }
}

named! {
    /// How a document was added.
    Source {
        /// `POST /api/ingest/document`.
        Api = "api",
        /// `POST /api/ingest/file`.
        File = "file",
        /// `/api/ingest/presigned-url`.
        Presigned = "presigned",
        /// `POST /api/ingest/url`, or a crawl.
        Url = "url",
        /// `POST /api/ingest/webhook`, or a webhook's own URL.
        Webhook = "webhook",
        /// An attachment of an email.
        Attachment = "attachment",
    }
}

/// Options for extraction. An option that is left out keeps the document's value; for a new document it is false.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ExtractionOptions {
    /// Whether hidden content is read too.
    pub include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    pub attachments: Option<bool>,
}

named! {
    /// Why a document failed or needs action. Codes are stable; clients may branch on them.
    FailureCode {
        /// The document is empty or only white space.
        EmptyDocument = "empty_document",
        /// The PDF has only images and needs OCR.
        NoTextLayer = "no_text_layer",
        /// The PDF is password-protected, or the password is wrong.
        PasswordProtected = "password_protected",
        /// The text is not valid UTF-8.
        InvalidUtf8 = "invalid_utf8",
        /// The file type is not supported, or does not match the declared type.
        UnsupportedType = "unsupported_type",
        /// Larger than the customer's limit.
        FileTooLarge = "file_too_large",
        /// The file is damaged.
        CorruptFile = "corrupt_file",
        /// The extraction process crashed.
        ExtractionCrashed = "extraction_crashed",
        /// Extraction took too long.
        ExtractionTimeout = "extraction_timeout",
        /// Extraction took too much memory.
        ExtractionMemory = "extraction_memory",
        /// The text is longer than the platform's or the customer's limit.
        TextTooLarge = "text_too_large",
        /// More pages than the customer's limit.
        TooManyPages = "too_many_pages",
        /// More chunks than the customer's limit per document.
        TooManyChunks = "too_many_chunks",
        /// More chunks than the customer's limit for all documents.
        ChunkLimit = "chunk_limit",
        /// More documents than the customer's limit.
        DocumentLimit = "document_limit",
        /// More bytes of originals than the customer's limit.
        StorageLimit = "storage_limit",
        /// The provider rejected the key.
        EmbeddingKeyInvalid = "embedding_key_invalid",
        /// The provider's account has no quota left.
        InsufficientQuota = "insufficient_quota",
        /// Embedding would exceed the customer's budget for the month.
        BudgetExceeded = "budget_exceeded",
        /// Embedding would exceed the platform's budget for the customer for the month.
        PlatformBudgetExceeded = "platform_budget_exceeded",
        /// The platform's key is only used once a user of the customer has verified an email address.
        EmailNotVerified = "email_not_verified",
        /// The platform does not pay for this embedding model.
        ModelNotAllowed = "model_not_allowed",
        /// The provider rejected the text or the model.
        EmbeddingRejected = "embedding_rejected",
        /// The stored vectors are from another model or have another size.
        EmbeddingModelChanged = "embedding_model_changed",
        /// The presigned upload did not arrive in time.
        UploadExpired = "upload_expired",
        /// The URL is not public or not HTTP(S), so it is not fetched.
        UrlBlocked = "url_blocked",
        /// The host name does not resolve to a public address.
        DnsFailed = "dns_failed",
        /// The server could not be reached.
        ConnectFailed = "connect_failed",
        /// The server's certificate is not valid for its name.
        TlsFailed = "tls_failed",
        /// The server did not respond in time.
        FetchTimeout = "fetch_timeout",
        /// The server's response is truncated or not valid HTTP.
        AnswerBroken = "answer_broken",
        /// The URL redirects too many times.
        TooManyRedirects = "too_many_redirects",
        /// The server responded with an error status.
        HttpStatus = "http_status",
        /// The original is no longer in storage.
        OriginalMissing = "original_missing",
        /// All attempts are used up.
        AttemptsExhausted = "attempts_exhausted",
    }
}

impl FailureCode {
    /// Returns [`Status::NeedsAction`] if the customer can fix it without a new upload, otherwise
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

    /// Whether a retry may succeed without any change: a network or a server failed, or the attempts were
    /// used up.
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

    /// The sentence shown with the code, with the HTTP status of the page's server if it is known.
    pub fn reason(self, http_status: Option<i32>) -> Cow<'static, str> {
        let (Self::HttpStatus, Some(status)) = (self, http_status) else {
            return self.sentence().into();
        };
        let advice = match status {
            401 | 403 | 407 => "Only pages that open without a login can be fetched.",
            404 | 410 => "Check the URL and retry.",
            429 | 500..=999 => "Retry later.",
            _ => "Check that the URL opens without a login and retry.",
        };
        format!("The page's server responded with {status}. {advice}").into()
    }

    /// The sentence shown with the code: what happened and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EmptyDocument => "The document has no text. Send one that contains text.",
            Self::NoTextLayer => {
                "The PDF contains only images. Run OCR on it and upload the result."
            }
            Self::PasswordProtected => {
                "The PDF is password-protected or the password is wrong. Retry with the password, or upload a copy without one."
            }
            Self::InvalidUtf8 => {
                "The text is not valid UTF-8. Save it as UTF-8 and upload it again."
            }
            Self::UnsupportedType => {
                "The file type is not supported or does not match the declared type. Check the type and upload the file again."
            }
            Self::FileTooLarge => {
                "The file is larger than maxFileBytes of your configuration. Split it, or ask the platform for a higher limit."
            }
            Self::CorruptFile => {
                "The file is damaged and cannot be read. Export it again and upload the new copy."
            }
            Self::ExtractionCrashed => {
                "Reading the file crashed the reader. Export it again or as another type, and upload the new copy."
            }
            Self::ExtractionTimeout => {
                "Reading the file took too long. Split it or export it again, and upload the result."
            }
            Self::ExtractionMemory => {
                "Reading the file took too much memory. Split it or export it again, and upload the result."
            }
            Self::TextTooLarge => {
                "The file contains more text than one document may have. Split it."
            }
            Self::TooManyPages => {
                "The file has more pages than maxPages of your configuration. Split it."
            }
            Self::TooManyChunks => {
                "The document has more chunks than maxDocumentChunks of your configuration. Split it, or use larger chunks."
            }
            Self::ChunkLimit => {
                "Your documents together would have more chunks than maxChunks of your configuration. Delete some or ask the platform for a higher limit, and retry."
            }
            Self::DocumentLimit => {
                "You have reached maxDocuments of your configuration. Delete some documents first."
            }
            Self::StorageLimit => {
                "Your originals together would exceed maxStorageBytes of your configuration. Delete documents or ask the platform for a higher limit, then send this one again."
            }
            Self::EmbeddingKeyInvalid => {
                "The embedding provider rejected the API key. Set a valid key and retry."
            }
            Self::InsufficientQuota => {
                "The embedding provider's account has no quota left. Add credit there and retry."
            }
            Self::BudgetExceeded => {
                "Embedding this would exceed your budget for this month. Processing resumes next month, or when you raise monthlyBudgetUsd."
            }
            Self::PlatformBudgetExceeded => {
                "Embedding this would exceed platformBudgetUsd, the most that the platform pays for you in a month. Set your own key with PUT /api/customers/openai-key, or wait for the next month."
            }
            Self::EmailNotVerified => {
                "Verify your email address with the link in the email we sent; POST /api/auth/resend-verification sends another."
            }
            Self::ModelNotAllowed => {
                "The platform does not pay for this embedding model. Set your own key with PUT /api/customers/openai-key, or regenerate with a model that the platform pays for, and retry."
            }
            Self::EmbeddingRejected => {
                "The embedding provider rejected the request. Check the model name."
            }
            Self::EmbeddingModelChanged => {
                "The stored vectors are from another embedding model. Set the model back or regenerate all embeddings."
            }
            Self::UploadExpired => {
                "Nothing was uploaded before the link expired. Request a new upload link."
            }
            Self::UrlBlocked => {
                "The URL, or one it redirects to, is not public. Only public http and https URLs are fetched."
            }
            Self::DnsFailed => {
                "The host name does not resolve to a public address. Check the spelling and retry."
            }
            Self::ConnectFailed => "The server could not be reached. Check the URL and retry.",
            Self::TlsFailed => {
                "The server's TLS certificate is not valid for this host. Retry when it has been fixed."
            }
            Self::FetchTimeout => "The server took too long to respond. Retry later.",
            Self::AnswerBroken => {
                "The server's response was truncated or is not valid HTTP. Retry later."
            }
            Self::TooManyRedirects => "The URL redirects too many times. Use the final URL.",
            Self::HttpStatus => {
                "The server responded with an error. Check that the URL opens without a login and retry."
            }
            Self::OriginalMissing => "The uploaded file is no longer in storage. Upload it again.",
            Self::AttemptsExhausted => {
                "Processing failed after several attempts. Upload the file again."
            }
        }
    }
}

/// What to do if the document exists already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnDuplicate {
    /// Same content: nothing happens. Same `externalId` with other content: a new version.
    #[default]
    Skip,
    /// Always a new version.
    NewVersion,
}

/// Returns the last part of a file name, in NFC, without control characters, at most 512 characters long. It is for
/// display and never becomes part of a path or key.
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

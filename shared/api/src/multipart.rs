//! Forms: multipart/form-data, as clients send it.

use axum::extract::{FromRequest, Multipart, Request, multipart::MultipartError};
use bytes::Bytes;
use dynrag_domain::{Error, Kind, Result, documents};
use http::{StatusCode, header};

use crate::{disposition::Disposition, extract::body_too_large};

/// A part of a form.
pub struct Part {
    /// Name of the field.
    pub name: String,
    /// Name of the file, if it is one.
    pub file_name: Option<String>,
    /// The declared media type.
    pub content_type: Option<String>,
    /// Its content.
    pub bytes: Bytes,
}

impl Part {
    /// Its position in the form, as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        format!("/{}", self.name.replace('~', "~0").replace('/', "~1"))
    }

    /// Its text. axum's own conversion would replace invalid UTF-8.
    ///
    /// # Errors
    /// `invalid_fields` for bytes that are not UTF-8.
    pub fn text(&self) -> Result<String> {
        String::from_utf8(self.bytes.to_vec())
            .map_err(|_| Error::field(self.pointer(), "UTF-8 text"))
    }
}

/// Reads all parts of a form.
///
/// # Errors
/// `unsupported_media_type`, `invalid_multipart`, `body_too_large`, `invalid_fields`.
pub async fn parts(request: Request) -> Result<Vec<Part>> {
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|e| {
        Error::new(
            Kind::UnsupportedType,
            "unsupported_media_type",
            "Send the file as multipart/form-data, in a part named file.",
        )
        .because(e.body_text())
    })?;
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(|e| malformed(&e))? {
        let disposition = field.headers().get(header::CONTENT_DISPOSITION);
        let disposition = disposition.map(|value| Disposition::parse(value.as_bytes()));
        let Disposition { name, file_name } = disposition.unwrap_or_default();
        let Some(name) = name else {
            return Err(Error::field("", "a name for each part of the form"));
        };
        parts.push(Part {
            name,
            file_name: file_name.as_deref().and_then(documents::file_name),
            content_type: field.content_type().map(str::to_owned),
            bytes: field.bytes().await.map_err(|e| malformed(&e))?,
        });
    }
    Ok(parts)
}

fn malformed(error: &MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return body_too_large();
    }
    Error::new(
        Kind::Malformed,
        "invalid_multipart",
        "The multipart body is malformed.",
    )
    .because(error.body_text())
}

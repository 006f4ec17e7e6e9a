//! Formats of documents, and the media types and file names that imply them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// A supported document format.
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
    /// Values separated by commas, semicolons, tabs or vertical bars.
    Csv,
    /// JSON, or JSON Lines.
    Json,
    /// EPUB.
    Epub,
    /// Email.
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

    /// Whether files of this format are recognized by their first bytes and are not text that fits into a JSON string.
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

    /// The format of a media type; parameters such as `charset` are ignored.
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

    /// Media types of templates, slide shows and files with macros, in lower case. `application/vnd.ms-excel` is left
    /// out: Windows uses it for CSV.
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

    /// The format of a file name's extension.
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

    /// The format of an upload before any byte of it is known. The name decides if the media type is one that programs
    /// use for any file.
    pub fn announced(media_type: &str, file_name: &str) -> Option<Self> {
        const GENERAL: [&str; 4] = [
            "application/octet-stream",
            "binary/octet-stream",
            "application/force-download",
            // Browsers on Windows send this for CSV.
            "application/vnd.ms-excel",
        ];
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let declared = Self::from_media_type(media_type);
        if declared.is_none()
            && !GENERAL
                .iter()
                .any(|kind| essence.eq_ignore_ascii_case(kind))
        {
            return None;
        }
        Self::claimed(declared, Some(file_name))
    }

    /// The claimed format of a file, from its declared format and its name. Programs declare any text as plain text, so
    /// in that case the name decides.
    pub fn claimed(declared: Option<Self>, file_name: Option<&str>) -> Option<Self> {
        let named = file_name.and_then(Self::from_file_name);
        match (declared, named) {
            (Some(Self::Txt), Some(named)) if !named.has_signature() => Some(named),
            (declared, named) => declared.or(named),
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

#[cfg(test)]
mod tests {
    use super::*;

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
            (
                "application/vnd.api+json; charset=utf-8",
                Some(Format::Json),
            ),
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
            // Browsers on Windows send this for CSV, and for anything else.
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

    #[test]
    fn a_file_name_decides_for_generic_media_types() {
        let announced = |media_type, name| Format::announced(media_type, name);
        assert_eq!(announced("text/plain", "a.csv"), Some(Format::Csv));
        assert_eq!(
            announced("application/octet-stream", "a.pdf"),
            Some(Format::Pdf)
        );
        assert_eq!(
            announced("application/vnd.ms-excel", "a.csv"),
            Some(Format::Csv)
        );
        assert_eq!(announced("text/markdown", "a.txt"), Some(Format::Md));
        assert_eq!(announced("text/plain", "a.pdf"), Some(Format::Txt));
        assert_eq!(announced("application/zip", "a.pdf"), None);
        assert_eq!(announced("application/octet-stream", "a.exe"), None);
    }
}

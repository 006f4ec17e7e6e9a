//! Warnings about an extracted document: content that the reader left out, replaced or could not represent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::named::named;

/// Most warnings of a document: one for each code.
const MAX_WARNINGS: usize = WarningCode::ALL.len();

named! {
    /// A kind of warning. Codes are stable; clients may branch on them.
    WarningCode {
        /// Bytes that are invalid in the text's encoding became U+FFFD.
        CharactersReplaced = "characters_replaced",
        /// The encoding was guessed from the bytes, since nothing declared it.
        EncodingGuessed = "encoding_guessed",
        /// Hidden sheets, rows, columns, slides or text were left out; `includeHidden` reads them.
        HiddenContent = "hidden_content",
        /// Text that its page probably shows to nobody was read, such as white text without a background.
        UnseenText = "unseen_text",
        /// Characters that nobody sees and that can carry a message were read.
        InvisibleCharacters = "invisible_characters",
        /// Formulas without a stored value: the file was never calculated.
        FormulaWithoutValue = "formula_without_value",
        /// Images without a text description.
        ImageWithoutText = "image_without_text",
        /// Rows or columns of a table beyond the limit were left out.
        TableCut = "table_cut",
        /// Lines of JSON Lines that are not JSON were left out.
        InvalidLines = "invalid_lines",
        /// JSON with NaN, comments or trailing commas was read although it is not strict JSON.
        LenientJson = "lenient_json",
        /// Comments and reviewers' notes were left out or separated from the text.
        Comments = "comments",
        /// Deleted text of tracked changes was left out.
        TrackedDeletions = "tracked_deletions",
        /// Attachments were listed and not read.
        AttachmentsNotRead = "attachments_not_read",
        /// Parts of the file are damaged or missing and were left out.
        PartsUnreadable = "parts_unreadable",
        /// Pages without text, which are probably scans.
        PagesWithoutText = "pages_without_text",
        /// Objects that cannot be read were left out.
        UnsupportedContent = "unsupported_content",
    }
}

/// A warning: the document was read, but some content was left out, replaced or guessed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// The kind of warning.
    pub code: WarningCode,
    /// How often it occurred: characters, rows, lines, images.
    pub count: u32,
    /// Where it occurred, such as `lines 3, 17`; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Warning {
    /// Longest detail, in characters.
    pub const MAX_DETAIL: usize = 200;
}

/// The warnings of one document, one for each code, in the order of their first occurrence.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Warnings(Vec<Warning>);

impl Warnings {
    /// Counts `count` more of `code`; does nothing if it is 0.
    pub fn add(&mut self, code: WarningCode, count: usize) {
        if count == 0 {
            return;
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match self.0.iter_mut().find(|warning| warning.code == code) {
            Some(warning) => warning.count = warning.count.saturating_add(count),
            None => self.0.push(Warning {
                code,
                count,
                detail: None,
            }),
        }
    }

    /// Counts one more of `code` and records the place. Places are joined by commas up to the length limit.
    pub fn add_at(&mut self, code: WarningCode, place: &str) {
        self.add(code, 1);
        let Some(warning) = self.0.iter_mut().find(|warning| warning.code == code) else {
            return;
        };
        let mut detail = warning.detail.take().unwrap_or_default();
        let separator = if detail.is_empty() { "" } else { ", " };
        let length = detail.chars().count() + separator.len() + place.chars().count();
        let is_known = detail.rsplit(", ").next() == Some(place);
        if length <= Warning::MAX_DETAIL && !is_known && !place.contains(char::is_control) {
            detail.push_str(separator);
            detail.push_str(place);
        }
        warning.detail = Some(detail).filter(|detail| !detail.is_empty());
    }

    /// How often `code` was counted.
    pub fn count(&self, code: WarningCode) -> usize {
        let found = self.0.iter().find(|warning| warning.code == code);
        found.map_or(0, |warning| warning.count as usize)
    }

    /// Removes the warning of `code` and returns its count.
    pub fn take(&mut self, code: WarningCode) -> usize {
        let count = self.count(code);
        self.0.retain(|warning| warning.code != code);
        count
    }

    /// Adds all warnings of another document or part.
    pub fn extend(&mut self, other: Self) {
        for warning in other.0 {
            match warning.detail {
                Some(detail) if warning.count > 0 => {
                    self.add(warning.code, warning.count as usize - 1);
                    self.add_at(warning.code, &detail);
                }
                _ => self.add(warning.code, warning.count as usize),
            }
        }
    }

    /// The warnings.
    pub fn as_slice(&self) -> &[Warning] {
        &self.0
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether [`add`](Self::add) and [`add_at`](Self::add_at) could have produced these warnings: a reader's answer is
    /// not trusted.
    pub fn are_valid(&self) -> bool {
        self.0.len() <= MAX_WARNINGS
            && self.0.iter().all(|warning| {
                warning.detail.as_ref().is_none_or(|detail| {
                    detail.chars().count() <= Warning::MAX_DETAIL
                        && !detail.contains(char::is_control)
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_with_the_same_code_are_merged() {
        let mut warnings = Warnings::default();
        warnings.add(WarningCode::CharactersReplaced, 0);
        assert!(warnings.is_empty());
        warnings.add_at(WarningCode::InvalidLines, "line 3");
        warnings.add(WarningCode::CharactersReplaced, 2);
        warnings.add_at(WarningCode::InvalidLines, "line 17");
        warnings.add_at(WarningCode::TableCut, "Sheet1");
        warnings.add_at(WarningCode::TableCut, "Sheet1");
        assert_eq!(warnings.take(WarningCode::TableCut), 2);
        let mut more = Warnings::default();
        more.add(WarningCode::CharactersReplaced, 5);
        more.add_at(WarningCode::InvalidLines, "line 20");
        warnings.extend(more);
        let json = serde_json::to_value(&warnings).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"code": "invalid_lines", "count": 3, "detail": "line 3, line 17, line 20"},
                {"code": "characters_replaced", "count": 7},
            ])
        );
        assert!(warnings.are_valid());
        assert_eq!(warnings.take(WarningCode::InvalidLines), 3);
        assert_eq!(warnings.count(WarningCode::InvalidLines), 0);
        assert_eq!(warnings.count(WarningCode::CharactersReplaced), 7);
    }

    #[test]
    fn a_detail_has_a_maximum_length() {
        let mut warnings = Warnings::default();
        for line in 0..1_000 {
            warnings.add_at(WarningCode::InvalidLines, &format!("line {line}"));
        }
        warnings.add_at(WarningCode::TableCut, "a\nb");
        assert!(warnings.are_valid());
        let [lines, table] = warnings.as_slice() else {
            panic!("{warnings:?}");
        };
        assert_eq!((lines.count, table.count), (1_000, 1));
        assert_eq!(table.detail, None);
    }
}

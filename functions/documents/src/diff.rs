//! `GET /api/documents/{id}/diff`: the differences between the texts of two versions.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, Path, Query, scopes::DocumentsRead};
use dynrag_app::documents;
use dynrag_domain::{DocumentId, Error, Kind, Result, VersionNumber};
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};
use utoipa::ToSchema;

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Most lines of a response, which fit into Lambda's 6 MB.
const MOST_LINES: usize = 5000;
/// Most characters returned of a line.
const MOST_OF_LINE: usize = 1000;
/// Time after which the difference is approximate: correct, but not minimal.
const PATIENCE: Duration = Duration::from_secs(5);
/// Largest text in bytes: two of this size are compared in about a second.
const MOST_TEXT: usize = 8 * 1024 * 1024;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffQuery {
    /// Version number. Default: the version before `to`.
    #[schema(minimum = 1)]
    from: Option<i32>,
    /// Version number. Default: the published version, else the latest.
    #[schema(minimum = 1)]
    to: Option<i32>,
}

/// A range of lines with changes.
#[derive(Serialize, ToSchema, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiffHunk)]
struct Hunk {
    /// Its first line in the old text, from 1.
    from_line: usize,
    /// Its first line in the new text, from 1.
    to_line: usize,
    lines: Vec<Line>,
}

#[derive(Serialize, ToSchema, PartialEq, Eq, Debug)]
#[schema(as = DiffLine)]
struct Line {
    /// `added`, `removed` or `same`.
    change: &'static str,
    text: String,
}

#[derive(Serialize, ToSchema, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentDiff)]
pub(crate) struct Diff {
    doc_id: DocumentId,
    from: VersionNumber,
    to: VersionNumber,
    added_lines: usize,
    removed_lines: usize,
    /// Similarity of the texts, from 0 (nothing in common) to 1 (identical).
    #[schema(minimum = 0, maximum = 1)]
    similarity: Similarity,
    hunks: Vec<Hunk>,
    /// Whether there are more changes than are returned.
    truncated: bool,
}

/// A similarity with three decimals.
#[derive(PartialEq, Eq, Debug, ToSchema)]
#[schema(value_type = f64)]
// An integer of thousandths, so that the response is the same on every machine.
struct Similarity(u16);

impl Serialize for Similarity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1000.0)
    }
}

/// Returns the differences.
pub(crate) async fn diff(
    caller: Caller<DocumentsRead>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
    Query(query): Query<DiffQuery>,
) -> Answer<Json<Diff>> {
    let store = caller.store();
    let document = store.get_document(caller.tenant(), id).await?;
    let newest = document
        .published_version
        .unwrap_or(document.latest_version);
    let to = query.to.unwrap_or(newest.get());
    let from = query.from.unwrap_or(to.saturating_sub(1));
    let (Ok(from), Ok(to)) = (VersionNumber::try_from(from), VersionNumber::try_from(to)) else {
        let detail = "The document has only one version. Set from and to once it has two.";
        return Err(Error::new(Kind::Conflict, "nothing_to_compare", detail).into());
    };
    let old = documents::extracted(&app, &caller, id, from).await?.text;
    let new = documents::extracted(&app, &caller, id, to).await?.text;
    if old.len() + new.len() > MOST_TEXT {
        let detail = "The texts are too large to compare. Fetch both with documents-content and compare them yourself.";
        return Err(Error::new(Kind::TooLarge, "text_too_large", detail).into());
    }
    Ok(Json(compare(id, (from, &old), (to, &new))))
}

fn compare(
    doc_id: DocumentId,
    (from, old): (VersionNumber, &str),
    (to, new): (VersionNumber, &str),
) -> Diff {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let (mut added_lines, mut removed_lines) = (0, 0);
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Insert => added_lines += 1,
            ChangeTag::Delete => removed_lines += 1,
            ChangeTag::Equal => {}
        }
    }
    let (mut hunks, mut shown, mut truncated) = (Vec::new(), 0, false);
    for group in diff.grouped_ops(CONTEXT) {
        let mut lines = Vec::new();
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            if shown == MOST_LINES {
                truncated = true;
                break;
            }
            shown += 1;
            lines.push(Line {
                change: match change.tag() {
                    ChangeTag::Insert => "added",
                    ChangeTag::Delete => "removed",
                    ChangeTag::Equal => "same",
                },
                text: change
                    .value()
                    .trim_end_matches('\n')
                    .chars()
                    .take(MOST_OF_LINE)
                    .collect(),
            });
        }
        if let (Some(first), false) = (group.first(), lines.is_empty()) {
            hunks.push(Hunk {
                from_line: first.old_range().start + 1,
                to_line: first.new_range().start + 1,
                lines,
            });
        }
        if truncated {
            break;
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 1000"
    )]
    let similarity = Similarity((f64::from(diff.ratio()) * 1000.0) as u16);
    Diff {
        doc_id,
        from,
        to,
        added_lines,
        removed_lines,
        similarity,
        hunks,
        truncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_returned_with_context() {
        let id = DocumentId::generate();
        let (first, second) = (VersionNumber::FIRST, VersionNumber::FIRST.next());
        let old: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let new = old
            .replace("line 10\n", "line ten\n")
            .replace("line 20\n", "");
        let diff = compare(id, (first, &old), (second, &new));
        assert_eq!((diff.added_lines, diff.removed_lines), (1, 2));
        assert_eq!(diff.hunks.len(), 2);
        assert_eq!((diff.hunks[0].from_line, diff.hunks[0].to_line), (7, 7));
        let removed = Line {
            change: "removed",
            text: "line 10".into(),
        };
        assert!(diff.hunks[0].lines.contains(&removed));
        assert!(diff.similarity.0 > 850, "{diff:?}");
        let same = compare(id, (first, &old), (second, &old));
        assert_eq!((same.hunks.len(), same.similarity.0), (0, 1000));
    }

    #[test]
    fn a_large_change_is_marked_as_truncated() {
        let id = DocumentId::generate();
        let (first, second) = (VersionNumber::FIRST, VersionNumber::FIRST.next());
        let text = |what: &str| {
            (0..MOST_LINES)
                .map(|n| format!("{what} {n}\n"))
                .collect::<String>()
        };
        let diff = compare(id, (first, &text("a")), (second, &text("b")));
        assert!(diff.truncated);
        let shown: usize = diff.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        assert_eq!(shown, MOST_LINES);
        assert_eq!((diff.added_lines, diff.similarity.0), (MOST_LINES, 0));
    }
}

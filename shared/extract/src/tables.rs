//! Tables as Markdown, in pieces that each begin with the table's header: a chunk of a long table says what
//! its columns are.

/// A piece is closed before it has more characters, so that a chunk of the usual size holds one.
const PIECE: usize = 800;
/// A header longer than this is not repeated: it would be most of each piece.
const MAX_HEADER: usize = 300;

/// A row as Markdown.
fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::from("|");
    for cell in cells {
        line.push(' ');
        for (number, word) in cell.split_whitespace().enumerate() {
            if number > 0 {
                line.push(' ');
            }
            line.push_str(&word.replace('|', "\\|"));
        }
        line.push_str(" |");
    }
    line
}

/// Rows, the first of which is the header, as pieces of Markdown.
pub fn pieces<'a, Row>(rows: impl IntoIterator<Item = Row>) -> Vec<String>
where
    Row: IntoIterator<Item = &'a str>,
{
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else {
        return Vec::new();
    };
    let first: Vec<&str> = first.into_iter().collect();
    let header = [
        line(first.iter().copied()),
        line(first.iter().map(|_| "---")),
    ];
    split(&header, rows.map(line))
}

fn split(header: &[String; 2], rows: impl Iterator<Item = String>) -> Vec<String> {
    let head = header.join("\n");
    let mut pieces = Vec::new();
    let mut piece = head.clone();
    let mut length = piece.chars().count();
    let repeated = length <= MAX_HEADER;
    let mut has_rows = false;
    for row in rows {
        let more = row.chars().count() + 1;
        if has_rows && length + more > PIECE {
            pieces.push(std::mem::take(&mut piece));
            if repeated {
                piece.push_str(&head);
            }
            length = piece.chars().count();
        }
        if !piece.is_empty() {
            piece.push('\n');
        }
        piece.push_str(&row);
        length += more;
        has_rows = true;
    }
    pieces.push(piece);
    pieces
}

/// Markdown with its long tables in pieces.
pub fn in_pieces(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut lines = markdown.lines().peekable();
    while let Some(first) = lines.next() {
        let is_table = first.starts_with('|')
            && lines
                .peek()
                .is_some_and(|next| next.starts_with("|") && next.contains("---"));
        if !is_table {
            text.push_str(first);
            text.push('\n');
            continue;
        }
        let header = [
            first.to_owned(),
            lines.next().unwrap_or_default().to_owned(),
        ];
        let rows = std::iter::from_fn(|| lines.next_if(|line| line.starts_with('|')));
        let pieces = split(&header, rows.map(str::to_owned));
        text.push_str(&pieces.join("\n\n"));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_table_says_in_each_piece_what_its_columns_are() {
        let rows: Vec<[String; 2]> = (0..200)
            .map(|n| [format!("{n}"), format!("value of {n}")])
            .collect();
        let all = std::iter::once(["number", "a | value"])
            .chain(rows.iter().map(|[a, b]| [a.as_str(), b.as_str()]));
        let pieces = pieces(all);
        assert!(pieces.len() > 3);
        let mut seen = 0;
        for piece in &pieces {
            assert!(piece.starts_with("| number | a \\| value |\n| --- | --- |\n"));
            assert!(piece.chars().count() <= PIECE);
            seen += piece.lines().count() - 2;
        }
        assert_eq!(seen, 200);
        let markdown = format!("Before\n\n{}\n\nAfter\n", pieces.join("\n"));
        assert!(in_pieces(&markdown).starts_with("Before\n\n| number"));
    }

    #[test]
    fn a_header_that_is_too_wide_is_not_repeated() {
        let wide: Vec<String> = (0..200).map(|n| format!("column {n}")).collect();
        let row: Vec<&str> = wide.iter().map(String::as_str).collect();
        let pieces = pieces([row.clone(), row.clone(), row]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces.concat().matches("column 199 |").count(), 3);
        assert!(super::pieces(Vec::<Vec<&str>>::new()).is_empty());
    }
}

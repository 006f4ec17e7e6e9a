//! Tables and images of small pages, as a reader would write them down.

use scraper::Html;

use crate::html_text;

fn assert_texts(cases: &[(&str, &str)]) {
    for (html, expected) in cases {
        let page = Html::parse_document(html);
        let text = html_text::visible(&page).finish(None, None, "").text;
        assert_eq!(text, *expected, "{html}");
    }
}

#[test]
fn row_groups_stand_where_they_are_shown() {
    let expected = "| Item | Fee |\n| --- | --- |\n| Pool | 5 |\n| Gym | 3 |\n| Sum | 8 |";
    let head = "<thead><tr><th>Item<th>Fee</thead>";
    let body = "<tbody><tr><td>Pool<td>5<tr><td>Gym<td>3</tbody>";
    let foot = "<tfoot><tr><td>Sum<td>8</tfoot>";
    for groups in [[head, foot, body], [body, foot, head], [foot, head, body]] {
        let table = format!("<table>{}</table>", groups.concat());
        assert_texts(&[(&table, expected)]);
    }
    assert_texts(&[
        (
            "<div style='display:table'><div style='display:table-footer-group'><div style='display:table-row'>\
             <span style='display:table-cell'>Sum</span><span style='display:table-cell'>8</span></div></div>\
             <div style='display:table-row'><span style='display:table-cell'>Pool</span>\
             <span style='display:table-cell'>8</span></div></div>",
            "| Pool | 8 |\n| --- | --- |\n| Sum | 8 |",
        ),
        // Only the first head and the first foot move.
        (
            "<table><tfoot><tr><td>Sum<td>8</tfoot><tbody><tr><td>a<td>1</tbody><tfoot><tr><td>b<td>2</tfoot></table>",
            "| a | 1 |\n| --- | --- |\n| b | 2 |\n| Sum | 8 |",
        ),
    ]);
}

#[test]
fn an_image_that_is_all_a_cell_has_is_its_text() {
    let table = |cell: &str| {
        format!("<table><tr><th>Pool<th>Open<tr><td>Lido<td>{cell}<tr><td>Spa<td>8</table>")
    };
    for (cell, expected) in [
        ("<img alt='✓' src=c.png>", "✓"),
        ("<img alt=yes src=yes.gif>", "yes"),
        ("<span role=img aria-label='not open'></span>", "not open"),
        ("<img alt=yes src=yes.gif> on Sundays", "on Sundays"),
        ("<img alt=spacer src=s.gif>", ""),
        ("<img alt=s.gif src=s.gif>", ""),
    ] {
        let expected = format!("| Lido | {expected} |").replace("  ", " ");
        let page = Html::parse_document(&table(cell));
        let text = html_text::visible(&page).finish(None, None, "").text;
        assert!(text.contains(&expected), "{cell}: {text}");
    }
}

#[test]
fn signs_and_answers_are_words_of_a_line() {
    assert_texts(&[
        ("<li><img alt='✗' src=x.gif> Dogs", "- ✗ Dogs"),
        ("<p>Open: <img alt=yes src=yes.gif>", "Open: yes"),
        ("<p>See also <img alt=yes src=yes.gif>", "See also"),
        (
            "<p>Rated <span role=img aria-label='4 of 5 stars'>★★★★</span>",
            "Rated 4 of 5 stars ★★★★",
        ),
        (
            "<p>Well done <span role=img aria-label=party>🎉</span>",
            "Well done 🎉",
        ),
        (
            "<p>Call <span role=img aria-label='Our phone'>us</span>",
            "Call us",
        ),
    ]);
}

#[test]
fn an_image_that_is_described_follows_its_block() {
    assert_texts(&[
        (
            "<p>a<p><img alt='Map of the pool showing three basins' src=x>",
            "a\n\nMap of the pool showing three basins",
        ),
        ("<p>a<p><img alt='Our pool' src=x>", "a"),
    ]);
}

#[test]
fn drawings_have_their_texts() {
    assert_texts(&[
        (
            "<p>a</p><svg><title>t</title><text>Valve</text><defs><text>d</text></defs>
             <text><tspan>Pump</tspan> two</text></svg><p>b",
            "a\n\nValve; Pump two\n\nb",
        ),
        (
            "<p>Rated <svg><text>4.8 points</text></svg> so far",
            "Rated 4.8 points so far",
        ),
        (
            "<p>a<svg role=img aria-label='Rated 4 of 5'></svg>",
            "a Rated 4 of 5",
        ),
        ("<p>a<svg aria-hidden=true><text>b</text></svg>", "a"),
        ("<p>a<svg hidden><text>b</text></svg>", "a"),
    ]);
}

#[test]
fn what_replaces_an_object_is_read_unless_it_complains() {
    assert_texts(&[
        (
            "<p>a</p><object data=x.svg>Costs 12 euros</object>",
            "a\n\nCosts 12 euros",
        ),
        (
            "<p>a</p><canvas>Costs 12 euros</canvas>",
            "a\n\nCosts 12 euros",
        ),
        ("<p>a</p><canvas>Your browser is too old.</canvas>", "a"),
        ("<p>a</p><object>Ihr Browser zeigt das nicht.</object>", "a"),
    ]);
}

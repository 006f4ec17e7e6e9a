//! Small pages and the text that a reader would note down.

use super::*;

fn text_of(html: &str) -> String {
    visible(&Html::parse_document(html))
        .finish(None, None, "")
        .text
}

fn all_of(html: &str) -> String {
    blocks(&Html::parse_document(html), true)
        .text(|_| true)
        .finish(None, None, "")
        .text
}

/// Pairs of a page and its text.
fn assert_texts(cases: &[(&str, &str)]) {
    for (html, expected) in cases {
        assert_eq!(text_of(html), *expected, "{html}");
    }
}

#[test]
fn lists_tables_and_code_stay_readable() {
    let html = "<h2>Sizes</h2><p>See\n  <b>below</b>.<ul><li>one<li>two<ol><li>inner</ol></ul>
        <table><tr><th>a<th>b<tr><td><p>1</p><td>2</table><pre>x\n  y</pre>a<br>b";
    assert_eq!(
        text_of(html),
        "Sizes\n\nSee below.\n\n- one\n- two\n  1. inner\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nx\n  y\n\na\nb"
    );
}

#[test]
fn what_nobody_sees_is_left_out() {
    let html = "<title>t</title><script>s</script><p hidden>h</p><p style='display: none'>n<b>m</b></p><p>v";
    assert_eq!(text_of(html), "v");
}

#[test]
fn a_layout_table_is_not_a_row() {
    let page = "<table><tr><td><h1>Head</h1><p>a</p><p>b</p></td></tr></table>";
    assert_eq!(text_of(page), "Head\n\na\n\nb");
    let long = format!("<p>{}</p>", "word ".repeat(60)).repeat(8);
    let page = format!("<table><tr><td>Menu<td>{long}</table>");
    assert_eq!(text_of(&page).matches("\n\n").count(), 8);
    assert_texts(&[
        (
            "<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>",
            "a\n\nb\n\nc\n\nd",
        ),
        (
            "<table><tr><td><table><tr><td>a<td>b</table><td><table><tr><td>c<td>d</table></table>",
            "a | b\n\nc | d",
        ),
    ]);
}

#[test]
fn what_a_page_sends_late_is_seen() {
    let html = "<div hidden id='S:1'><p>late</p></div><div hidden id=x>never</div>";
    assert_eq!(text_of(html), "late");
}

#[test]
fn blocks_know_where_they_are() {
    let page = Html::parse_document(
        "<main><h1>Head</h1><p>One <a href=x>two</a></p></main><ul><li>a<li>b</ul>",
    );
    let blocks = blocks(&page, false);
    let names: Vec<_> = blocks
        .blocks
        .iter()
        .map(|block| {
            (
                block.text.as_str(),
                blocks.scopes[block.scope].element.name(),
            )
        })
        .collect();
    let expected = [
        ("Head", "h1"),
        ("One two", "p"),
        ("- a", "li"),
        ("- b", "li"),
    ];
    assert_eq!(names, expected);
    assert_eq!((blocks.blocks[1].letters, blocks.blocks[1].linked), (6, 3));
    let some = blocks
        .text(|place| place != 1 && place != 2)
        .finish(None, None, "");
    assert_eq!(some.text, "Head\n\n- b");
}

#[test]
fn cells_stay_in_their_columns() {
    assert_texts(&[
        (
            "<table><tr><th>Group<th>Item<th>Fee<tr><td rowspan=2>Adults<td>Card<td>15<tr><td>Copy<td>5<tr><td>Children<td>Card<td>0</table>",
            "| Group | Item | Fee |\n| --- | --- | --- |\n| Adults | Card | 15 |\n| Adults | Copy | 5 |\n| Children | Card | 0 |",
        ),
        (
            "<table><thead><tr><th rowspan=2>Item<th colspan=2>Fee<tr><th>Adults<th>Children</thead><tr><td>Card<td>5<td>2</table>",
            "| Item | Fee Adults | Fee Children |\n| --- | --- | --- |\n| Card | 5 | 2 |",
        ),
        (
            "<table><caption>Fees</caption><tr><th></th><th>2025<th>2026<tr><th>Card<td>5<td>a|b</table>",
            "Fees\n\n| | 2025 | 2026 |\n| --- | --- | --- |\n| Card | 5 | a\\|b |",
        ),
        // A span of 0 rows ends with its row group.
        (
            "<table><tbody><tr><td rowspan=0>x<td>1<tr><td>2</tbody><tbody><tr><td>y<td>3</tbody></table>",
            "| x | 1 |\n| --- | --- |\n| x | 2 |\n| y | 3 |",
        ),
        ("<table><tr><td>Date<td>Author</table>", "Date | Author"),
    ]);
}

#[test]
fn what_is_in_a_cell_stays_in_it() {
    assert_texts(&[
        (
            "<table><tr><th>Plan<th>Support<tr><td>Basic<td><ul><li>Mail<li>Chat</ul><tr><td><h4>Pro</h4><td>By:<ol><li>Phone.<li>Visit</ol></table>",
            "| Plan | Support |\n| --- | --- |\n| Basic | Mail; Chat |\n| Pro | By: 1. Phone. 2. Visit |",
        ),
        (
            "<table><tr><td>a<td><pre>x\n  y</pre><tr><td>b<td>Main St 5<br>Leeds</table>",
            "| a | x y |\n| --- | --- |\n| b | Main St 5 Leeds |",
        ),
        (
            "<table><tr><th>a<th>b<tr><td>1<td><table><tr><td>p<td>q<tr><td>r<td>s</table></table>",
            "| a | b |\n| --- | --- |\n| 1 | p, q; r, s |",
        ),
        (
            "<table><tr><th>Plan<th>Support<tr><td>Basic<td><img src=x.png alt=No><tr><td>Pro<td><img src=y.png alt=Yes></table>",
            "| Plan | Support |\n| --- | --- |\n| Basic | No |\n| Pro | Yes |",
        ),
    ]);
}

#[test]
fn elements_that_are_shown_as_a_table_are_one() {
    let expected = "| Item | Fee |\n| --- | --- |\n| Card | 15 |";
    assert_texts(&[
        (
            "<div role=table><div role=row><span role=columnheader>Item</span><span role=columnheader>Fee</span></div><div role=row><span role=cell>Card</span><span role=cell>15</span></div></div>",
            expected,
        ),
        (
            "<div style='display:table'><div style='display:table-row'><b style='display:table-cell'>Item</b><b style='display:table-cell'>Fee</b></div><div style='display:table-row'><i style='display:table-cell'>Card</i><i style='display:table-cell'>15</i></div></div>",
            expected,
        ),
        (
            "<div style='display:table'><div style='display:table-cell'>a</div><div style='display:table-cell'>b</div></div>",
            "a\n\nb",
        ),
    ]);
}

#[test]
fn each_piece_of_a_long_table_has_its_header() {
    let rows: String = (0..60)
        .map(|n| format!("<tr><td>Room {n}<td>{n} seats with a table"))
        .collect();
    let html = format!("<table><tr><td><b>Room</b><td><b>Seats</b>{rows}</table>");
    let text = text_of(&html);
    let pieces: Vec<&str> = text.split("\n\n").collect();
    assert!(pieces.len() > 2);
    for piece in pieces {
        assert!(piece.starts_with("| Room | Seats |\n| --- | --- |\n| Room "));
    }
    // The header is repeated, although its row was not kept.
    let page = Html::parse_document(&html);
    let some = blocks(&page, false).text(|place| place == 7);
    assert_eq!(
        some.finish(None, None, "").text,
        "| Room | Seats |\n| --- | --- |\n| Room 6 | 6 seats with a table |"
    );
}

#[test]
fn items_have_the_numbers_of_their_list() {
    assert_texts(&[
        (
            "<ol start=4><li>a<li>b<li value=9>c<li>d</ol>",
            "4. a\n5. b\n9. c\n10. d",
        ),
        ("<ol reversed><li>a<li>b</ol>", "2. a\n1. b"),
        (
            "<ol type=a><li>x<li>y</ol><ol type=I start=4><li>z</ol>",
            "a. x\nb. y\n\nIV. z",
        ),
        (
            "<ol style='list-style-type: lower-roman'><li>x<li>y</ol>",
            "i. x\nii. y",
        ),
        (
            "<ul><li><p>One.</p><p>More<br>of it.</p><li>Two<ul><li>In<p>side</p></ul></ul><p>After",
            "- One.\n  More\n  of it.\n- Two\n  - In\n    side\n\nAfter",
        ),
        (
            "<ul><li><h3>Story</h3><p>First.</p><p>Second.</p></li></ul>",
            "Story\n\nFirst.\n\nSecond.",
        ),
        (
            "<dl><dt>Deposit<dd>Fifty euros<dt>Fine<dt>Fee<dd>Two<dd>Three</dl>",
            "Deposit\nFifty euros\n\nFine\nFee\nTwo\nThree",
        ),
    ]);
}

#[test]
fn text_within_a_line_keeps_its_sense() {
    assert_texts(&[
        (
            "<p>120 m<sup>2</sup>, 10<sup>6</sup> cells, CO<sub>2</sub>, the 1<sup>st</sup>.",
            "120 m², 10⁶ cells, CO₂, the 1st.",
        ),
        (
            "<p>Built in 1874<sup><a href=#n1>3</a></sup> by hand<sup id=cite_ref-1 class=reference>[4]</sup>.",
            "Built in 1874[3] by hand[4].",
        ),
        (
            "<p><ruby>東<rt>とう</rt>京<rt>きょう</rt></ruby>駅と<ruby>駅<rp>(</rp><rt>えき</rt><rp>)</rp></ruby>",
            "東京(とうきょう)駅と駅(えき)",
        ),
        ("<p>Haft&shy;pflicht", "Haftpflicht"),
        (
            "<p>Press <img src=g.svg alt=gear> twice",
            "Press gear twice",
        ),
        (
            "<p>Text</p><figure><img src=a.png alt='Opening hours of the house'></figure><p>End<img alt='' src=x><img alt=x.jpg>",
            "Text\n\nOpening hours of the house\n\nEnd",
        ),
        (
            "<span style='display:block'>a</span><span style='display:block'>b</span>",
            "a\n\nb",
        ),
    ]);
}

#[test]
fn lines_of_code_stay_lines() {
    let expected = "if a:\n  b()";
    assert_texts(&[
        ("<pre><code>if a:<br>  b()</code></pre>", expected),
        (
            "<pre><span class=line>if a:</span><span class=line>  b()</span></pre>",
            expected,
        ),
        (
            "<pre><code><span class=line>if a:</span>\n<span class=line>  b()</span>\n</code></pre>",
            expected,
        ),
        ("<pre><div>if a:</div><div>  b()</div></pre>", expected),
        ("<pre><code>if a:</code><code>  b()</code></pre>", expected),
        (
            "<pre><span class=ln>1</span>if a:\n<span class=ln>2</span>  b()</pre>",
            expected,
        ),
        (
            "<table class=highlighttable><tr><td class=linenos><pre>1\n2</pre></td><td class=code><pre>if a:\n  b()</pre></td></tr></table>",
            expected,
        ),
        (
            "<table class='highlight js-file-line-container'>\n<tr>\n<td class=blob-num>1</td>\n<td>if a:</td></tr><tr>\n<td class=blob-num>2</td>\n<td>  b()</td>\n</tr></table>",
            expected,
        ),
        (
            "<pre><ol><li>if a:</li><li>  b()</li></ol></pre><p>c",
            "if a:\n  b()\n\nc",
        ),
    ]);
}

#[test]
fn formulas_are_read_once() {
    assert_texts(&[
        (
            "<table><tr><td>Error<td><math><mn>1.33</mn></math></table>",
            "Error | 1.33",
        ),
        (
            "<p>So <span class=katex><span class=katex-mathml><math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></semantics></math></span><span class=katex-html aria-hidden=true>x2</span></span> is",
            "So x^2 is",
        ),
        (
            "<p>So <span class=MathJax_Preview>x2</span><span class=MathJax>x2</span><script type='math/tex'>x^2</script> is",
            "So x^2 is",
        ),
        (
            "<p>So <span style='display:none' class=mwe-math-mathml-inline><math><mi>x</mi></math></span> is",
            "So x is",
        ),
    ]);
}

#[test]
fn buttons_that_carry_content_are_read() {
    assert_texts(&[
        ("<h3><button>May I?</button></h3><p>Yes", "May I?\n\nYes"),
        (
            "<div><button aria-expanded=false aria-controls=a>Fees</button><div id=a hidden>Five euros</div></div>",
            "Fees\n\nFive euros",
        ),
        (
            "<button class=accordion>Fees</button><div class=panel>Five</div>",
            "Fees\n\nFive",
        ),
        (
            "<button>How long may I keep it?</button><p>x",
            "How long may I keep it?\n\nx",
        ),
        (
            "<button>Share</button><button aria-expanded=false>Menu</button><p>x",
            "x",
        ),
        (
            "<header><button aria-expanded=false aria-controls=m>Menu</button></header><div id=m>a</div>",
            "a",
        ),
        (
            "<button aria-haspopup=menu aria-expanded=false class=faq>More</button><p>x",
            "x",
        ),
    ]);
    let book = Html::parse_document("<p>a</p><button>Answer A</button>");
    let options = ReadOptions {
        buttons: true,
        ..ReadOptions::default()
    };
    let text = read(&book, options)
        .text(|_| true)
        .finish(None, None, "")
        .text;
    assert_eq!(text, "a\n\nAnswer A");
}

#[test]
fn hidden_answers_and_panels_are_read() {
    assert_texts(&[
        ("<p hidden=until-found>a", "a"),
        ("<div role=tabpanel hidden>a</div>", "a"),
        ("<h3>Q</h3><div hidden><p>a</div>", "Q\n\na"),
        ("<dl><dt>Q<dd style='display:none'>a</dl>", "Q\na"),
        (
            "<ul class=tabs><li><a href=#t>T</a></ul><div id=t hidden>a</div>",
            "- T\n\na",
        ),
        (
            "<div id=r role=region aria-labelledby=b hidden>a</div><div id=b role=button>Q</div>",
            "a\n\nQ",
        ),
        (
            "<div class='accordion-body' style='display:none'>a</div>",
            "a",
        ),
        ("<dialog open>a</dialog><dialog>b</dialog>", "a"),
        (
            "<my-card><template shadowrootmode=open><p>a</p></template></my-card><template><p>b</template>",
            "a",
        ),
        ("<a href=#x>see</a><div id=x hidden>never</div>", "see"),
        (
            "<button aria-controls=n>x</button><nav id=n hidden>never</nav><h2>Q</h2><div hidden class=login-modal>never</div>",
            "Q",
        ),
        ("<div id=cookies hidden>never</div>", ""),
    ]);
    let page = "<p>a</p><div hidden class=menu>b</div><dialog>c</dialog>";
    assert_eq!(all_of(page), "a\n\nb\n\nc");
    let page = Html::parse_document(page);
    assert_eq!(blocks(&page, false).hidden_letters, 1);
}

#[test]
fn hostile_tables_end() {
    let wide = format!(
        "<table><tr>{}<tr><td>end</table>",
        format!("<td colspan=1000 rowspan=60000>{}", "x".repeat(2_000)).repeat(300)
    );
    let nested = format!("{}x", "<table><tr><td>".repeat(3_000));
    let lists = format!(
        "{}x",
        "<ol start=99999999999 reversed><li value=-7>".repeat(3_000)
    );
    let images = format!("<p>{}", "<img alt='room 1 of it'>".repeat(20_000));
    let raised = format!("{}x", "<sup>1".repeat(3_000));
    for html in [wide, nested, lists, images + "x", raised] {
        let text = text_of(&html);
        assert!(text.contains('x') && text.len() < 5_000_000);
    }
}

#[test]
fn nodes_and_depth_of_formulas_are_limited() {
    let deep = |depth: usize| {
        let (open, close) = ("<mrow>".repeat(depth), "</mrow>".repeat(depth));
        text_of(&format!("<p>so <math>{open}<mi>x</mi>{close}</math>"))
    };
    assert_eq!((deep(50).as_str(), deep(100).as_str()), ("so x", "so"));
    let wide = text_of(&format!("<math>{}</math>", "<mi>x</mi>".repeat(12_000)));
    assert_eq!(wide.matches('x').count(), 5_000);
}

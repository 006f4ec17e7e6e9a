//! Small pages of which the model took some blocks for the content.

use scraper::Html;

use super::*;
use crate::html_text;

/// The blocks kept in the end if those with `+` are kept at first.
fn kept(body: &str) -> Vec<String> {
    let page = Html::parse_document(body);
    let blocks = html_text::blocks(&page, false);
    let described = Page::new(&blocks);
    let words: Vec<f32> = described.wordings.iter().map(|w| w.weight()).collect();
    let texts: Vec<&str> = blocks.blocks.iter().map(|b| b.text.as_str()).collect();
    let mut kept: Vec<bool> = texts.iter().map(|text| text.contains('+')).collect();
    take_in(&described, &words, &vec![1.0; words.len()], &mut kept);
    let texts = texts.iter().zip(kept).filter(|(_, kept)| *kept);
    texts.map(|(text, _)| (*text).to_owned()).collect()
}

const KEPT: &str = "<p>+ Some ten words that the model took for the content.</p>";

#[test]
fn what_follows_in_the_main_part_is_taken_in() {
    let long = "<p>Item of a list that is longer than the paragraph.</p>".repeat(4);
    for wrapper in ["main", "article", "div role=main"] {
        let body = format!(
            "<p>Before</p><{wrapper}><h1>Above</h1>{KEPT}<div>{long}<p>Last</p></div></{wrapper}><p>After</p>"
        );
        let kept = kept(&body);
        assert_eq!(kept.len(), 6, "{wrapper}: {kept:?}");
        assert_eq!(kept[5], "Last");
    }
}

#[test]
fn elsewhere_only_where_most_is_kept() {
    let body = |more: usize| {
        let more = "<p>Three words more</p>".repeat(more);
        format!("<div><div>{KEPT}{more}</div></div><main>Elsewhere</main>")
    };
    assert_eq!(kept(&body(2)).len(), 3);
    assert_eq!(kept(&body(9)).len(), 1);
}

#[test]
fn a_fragment_is_content_as_a_whole() {
    let fragment = format!("{KEPT}<h2>Fees</h2><p>Two euros</p>");
    assert_eq!(kept(&fragment).len(), 3);
    assert_eq!(kept(&format!("{fragment}<main>Elsewhere</main>")).len(), 1);
    let long = "<p>+ One of very many paragraphs.</p>".repeat(FRAGMENT);
    let page = format!("{long}<p>Next</p><p><a href=x>Elsewhere</a></p><p>Last</p>");
    assert_eq!(kept(&page).len(), FRAGMENT + 1);
}

#[test]
fn furniture_stays_out() {
    let links = "<p><a href=x>Elsewhere</a></p><p>Really</p>";
    for furniture in [
        "<footer>Imprint</footer>".to_owned(),
        "<div class=newsletter><p>Write to us</p></div>".to_owned(),
        "<div class='share-buttons'>Send</div>".to_owned(),
        "<section id=comments><p>First!</p></section>".to_owned(),
        format!("<div class=related-posts>{links}</div>"),
        format!("<aside>{links}</aside>"),
        "<p><a href=x>Elsewhere</a> too</p>".to_owned(),
    ] {
        let body = format!("<main>{KEPT}{furniture}<p>Last</p></main>");
        assert_eq!(kept(&body)[1..], ["Last"], "{furniture}");
    }
}

#[test]
fn what_is_only_named_like_furniture_is_taken_in() {
    for content in [
        "<div class=menu><p>Lentil soup</p><p>8 euros</p></div>",
        "<aside><p>A note</p><p>Mind the step</p></aside>",
    ] {
        assert_eq!(kept(&format!("<main>{KEPT}{content}</main>")).len(), 3);
    }
}

#[test]
fn the_frame_is_left_out_even_if_it_was_kept() {
    for frame in [
        "<footer>",
        "<nav>",
        "<div class=cookie-banner>",
        "<div id=footer><div>",
    ] {
        let core = format!("<div>{}</div>", KEPT.repeat(9));
        let body = format!("{core}{frame}+ Imprint");
        assert!(
            !kept(&body).iter().any(|text| text.contains("Imprint")),
            "{frame}"
        );
        let body = format!("<footer>{core}</footer>");
        assert_eq!(kept(&body).len(), 9);
    }
}

#[test]
fn some_furniture_is_left_out_of_the_content() {
    let text = "<p>+ Some.</p>";
    for (furniture, expected) in [
        ("<footer>", 9),
        ("<nav>", 9),
        ("<div class=share-links>", 9),
        ("<div class='Footer-Newsletter'>", 9),
        ("<div class=footer>", 10),
        ("<div class=login>", 10),
    ] {
        let body = format!("<main>{}{furniture}{text}</main>", KEPT.repeat(9));
        assert_eq!(kept(&body).len(), expected, "{furniture}");
    }
}

#[test]
fn what_is_unlikely_is_left_on_long_pages() {
    let lists = "<ul><li>One<li>Two</ul>".repeat(50);
    let page = Html::parse_document(&format!("<main>{}{lists}</main>", KEPT.repeat(20)));
    let blocks = html_text::blocks(&page, false);
    let described = Page::new(&blocks);
    let words = vec![1.0; blocks.blocks.len()];
    for (likely, expected) in [(0.01, 20), (0.05, 23), (0.3, 120)] {
        let mut kept: Vec<bool> = blocks.blocks.iter().map(|b| b.text.contains('+')).collect();
        take_in(&described, &words, &vec![likely; words.len()], &mut kept);
        assert_eq!(kept.iter().filter(|kept| **kept).count(), expected);
    }
}

#[test]
fn headings_of_other_pages_end_the_content() {
    let after = |heading: &str| kept(&format!("<main>{KEPT}<h2>{heading}</h2><p>More</p></main>"));
    for heading in ["Related articles", "Comments", "You may also like"] {
        let expected = if heading == "You may also like" { 3 } else { 1 };
        assert_eq!(after(heading).len(), expected, "{heading}");
    }
    assert_eq!(after("Contact").len(), 3);
    assert_eq!(after("What to do next in the garden").len(), 3);
}

/// Whether `content` is taken in at the end of the main part.
fn taken_in(content: &str) -> bool {
    let texts = kept(&format!("<main>{KEPT}{content}<p>Last</p></main>"));
    assert_eq!(texts.last().map(String::as_str), Some("Last"), "{content}");
    texts.iter().any(|text| text.contains("Here"))
}

#[test]
fn items_of_links_are_content_beside_text() {
    for content in [
        "<ol><li><a href=/a>Here is a form</a><li>Wait</ol>",
        "<ul><li><a href=/a>Here</a>, of 25 metres<li><a href=/b>There</a></ul>",
        "<ul><li><a href=/b>There</a>, of 25 metres<li><a href=/a>Here</a></ul>",
        "<dl><dt><a href=/a>Here</a><dd>A place</dl>",
        "<table><tr><td><a href=/a>Here</a><td><a href=/b>b</a><tr><td>c<td>d</table>",
        "<table><tr><td><a href=/a>Here</a><td><a href=/b>b</a><tr><td><a href=/c>c</a><td><a href=/d>d</a></table>",
        "<ol class=references><li><a href='https://example.com'>Here et al.</a></ol>",
        "<div><a href=/a><h3>Here</h3><p>45.00 euros</p></a></div>",
        "<div><a href=/a><p>Here for € 45</p></a></div>",
        "<div><a href=/a><p>Here for $45</p></a></div>",
    ] {
        assert!(taken_in(content), "{content}");
    }
    for elsewhere in [
        "<ul><li><a href=/a>Here</a><li><a href=/b>There</a></ul>",
        "<ul><li><a href=/a>Here are news of the day</a> 4<li><a href=/b>There</a></ul>",
        "<div><a href=/a><h3>Here</h3><p>12 March 2026</p></a></div>",
        "<div><a href=/a><p>Here are 45 Europeans</p></a></div>",
    ] {
        assert!(!taken_in(elsewhere), "{elsewhere}");
    }
}

#[test]
fn links_that_open_no_page_are_content() {
    for target in [
        "tel:0123",
        "MAILTO:a@example.com",
        "#here",
        "/files/rules.pdf",
        "rules.DOCX?version=2",
    ] {
        let list = format!("<ul><li><a href='{target}'>Here</a></ul>");
        assert!(taken_in(&list), "{target}");
    }
    assert!(taken_in("<p><a name=x>Here</a>"));
    assert!(taken_in("<p><a href=/x download>Here</a>"));
    for target in ["/", "page.html#here", "/pdf/", "telephone", ""] {
        let list = format!("<ul><li><a href='{target}'>Here</a></ul>");
        assert!(!taken_in(&list), "{target}");
    }
}

#[test]
fn names_of_content_may_have_words_of_furniture() {
    for name in [
        "border-bottom",
        "hidden-xs",
        "no-footer",
        "alert alert-warning",
        "notice",
        "overflow-hidden",
        "responses",
        "comments-api",
        "privacy-rights",
        "disclaimer",
        "social-insurance",
        "share-prices",
        "follow-up",
    ] {
        assert!(
            taken_in(&format!("<div class='{name}'><p>Here</p></div>")),
            "{name}"
        );
        let table = "<tr><td>Here<td>5<tr><td>There<td>6";
        assert!(
            taken_in(&format!("<table class='{name}'>{table}</table>")),
            "{name}"
        );
    }
    for content in [
        "<ol class=legal><li>Here</ol>",
        "<ul class=share><li>Here</ul>",
        "<form><table><tr><td>Here<td>5<tr><td>There<td>6</table></form>",
        "<div aria-hidden=true><p>Here</p></div>",
        "<blockquote><p>So</p><footer>Here said</footer></blockquote>",
        "<article><p>So</p><footer><p>Here</p></footer></article>",
        "<article><p>So</p><footer class=article-footer><p>Here</p></footer></article>",
    ] {
        assert!(taken_in(content), "{content}");
    }
    for furniture in [
        "<form><p>Here</p></form>",
        "<div class=comment-list><p>Here</p></div>",
        "<div class=slide aria-hidden=true><p>Here</p></div>",
        "<article><footer><p>Here <a href=/a>and there</a></p></footer></article>",
        "<div itemtype='https://schema.org/Comment'><p>Here</p></div>",
        "<share-buttons><p>Here</p></share-buttons>",
    ] {
        assert!(!taken_in(furniture), "{furniture}");
    }
}

#[test]
fn furniture_may_hold_the_content() {
    let text = format!("<div class=modal>{}<p>Last</p></div>", KEPT.repeat(9));
    assert_eq!(kept(&format!("<main>{text}<p>After</p></main>")).len(), 11);
}

#[test]
fn a_long_page_without_parts_has_no_holes() {
    let long = "<p>+ One of very many paragraphs.</p>".repeat(FRAGMENT);
    let part = |text: &str| format!("<section><p>{text}</p></section>");
    let page = format!("{long}{}{KEPT}{}", part("Between"), part("After"));
    assert_eq!(kept(&page).len(), FRAGMENT + 3);
}

//! Small pages of every kind.

use scraper::Html;
use sha2::{Digest, Sha256};

use crate::{html, html_text};

const SENTENCES: [&str; 6] = [
    "The lighthouse on the northern cape was built in 1874, when the first steamers took the inner route.",
    "Its keeper lived there with his family, two cows and a barrel of oil that had to last the winter.",
    "Ships that came from the west saw the light at a distance of eighteen miles in clear weather.",
    "After the war the lamp was driven by electricity, and the keeper moved down to the village.",
    "Today the tower is open on summer weekends, and the view over the sound is worth the climb.",
    "Nobody has yet explained why the stairs have one step more on the way down than on the way up.",
];

fn paragraphs() -> String {
    SENTENCES
        .iter()
        .map(|sentence| format!("<p>{sentence} {sentence}</p>"))
        .collect()
}

fn around(body: &str) -> String {
    format!(
        "<html><head><title>The lighthouse</title></head><body>
        <header class=site-header><a href=/>Coastal Paper</a>
        <nav class=main-menu><ul><li><a href=/news>News</a><li><a href=/weather>Weather</a>
        <li><a href=/sport>Sport</a><li><a href=/login>Log in</a></ul></nav></header>
        {body}
        <footer class=site-footer><p>Copyright 2026 Coastal Paper. All rights reserved.</p>
        <ul><li><a href=/privacy>Privacy policy</a><li><a href=/imprint>Imprint</a></ul></footer>
        <div class=cookie-banner><p>We use cookies to improve your visit.</p><a href=/c>Accept</a></div>
        </body></html>"
    )
}

fn text(body: &str) -> String {
    html::read(around(body).as_bytes()).text
}

fn assert_without(text: &str, furniture: &[&str]) {
    for words in furniture {
        assert!(!text.contains(words), "{words} in:\n{text}");
    }
}

fn assert_with(text: &str, content: &[&str]) {
    for words in content {
        assert!(text.contains(words), "no {words} in:\n{text}");
    }
}

const FURNITURE: [&str; 4] = ["Weather", "All rights reserved", "cookies", "Log in"];

#[test]
fn the_model_can_be_read() {
    assert!(super::Model::built_in().is_some());
}

#[test]
fn the_model_card_is_of_this_model() {
    let card = include_str!("model.md");
    let hash = hex::encode(Sha256::digest(super::MODEL));
    assert!(card.contains(&format!("SHA-256 `{hash}`")), "{hash}");
    let bytes = super::MODEL.len();
    let bytes = format!("`model.bin`, {},{:03} bytes", bytes / 1000, bytes % 1000);
    assert!(card.contains(&bytes), "{bytes}");
}

#[test]
fn an_article_without_what_is_around_it() {
    let page = format!(
        "<div class=page><main><article class=post><h1>The lighthouse</h1>{}<h2>Visits</h2>{}</article></main>
        <aside class=sidebar><h3>Most read</h3><ul><li><a href=/1>Ferry late again</a>
        <li><a href=/2>New mayor elected</a></ul></aside></div>",
        paragraphs(),
        "<p>The tower opens at ten on Saturdays, and children under twelve go up for free.</p>"
    );
    let extracted = html::read(around(&page).as_bytes());
    assert_eq!(extracted.engine, "main-content");
    assert_eq!(extracted.title.as_deref(), Some("The lighthouse"));
    assert_with(&extracted.text, &SENTENCES);
    assert_with(&extracted.text, &["opens at ten"]);
    assert_without(&extracted.text, &FURNITURE);
    assert_without(&extracted.text, &["Ferry late"]);
    let last = extracted.sections.last().unwrap();
    assert_eq!(last.heading_path.last().unwrap(), "Visits");
    assert!(extracted.text[last.start..].starts_with("Visits"));
}

#[test]
fn all_posts_of_a_thread() {
    let posts: String = SENTENCES
        .iter()
        .enumerate()
        .map(|(at, post)| {
            format!(
                "<div class='post message'><div class=author><a href=/u{at}>user{at}</a></div>
                <div class=message-body><p>{post}</p><p>What do you think of that, and has anybody seen it?</p></div></div>"
            )
        })
        .collect();
    let text = text(&format!(
        "<div class='thread topic'><h1>Why so many steps?</h1>{posts}</div>"
    ));
    assert_with(&text, &SENTENCES);
    assert_without(&text, &FURNITURE);
}

#[test]
fn documentation_keeps_code_and_tables() {
    let text = text(&format!(
        "<div class=layout><nav class=sidebar><ul><li><a href=/a>Install</a><li><a href=/b>Options</a></ul></nav>
        <main class=content><h1>Lamps</h1><p>{}</p><h2>Use</h2><p>{}</p>
        <pre><code>lamp = Lamp(\"north\")\nlamp.on()</code></pre><p>{}</p>
        <h2>Options</h2><p>{}</p><table><tr><th>Option<th>Meaning of the option for the lamp
        <tr><td>range<td>How far the light is seen, in miles<tr><td>period<td>Seconds between two flashes of it</table><p>{}</p>
        </main></div>",
        SENTENCES[0], SENTENCES[1], SENTENCES[2], SENTENCES[3], SENTENCES[4]
    ));
    assert_with(
        &text,
        &[
            "lamp.on()",
            "range | How far",
            "Options",
            SENTENCES[0],
            SENTENCES[3],
        ],
    );
    assert_without(&text, &FURNITURE);
}

#[test]
fn a_product_has_its_description() {
    let text = text(
        "<div class=product itemscope itemtype='https://schema.org/Product'><h1>Storm lantern</h1>
        <div class=price>49.00</div><button>Add to cart</button>
        <div class=product-description itemprop=description><h2>Description</h2>
        <p>A brass lantern that burns for thirty hours and does not mind the wind. It has a handle of
        oak, a wick that can be trimmed while it burns, and a glass that is made to be replaced.</p>
        <ul><li>Height of thirty centimetres with the handle down</li><li>Burns lamp oil and paraffin</li></ul><p>Every lantern is lit once before
        it leaves the workshop, so do not wonder about a trace of soot on the glass.</p></div></div>
        <div class=related-products><h2>You may also like</h2><ul><li><a href=/w>Wick</a><li><a href=/o>Oil</a></ul></div>",
    );
    assert_with(&text, &["burns for thirty hours", "Burns lamp oil"]);
    assert_without(&text, &FURNITURE);
}

#[test]
fn a_listing_has_its_entries() {
    let entries: String = SENTENCES
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            format!("<article class=card><h2><a href=/{at}>Story number {at}</a></h2><p>{entry}</p></article>")
        })
        .collect();
    let text = text(&format!(
        "<main class=listing><h1>All stories</h1>{entries}</main>"
    ));
    assert_with(&text, &SENTENCES);
    assert_with(&text, &["Story number 5"]);
    assert_without(&text, &FURNITURE);
}

#[test]
fn other_scripts() {
    let arabic = "كانت المنارة القديمة تقف على الرأس الشمالي منذ عام ألف وثمانمئة وأربعة وسبعين، وكان حارسها يعيش هناك مع عائلته.";
    let chinese = "这座灯塔建于一八七四年，位于北部海角。守塔人和家人住在那里，冬天的灯油必须够用。晴天时，船只可以在十八英里外看到灯光。";
    for sentence in [arabic, chinese] {
        let sentences: String = (1..5).map(|at| format!("<p>{at} {sentence}</p>")).collect();
        let body = format!("<article><h1>{}</h1>{sentences}</article>", &sentence[..30]);
        let text = text(&body);
        assert_with(&text, &[sentence]);
        assert_without(&text, &FURNITURE);
    }
}

#[test]
fn a_page_with_almost_no_text_is_still_read() {
    let page = b"<title>Hi</title><nav><a href=/>Home</a> <a href=/t>Tickets</a></nav><p>Soon.";
    assert!(html::read(page).text.contains("Soon."));
    assert_eq!(html::read(b"").text, "");
}

#[test]
fn deep_wrappers_do_not_matter() {
    for depth in [60, 3000] {
        let body = format!(
            "{}<article><h1>The lighthouse</h1>{}</article>{}",
            "<div>".repeat(depth),
            paragraphs(),
            "</div>".repeat(depth)
        );
        assert_with(&text(&body), &SENTENCES);
    }
}

#[test]
fn hidden_elements_are_left_out() {
    let text = text(&format!(
        "<article><h1>The lighthouse</h1>{}<p hidden>Unseen by anybody at all.</p>
        <div style='display:none'><p>Instructions that no reader of this page can see.</p></div></article>",
        paragraphs()
    ));
    assert_with(&text, &SENTENCES);
    assert_without(&text, &["Unseen", "Instructions"]);
}

#[test]
fn pages_that_scripts_show_are_read() {
    let hidden = format!(
        "<p>Loading</p><div id=app style='display:none'>{}</div>",
        paragraphs()
    );
    assert_with(&html::read(hidden.as_bytes()).text, &SENTENCES);
    let without = format!(
        "<div id=app></div><noscript><main><h1>Thread</h1>{}</main></noscript>",
        paragraphs()
    );
    assert_with(&html::read(without.as_bytes()).text, &SENTENCES);
}

#[test]
fn what_is_there_twice_is_read_once() {
    let body = format!(
        "<main><div class=desktop>{0}</div><div class=mobile>{0}</div></main>",
        SENTENCES
            .map(|sentence| format!("<p>{sentence}</p>"))
            .concat()
    );
    assert_eq!(text(&body).matches(SENTENCES[2]).count(), 1);
}

#[test]
fn rows_that_two_tables_share_are_read_twice() {
    let table = "<table><tr><th>Who<th>Price<tr><td>Adults with a card<td>5 euros
        <tr><td>Children under six<td>nothing</table>";
    let body = format!(
        "<main><h1>Tickets</h1>{}<h2>Summer</h2>{table}<h2>Winter</h2>{table}</main>",
        paragraphs()
    );
    assert_eq!(text(&body).matches("Adults with a card").count(), 2);
}

#[test]
fn tables_are_read_whole() {
    let page = Html::parse_document(
        "<p>Above<table><tr><td>One<td>1<tr><td>Two<td>2<tr><td>Three<td>3</table><p>Below",
    );
    let blocks = html_text::blocks(&page, false);
    let mut kept: Vec<bool> = blocks
        .blocks
        .iter()
        .map(|block| block.text.starts_with("Two"))
        .collect();
    super::take_in_what_belongs(&blocks, &mut kept);
    assert_eq!(kept, [false, true, true, true, false]);
}

#[test]
fn recall_weighs_more() {
    // Half of the words are certainly content, the others possibly.
    assert_eq!(super::best(&[0.9, 0.35], &[10.0, 10.0]), [true, true]);
    assert_eq!(super::best(&[0.9, 0.2], &[10.0, 10.0]), [true, false]);
}

#[test]
fn hostile_pages_end() {
    let deep = "<div class='a b c'>x".repeat(20_000);
    let wide = "<p>x</p>".repeat(60_000);
    let attributes = format!("<p {}>x", "class-a=nav ".repeat(50_000));
    let names = format!("<p class='{}'>x", "nav ".repeat(200_000));
    for page in [deep, wide, attributes, names] {
        assert!(html::read(page.as_bytes()).text.contains('x'));
    }
}

//! Web pages whose main content does not end in a paragraph: all of it is read, and nothing around it.

use dynrag_domain::documents::Format;
use dynrag_extract::Extractor;

use crate::{extractor, read_with};

const PARAGRAPHS: [&str; 12] = [
    "The botanical garden was laid out in 1831 on the eastern slope, where the morning sun dries the paths early and the old wall keeps the wind away from the beds.",
    "Its glass houses hold some four thousand species, of which the cacti are the oldest and the orchids the most asked for; both may be seen all year round.",
    "The large pond was dug by hand. Water comes from a spring above the town, runs through a stone channel, and is warm enough in July for the lilies to flower.",
    "Volunteers look after the herb beds on Thursdays, and they answer questions about anything that grows in a pot on a balcony.",
    "In the seed bank, which is cooled to four degrees, the garden keeps what it has collected on journeys since the middle of the last century.",
    "Schools can borrow a box with magnifying glasses, twelve kinds of bark and a book that explains how the age of a tree is told.",
    "The tea house at the upper gate was a tool shed once. Today it sells cake that is baked with plums from the orchard behind it.",
    "Frost came late in three of the last ten years, so the magnolias are wrapped at night until the first week of May.",
    "A path without steps leads from the station to the palm house, and wheelchairs can be borrowed at both gates.",
    "Every plant has a label with its name, its home and the year in which it was planted, unless a magpie took it away.",
    "The bees belong to the university, which counts them; in a good summer there are ninety thousand in the hives by the pond.",
    "When it storms the garden is closed, since the poplars along the river lose branches as thick as an arm.",
];

/// Endings of content, with the text that must be read from each.
const ENDS: [(&str, &[&str]); 11] = [
    (
        "<h2>Tickets</h2><table><tr><th>Ticket<th>Price<tr><td>Adults<td>7 euros<tr><td>Children<td>3 euros
        <tr><td>Dogs<td>1 euro</table>",
        &["Tickets", "7 euros", "Dogs", "1 euro"],
    ),
    (
        "<table><tr><td>April<td>Tulips<tr><td>June<td>Roses<tr><td>August<td>Dahlias</table>",
        &["April", "Dahlias"],
    ),
    (
        "<h2>How to water</h2><ol><li>Fill the can.<li>Wait a day.<li>Pour slowly.</ol>",
        &["Fill the can", "Pour slowly"],
    ),
    (
        "<ul><li>Rake<li>Spade<li>Two pots<li>String</ul>",
        &["Rake", "String"],
    ),
    (
        "<dl><dt>Scion</dt><dd>The shoot</dd><dt>Stock</dt><dd>What bears it</dd></dl>",
        &["Scion", "What bears it"],
    ),
    (
        "<h2>Questions</h2><details><summary>May I bring a dog?</summary><p>On a lead, yes.</p></details>
        <details><summary>Is there a map?</summary>At both gates.</details>",
        &["May I bring a dog?", "On a lead", "At both gates"],
    ),
    (
        "<h2>Example</h2><pre><code>bed = garden.bed(7)\nbed.water(litres=4)</code></pre>",
        &["garden.bed(7)", "litres=4"],
    ),
    (
        "<h2>Contact</h2><address>Garden office<br>Wall Street 3<br>Phone 555-0199</address>",
        &["Garden office", "555-0199"],
    ),
    (
        "<div class=contact><p>Wall Street 3</p><p>Phone 555-0199</p></div>",
        &["Wall Street 3", "555-0199"],
    ),
    (
        "<div class=cards><div class=card><h3>Fern</h3><p>4 euros</p></div><div class=card><h3>Moss</h3>
        <p>2 euros</p></div><div class=card><h3>Thyme</h3><p>3 euros</p></div></div>",
        &["Fern", "Moss", "2 euros", "Thyme", "3 euros"],
    ),
    (
        "<h2>Prices</h2><ul class=prices><li>Fern: 4 euros<li>Moss: 2 euros<li>Bark: 9 euros</ul>",
        &["Fern: 4 euros", "Bark: 9 euros"],
    ),
];

const WRAPPERS: [(&str, &str); 6] = [
    ("<main>", "</main>"),
    ("<article>", "</article>"),
    ("<main><article class=post>", "</article></main>"),
    ("<div class=content>", "</div>"),
    ("<div><div>", "</div></div>"),
    ("", ""),
];

const HEADER: &str = "<header><nav><ul><li><a href=/>Start page</a><li><a href=/m>Magazine</a>
    <li><a href=/s>Sponsors</a><li><a href=/l>Sign in</a></ul></nav></header>";
const FOOTER: &str =
    "<footer><p>Copyright 2026 Society of Friends</p><ul><li><a href=/i>Imprint</a>
    <li><a href=/p>Privacy policy</a></ul></footer>";
/// Possible elements between the content and the footer.
const AFTER: [&str; 3] = [
    "",
    "<section class=related><h2>Related articles</h2><ul><li><a href=/1>Ten walks in the snow</a>
    <li><a href=/2>A mayor who gardens</a></ul></section>",
    "<div class=newsletter><h3>Subscribe to our newsletter</h3><form><input><p>Once a month.</p></form></div>",
];
const FURNITURE: [&str; 9] = [
    "Start page",
    "Magazine",
    "Sponsors",
    "Copyright",
    "Imprint",
    "Ten walks",
    "A mayor",
    "Subscribe",
    "Once a month",
];

/// A page with so many paragraphs; what comes after is in the element with the content or behind it.
fn page(wrapper: (&str, &str), paragraphs: usize, end: &str, after: &str, within: bool) -> String {
    let text: String = PARAGRAPHS[..paragraphs]
        .iter()
        .map(|paragraph| format!("<p>{paragraph}</p>"))
        .collect();
    let (open, close) = wrapper;
    let (inner, outer) = if within { (after, "") } else { ("", after) };
    format!(
        "<!doctype html><title>Garden</title><body>{HEADER}{open}<h1>The garden</h1>{text}{end}{inner}{close}{outer}{FOOTER}"
    )
}

async fn assert_read(extractor: &Extractor, page: &str, paragraphs: usize, expected: &[&str]) {
    let extracted = read_with(extractor, Format::Html, page.as_bytes())
        .await
        .unwrap();
    let text = &extracted.text;
    for words in PARAGRAPHS[..paragraphs].iter().chain(expected) {
        assert!(text.contains(words), "no {words} in\n{text}\nof\n{page}");
    }
    for words in FURNITURE {
        assert!(!text.contains(words), "{words} in\n{text}\nof\n{page}");
    }
}

#[tokio::test]
async fn nothing_is_lost_at_the_end_of_the_content() {
    let extractor = extractor();
    for (end, expected) in ENDS {
        for wrapper in WRAPPERS {
            for paragraphs in [1, 2, 12] {
                let page = page(wrapper, paragraphs, end, "", false);
                assert_read(&extractor, &page, paragraphs, expected).await;
            }
        }
    }
}

#[tokio::test]
async fn what_comes_after_the_content_is_left_out() {
    let extractor = extractor();
    for (end, expected) in ENDS {
        for after in AFTER {
            for (paragraphs, within) in [(1, false), (4, true), (4, false)] {
                let page = page(WRAPPERS[0], paragraphs, end, after, within);
                assert_read(&extractor, &page, paragraphs, expected).await;
            }
        }
    }
}

#[tokio::test]
async fn several_ends_follow_each_other() {
    let extractor = extractor();
    for wrapper in WRAPPERS {
        let all: String = ENDS.iter().map(|(end, _)| *end).collect();
        let expected: Vec<&str> = ENDS.iter().flat_map(|(_, words)| *words).copied().collect();
        let page = page(wrapper, 1, &all, AFTER[1], false);
        assert_read(&extractor, &page, 1, &expected).await;
    }
}

#[tokio::test]
async fn a_fragment_without_a_frame_is_read_whole() {
    let extractor = extractor();
    for (end, expected) in ENDS {
        let page = format!("<h2>Garden</h2><p>{}</p>{end}", PARAGRAPHS[0]);
        assert_read(&extractor, &page, 1, expected).await;
    }
}

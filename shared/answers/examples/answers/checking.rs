//! How often a claim is called supported, by kind of change and half.

use std::collections::BTreeMap;

use dynrag_answers::{Source, Verdict, markers, verify};

use crate::cases::{self, Case};
use crate::xquad::Paragraph;

/// Prints the figures; with `--show KIND [LANGUAGE]` the cases of a kind that were judged wrong.
pub fn run(all: &BTreeMap<&'static str, Vec<Paragraph>>, options: &[String]) {
    let shown = options
        .iter()
        .position(|option| option == "--show")
        .and_then(|at| options.get(at + 1));
    let shown_language = options.get(2);
    let limit: usize = options
        .get(3)
        .and_then(|limit| limit.parse().ok())
        .unwrap_or(8);
    let seed = options
        .iter()
        .position(|option| option == "--seed")
        .and_then(|at| options.get(at + 1))
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(7);
    let cases = cases::make(all, seed);
    // Supported and all, by truth, kind, language and half.
    let mut table: BTreeMap<(bool, &str, &str), [[usize; 2]; 2]> = BTreeMap::new();
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut printed = 0;
    let mut false_supported = Vec::new();
    let only_true = options.iter().any(|option| option == "--true");
    for case in cases.iter().filter(|case| case.is_true || !only_true) {
        let (supported, why) = judge(case);
        let row = table
            .entry((!case.is_true, case.kind, case.language))
            .or_default();
        row[case.half][0] += usize::from(supported);
        row[case.half][1] += 1;
        *reasons.entry((case.kind, why)).or_default() += 1;
        if !case.is_true {
            false_supported.push(supported);
        }
        let wanted = shown.is_some_and(|kind| {
            kind == case.kind || kind == "false" && !case.is_true || kind == "true" && case.is_true
        }) && shown_language.is_none_or(|language| language == case.language);
        if wanted && supported != case.is_true && case.half == 0 && printed < limit {
            printed += 1;
            println!(
                "[{} {} {why}]\n  claim  {}\n  source {}\n",
                case.language,
                case.kind,
                case.claim,
                case.source.chars().take(700).collect::<String>()
            );
        }
    }
    println!(
        "{:18} {:>8} {:>10} {:>10}",
        "kind", "language", "even", "odd"
    );
    let mut totals: BTreeMap<(bool, &str), [[usize; 2]; 2]> = BTreeMap::new();
    for ((is_false, kind, language), row) in &table {
        let cell = |half: usize| format!("{}/{}", row[half][0], row[half][1]);
        println!("{kind:18} {language:>8} {:>10} {:>10}", cell(0), cell(1));
        for total in ["all", language] {
            let sum = totals.entry((*is_false, total)).or_default();
            for half in 0..2 {
                sum[half][0] += row[half][0];
                sum[half][1] += row[half][1];
            }
        }
    }
    for ((is_false, language), row) in &totals {
        let what = if *is_false {
            "false supported"
        } else {
            "true supported"
        };
        let part = |half: usize| row[half][0] as f64 / row[half][1].max(1) as f64;
        println!(
            "{what:18} {language:>8} even {}/{} ({:.4}) odd {}/{} ({:.4})",
            row[0][0],
            row[0][1],
            part(0),
            row[1][0],
            row[1][1],
            part(1)
        );
    }
    print_sets(&false_supported);
    if options.iter().any(|option| option == "--reasons") {
        for ((kind, why), count) in &reasons {
            println!("{kind:18} {why:20} {count}");
        }
    }
}

/// Prints how many sets of a thousand false cases, evenly spaced, have none that is supported.
fn print_sets(supported: &[bool]) {
    let sets = supported.len() / 1_000;
    let is_clean = |set: &usize| !supported.iter().skip(*set).step_by(sets).any(|one| *one);
    let clean = (0..sets).filter(is_clean).count();
    println!("{clean} of {sets} sets of 1,000 false cases have none that is supported");
}

/// Whether every sentence of a claim is supported, and the code of the first that is not.
fn judge(case: &Case) -> (bool, &'static str) {
    let marked = markers(&format!("{} [1]", case.claim), 1);
    let source = Source {
        text: &case.source,
        title: None,
        language: Some(case.source_language),
    };
    let checked = verify(
        &marked.text,
        Some(case.language),
        &marked.citations,
        &[source],
    );
    let mut supported = false;
    for sentence in &checked {
        match &sentence.verdict {
            Verdict::Supported(_) => supported = true,
            Verdict::Unsupported(reason) => return (false, reason.code()),
            Verdict::NoClaim(_) => {}
        }
    }
    (supported, if supported { "supported" } else { "no_claim" })
}

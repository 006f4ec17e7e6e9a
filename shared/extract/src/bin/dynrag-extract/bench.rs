//! Runs every file of a folder through the child process and counts what comes of it.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use dynrag_domain::documents::Format;
use dynrag_extract::{Extractor, detect, testing};

/// Reads all files of `folder` and prints outcomes and times; see the tool's help.
pub async fn run(
    extractor: &Extractor,
    folder: &Path,
    truth: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    let mut whole = Tally::default();
    let mut second = Tally::default();
    let mut scores = Vec::new();
    let mut pdfs = Vec::new();
    for path in &paths {
        let bytes = std::fs::read(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let format = Format::from_file_name(&name).or_else(|| detect(&bytes, None, Some(&name)));
        let Some(format) = format else {
            whole.count("unsupported_type", &name, Duration::ZERO);
            continue;
        };
        let start = Instant::now();
        let outcome = extractor.extract(format, &bytes).await?;
        let took = start.elapsed();
        match &outcome {
            Ok(extracted) => whole.count(&format!("text ({})", extracted.engine), &name, took),
            Err(failure) => whole.count(failure.code.as_str(), &name, took),
        }
        if format == Format::Pdf {
            let start = Instant::now();
            let alone = extractor.pdf_extract_alone(&bytes).await?;
            let outcome = alone.map_or_else(|failure| failure.code.as_str(), |_| "text");
            second.count(outcome, &name, start.elapsed());
            pdfs.push(bytes);
        }
        let text = outcome.map(|extracted| extracted.text).unwrap_or_default();
        if let Some(expected) = truth.and_then(|truth| main_content(truth, path)) {
            scores.push(f1(&text, &expected));
        }
    }
    whole.print("through the child process");
    if !pdfs.is_empty() {
        second.print("pdf-extract alone, through the child process");
        in_process(extractor, &pdfs)?;
    }
    if !scores.is_empty() {
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        println!("word F1, mean of {} pages: {mean:.3}", scores.len());
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, Vec<String>>,
    times: Vec<Duration>,
}

impl Tally {
    fn count(&mut self, outcome: &str, name: &str, took: Duration) {
        self.outcomes
            .entry(outcome.to_owned())
            .or_default()
            .push(name.to_owned());
        self.times.push(took);
    }

    fn print(&mut self, what: &str) {
        println!("== {what}: {} files", self.times.len());
        for (outcome, names) in &self.outcomes {
            let some = if outcome.starts_with("text") {
                &[]
            } else {
                names.as_slice()
            };
            println!("{outcome:>28} {:5}  {}", names.len(), some.join(" "));
        }
        print_times(&mut self.times);
    }
}

fn print_times(times: &mut [Duration]) {
    times.sort();
    let total: Duration = times.iter().sum();
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "ms a file: mean {:.1}, median {:.1}, p95 {:.1}, longest {:.1}",
        total.as_secs_f64() * 1e3 / times.len().max(1) as f64,
        at(50).as_secs_f64() * 1e3,
        at(95).as_secs_f64() * 1e3,
        at(100)
            .max(times.last().copied().unwrap_or_default())
            .as_secs_f64()
            * 1e3,
    );
}

fn in_process(extractor: &Extractor, pdfs: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    let Some(path) = &extractor.pdfium_library else {
        return Ok(());
    };
    let library = testing::Library::load(path)?;
    let mut times = Vec::new();
    let mut texts = 0;
    for bytes in pdfs {
        let start = Instant::now();
        texts += usize::from(testing::read_with_pdfium(&library, bytes).is_ok());
        times.push(start.elapsed());
    }
    println!(
        "== pdfium in this process: {texts} with text of {}",
        pdfs.len()
    );
    print_times(&mut times);
    Ok(())
}

fn main_content(truth: &Path, page: &Path) -> Option<String> {
    let file = truth.join(page.file_stem()?).with_extension("json");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    Some(json["ground_truth"]["main_content"].as_str()?.to_owned())
}

/// F1 of the words as multisets, case aside.
fn f1(found: &str, expected: &str) -> f64 {
    let words = |text: &str| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            if !word.is_empty() {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        counts
    };
    let (found, expected) = (words(found), words(expected));
    let total: usize = found.values().sum::<usize>() + expected.values().sum::<usize>();
    if total == 0 {
        return 1.0;
    }
    let common: usize = found
        .iter()
        .map(|(word, count)| *count.min(expected.get(word).unwrap_or(&0)))
        .sum();
    2.0 * common as f64 / total as f64
}

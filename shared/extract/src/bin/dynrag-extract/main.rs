//! Reads a file the way the platform would, for developers: `dynrag-extract FILE`.

#![allow(clippy::print_stdout, reason = "printing is what this tool is for")]

mod attacks;
mod bench;

use std::{path::PathBuf, process::ExitCode};

use dynrag_domain::documents::Format;
use dynrag_extract::{Extractor, detect};

const HELP: &str = "\
Reads a document in the sandboxed child process and prints what it gives.

usage: dynrag-extract [--pdfium LIBRARY] [--as pdf|html|md|txt] [--json] FILE
       dynrag-extract [--pdfium LIBRARY] [--truth FOLDER] bench FOLDER
       dynrag-extract attack NAME

  --pdfium LIBRARY  path to libpdfium.so; without it PDFs are read by pdf-extract
  --as FORMAT       what the file is said to be; default: by content and name
  --json            the whole answer as JSON, not the text
  bench FOLDER      every file of a folder: outcomes and times
  --truth FOLDER    with bench: JSON files with the main content of NAME.html, for the word F1
  attack NAME       what the sandbox prevents, tried without it (tests only)
";

/// What the command line asks for.
#[derive(Default)]
struct Asked {
    pdfium: Option<PathBuf>,
    format: Option<Format>,
    json: bool,
    truth: Option<PathBuf>,
    words: Vec<String>,
}

fn main() -> ExitCode {
    dynrag_extract::testing::run_child_if_asked_with(attacks::if_asked);
    match run() {
        Ok(code) => code,
        Err(error) => {
            println!("dynrag-extract: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut asked = Asked::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "-h" | "--help" => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            "--pdfium" => asked.pdfium = Some(value()?.into()),
            "--as" => asked.format = Some(value()?.parse()?),
            "--truth" => asked.truth = Some(value()?.into()),
            "--json" => asked.json = true,
            _ => asked.words.push(argument),
        }
    }
    if let [command, name] = asked.words.as_slice()
        && command == "attack"
    {
        attacks::run(name);
        return Ok(ExitCode::SUCCESS);
    }
    dynrag_extract::harden_parent()?;
    let extractor = Extractor::this_binary(asked.pdfium);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    match asked.words.as_slice() {
        [command, folder] if command == "bench" => {
            runtime.block_on(bench::run(
                &extractor,
                folder.as_ref(),
                asked.truth.as_deref(),
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        [file] => {
            let bytes = std::fs::read(file)?;
            let Some(format) = asked.format.or_else(|| detect(&bytes, None, Some(file))) else {
                println!("unsupported_type");
                return Ok(ExitCode::FAILURE);
            };
            match runtime.block_on(extractor.extract(format, &bytes))? {
                Ok(extracted) if asked.json => {
                    println!("{}", serde_json::to_string_pretty(&extracted)?)
                }
                Ok(extracted) => {
                    println!(
                        "{format:?} by {}, {} characters, {} sections, {} pages, title {:?}\n\n{}",
                        extracted.engine,
                        extracted.text.chars().count(),
                        extracted.sections.len(),
                        extracted.pages.unwrap_or_default(),
                        extracted.title.unwrap_or_default(),
                        extracted.text,
                    );
                }
                Err(failure) => {
                    println!("{}: {}", failure.code.as_str(), failure.detail);
                    return Ok(ExitCode::FAILURE);
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            print!("{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}

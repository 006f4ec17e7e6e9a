//! Reads a file the way the platform would, for developers: `dynrag-extract FILE`.

#![allow(clippy::print_stdout, reason = "printing is what this tool is for")]

mod attacks;
mod bench;

use std::{path::PathBuf, process::ExitCode};

use dynrag_domain::documents::Format;
use dynrag_extract::{Extractor, Options, detect};
use secrecy::SecretString;

const HELP: &str = "\
Reads a document in the sandbox and prints what it gives.

usage: dynrag-extract [--pdfium LIBRARY] [--as pdf|html|md|txt] [--json] [--hidden] [--ask] FILE
       dynrag-extract [--pdfium LIBRARY] [--rounds N] bench FOLDER
       dynrag-extract attack NAME

  --pdfium LIBRARY  path to libpdfium.so; without it PDFs are read by pdf-extract
  --as FORMAT       what the file is said to be; default: by content and name
  --json            the whole answer as JSON, not the text
  --hidden          read what the document hides too
  --ask             read the password of a locked PDF from stdin
  bench FOLDER      every file of a folder: what it cost and gave, a JSON object a line
  --rounds N        with bench: read each file so often, of which the fastest counts; default 1
  attack NAME       what the sandbox prevents, tried without it (tests only)
";

/// Command line options.
#[derive(Default)]
struct Flags {
    pdfium: Option<PathBuf>,
    format: Option<Format>,
    json: bool,
    hidden: bool,
    ask: bool,
    rounds: usize,
    words: Vec<String>,
}

fn main() -> ExitCode {
    dynrag_extract::testing::serve_if_asked_with(attacks::if_asked);
    match run() {
        Ok(code) => code,
        Err(error) => {
            println!("dynrag-extract: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut flags = Flags::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "-h" | "--help" => {
                print!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            "--pdfium" => flags.pdfium = Some(value()?.into()),
            "--as" => flags.format = Some(value()?.parse()?),
            "--rounds" => flags.rounds = value()?.parse()?,
            "--ask" => flags.ask = true,
            "--json" => flags.json = true,
            "--hidden" => flags.hidden = true,
            _ => flags.words.push(argument),
        }
    }
    if let [command, name] = flags.words.as_slice()
        && command == "attack"
    {
        attacks::run(name);
        return Ok(ExitCode::SUCCESS);
    }
    dynrag_extract::harden_parent()?;
    let extractor = Extractor::this_binary(flags.pdfium.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    match flags.words.as_slice() {
        [command, folder] if command == "bench" => {
            runtime.block_on(bench::run(
                &extractor,
                flags.pdfium.as_deref(),
                folder.as_ref(),
                flags.rounds,
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        [file] => {
            let bytes = std::fs::read(file)?;
            let Some(format) = flags.format.or_else(|| detect(&bytes, None, Some(file))) else {
                println!("unsupported_type");
                return Ok(ExitCode::FAILURE);
            };
            let password = if flags.ask {
                let mut line = String::new();
                std::io::stdin().read_line(&mut line)?;
                Some(SecretString::from(line.trim_end_matches(['\r', '\n'])))
            } else {
                None
            };
            let options = Options {
                password: password.as_ref(),
                include_hidden: flags.hidden,
                max_pages: None,
            };
            let read = extractor.extract_with(format, &bytes, options);
            match runtime.block_on(read)? {
                Ok(extracted) if flags.json => {
                    println!("{}", serde_json::to_string_pretty(&extracted)?)
                }
                Ok(extracted) => {
                    for warning in extracted.warnings.as_slice() {
                        println!("{}", serde_json::to_string(warning)?);
                    }
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

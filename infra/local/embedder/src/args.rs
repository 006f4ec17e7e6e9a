//! The command line.

use std::{num::NonZero, path::PathBuf};

use anyhow::{Context, bail, ensure};

/// Text of `--help`.
pub const HELP: &str = "\
dynrag-embedder: OpenAI's /v1/embeddings over small models, on 127.0.0.1

  --minilm DIR        serve all-MiniLM-L6-v2; DIR holds model.safetensors and tokenizer.json
  --e5 DIR            serve multilingual-e5-small; DIR holds e5-small-q4.bin
                      (at least one of the two; a request names its model)
  --threads N         threads for a request (default: as many as cores)
  --port N            port to listen on, 0 for a free one (default 0)
  --ready-file PATH   where to write the server's URL once it serves
  --api-key KEY       refuse requests with another key (default: accept all)
  --help              this text
";

/// What the command line asked for.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Args {
    /// Directory of all-MiniLM-L6-v2.
    pub minilm: Option<PathBuf>,
    /// Directory of multilingual-e5-small.
    pub e5: Option<PathBuf>,
    /// Threads for a request; as many as cores where it is not given.
    pub threads: Option<NonZero<usize>>,
    /// Port, 0 for any free one.
    pub port: u16,
    /// File that will hold the URL.
    pub ready_file: Option<PathBuf>,
    /// The only key accepted, where one is set.
    pub api_key: Option<String>,
}

impl Args {
    /// Reads the arguments after the program's name. `None` means that help was asked for.
    ///
    /// # Errors
    /// An unknown flag, a flag without its value, a number that is none, no model.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let mut arguments = arguments.into_iter();
        let mut args = Self::default();
        while let Some(flag) = arguments.next() {
            if flag == "--help" || flag == "-h" {
                return Ok(None);
            }
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{flag} needs a value"))
            };
            match flag.as_str() {
                "--minilm" => args.minilm = Some(PathBuf::from(value()?)),
                "--e5" => args.e5 = Some(PathBuf::from(value()?)),
                "--threads" => {
                    let threads = value()?.parse().context("--threads needs a number")?;
                    args.threads = Some(threads);
                }
                "--port" => args.port = value()?.parse().context("--port needs a number")?,
                "--ready-file" => args.ready_file = Some(PathBuf::from(value()?)),
                "--api-key" => args.api_key = Some(value()?),
                _ => bail!("unknown argument {flag:?}; see --help"),
            }
        }
        ensure!(
            args.minilm.is_some() || args.e5.is_some(),
            "--minilm or --e5 is required; see --help"
        );
        Ok(Some(args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> anyhow::Result<Option<Args>> {
        Args::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn flags_are_read_and_nonsense_is_refused() {
        let args = parse("--minilm m --e5 e --threads 3 --port 81 --ready-file r --api-key k")
            .unwrap()
            .unwrap();
        assert_eq!(args.minilm, Some(PathBuf::from("m")));
        assert_eq!(args.e5, Some(PathBuf::from("e")));
        assert_eq!(args.threads, NonZero::new(3));
        assert_eq!(args.port, 81);
        assert_eq!(args.ready_file, Some(PathBuf::from("r")));
        assert_eq!(args.api_key.as_deref(), Some("k"));
        assert!(parse("--help").unwrap().is_none());
        assert!(parse("--e5 e").unwrap().unwrap().minilm.is_none());
        for bad in [
            "",
            "--port 1",
            "--e5",
            "--e5 m --port x",
            "--e5 m --threads 0",
            "m",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}

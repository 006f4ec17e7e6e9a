//! The command line.

use std::path::PathBuf;

use anyhow::{Context, bail};

/// Text of `--help`.
pub const HELP: &str = "\
dynrag-embedder: OpenAI's /v1/embeddings over all-MiniLM-L6-v2, on 127.0.0.1

  --model-dir DIR     holds model.safetensors, tokenizer.json and config.json (required)
  --port N            port to listen on, 0 for a free one (default 0)
  --ready-file PATH   where to write the server's URL once it serves
  --api-key KEY       refuse requests with another key (default: accept all)
  --help              this text
";

/// What the command line asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Args {
    /// Directory of the model.
    pub model_dir: PathBuf,
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
    /// An unknown flag, a flag without its value, a port that is none, no model directory.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let mut arguments = arguments.into_iter();
        let mut model_dir = None;
        let mut port = 0;
        let mut ready_file = None;
        let mut api_key = None;
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
                "--model-dir" => model_dir = Some(PathBuf::from(value()?)),
                "--port" => port = value()?.parse().context("--port needs a number")?,
                "--ready-file" => ready_file = Some(PathBuf::from(value()?)),
                "--api-key" => api_key = Some(value()?),
                _ => bail!("unknown argument {flag:?}; see --help"),
            }
        }
        Ok(Some(Self {
            model_dir: model_dir.context("--model-dir is required; see --help")?,
            port,
            ready_file,
            api_key,
        }))
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
        let args = parse("--model-dir m --port 81 --ready-file r --api-key k")
            .unwrap()
            .unwrap();
        assert_eq!(args.model_dir, PathBuf::from("m"));
        assert_eq!(args.port, 81);
        assert_eq!(args.ready_file, Some(PathBuf::from("r")));
        assert_eq!(args.api_key.as_deref(), Some("k"));
        assert!(parse("--help").unwrap().is_none());
        for bad in ["", "--port 1", "--model-dir", "--model-dir m --port x", "m"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}

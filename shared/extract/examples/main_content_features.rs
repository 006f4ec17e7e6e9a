//! Prints what the model of `main_content` is told of saved pages, for `bench/extract/train_main_content.py`:
//! a line of JSON for each file of a folder, in the order of their names.

#![allow(clippy::print_stdout, reason = "printing is what this tool is for")]

use std::{env, error::Error, fs};

use dynrag_extract::testing::describe_page;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args()
        .nth(1)
        .ok_or("usage: main_content_features FOLDER")?;
    let files: Result<Vec<_>, _> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>();
    let mut files = files?;
    files.sort();
    for file in files {
        let (texts, features) = describe_page(&fs::read(&file)?);
        let line = serde_json::json!({
            "file": file.file_name().map(|name| name.to_string_lossy()),
            "texts": texts,
            "weights": features.weights,
            "width": features.width,
            "values": features.values,
        });
        println!("{line}");
    }
    Ok(())
}

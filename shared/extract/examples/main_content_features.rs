//! For `bench/extract/train_main_content.py`: prints what the model of `main_content` is told of saved pages,
//! or what is read from them with a model; a line of JSON for each file of a folder, in the order of their
//! names.

#![allow(clippy::print_stdout, reason = "printing is what this tool is for")]

use std::{env, error::Error, fs};

use dynrag_extract::testing::{MainContentModel, describe_page, read_html_by};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (folder, model) = match arguments.as_slice() {
        [folder] => (folder, None),
        [folder, model] => (folder, Some(model)),
        _ => return Err("usage: main_content_features FOLDER [MODEL]".into()),
    };
    let model = match model {
        Some(path) => Some(MainContentModel::read(&fs::read(path)?).ok_or("not a model")?),
        None => None,
    };
    let files: Result<Vec<_>, _> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>();
    let mut files = files?;
    files.sort();
    for file in files {
        let bytes = fs::read(&file)?;
        let mut line = match &model {
            Some(model) => json!({ "text": read_html_by(Some(model), &bytes).text }),
            None => described(&bytes),
        };
        line["file"] = json!(file.file_name().map(|name| name.to_string_lossy()));
        println!("{line}");
    }
    Ok(())
}

fn described(bytes: &[u8]) -> Value {
    let (texts, features) = describe_page(bytes);
    json!({
        "texts": texts,
        "weights": features.weights,
        "width": features.width,
        "values": features.values,
    })
}

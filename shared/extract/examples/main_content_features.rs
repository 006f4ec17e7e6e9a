//! For `bench/extract/train_main_content.py`: prints a line of JSON for each file of a folder of saved pages,
//! in the order of their names.
//!
//! ```text
//! main_content_features FOLDER                 features of the first model of `main_content`
//! main_content_features FOLDER likely FILE     features of the second model; FILE has the first one's
//!                                              results (JSON: file names, and a number for each block)
//! main_content_features FOLDER model FILE      the text that is read with a model
//! ```

#![allow(clippy::print_stdout, reason = "printing is what this tool is for")]

use std::{collections::HashMap, env, error::Error, fs};

use dynrag_extract::testing::{MainContentModel, describe_page, read_html_by};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (mut model, mut likely) = (None, HashMap::<String, Vec<f32>>::new());
    let folder = match arguments.as_slice() {
        [folder] => folder,
        [folder, "likely", file] => {
            likely = serde_json::from_slice(&fs::read(file)?)?;
            folder
        }
        [folder, "model", file] => {
            model = Some(MainContentModel::read(&fs::read(file)?).ok_or("not a model")?);
            folder
        }
        _ => return Err("usage: main_content_features FOLDER [likely FILE | model FILE]".into()),
    };
    let files: Result<Vec<_>, _> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>();
    let mut files = files?;
    files.sort();
    for file in files {
        let bytes = fs::read(&file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if !likely.is_empty() && !likely.contains_key(&*name) {
            continue;
        }
        let mut line = match &model {
            Some(_) => json!({ "text": read_html_by(model.as_ref(), &bytes, false).text }),
            None => described(&bytes, likely.get(&*name).map(Vec::as_slice)),
        };
        line["file"] = json!(name);
        println!("{line}");
    }
    Ok(())
}

fn described(bytes: &[u8], likely: Option<&[f32]>) -> Value {
    let (texts, features) = describe_page(bytes, likely);
    json!({
        "texts": texts,
        "weights": features.weights,
        "width": features.width,
        "values": features.values,
    })
}

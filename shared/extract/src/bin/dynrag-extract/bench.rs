//! Runs every file of a folder through the sandbox and prints what it cost and gave, a JSON
//! object a line. bench/extract makes tables of it.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use dynrag_domain::documents::Format;
use dynrag_extract::{Extractor, detect, testing};
use serde_json::json;

/// Reads all files of `folder`, each so many times, of which the fastest counts.
pub async fn run(
    extractor: &Extractor,
    pdfium_library: Option<&Path>,
    folder: &Path,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let library = match pdfium_library {
        Some(path) => Some(testing::Library::load(path)?),
        None => None,
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    for path in &paths {
        let bytes = std::fs::read(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let format = Format::from_file_name(&name).or_else(|| detect(&bytes, None, Some(&name)));
        let Some(format) = format else {
            println!("{}", json!({"file": name, "code": "unsupported_type"}));
            continue;
        };
        let mut outcome = None;
        let (mut wall, mut cpu) = (Duration::MAX, Duration::MAX);
        for _ in 0..rounds.max(1) {
            let (start, spent) = (Instant::now(), cpu_time(extractor)?);
            outcome = Some(extractor.extract(format, &bytes).await?);
            wall = wall.min(start.elapsed());
            cpu = cpu.min(cpu_time(extractor)?.saturating_sub(spent));
        }
        let mut inside = None;
        if let (Format::Pdf, Some(library)) = (format, &library) {
            let mut least = Duration::MAX;
            for _ in 0..rounds.max(1) {
                let start = Instant::now();
                // Only for its time; what it gives is known.
                drop(testing::read_with_pdfium(
                    library,
                    &bytes,
                    None,
                    testing::ReadOptions::default(),
                ));
                least = least.min(start.elapsed());
            }
            inside = Some(milliseconds(least));
        }
        let mut line = json!({
            "file": name,
            "format": format,
            "ms": milliseconds(wall),
            "cpuMs": milliseconds(cpu),
            "insideMs": inside,
        });
        match outcome {
            Some(Ok(extracted)) => {
                line["engine"] = extracted.engine.into();
                line["text"] = extracted.text.into();
                line["properties"] = serde_json::to_value(extracted.properties)?;
            }
            Some(Err(failure)) => {
                line["code"] = failure.code.as_str().into();
                line["detail"] = failure.detail.into();
            }
            None => {}
        }
        println!("{line}");
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// CPU time of this process, of its fork servers and of the readers that have ended.
fn cpu_time(extractor: &Extractor) -> std::io::Result<Duration> {
    Ok(testing::cpu_time(&[libc::RUSAGE_SELF])? + extractor.cpu_time())
}

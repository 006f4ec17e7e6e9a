//! Writes and searches a table as `bench/search` asks it to, one order a line.
//!
//! Input, JSON lines: first `open`, which makes the client. `load` and `add` write rows of a folder; their answers contain
//! what Postgres would record. `adopt` hands that to another process. `search` answers a query. Output: a line for each,
//! with its milliseconds.
#![allow(clippy::print_stdout, reason = "printing is its purpose")]

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
    time::Instant,
};

use chrono::Utc;
use dynrag_domain::{
    VersionNumber,
    chunks::Chunk,
    ids::{CustomerId, DocumentId},
    search::Mode,
    segments::{Before, SegmentList},
    tables::TableVersion,
};
use dynrag_vectors::{Change, Location, Query, Row, Vectors};
use serde::{Deserialize, Serialize};
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Chunks of a document.
const CHUNKS: usize = 20;
/// Documents of a publication.
const PUBLISHED: usize = 100;
/// Most bytes that are merged: half of the maintenance function's memory.
const MOST: u64 = 1504 << 20;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Order {
    Open {
        endpoint: String,
        bucket: String,
        memory: usize,
    },
    Load {
        rows: usize,
        /// Whether to merge at the end, though it is not due.
        merged: bool,
        #[serde(flatten)]
        from: Rows,
    },
    Add {
        first: usize,
        #[serde(flatten)]
        from: Rows,
    },
    Search {
        mode: Mode,
        vector: Vec<f32>,
        text: String,
        k: usize,
    },
    /// Takes over what another process wrote.
    Adopt { recorded: Recorded },
}

/// What Postgres records of a table.
#[derive(Clone, Serialize, Deserialize)]
struct Recorded {
    customer: CustomerId,
    version: Option<TableVersion>,
    list: SegmentList,
}

/// A folder of rows: `vectors.f32`, and `texts.txt` with a text a line.
#[derive(Deserialize)]
struct Rows {
    folder: PathBuf,
    dimension: usize,
}

/// Reads rows in order.
struct Reader {
    vectors: BufReader<File>,
    texts: std::io::Lines<BufReader<File>>,
    dimension: usize,
}

impl Reader {
    fn at(from: &Rows, row: usize) -> Result<Self> {
        let open = |name: &str| File::open(from.folder.join(name));
        let mut vectors = BufReader::new(open("vectors.f32")?);
        let start = row * from.dimension * size_of::<f32>();
        vectors.seek(SeekFrom::Start(u64::try_from(start)?))?;
        let mut texts = BufReader::new(open("texts.txt")?).lines();
        if row > 0 {
            texts.nth(row - 1).transpose()?;
        }
        Ok(Self {
            vectors,
            texts,
            dimension: from.dimension,
        })
    }

    fn next(&mut self) -> Result<(Vec<f32>, String)> {
        let mut bytes = vec![0; self.dimension * size_of::<f32>()];
        self.vectors.read_exact(&mut bytes)?;
        let (numbers, _) = bytes.as_chunks();
        let vector = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let text = self.texts.next().ok_or("there is no text")??;
        Ok((vector.collect(), text))
    }
}

/// The id of a document by its number, and back.
fn document(number: usize) -> Result<DocumentId> {
    let id = format!("01900000-0000-7000-8000-{number:012x}");
    Ok(DocumentId::from_str(&id)?)
}

fn number(id: DocumentId) -> Result<usize> {
    let id = id.to_string();
    let digits = id.rsplit('-').next().ok_or("an id has no parts")?;
    Ok(usize::from_str_radix(digits, 16)?)
}

/// The row of a chunk.
fn row(chunk_id: &str, id: DocumentId) -> Result<usize> {
    let index = chunk_id.rsplit(':').next().ok_or("an id has no parts")?;
    Ok(number(id)? * CHUNKS + index.parse::<usize>()?)
}

/// Seconds of each step of writing.
#[derive(Default, Serialize)]
struct Took {
    table: f64,
    segments: f64,
    merges: f64,
}

struct Table {
    vectors: Vectors,
    recorded: Recorded,
}

impl Table {
    /// Publishes documents, whose segment is written beside the table, one after the other so that each can be timed.
    async fn publish(
        &mut self,
        rows: std::ops::Range<usize>,
        from: &mut Reader,
        took: &mut Took,
    ) -> Result<()> {
        let mut change = Change::none(Utc::now());
        for row in rows {
            let (vector, text) = from.next()?;
            change.append.push(Row {
                document: document(row / CHUNKS)?,
                version: VersionNumber::FIRST,
                title: "A title of a document".into(),
                metadata: Arc::new(json!({"year": 2024, "author": "somebody"}).into()),
                chunk: Chunk {
                    index: u32::try_from(row % CHUNKS)?,
                    char_span: (0, u32::try_from(text.len())?),
                    text,
                    text_hash: "0".repeat(64),
                    page: Some(1),
                    heading_path: vec!["A chapter".to_owned()],
                    parent: None,
                },
                vector,
                model: "model".into(),
                language: Some("en".to_owned()),
                published_at: None,
            });
        }
        let (customer, before) = (self.recorded.customer, self.recorded.version);
        let start = Instant::now();
        let stored = self.vectors.store(customer, before, &change).await?;
        took.table += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let segment = self.vectors.write_segment(customer, &change).await?;
        took.segments += start.elapsed().as_secs_f64();
        let list = std::mem::take(&mut self.recorded.list);
        self.recorded.list = list.next(before, stored.version, segment);
        self.recorded.version = stored.version;
        Ok(())
    }

    /// Merges all that there is to merge, as maintenance does when it is due.
    async fn merge(&mut self, took: &mut Took) -> Result<()> {
        let start = Instant::now();
        let customer = self.recorded.customer;
        while let Some(run) = self.recorded.list.to_merge(MOST) {
            let list = &self.recorded.list;
            let before = run
                .first()
                .map_or(Before::Rows, |first| list.before(first.name));
            let merged = self.vectors.merge_segments(customer, run, before);
            let merged = merged.await?;
            let old: Vec<_> = run.iter().map(|segment| segment.name).collect();
            let replaced = list
                .replace(&old, &merged, before)
                .ok_or("the list has changed")?;
            self.recorded.list = replaced;
            self.vectors.delete_segments(customer, old).await?;
        }
        took.merges += start.elapsed().as_secs_f64();
        Ok(())
    }

    async fn load(&mut self, rows: usize, merged: bool, from: &Rows) -> Result<Took> {
        let mut took = Took::default();
        let mut reader = Reader::at(from, 0)?;
        for start in (0..rows).step_by(PUBLISHED * CHUNKS) {
            let end = rows.min(start + PUBLISHED * CHUNKS);
            self.publish(start..end, &mut reader, &mut took).await?;
            if self.recorded.list.has_many() {
                self.merge(&mut took).await?;
            }
        }
        if merged {
            self.merge(&mut took).await?;
        }
        Ok(took)
    }

    async fn search(&self, query: &Query<'_>) -> Result<Vec<usize>> {
        let Recorded {
            customer,
            version,
            list,
        } = &self.recorded;
        let segments = list.complete(*version).ok_or("the list is incomplete")?;
        let found = self
            .vectors
            .search(*customer, *version, Some(segments), query)
            .await?;
        let hits = found.hits.iter();
        hits.map(|hit| row(&hit.chunk_id, hit.document_id))
            .collect()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut open: Option<Table> = None;
    for line in std::io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let start = Instant::now();
        let ms = || start.elapsed().as_secs_f64() * 1e3;
        let answer = match (order, &mut open) {
            (
                Order::Open {
                    endpoint,
                    bucket,
                    memory,
                },
                _,
            ) => {
                let location = Location::S3 {
                    bucket,
                    endpoint: Some(endpoint),
                    region: "us-east-1".to_owned(),
                };
                open = Some(Table {
                    vectors: Vectors::new(location, memory),
                    recorded: Recorded {
                        customer: CustomerId::generate(),
                        version: None,
                        list: SegmentList::default(),
                    },
                });
                json!({"ms": ms()})
            }
            (Order::Load { rows, merged, from }, Some(table)) => {
                let took = table.load(rows, merged, &from).await?;
                json!({"ms": ms(), "took": took, "recorded": table.recorded})
            }
            (Order::Add { first, from }, Some(table)) => {
                let mut took = Took::default();
                let mut reader = Reader::at(&from, first)?;
                let rows = first..first + CHUNKS;
                table.publish(rows, &mut reader, &mut took).await?;
                json!({"ms": ms(), "took": took, "recorded": table.recorded})
            }
            (Order::Adopt { recorded }, Some(table)) => {
                table.recorded = recorded;
                json!({"ms": ms()})
            }
            (
                Order::Search {
                    mode,
                    vector,
                    text,
                    k,
                },
                Some(table),
            ) => {
                let query = Query {
                    vector: Some(&vector),
                    text: Some(&text),
                    mode,
                    top_k: k,
                    ..Query::default()
                };
                let found = table.search(&query).await?;
                json!({"ms": ms(), "rows": found})
            }
            (_, None) => return Err("the first order is not to open".into()),
        };
        println!("{answer}");
    }
    Ok(())
}

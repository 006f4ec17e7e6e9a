//! Measures segments: build, size, memory, cold and warm searches, recall with and without filters.
//!
//! `cargo run --release -p dynrag-index --example measure -- ROWS [DIMENSION] [SEED]`
//!
//! A round trip to the object store counts as 25 ms, which are added, not waited for. The peak of memory includes the
//! vectors that the exact search compares, which are printed beside it.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, reason = "printing is what it is for; it may stop where it likes")]

mod data;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use chrono::DateTime;
use data::{CHUNKS, Random, Vectors, text};
use dynrag_domain::{
    VersionNumber,
    ids::{CustomerId, DocumentId},
};
use dynrag_index::{
    Admit, At, Budget, Builder, Cache, Candidate, Everything, Limits, Piece, Query, Ranges, ReadError, Row, SegmentName, SegmentRef,
    search,
};
use futures::executor::block_on;
use uuid::Uuid;

const QUERIES: usize = 40;
const WORDS: usize = 150;
const TRIP: f64 = 25.0;

#[derive(Default)]
struct Store {
    objects: Mutex<HashMap<SegmentName, Bytes>>,
    rounds: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Ranges for Store {
    async fn read(&self, _: CustomerId, wanted: &[Piece]) -> Result<Vec<Bytes>, ReadError> {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(wanted.len() as u64, Ordering::Relaxed);
        let objects = self.objects.lock().unwrap();
        let read = |piece: &Piece| {
            let object = objects.get(&piece.segment).ok_or(ReadError::Missing(piece.segment))?;
            let bytes = object.slice(piece.range.start as usize..piece.range.end as usize);
            self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            Ok(bytes)
        };
        wanted.iter().map(read).collect()
    }
}

/// Means over queries.
#[derive(Default)]
struct Means {
    queries: f64,
    milliseconds: f64,
    rounds: f64,
    requests: f64,
    most_requests: f64,
    bytes: f64,
    recall: f64,
    /// Of the ten best by reciprocal ranks without limits, how many are there with them.
    kept: f64,
}

impl Means {
    fn print(&self, what: &str, rows: usize) {
        let mean = |sum: f64| sum / self.queries;
        println!(
            "  {what:<34} {:7.1} ms ({:5.1} of it computing) {:5.1} requests (most {}) {:4.1} rounds {:8.2} MB {:7.1} B/row  recall@10 {:.4} kept {:.3}",
            mean(self.milliseconds) + TRIP * mean(self.rounds),
            mean(self.milliseconds),
            mean(self.requests),
            self.most_requests,
            mean(self.rounds),
            mean(self.bytes) / 1e6,
            mean(self.bytes) / rows as f64,
            mean(self.recall),
            mean(self.kept),
        );
    }
}

fn document(number: usize) -> DocumentId {
    Uuid::from_u128(1 << 100 | number as u128).into()
}

/// One document of so many, mixed so that neighbours have nothing in common.
struct OneOf(u64);

impl Admit for OneOf {
    fn document(&self, id: DocumentId) -> bool {
        let number = id.as_uuid().as_u128() as u64;
        Random::new([7, number, 0]).next() % self.0 == 0
    }

    fn depends_on_chunks(&self) -> bool {
        false
    }

    fn chunk(&self, _: Option<u32>, _: Option<&str>, _: DocumentId) -> bool {
        true
    }
}

struct Bench {
    store: Store,
    customer: CustomerId,
    segments: Vec<SegmentRef>,
    vectors: Vec<f32>,
    dimension: usize,
    queries: Vec<(Vec<f32>, String)>,
}

impl Bench {
    fn publish(&mut self, rows: std::ops::Range<usize>, vectors: &mut Vectors) {
        let start = Instant::now();
        let mut builder = Builder::default();
        let mut making = 0.0;
        for row in rows.clone() {
            let made = Instant::now();
            let vector = vectors.row(row, 0);
            let words = text(row, WORDS, 0);
            making += made.elapsed().as_secs_f64();
            builder
                .push(
                    &Row {
                        document: document(row / CHUNKS),
                        version: VersionNumber::FIRST,
                        published_at: DateTime::UNIX_EPOCH,
                        superseded_at: None,
                        index: (row % CHUNKS) as u32,
                        page: Some((row % CHUNKS / 3) as u32 + 1),
                        parent: None,
                        char_span: (0, 1000),
                        language: Some("en"),
                        title: "A title of a document",
                        heading_path: &["A chapter".to_owned(), "A section".to_owned()],
                        text: &words,
                        text_hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                        metadata: r#"{"year": 2024, "author": "somebody", "tags": ["a", "b"]}"#,
                        vector: &vector,
                    },
                    "model",
                )
                .unwrap();
            self.vectors.extend(vector);
        }
        let pushed = start.elapsed().as_secs_f64() - making;
        let mut bytes = Vec::new();
        let built = builder.finish(&mut bytes).unwrap();
        let name = SegmentName::generate();
        self.segments.push(SegmentRef {
            name,
            size: built.size,
            first: built.first,
        });
        println!(
            "  built {} rows in {pushed:.1} s of analysis and {:.1} s of clustering and writing; {:.0} B a row, {:.1} of them read first",
            rows.len(),
            start.elapsed().as_secs_f64() - making - pushed,
            built.size as f64 / rows.len() as f64,
            built.first as f64 / rows.len() as f64,
        );
        self.store.objects.lock().unwrap().insert(name, bytes.into());
    }

    fn kept(&self, query: &Query<'_>, found: &[Candidate], admit: &dyn Admit) -> f64 {
        let most = Budget {
            requests: 1_000_000,
            bytes: 1 << 40,
        };
        let query = Query {
            limits: Some(Limits { lists: most, rows: most }),
            ..*query
        };
        let all = block_on(search(&Cache::new(0), &self.store, self.customer, &self.segments, &query, admit, At::Now));
        fused(&all.unwrap()).intersection(&fused(found)).count() as f64 / 10.0
    }

    fn exact(&self, query: &[f32], admit: &dyn Admit) -> BTreeSet<usize> {
        let mut scores: Vec<(f32, usize)> = self
            .vectors
            .chunks_exact(self.dimension)
            .enumerate()
            .filter(|(row, _)| admit.document(document(row / CHUNKS)))
            .map(|(row, vector)| (dot(query, vector), row))
            .collect();
        scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        scores.iter().take(10).map(|(_, row)| *row).collect()
    }

    fn run(&self, what: &str, admit: &dyn Admit, make: impl Fn(usize) -> Query<'static>, cache: impl Fn() -> Option<Cache>, shared: &Cache) {
        let mut means = Means::default();
        for (number, (vector, words)) in self.queries.iter().enumerate() {
            let fresh = cache();
            let cache = fresh.as_ref().unwrap_or(shared);
            let form = make(number);
            let query = Query {
                vector: Some(vector),
                text: form.text.map(|_| words.as_str()),
                ..form
            };
            let counts = [&self.store.rounds, &self.store.requests, &self.store.bytes];
            counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
            let start = Instant::now();
            let found = block_on(search(cache, &self.store, self.customer, &self.segments, &query, admit, At::Now)).unwrap();
            means.milliseconds += start.elapsed().as_secs_f64() * 1e3;
            let [rounds, requests, bytes] = counts.map(|count| count.load(Ordering::Relaxed) as f64);
            means.queries += 1.0;
            means.rounds += rounds;
            means.requests += requests;
            means.most_requests = means.most_requests.max(requests);
            means.bytes += bytes;
            if form.text.is_some() {
                means.kept += self.kept(&query, &found, admit);
            }
            means.recall += recall(&found, &self.exact(vector, admit));
        }
        means.print(what, self.vectors.len() / self.dimension);
    }
}

fn fused(found: &[Candidate]) -> BTreeSet<(DocumentId, u32)> {
    let score = |rank: Option<u32>| rank.map_or(0.0, |rank| 1.0 / (60.0 + f64::from(rank)));
    let mut scores: Vec<(f64, (DocumentId, u32))> = found
        .iter()
        .map(|found| (score(found.rank_vector) + score(found.rank_text), (found.record.document, found.record.index)))
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scores.into_iter().take(10).map(|(_, key)| key).collect()
}

fn recall(found: &[Candidate], exact: &BTreeSet<usize>) -> f64 {
    let nearest = found.iter().filter(|found| found.rank_vector.is_some_and(|rank| rank <= 10));
    let hits = nearest.filter(|found| {
        let document = found.record.document.as_uuid().as_u128() as u64 as usize;
        exact.contains(&(document * CHUNKS + found.record.index as usize))
    });
    if exact.is_empty() { 1.0 } else { hits.count() as f64 / exact.len() as f64 }
}

/// What a plain program would do.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, _) = a.as_chunks::<16>();
    let (b, _) = b.as_chunks::<16>();
    let mut sums = [0f32; 16];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|number| number.parse().expect("a number")).collect();
    let rows = numbers.first().copied().unwrap_or(10_000);
    let dimension = numbers.get(1).copied().unwrap_or(1_536);
    let seed = numbers.get(2).copied().unwrap_or(1) as u64;
    println!("{rows} rows of {dimension} dimensions, seed {seed}");
    let mut vectors = Vectors::new(dimension, seed);
    let mut bench = Bench {
        store: Store::default(),
        customer: CustomerId::generate(),
        segments: Vec::new(),
        vectors: Vec::new(),
        dimension,
        queries: Vec::new(),
    };
    bench.publish(0..rows, &mut vectors);
    println!("  peak of memory {}, of which {} MB are vectors and {} MB the finished segment", peak(), bench.vectors.len() * 4 / 1_000_000, bench.segments[0].size / 1_000_000);
    let mut random = Random::new([seed, 5, 5]);
    bench.queries = (0..QUERIES)
        .map(|number| {
            let near = random.below(rows);
            let query = number as u64 % 250 + 1;
            (vectors.row(near, query), text(near, 6, query))
        })
        .collect();
    let start = Instant::now();
    bench.queries.iter().for_each(|(vector, _)| drop(bench.exact(vector, &Everything)));
    println!("  brute force in f32                 {:7.1} ms", start.elapsed().as_secs_f64() * 1e3 / QUERIES as f64);

    let vector = |_| Query { depth: 10, ..Query::default() };
    let deep = |_| Query::default();
    let hybrid = |_| Query { text: Some(""), ..Query::default() };
    let new = || Some(Cache::new(1 << 30));
    let none = || None;
    let shared = Cache::new(1 << 30);
    bench.run("vector of 10, cold", &Everything, vector, new, &shared);
    bench.run("vector of 100, cold", &Everything, deep, new, &shared);
    bench.run("hybrid of 100 each, cold", &Everything, hybrid, new, &shared);
    for requests in [4, 8] {
        let form = move |_| {
            let mut limits = Limits::of(rows as u64, true);
            limits.rows.requests = requests;
            Query {
                text: Some(""),
                limits: Some(limits),
                ..Query::default()
            }
        };
        bench.run(&format!("hybrid, cold, rows in {requests}"), &Everything, form, new, &shared);
    }
    for one_of in [2, 10, 100, 1_000, 10_000] {
        let admit = OneOf(one_of);
        bench.run(&format!("vector of 10, cold, 1 of {one_of}"), &admit, vector, new, &shared);
    }
    bench.run("vector of 10, in a warm process", &Everything, vector, none, &shared);
    bench.run("vector of 10, again", &Everything, vector, none, &shared);
    bench.run("hybrid, in a warm process", &Everything, hybrid, none, &shared);
    bench.run("hybrid, again", &Everything, hybrid, none, &shared);
    println!("  {:?}", shared.stats());
    bench.publish(rows..rows + 20, &mut vectors);
    bench.queries.truncate(1);
    bench.run("hybrid, after 20 rows more", &Everything, hybrid, none, &shared);
    println!("  peak of memory {}", peak());
}

//! Measures segments: build, size, memory, cold and warm searches, recall with and without filters.
//!
//! `cargo run --release -p dynrag-index --example segments -- ROWS [DIMENSION [SEED [WORDS]]]`, or
//! `-- tenants CUSTOMERS ROWS DIMENSION` for many customers in one process.
//!
//! A round trip to the object store counts as 25 ms, which are added, not waited for. The peak of memory includes the
//! finished segment, which a function would write to the object store part by part.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "printing is what it is for; it may stop where it likes"
)]

mod data;
mod find;
mod store;
mod tenants;

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    sync::atomic::Ordering,
    time::Instant,
};

use chrono::DateTime;
use data::{CHUNKS, Random, Vectors, text};
use dynrag_domain::{
    VersionNumber,
    ids::{CustomerId, DocumentId},
};
use dynrag_index::{Admit, Budget, Builder, Cache, Limits, Query, Row, SegmentName, SegmentRef};
use find::{READ, Table};
use futures::executor::block_on;
use store::Store;
use uuid::Uuid;

const QUERIES: usize = 40;
/// Filters admit one document of so many.
const FILTERS: [u64; 6] = [1, 2, 10, 100, 1_000, 10_000];
/// Rows that brute force is timed on.
const BRUTE: usize = 10_000;
const TRIP: f64 = 25.0;

/// A row by its document and index.
type Key = (DocumentId, u32);

/// Means over queries.
#[derive(Default)]
struct Means {
    queries: f64,
    milliseconds: f64,
    rounds: f64,
    requests: f64,
    most_requests: f64,
    bytes: [f64; 3],
    recall: f64,
    /// Of the ten best without limits, how many are there with them.
    kept: f64,
}

impl Means {
    fn print(&self, what: &str, rows: usize) {
        let mean = |sum: f64| sum / self.queries;
        let [first, second, third] = self.bytes.map(|bytes| mean(bytes) / 1e6);
        println!(
            "  {what:<30} {:6.1} ms ({:5.1} computing) {:5.1} requests (most {:2}) {:3.1} rounds {first:5.2} + {second:5.2} + {third:5.2} MB {:6.1} B/row  recall@10 {:.4} kept {:.3}",
            mean(self.milliseconds) + TRIP * mean(self.rounds),
            mean(self.milliseconds),
            mean(self.requests),
            self.most_requests,
            mean(self.rounds),
            (first + second + third) * 1e6 / rows as f64,
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
        Random::new([7, number, 0]).next().is_multiple_of(self.0)
    }

    fn depends_on_chunks(&self) -> bool {
        false
    }

    fn chunk(&self, _: Option<u32>, _: Option<&str>, _: DocumentId) -> bool {
        true
    }
}

struct Asked {
    vector: Vec<f32>,
    words: String,
    /// For each filter the nearest rows so far, by an exact search.
    nearest: [Vec<(f32, usize)>; FILTERS.len()],
}

impl Asked {
    /// Compares a row.
    fn compare(&mut self, row: usize, vector: &[f32], admitted: [bool; FILTERS.len()]) {
        let score = dot(&self.vector, vector);
        for (nearest, _) in self
            .nearest
            .iter_mut()
            .zip(admitted)
            .filter(|(_, admitted)| *admitted)
        {
            if nearest.len() < 10 || nearest.last().is_some_and(|(last, _)| score > *last) {
                let place = nearest.partition_point(|(other, _)| *other >= score);
                nearest.insert(place, (score, row));
                nearest.truncate(10);
            }
        }
    }
}

struct Bench {
    store: Store,
    customer: CustomerId,
    segments: Vec<SegmentRef>,
    rows: usize,
    words: usize,
    some: Vec<f32>,
    queries: Vec<Asked>,
    /// The ten best of all by both legs for each query.
    best: RefCell<HashMap<usize, Vec<Key>>>,
}

impl Bench {
    fn new(queries: Vec<Asked>, words: usize) -> Self {
        Self {
            queries,
            words,
            store: Store::default(),
            customer: CustomerId::generate(),
            segments: Vec::new(),
            rows: 0,
            some: Vec::new(),
            best: RefCell::default(),
        }
    }

    fn publish(&mut self, rows: std::ops::Range<usize>, vectors: &mut Vectors) {
        self.best.borrow_mut().clear();
        let start = Instant::now();
        let mut builder = Builder::default();
        let mut making = 0.0;
        for row in rows.clone() {
            let made = Instant::now();
            let vector = vectors.row(row, 0);
            let words = text(row, self.words, 0);
            let admitted = FILTERS.map(|one_of| OneOf(one_of).document(document(row / CHUNKS)));
            for query in &mut self.queries {
                query.compare(row, &vector, admitted);
            }
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
            if row < BRUTE {
                self.some.extend(vector);
            }
        }
        self.rows = self.rows.max(rows.end);
        let pushed = start.elapsed().as_secs_f64() - making;
        println!(
            "  {} rows in the builder, peak of memory {}",
            rows.len(),
            peak()
        );
        let finishing = Instant::now();
        let mut bytes = Vec::new();
        let built = builder.finish(&mut bytes).unwrap();
        let name = SegmentName::generate();
        self.segments.push(built.named(name));
        println!(
            "  built in {pushed:.1} s of analysis and {:.1} s of clustering and writing; {:.0} B a row, {:.1} of them read first; peak of memory {} with {} MB of segment",
            finishing.elapsed().as_secs_f64(),
            built.size as f64 / rows.len() as f64,
            built.first as f64 / rows.len() as f64,
            peak(),
            built.size / 1_000_000,
        );
        self.store
            .objects
            .lock()
            .unwrap()
            .insert(name, bytes.into());
    }

    fn table<'a>(&'a self, cache: &'a Cache) -> Table<'a, Store> {
        Table {
            cache,
            ranges: &self.store,
            customer: self.customer,
            segments: &self.segments,
        }
    }

    /// The ten best of all without any limit.
    fn ten_best(&self, query: &Query<'_>, admit: &dyn Admit) -> Vec<Key> {
        let most = Budget {
            requests: 1_000_000,
            bytes: 1 << 40,
        };
        let query = Query {
            limits: Some(Limits {
                terms: most,
                lists: most,
                rows: most,
            }),
            ..*query
        };
        let cache = Cache::new(0);
        let all = block_on(self.table(&cache).find(&query, admit, usize::MAX));
        all.unwrap().into_iter().take(10).collect()
    }

    /// Runs all queries with a filter, each with a new cache or all with the shared one.
    fn run(
        &self,
        what: &str,
        filter: usize,
        make: &dyn Fn() -> Query<'static>,
        shared: Option<&Cache>,
    ) {
        let admit = OneOf(FILTERS[filter]);
        let mut means = Means::default();
        for (number, asked) in self.queries.iter().enumerate() {
            let fresh = Cache::new(1 << 30);
            let cache = shared.unwrap_or(&fresh);
            let form = make();
            let query = Query {
                vector: Some(&asked.vector),
                text: form.text.map(|_| asked.words.as_str()),
                ..form
            };
            let counts = [&self.store.rounds, &self.store.requests];
            counts
                .into_iter()
                .chain(&self.store.bytes)
                .for_each(|count| count.store(0, Ordering::Relaxed));
            let start = Instant::now();
            let most = if form.text.is_some() {
                READ
            } else {
                usize::MAX
            };
            let found = block_on(self.table(cache).find(&query, &admit, most)).unwrap();
            means.milliseconds += start.elapsed().as_secs_f64() * 1e3;
            let [rounds, requests] = counts.map(|count| count.load(Ordering::Relaxed) as f64);
            means.queries += 1.0;
            means.rounds += rounds;
            means.requests += requests;
            means.most_requests = means.most_requests.max(requests);
            for (sum, bytes) in means.bytes.iter_mut().zip(&self.store.bytes) {
                *sum += bytes.load(Ordering::Relaxed) as f64;
            }
            let exact = asked.nearest[filter].iter().map(|(_, row)| *row).collect();
            if form.text.is_some() {
                let mut best = self.best.borrow_mut();
                let best = best
                    .entry(number)
                    .or_insert_with(|| self.ten_best(&query, &admit));
                let kept = found.iter().take(10).filter(|key| best.contains(key));
                means.kept += kept.count() as f64 / 10.0;
            } else {
                means.recall += recall(&found, &exact);
            }
        }
        means.print(what, self.rows);
    }
}

/// Of the nearest rows, how many are among the first found.
fn recall(found: &[Key], exact: &BTreeSet<usize>) -> f64 {
    let row = |(document, index): &Key| {
        document.as_uuid().as_u128() as u64 as usize * CHUNKS + *index as usize
    };
    let hits = found
        .iter()
        .take(10)
        .filter(|key| exact.contains(&row(key)));
    if exact.is_empty() {
        1.0
    } else {
        hits.count() as f64 / exact.len() as f64
    }
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
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    line.split_whitespace()
        .skip(1)
        .collect::<Vec<_>>()
        .join(" ")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_tenants = arguments.first().is_some_and(|first| first == "tenants");
    let numbers: Vec<usize> = arguments
        .iter()
        .skip(usize::from(is_tenants))
        .map(|number| number.parse().expect("a number"))
        .collect();
    let number = |place: usize, default| numbers.get(place).copied().unwrap_or(default);
    if is_tenants {
        return tenants::run(number(0, 100), number(1, 2_000), number(2, 1_536));
    }
    let (rows, dimension, seed, words) = (
        number(0, 10_000),
        number(1, 1_536),
        number(2, 1) as u64,
        number(3, 150),
    );
    println!("{rows} rows of {dimension} dimensions, seed {seed}, {words} words");
    let mut vectors = Vectors::new(dimension, seed);
    let mut random = Random::new([seed, 5, 5]);
    let queries = (0..QUERIES).map(|query| {
        let (near, query) = (random.below(rows), query as u64 + 1);
        Asked {
            vector: vectors.row(near, query),
            words: text(near, 6, query),
            nearest: Default::default(),
        }
    });
    let mut bench = Bench::new(queries.collect(), words);
    bench.publish(0..rows, &mut vectors);
    let start = Instant::now();
    let mut most = 0f32;
    for query in &bench.queries {
        bench
            .some
            .chunks_exact(dimension)
            .for_each(|vector| most = most.max(dot(&query.vector, vector)));
    }
    let per_row = start.elapsed().as_secs_f64() * 1e3 / (QUERIES * rows.min(BRUTE)) as f64;
    println!(
        "  brute force in f32 would take {:.1} ms (best {most:.3})",
        per_row * rows as f64
    );

    let vector: &dyn Fn() -> Query<'static> = &|| Query {
        depth: 10,
        ..Query::default()
    };
    let deep: &dyn Fn() -> Query<'static> = &Query::default;
    let hybrid: &dyn Fn() -> Query<'static> = &|| Query {
        text: Some(""),
        ..Query::default()
    };
    bench.run("vector of 10, cold", 0, vector, None);
    bench.run("vector of 100, cold", 0, deep, None);
    bench.run("hybrid of 100 each, cold", 0, hybrid, None);
    for (requests, mib) in [
        (3, 4),
        (3, 8),
        (3, 16),
        (8, 16),
        (12, 16),
        (12, 32),
        (16, 32),
        (24, 32),
        (64, 64),
    ] {
        let form = || {
            let mut limits = Limits::of(rows as u64, false, false);
            limits.lists = Budget {
                requests,
                bytes: mib << 20,
            };
            Query {
                depth: 10,
                limits: Some(limits),
                ..Query::default()
            }
        };
        bench.run(&format!("lists of {mib} MiB in {requests}"), 0, &form, None);
    }
    for (terms, lists, in_rows) in [
        ((64, 1), (3, 8), (16, 8)),
        ((64, 1), (12, 24), (24, 12)),
        ((2, 16), (1, 8), (4, 8)),
        ((2, 16), (1, 8), (4, 32)),
    ] {
        let budget = |(requests, mib): (usize, u64)| Budget {
            requests,
            bytes: mib << 20,
        };
        let form = || Query {
            text: Some(""),
            limits: Some(Limits {
                terms: budget(terms),
                lists: budget(lists),
                rows: budget(in_rows),
            }),
            ..Query::default()
        };
        let what = format!("hybrid {terms:?} {lists:?} {in_rows:?}");
        bench.run(&what, 0, &form, None);
    }
    for (filter, one_of) in FILTERS.iter().enumerate().skip(1) {
        bench.run(
            &format!("vector of 10, cold, 1 of {one_of}"),
            filter,
            vector,
            None,
        );
    }
    let shared = Cache::new(1 << 30);
    bench.run("vector of 10, warm process", 0, vector, Some(&shared));
    bench.run("vector of 10, again", 0, vector, Some(&shared));
    bench.run("hybrid, warm process", 0, hybrid, Some(&shared));
    bench.run("hybrid, again", 0, hybrid, Some(&shared));
    println!("  {:?}", shared.stats());
    bench.publish(rows..rows + 20, &mut vectors);
    bench.queries.truncate(1);
    bench.run("hybrid, after 20 rows more", 0, hybrid, Some(&shared));
}

//! Many customers in one process: how often what they search is still in memory.

use dynrag_domain::ids::CustomerId;
use dynrag_index::{Cache, Query, SegmentRef};
use futures::executor::block_on;

use crate::{
    Bench, OneOf,
    data::{Random, Vectors},
    find::{READ, Table},
};

/// Searches of each customer.
const SEARCHES: usize = 20;

/// Searches tables of so many customers in random order, with caches of several sizes.
pub fn run(customers: usize, rows: usize, dimension: usize) {
    let mut bench = Bench::new(Vec::new(), 150);
    let mut tables: Vec<(CustomerId, [SegmentRef; 1], Vec<f32>)> = Vec::new();
    for customer in 0..customers {
        let mut vectors = Vectors::new(dimension, customer as u64);
        bench.publish(0..rows, &mut vectors);
        let segment = bench.segments.pop().expect("a segment");
        tables.push((CustomerId::generate(), [segment], vectors.row(rows / 2, 1)));
    }
    let whole: u64 = tables.iter().map(|(_, [segment], _)| segment.size).sum();
    println!(
        "{customers} customers with {rows} rows each, {} MB together",
        whole / 1_000_000
    );
    for share in [1.2, 0.5, 0.1] {
        let cache = Cache::new((whole as f64 * share) as usize);
        let mut random = Random::new([1, 2, 3]);
        let mut read_nothing = 0;
        for _ in 0..SEARCHES * customers {
            let (customer, segments, vector) = &tables[random.below(customers)];
            let query = Query {
                vector: Some(vector),
                text: Some("baden kilor"),
                ..Query::default()
            };
            let before = cache.stats().misses;
            let all = OneOf(1);
            let table = Table {
                cache: &cache,
                ranges: &bench.store,
                customer: *customer,
                segments,
            };
            block_on(table.find(&query, &all, READ)).expect("a search");
            read_nothing += usize::from(cache.stats().misses == before);
        }
        println!(
            "  cache of {share} of that: {:.0} % of the searches read nothing; {:?}",
            100.0 * read_nothing as f64 / (SEARCHES * customers) as f64,
            cache.stats(),
        );
    }
}

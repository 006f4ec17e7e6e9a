//! The cache: each part is read once, memory is bounded, cancelled searches leave no trace.

use std::{
    future::Future,
    pin::pin,
    sync::atomic::AtomicBool,
    task::{Context, Poll, Waker},
};

use futures::future::{join, join_all, poll_fn};

use super::*;

fn rows(count: usize, seed: u64) -> Vec<Owned> {
    (0..count)
        .map(|number| {
            let text = format!("words word{number}");
            Owned::new(number as u128, 0, &text, &noise(seed + number as u64, 32))
        })
        .collect()
}

/// A store that answers at the second poll, or not at all while it is closed.
struct Slow<'a> {
    memory: &'a Memory,
    closed: AtomicBool,
}

impl Ranges for Slow<'_> {
    async fn read(&self, customer: CustomerId, wanted: &[Piece]) -> Result<Vec<Bytes>, ReadError> {
        let mut polled = false;
        poll_fn(|context| {
            if polled && !self.closed.load(Ordering::Relaxed) {
                return Poll::Ready(());
            }
            polled = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        self.memory.read(customer, wanted).await
    }
}

#[test]
fn concurrent_searches_read_each_part_once() {
    let shelf = Shelf::of(&rows(3_000, 0));
    let vector = noise(1, 32);
    let query = Query {
        vector: Some(&vector),
        text: Some("word17"),
        ..Query::default()
    };
    let slow = Slow {
        memory: &shelf.memory,
        closed: AtomicBool::new(false),
    };
    let one = || {
        find(
            &shelf.cache,
            &slow,
            shelf.customer,
            &shelf.segments,
            &query,
            &Everything,
            At::Now,
        )
    };
    let alone = block_on(one()).unwrap();
    let (_, requests, bytes) = shelf.memory.counts();
    let fresh = Cache::new(1 << 30);
    let all = (0..8).map(|_| {
        find(
            &fresh,
            &slow,
            shelf.customer,
            &shelf.segments,
            &query,
            &Everything,
            At::Now,
        )
    });
    let found = block_on(join_all(all));
    assert!(found.into_iter().all(|found| found.unwrap() == alone));
    let (_, all_requests, all_bytes) = shelf.memory.counts();
    assert_eq!((all_requests, all_bytes), (requests, bytes));
}

#[test]
fn a_cancelled_search_leaves_its_parts_to_others() {
    let shelf = Shelf::of(&rows(3_000, 0));
    let query = by_text("word17");
    let slow = Slow {
        memory: &shelf.memory,
        closed: AtomicBool::new(true),
    };
    let one = || {
        find(
            &shelf.cache,
            &slow,
            shelf.customer,
            &shelf.segments,
            &query,
            &Everything,
            At::Now,
        )
    };
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut cancelled = pin!(one());
        assert!(cancelled.as_mut().poll(&mut context).is_pending());
        // Another one waits for what the first one reads.
        let mut waiting = pin!(one());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
    }
    let mut first = Box::pin(one());
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = Box::pin(one());
    assert!(second.as_mut().poll(&mut context).is_pending());
    drop(first);
    slow.closed.store(false, Ordering::Relaxed);
    let (second, third) = block_on(join(second, one()));
    assert_eq!(second.unwrap().len(), 1);
    assert_eq!(third.unwrap().len(), 1);
}

#[test]
fn a_failed_read_is_tried_again_by_the_next_search() {
    let shelf = Shelf::of(&rows(10, 0));
    let name = shelf.segments[0].name;
    let bytes = shelf.memory.get(name);
    shelf.memory.replace(name, vec![0; bytes.len()]);
    assert!(
        shelf
            .search_with(&by_text("word7"), &Everything, At::Now)
            .is_err()
    );
    shelf.memory.replace(name, bytes);
    assert_eq!(shelf.search(&by_text("word7")).len(), 1);
}

#[test]
fn memory_is_bounded_and_the_least_recently_used_goes_first() {
    let mut shelf = Shelf::new(0);
    for segment in 0..20 {
        shelf.publish(&rows(100, segment * 1_000), &[]);
    }
    let one = shelf.segments[0].size as usize;
    let cache = Cache::new(8 * one);
    let customers = [(); 2].map(|()| CustomerId::generate());
    let ask = |customer: usize, segment: usize| {
        let segments = &shelf.segments[segment..=segment];
        let query = by_text("word7");
        let found = block_on(find(
            &cache,
            &shelf.memory,
            customers[customer],
            segments,
            &query,
            &Everything,
            At::Now,
        ));
        assert_eq!(found.unwrap().len(), 1);
        assert!(cache.stats().bytes <= 8 * one);
        shelf.memory.counts().1
    };
    for segment in 0..20 {
        assert_eq!(ask(0, segment), 1);
        // What was used last is kept, for its customer alone.
        assert_eq!(ask(0, segment), 0);
        assert_eq!(ask(0, 0), 0, "{segment}");
    }
    assert_eq!(ask(1, 0), 1);
    assert_eq!(ask(0, 1), 1);
    assert!(cache.stats().evictions > 10);
    cache.remove(customers[0], shelf.segments[1].name);
    assert_eq!(ask(0, 1), 1);
}

#[test]
fn a_table_larger_than_the_memory_is_searched_anyway() {
    let rows = rows(3_000, 0);
    let mut shelf = Shelf::new(1_000);
    shelf.publish(&rows, &[]);
    for _ in 0..3 {
        assert_eq!(shelf.search(&by_text("word7")).len(), 1);
        assert_eq!(shelf.search(&by_vector(&noise(1, 32))).len(), 100);
        assert!(shelf.cache.stats().bytes <= 1_000);
    }
}

#[test]
fn a_small_segment_is_read_as_a_whole_when_it_is_used_again() {
    let shelf = Shelf::of(&rows(3_000, 0));
    let search = |number: usize| {
        let vector = noise(number as u64, 32);
        let query = Query {
            vector: Some(&vector),
            depth: 10,
            ..Query::default()
        };
        assert_eq!(shelf.search(&query).len(), 10);
        shelf.memory.counts()
    };
    assert_eq!(search(1).0, 2);
    assert_eq!(search(2).2, shelf.segments[0].size);
    for number in 3..30 {
        assert_eq!(search(number), (0, 0, 0));
    }
}

#[test]
fn a_search_can_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let shelf = Shelf::of(&rows(10, 0));
    let query = by_text("word7");
    let found = is_send(find(
        &shelf.cache,
        &shelf.memory,
        shelf.customer,
        &shelf.segments,
        &query,
        &Everything,
        At::Now,
    ));
    assert_eq!(block_on(found).unwrap().len(), 1);
}

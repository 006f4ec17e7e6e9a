//! Works through a batch so that no customer waits for another's slow work: the customer with the least work in
//! progress is next, and a customer's finished work proceeds without waiting for the others.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::Pin,
    time::Duration,
};

use dynrag_domain::CustomerId;
use futures::{
    StreamExt,
    stream::{self, FuturesUnordered},
};
use tokio::time::{Instant, sleep_until};

/// Limits on concurrent work.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Pieces of work in progress at once.
    pub begun: usize,
    /// Customers whose work is finished concurrently.
    pub finished: usize,
    /// How long ready work waits for more of the same customer.
    pub patience: Duration,
}

/// Starts each piece of work and finishes the results, those of a customer together. A customer's work is finished as
/// soon as none of it is left to start, or it has waited long enough; results that become ready later are finished
/// separately. Returns the work that failed to start.
pub async fn work<T, R, E>(
    pieces: impl IntoIterator<Item = (CustomerId, T)>,
    pace: Pace,
    begin: impl AsyncFn(T) -> Result<Option<R>, E>,
    finish: impl AsyncFn(CustomerId, Vec<R>),
) -> Vec<E> {
    let mut turns = Turns::default();
    for (customer, piece) in pieces {
        turns.add(customer, piece);
    }
    let (begin, finish) = (&begin, &finish);
    let mut begun = FuturesUnordered::new();
    let mut finishing = FuturesUnordered::new();
    let mut failed = Vec::new();
    loop {
        while begun.len() < pace.begun
            && let Some((customer, piece)) = turns.next()
        {
            begun.push(boxed(async move { (customer, begin(piece).await) }));
        }
        while finishing.len() < pace.finished
            && let Some((customer, ready)) = turns.due(Instant::now(), pace.patience)
        {
            finishing.push(boxed(async move {
                finish(customer, ready).await;
                customer
            }));
        }
        if begun.is_empty() && finishing.is_empty() {
            // Nothing is left to start or finish.
            return failed;
        }
        let due = match turns.next_due(pace.patience) {
            Some(at) if finishing.len() < pace.finished => {
                stream::once(sleep_until(at)).left_stream()
            }
            _ => stream::empty().right_stream(),
        };
        let mut due = std::pin::pin!(due);
        tokio::select! {
            Some((customer, outcome)) = begun.next() => {
                let ready = outcome.unwrap_or_else(|error| {
                    failed.push(error);
                    None
                });
                turns.begun(customer, ready, Instant::now());
            }
            Some(customer) = finishing.next() => turns.finished(customer),
            Some(()) = due.next() => {}
        }
    }
}

/// The types of nested futures would otherwise exceed the compiler's depth.
fn boxed<'a, T>(work: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(work)
}

/// Remaining work, by customer.
struct Turns<T, R> {
    customers: BTreeMap<CustomerId, Customer<T, R>>,
    added: usize,
}

struct Customer<T, R> {
    /// With its position in the batch.
    waiting: VecDeque<(usize, T)>,
    under_way: usize,
    ready: Vec<R>,
    ready_since: Option<Instant>,
    finishing: bool,
}

impl<T, R> Default for Turns<T, R> {
    fn default() -> Self {
        Self {
            customers: BTreeMap::new(),
            added: 0,
        }
    }
}

impl<T, R> Default for Customer<T, R> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: 0,
            ready: Vec::new(),
            ready_since: None,
            finishing: false,
        }
    }
}

impl<T, R> Customer<T, R> {
    /// When ready work is finished without the rest. `None`: nothing is ready, or other work of the customer is being
    /// finished.
    fn due(&self, patience: Duration) -> Option<Instant> {
        let since = self.ready_since.filter(|_| !self.finishing)?;
        let is_all = self.waiting.is_empty() && self.under_way == 0;
        Some(if is_all { since } else { since + patience })
    }
}

impl<T, R> Turns<T, R> {
    fn add(&mut self, customer: CustomerId, piece: T) {
        let turn = self.customers.entry(customer).or_default();
        turn.waiting.push_back((self.added, piece));
        self.added += 1;
    }

    /// The next piece to start: of the customer with the least work in progress; among equals, the earliest.
    fn next(&mut self) -> Option<(CustomerId, T)> {
        let turns = self.customers.iter_mut();
        let waiting = turns.filter(|(_, turn)| !turn.waiting.is_empty());
        let (customer, turn) = waiting.min_by_key(|(_, turn)| {
            let first = turn.waiting.front().map(|(place, _)| *place);
            (turn.under_way, first)
        })?;
        let (_, piece) = turn.waiting.pop_front()?;
        turn.under_way += 1;
        Some((*customer, piece))
    }

    /// Records the outcome of a started piece.
    fn begun(&mut self, customer: CustomerId, ready: Option<R>, now: Instant) {
        let turn = self.customers.entry(customer).or_default();
        turn.under_way = turn.under_way.saturating_sub(1);
        if let Some(ready) = ready {
            turn.ready.push(ready);
            turn.ready_since.get_or_insert(now);
        }
    }

    /// A customer's work that is due to be finished: the one that has waited longest.
    fn due(&mut self, now: Instant, patience: Duration) -> Option<(CustomerId, Vec<R>)> {
        let turns = self.customers.iter_mut();
        let due = turns.filter_map(|(customer, turn)| Some((turn.due(patience)?, customer, turn)));
        let (at, customer, turn) = due.min_by_key(|(at, ..)| *at)?;
        if at > now {
            return None;
        }
        turn.finishing = true;
        turn.ready_since = None;
        Some((*customer, std::mem::take(&mut turn.ready)))
    }

    /// When the next work is due.
    fn next_due(&self, patience: Duration) -> Option<Instant> {
        let turns = self.customers.values();
        turns.filter_map(|turn| turn.due(patience)).min()
    }

    /// Records that a customer's work was finished.
    fn finished(&mut self, customer: CustomerId) {
        if let Some(turn) = self.customers.get_mut(&customer) {
            turn.finishing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::{sync::Semaphore, time::sleep};

    use super::*;

    const PACE: Pace = Pace {
        begun: 3,
        finished: 2,
        patience: Duration::from_millis(1),
    };

    fn customers() -> (CustomerId, CustomerId) {
        (CustomerId::generate(), CustomerId::generate())
    }

    fn order(pieces: &[(CustomerId, &'static str)]) -> Vec<&'static str> {
        let mut turns = Turns::<_, ()>::default();
        for (customer, piece) in pieces {
            turns.add(*customer, *piece);
        }
        std::iter::from_fn(|| turns.next())
            .map(|(_, piece)| piece)
            .collect()
    }

    #[test]
    fn whoever_has_the_least_under_way_is_next() {
        let (a, b) = customers();
        let batch = [(a, "a1"), (a, "a2"), (a, "a3"), (b, "b1"), (b, "b2")];
        assert_eq!(order(&batch), ["a1", "b1", "a2", "b2", "a3"]);
        assert_eq!(order(&[(b, "b1"), (a, "a1")]), ["b1", "a1"]);
        // A customer whose work ends at once overtakes one whose work does not.
        let mut turns = Turns::<_, ()>::default();
        for piece in 0..4 {
            turns.add(a, piece);
            turns.add(b, 10 + piece);
        }
        let mut begun = Vec::new();
        for _ in 0..6 {
            let (customer, piece) = turns.next().unwrap();
            begun.push(piece);
            if customer == b {
                turns.begun(b, None, Instant::now());
            }
        }
        assert_eq!(begun, [0, 10, 11, 12, 13, 1]);
    }

    #[test]
    fn a_customers_work_is_finished_together_or_when_it_has_waited() {
        let (a, b) = customers();
        let (now, patience) = (Instant::now(), Duration::from_secs(1));
        let mut turns = Turns::default();
        for (customer, piece) in [(a, 1), (b, 2), (a, 3), (a, 4)] {
            turns.add(customer, piece);
        }
        while turns.next().is_some() {}
        turns.begun(a, Some(1), now);
        assert_eq!(turns.due(now, patience), None);
        assert_eq!(turns.next_due(patience), Some(now + patience));
        // All of the other customer's work.
        turns.begun(b, Some(2), now);
        assert_eq!(turns.due(now, patience), Some((b, vec![2])));
        let later = now + patience;
        assert_eq!(turns.due(later, patience), Some((a, vec![1])));
        // Not concurrently with itself.
        turns.begun(a, Some(3), later);
        turns.begun(a, None, later);
        assert_eq!(turns.due(later + patience, patience), None);
        assert_eq!(turns.next_due(patience), None);
        turns.finished(a);
        assert_eq!(turns.due(later, patience), Some((a, vec![3])));
    }

    #[tokio::test]
    async fn what_is_ready_does_not_wait_for_what_is_slow() {
        let (a, b) = customers();
        // A's third piece ends when all the others are finished.
        let done = Semaphore::new(0);
        let finished = RefCell::new(Vec::new());
        let pieces = [(a, 1), (a, 2), (a, 3), (b, 4), (a, 5)];
        let failed = work(
            pieces,
            PACE,
            async |piece| match piece {
                2 => Err(piece),
                3 => {
                    done.acquire_many(3).await.unwrap().forget();
                    Ok(Some(piece))
                }
                _ => Ok(Some(piece)),
            },
            async |customer, ready: Vec<i32>| {
                // Finishing takes longer than ready work waits.
                sleep(Duration::from_millis(5)).await;
                done.add_permits(ready.len());
                finished
                    .borrow_mut()
                    .extend(ready.iter().map(|piece| (customer, *piece)));
            },
        )
        .await;
        assert_eq!(failed, [2]);
        let finished = finished.into_inner();
        assert_eq!(finished.last(), Some(&(a, 3)));
        let mut all = finished;
        all.sort_by_key(|(_, piece)| *piece);
        assert_eq!(all, [(a, 1), (a, 3), (b, 4), (a, 5)]);
    }

    #[tokio::test]
    async fn nothing_to_do_ends_at_once() {
        let none = Vec::<(CustomerId, ())>::new();
        let begin = async |()| Err::<Option<()>, _>("begun");
        assert!(work(none, PACE, begin, async |_, _| {}).await.is_empty());
    }
}

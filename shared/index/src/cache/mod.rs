//! Opened segments and parts of them, of all customers, under one budget of bytes.
//!
//! `moka` evicts in its maintenance and frees later, so that memory would exceed the budget (`shared/vectors/src/cache.rs`).

mod read;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use dynrag_domain::ids::CustomerId;
use futures::channel::oneshot;
use lru::LruCache;

use crate::{
    Error, Ranges, Result, Segment, SegmentName, SegmentRef, Tombstone, plan::Budget,
    segment::Part, wire,
};

pub(crate) use read::whole;
use read::{choose, read};

/// Largest segment that is read as a whole when it is used again.
const WHOLE: u64 = 16 * 1024 * 1024;
/// Memory of an entry beside its value.
const ENTRY: usize = 160;

type Key = (CustomerId, SegmentName, Part);

#[derive(Clone, Debug)]
enum Value {
    Segment(Arc<Segment>),
    Bytes(Bytes),
}

impl Value {
    fn bytes(&self) -> usize {
        ENTRY
            + match self {
                Self::Segment(segment) => segment.bytes(),
                Self::Bytes(bytes) => bytes.len(),
            }
    }
}

#[derive(Debug)]
struct Entry {
    value: Value,
    uses: u32,
}

/// What a [`Cache`] holds, and what it did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CacheStats {
    /// Bytes held.
    pub bytes: usize,
    /// Entries held.
    pub entries: usize,
    /// Parts that were in memory when wanted.
    pub hits: u64,
    /// Parts that were read.
    pub misses: u64,
    /// Entries dropped for others.
    pub evictions: u64,
}

#[derive(Debug)]
struct State {
    entries: LruCache<Key, Entry>,
    /// Parts that a search is reading. Dropping the senders wakes those that wait for them.
    pending: HashMap<Key, Vec<oneshot::Sender<()>>>,
    stats: CacheStats,
}

/// Opened segments and parts of them, the least recently used dropped first.
///
/// Concurrent searches read a part once. A search that is cancelled or fails leaves it to the others.
#[derive(Debug)]
pub struct Cache {
    budget: usize,
    state: Mutex<State>,
}

/// A segment with what the cache knows about it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) segment: Arc<Segment>,
    /// It is used again, and so small that it is read as a whole if anything of it is missing.
    pub(crate) whole: bool,
}

/// A part that a search wants. Those of higher rank are left out first.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) opened: Opened,
    pub(crate) part: Part,
    pub(crate) rank: u32,
    /// Place of its budget; the first one is for what is never left out.
    pub(crate) budget: usize,
}

/// What [`Cache::obtain`] looks for.
struct Target {
    segment: SegmentName,
    part: Part,
    range: Range<u64>,
    budget: usize,
}

/// Parts that this search reads for all.
struct Claim<'a> {
    cache: &'a Cache,
    keys: Vec<Key>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut state = self.cache.lock();
        for key in &self.keys {
            state.pending.remove(key);
        }
    }
}

impl Cache {
    /// A cache of at most `budget` bytes, in addition to what running searches use.
    pub fn new(budget: usize) -> Self {
        Self {
            budget,
            state: Mutex::new(State {
                entries: LruCache::unbounded(),
                pending: HashMap::new(),
                stats: CacheStats::default(),
            }),
        }
    }

    /// What it holds, and what it did since the start.
    pub fn stats(&self) -> CacheStats {
        let state = self.lock();
        CacheStats {
            entries: state.entries.len(),
            ..state.stats
        }
    }

    /// Drops a segment, such as one that was found damaged.
    pub fn remove(&self, customer: CustomerId, segment: SegmentName) {
        let mut state = self.lock();
        let keys: Vec<Key> = state
            .entries
            .iter()
            .map(|(key, _)| *key)
            .filter(|(of, name, _)| (*of, *name) == (customer, segment))
            .collect();
        for key in keys {
            if let Some(entry) = state.entries.pop(&key) {
                state.stats.bytes -= entry.value.bytes();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens segments, in one round.
    pub(crate) async fn open<R: Ranges>(
        &self,
        ranges: &R,
        customer: CustomerId,
        segments: &[SegmentRef],
    ) -> Result<Vec<Opened>> {
        let targets: Vec<Target> = segments
            .iter()
            .map(|reference| Target {
                segment: reference.name,
                part: Part::Opened,
                range: 0..reference.first,
                budget: 0,
            })
            .collect();
        let open = |place: usize, bytes: Bytes| match segments.get(place) {
            Some(reference) => Ok(Value::Segment(Arc::new(Segment::open(*reference, bytes)?))),
            None => Err(Error::Invalid("a segment that was not asked for")),
        };
        let found = self
            .obtain(ranges, customer, &targets, &[Budget::UNLIMITED], open)
            .await?;
        let mut state = self.lock();
        let opened = segments.iter().zip(found).filter_map(|(reference, value)| {
            let Some(Value::Segment(segment)) = value else {
                return None;
            };
            let entry = state
                .entries
                .peek_mut(&(customer, reference.name, Part::Opened));
            let uses = entry.map_or(1, |entry| {
                entry.uses = entry.uses.saturating_add(1);
                entry.uses
            });
            let whole = uses > 1 && reference.size <= WHOLE && reference.first < reference.size;
            Some(Opened { segment, whole })
        });
        Ok(opened.collect())
    }

    /// Tells which segments hold rows that tombstones remove. Opens some at a time, 64 MiB.
    ///
    /// # Errors
    /// As for [`crate::rank`].
    pub async fn holds<R: Ranges>(
        &self,
        ranges: &R,
        customer: CustomerId,
        segments: &[SegmentRef],
        removals: &[Tombstone],
    ) -> Result<Vec<bool>> {
        const TOGETHER: u64 = 64 * 1024 * 1024;
        let holds = |opened: &Opened| {
            let mut documents = opened.segment.documents.iter();
            documents.any(|document| {
                let mut of = removals.iter().filter(|of| of.document() == document.id);
                of.any(|removal| removal.cover(*document).is_none())
            })
        };
        let (mut held, mut rest) = (Vec::with_capacity(segments.len()), segments);
        while !rest.is_empty() {
            let mut first = 0;
            let fitting = rest.iter().take_while(|segment| {
                first += segment.first;
                first <= TOGETHER
            });
            let (together, after) = rest.split_at(fitting.count().max(1));
            let opened = self.open(ranges, customer, together).await?;
            held.extend(opened.iter().map(holds));
            rest = after;
        }
        Ok(held)
    }

    /// Gets parts, in one round; `None` where the budget leaves one out.
    pub(crate) async fn parts<R: Ranges>(
        &self,
        ranges: &R,
        customer: CustomerId,
        wanted: &[Wanted],
        budgets: &[Budget],
    ) -> Result<Vec<Option<Bytes>>> {
        let mut parts: Vec<Option<Bytes>> = wanted
            .iter()
            .map(|wanted| wanted.opened.segment.resident(wanted.part))
            .collect();
        let chosen = choose(wanted, &parts, budgets);
        let whole = self.whole(customer, wanted, &chosen);
        // Each target once, with the wants that it serves.
        let mut places: BTreeMap<(SegmentName, Part), usize> = BTreeMap::new();
        let (mut targets, mut serves): (Vec<Target>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        for number in chosen {
            let Some(wanted) = wanted.get(number) else {
                continue;
            };
            let segment = &wanted.opened.segment;
            let (part, budget) = match whole.contains(&segment.name()) {
                true => (Part::Whole, 0),
                false => (wanted.part, wanted.budget),
            };
            let place = *places.entry((segment.name(), part)).or_insert_with(|| {
                targets.push(Target {
                    segment: segment.name(),
                    part,
                    range: segment.range(part),
                    budget,
                });
                serves.push(Vec::new());
                targets.len() - 1
            });
            if let Some(serves) = serves.get_mut(place) {
                serves.push(number);
            }
        }
        let check = |place: usize, bytes: Bytes| {
            let served = serves
                .get(place)
                .and_then(|serves| wanted.get(*serves.first()?));
            let served = served.ok_or(Error::Invalid("a part that was not asked for"))?;
            // Parts of a whole segment are checked when they are used.
            if !whole.contains(&served.opened.segment.name()) {
                served
                    .opened
                    .segment
                    .blame(wire::unseal(&bytes).map(|_| ()))?;
            }
            Ok(Value::Bytes(bytes))
        };
        let found = self
            .obtain(ranges, customer, &targets, budgets, check)
            .await?;
        for (serves, value) in serves.iter().zip(found) {
            let Some(Value::Bytes(bytes)) = value else {
                continue;
            };
            for number in serves {
                let (Some(wanted), Some(part)) = (wanted.get(*number), parts.get_mut(*number))
                else {
                    continue;
                };
                *part = if whole.contains(&wanted.opened.segment.name()) {
                    let range = wanted.opened.segment.range(wanted.part);
                    let bound =
                        |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                    Some(bytes.slice(bound(range.start)..bound(range.end)))
                } else {
                    Some(bytes.clone())
                };
            }
        }
        Ok(parts)
    }

    /// The segments that are read as a whole: those of which chosen parts are missing that no search is reading.
    fn whole(
        &self,
        customer: CustomerId,
        wanted: &[Wanted],
        chosen: &[usize],
    ) -> BTreeSet<SegmentName> {
        let state = self.lock();
        let is_missing = |wanted: &&Wanted| {
            let key = (customer, wanted.opened.segment.name(), wanted.part);
            !state.entries.contains(&key) && !state.pending.contains_key(&key)
        };
        let chosen = chosen.iter().filter_map(|number| wanted.get(*number));
        let missing = chosen
            .filter(|wanted| wanted.opened.whole)
            .filter(is_missing);
        missing.map(|wanted| wanted.opened.segment.name()).collect()
    }

    /// Gets targets from memory, from other searches that are reading them, or by reading.
    async fn obtain<R: Ranges>(
        &self,
        ranges: &R,
        customer: CustomerId,
        targets: &[Target],
        budgets: &[Budget],
        make: impl Fn(usize, Bytes) -> Result<Value>,
    ) -> Result<Vec<Option<Value>>> {
        let mut found: Vec<Option<Value>> = vec![None; targets.len()];
        loop {
            let (mine, waits) = self.look(customer, targets, &mut found);
            if mine.is_empty() && waits.is_empty() {
                return Ok(found);
            }
            if !mine.is_empty() {
                let key = |place: &usize| {
                    targets
                        .get(*place)
                        .map(|target| (customer, target.segment, target.part))
                };
                let claim = Claim {
                    cache: self,
                    keys: mine.iter().filter_map(key).collect(),
                };
                let read = read(ranges, customer, targets, &mine, budgets).await?;
                let mut new = Vec::with_capacity(read.len());
                for (place, bytes) in read {
                    let value = make(place, bytes)?;
                    if let (Some(found), Some(key)) = (found.get_mut(place), key(&place)) {
                        *found = Some(value.clone());
                        new.push((key, value));
                    }
                }
                self.insert(new);
                drop(claim);
            }
            for wait in waits {
                // The sender is dropped when the part is there, or when it is left to us.
                wait.await.ok();
            }
        }
    }

    /// Takes what is in memory; returns what is to be read, which is now pending, and what others read.
    fn look(
        &self,
        customer: CustomerId,
        targets: &[Target],
        found: &mut [Option<Value>],
    ) -> (Vec<usize>, Vec<oneshot::Receiver<()>>) {
        let (mut mine, mut waits) = (Vec::new(), Vec::new());
        let mut state = self.lock();
        let state = &mut *state;
        for (place, (target, found)) in targets.iter().zip(found).enumerate() {
            if found.is_some() {
                continue;
            }
            let key = (customer, target.segment, target.part);
            if let Some(entry) = state.entries.get(&key) {
                *found = Some(entry.value.clone());
                state.stats.hits += 1;
            } else if let Some(waiting) = state.pending.get_mut(&key) {
                let (sender, receiver) = oneshot::channel();
                waiting.push(sender);
                waits.push(receiver);
            } else {
                state.pending.insert(key, Vec::new());
                state.stats.misses += 1;
                mine.push(place);
            }
        }
        (mine, waits)
    }

    fn insert(&self, new: Vec<(Key, Value)>) {
        let mut state = self.lock();
        let state = &mut *state;
        for (key, value) in new {
            state.stats.bytes += value.bytes();
            if let Some(old) = state.entries.put(key, Entry { value, uses: 0 }) {
                state.stats.bytes -= old.value.bytes();
            }
        }
        while state.stats.bytes > self.budget {
            let Some((_, entry)) = state.entries.pop_lru() else {
                break;
            };
            state.stats.bytes -= entry.value.bytes();
            state.stats.evictions += 1;
        }
    }
}

//! The bounded queue between connections and the model's one thread.
//!
//! It has two lanes. Small requests are queries, for which somebody waits: they go first. Large ones are worked off
//! in slices, so that a query waits for one slice and not for a whole request. Between two batches of queries the
//! other lane has its slice, so neither waits for ever. Requests that wait at the same time in a lane are embedded
//! together: many small requests then cost about as much as one large one.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use anyhow::Context;
use tokio::sync::oneshot;

/// Requests that may wait in a lane. More are told to come back, so that memory stays bounded.
const QUEUE: usize = 64;
/// Most texts of a request that goes first.
const MOST_QUICK_TEXTS: usize = 4;
/// Most bytes of their text together.
const MOST_QUICK_BYTES: usize = 8 * 1024;
/// Texts that the model is given at once.
const SLICE: usize = 16;

/// Something that turns texts into vectors, blocking.
pub trait Embed: Send + 'static {
    /// Embeds texts. Answers a vector and the number of tokens read for each, in order.
    ///
    /// # Errors
    /// A fault of the model; none is caused by a text.
    fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<(Vec<f32>, u32)>>;
}

/// What became of a request's texts.
#[derive(Debug, PartialEq)]
pub struct Embedded {
    /// A vector for each text, in order.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens read, over all texts.
    pub tokens: u64,
}

/// Why the model gave no vectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The queue is full.
    Busy,
    /// The model failed, or its thread is gone; the log says why.
    Failed,
}

struct Job {
    /// Those that the model has not been given.
    texts: VecDeque<String>,
    done: Embedded,
    reply: oneshot::Sender<Embedded>,
}

#[derive(Default)]
struct Lanes {
    quick: VecDeque<Job>,
    bulk: VecDeque<Job>,
    /// Nobody asks any more, or nobody answers.
    closed: bool,
}

#[derive(Default)]
struct Shared {
    lanes: Mutex<Lanes>,
    waiting: Condvar,
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Nothing that can panic is done under the lock.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        let mut lanes = self.lanes();
        *lanes = Lanes {
            closed: true,
            ..Lanes::default()
        };
        self.waiting.notify_all();
    }
}

/// Closes the lanes when the last of its owners is gone.
struct Closing(Arc<Shared>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The connections' end of the queue.
#[derive(Clone)]
pub struct Queue(Arc<Closing>);

impl Queue {
    /// Waits for the vectors of some texts.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn embed(&self, texts: Vec<String>) -> Result<Embedded, Refused> {
        let answer = self.put(texts)?;
        answer.await.map_err(|_| Refused::Failed)
    }

    fn put(&self, texts: Vec<String>) -> Result<oneshot::Receiver<Embedded>, Refused> {
        let (reply, answer) = oneshot::channel();
        let bytes: usize = texts.iter().map(String::len).sum();
        let shared = &self.0.0;
        let mut lanes = shared.lanes();
        if lanes.closed {
            return Err(Refused::Failed);
        }
        let lane = if texts.len() <= MOST_QUICK_TEXTS && bytes <= MOST_QUICK_BYTES {
            &mut lanes.quick
        } else {
            &mut lanes.bulk
        };
        if lane.len() == QUEUE {
            return Err(Refused::Busy);
        }
        lane.push_back(Job {
            done: Embedded {
                vectors: Vec::with_capacity(texts.len()),
                tokens: 0,
            },
            texts: texts.into(),
            reply,
        });
        shared.waiting.notify_one();
        Ok(answer)
    }
}

/// Starts the model's thread. It ends when all queues are dropped.
///
/// # Errors
/// When the system gives no thread.
pub fn start(model: impl Embed) -> anyhow::Result<Queue> {
    let shared = Arc::new(Shared::default());
    // However the thread ends, callers that wait or ask then are told.
    let served = Closing(shared.clone());
    thread::Builder::new()
        .name("model".into())
        .spawn(move || {
            let mut quick_next = true;
            while let Some((slice, was_quick)) = next(&served.0, quick_next) {
                quick_next = !was_quick;
                if let Some(job) = run(&model, slice) {
                    let mut lanes = served.0.lanes();
                    if lanes.closed {
                        return;
                    }
                    let lane = if was_quick {
                        &mut lanes.quick
                    } else {
                        &mut lanes.bulk
                    };
                    lane.push_front(job);
                }
            }
        })
        .context("no thread for the model")?;
    Ok(Queue(Arc::new(Closing(shared))))
}

/// Texts for the model, each job with how many of them are its own.
struct Slice {
    texts: Vec<String>,
    jobs: Vec<(Job, usize)>,
}

/// Waits for texts; none when nobody asks any more. Of the lane that is next where it has some.
fn next(shared: &Shared, quick_next: bool) -> Option<(Slice, bool)> {
    let mut lanes = shared.lanes();
    loop {
        if lanes.closed {
            return None;
        }
        for quick in [quick_next, !quick_next] {
            let lane = if quick {
                &mut lanes.quick
            } else {
                &mut lanes.bulk
            };
            let slice = slice(lane);
            if !slice.jobs.is_empty() {
                return Some((slice, quick));
            }
        }
        lanes = shared
            .waiting
            .wait(lanes)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// The first texts of a lane, with their jobs. Only the last job may have texts left.
fn slice(lane: &mut VecDeque<Job>) -> Slice {
    let mut slice = Slice {
        texts: Vec::new(),
        jobs: Vec::new(),
    };
    while slice.texts.len() < SLICE {
        let Some(mut job) = lane.pop_front() else {
            break;
        };
        // Whoever hung up while waiting needs no vectors.
        if job.reply.is_closed() {
            continue;
        }
        let count = job.texts.len().min(SLICE - slice.texts.len());
        slice.texts.extend(job.texts.drain(..count));
        slice.jobs.push((job, count));
    }
    slice
}

/// Embeds a slice and answers the jobs that are done with it; the one that is not.
fn run(model: &impl Embed, slice: Slice) -> Option<Job> {
    let Slice { texts, jobs } = slice;
    let mut embedded = match model.embed(&texts) {
        Ok(embedded) if embedded.len() == texts.len() => embedded.into_iter(),
        // The replies are dropped, which their requests take for a failure.
        Ok(embedded) => {
            let (texts, vectors) = (texts.len(), embedded.len());
            tracing::error!(texts, vectors, "a vector is missing");
            return None;
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the model failed");
            return None;
        }
    };
    let mut rest = None;
    for (mut job, count) in jobs {
        for (vector, tokens) in embedded.by_ref().take(count) {
            job.done.vectors.push(vector);
            job.done.tokens += u64::from(tokens);
        }
        if !job.texts.is_empty() {
            rest = Some(job);
        } else if job.reply.send(job.done).is_err() {
            tracing::debug!("a request hung up before its answer");
        }
    }
    rest
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Answers the number of characters; fails on the text `fail`.
    pub(crate) struct Lengths;

    impl Embed for Lengths {
        fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<(Vec<f32>, u32)>> {
            anyhow::ensure!(!texts.iter().any(|text| text == "fail"), "told to fail");
            Ok(texts
                .iter()
                .map(|text| (vec![text.len() as f32], text.len() as u32))
                .collect())
        }
    }

    /// Tells of each slice before it is embedded, and waits until it may be.
    struct Watched {
        slices: mpsc::Sender<Vec<String>>,
        go: Mutex<mpsc::Receiver<()>>,
    }

    impl Embed for Watched {
        fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<(Vec<f32>, u32)>> {
            self.slices.send(texts.to_vec())?;
            self.go.lock().unwrap().recv()?;
            Lengths.embed(texts)
        }
    }

    fn texts(text: &str, count: usize) -> Vec<String> {
        vec![text.to_owned(); count]
    }

    #[tokio::test]
    async fn each_request_gets_its_own_vectors() {
        let queue = start(Lengths).unwrap();
        let ask = |texts: &[&str]| {
            let texts = texts.iter().map(|text| text.to_string()).collect();
            let queue = queue.clone();
            async move { queue.embed(texts).await }
        };
        let (a, b, c) = tokio::join!(ask(&["a", "bb"]), ask(&["ccc"]), ask(&["dddd"]));
        assert_eq!(a.unwrap().vectors, [[1.0], [2.0]]);
        assert_eq!(b.unwrap().vectors, [[3.0]]);
        assert_eq!(c.unwrap().tokens, 4);
        assert_eq!(ask(&["fail"]).await, Err(Refused::Failed));
        assert_eq!(ask(&["a"]).await.unwrap().tokens, 1);
        let (long, other) = tokio::join!(
            queue.embed((0..100).map(|n| "x".repeat(n)).collect()),
            queue.embed(texts("y", 20)),
        );
        let long = long.unwrap();
        assert_eq!(long.tokens, (0..100).sum::<u64>());
        assert!(
            long.vectors
                .iter()
                .zip(0..)
                .all(|(vector, n)| vector[0] == n as f32)
        );
        assert_eq!(other.unwrap().vectors, vec![vec![1.0]; 20]);
        assert_eq!(ask(&[]).await.unwrap().vectors.len(), 0);
    }

    #[tokio::test]
    async fn a_query_waits_for_one_slice_of_a_large_request() {
        let (slices, seen) = mpsc::channel();
        let (go, may) = mpsc::channel();
        let queue = start(Watched {
            slices,
            go: Mutex::new(may),
        })
        .unwrap();
        let large = queue.put(texts("large", 3 * SLICE)).unwrap();
        assert_eq!(seen.recv().unwrap(), texts("large", SLICE));
        // While the first slice is with the model.
        let other = queue.put(texts("other", SLICE)).unwrap();
        let queries = ["one", "two"].map(|query| queue.put(texts(query, 1)).unwrap());
        go.send(()).unwrap();
        assert_eq!(seen.recv().unwrap(), ["one", "two"]);
        let third = queue.put(texts("three", 1)).unwrap();
        go.send(()).unwrap();
        for query in queries {
            assert_eq!(query.await.unwrap().vectors.len(), 1);
        }
        // Nor do queries keep the large request waiting, which stays before the other.
        assert_eq!(seen.recv().unwrap(), texts("large", SLICE));
        go.send(()).unwrap();
        assert_eq!(seen.recv().unwrap(), ["three"]);
        for _ in 0..3 {
            go.send(()).unwrap();
        }
        third.await.unwrap();
        assert_eq!(large.await.unwrap().vectors, vec![vec![5.0]; 3 * SLICE]);
        assert_eq!(other.await.unwrap().vectors.len(), SLICE);
    }

    #[tokio::test]
    async fn a_full_lane_refuses_and_who_hung_up_is_left_out() {
        let (slices, seen) = mpsc::channel();
        let (go, may) = mpsc::channel();
        let queue = start(Watched {
            slices,
            go: Mutex::new(may),
        })
        .unwrap();
        let first = queue.put(texts("first", 1)).unwrap();
        seen.recv().unwrap();
        drop(queue.put(texts("gone", 1)).unwrap());
        let waiting: Vec<_> = (1..QUEUE)
            .map(|_| queue.put(texts("a", 1)).unwrap())
            .collect();
        assert_eq!(queue.put(texts("a", 1)).err(), Some(Refused::Busy));
        // The other lane has room.
        let bulk = queue.put(texts("bulk", SLICE)).unwrap();
        drop(go);
        // The model fails from here on, and everybody is told.
        assert!(first.await.is_err());
        for answer in waiting {
            assert!(answer.await.is_err());
        }
        assert!(bulk.await.is_err());
        assert!(
            seen.iter()
                .take(QUEUE / SLICE)
                .all(|slice| slice[0] != "gone")
        );
    }
}

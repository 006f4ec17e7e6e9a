//! The bounded queue between connections and the model's one thread.
//!
//! Requests that wait at the same time are embedded together: many small requests then cost about
//! as much as one large one.

use std::thread;

use anyhow::Context;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait. More are told to come back, so that memory stays bounded.
const QUEUE: usize = 64;
/// Texts gathered from the queue before the model runs; a single request may hold more.
const GATHER: usize = 256;

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
    texts: Vec<String>,
    reply: oneshot::Sender<Embedded>,
}

/// The connections' end of the queue.
#[derive(Clone)]
pub struct Queue(mpsc::Sender<Job>);

impl Queue {
    /// Waits for the vectors of some texts.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn embed(&self, texts: Vec<String>) -> Result<Embedded, Refused> {
        let (reply, answer) = oneshot::channel();
        self.0
            .try_send(Job { texts, reply })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Refused::Busy,
                mpsc::error::TrySendError::Closed(_) => Refused::Failed,
            })?;
        answer.await.map_err(|_| Refused::Failed)
    }
}

/// Starts the model's thread. It ends when all queues are dropped.
///
/// # Errors
/// When the system gives no thread.
pub fn start(model: impl Embed) -> anyhow::Result<Queue> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    thread::Builder::new()
        .name("model".into())
        .spawn(move || {
            while let Some(first) = receiver.blocking_recv() {
                run(&model, gather(first, &mut receiver));
            }
        })
        .context("no thread for the model")?;
    Ok(Queue(sender))
}

/// The job that came first and those behind it, up to [`GATHER`] texts.
fn gather(first: Job, receiver: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut texts = first.texts.len();
    let mut jobs = vec![first];
    while texts < GATHER {
        let Ok(next) = receiver.try_recv() else { break };
        texts += next.texts.len();
        jobs.push(next);
    }
    // Whoever hung up while waiting needs no vectors.
    jobs.retain(|job| !job.reply.is_closed());
    jobs
}

fn run(model: &impl Embed, mut jobs: Vec<Job>) {
    let counts: Vec<usize> = jobs.iter().map(|job| job.texts.len()).collect();
    let texts: Vec<String> = jobs
        .iter_mut()
        .flat_map(|job| std::mem::take(&mut job.texts))
        .collect();
    let mut embedded = match model.embed(&texts) {
        Ok(embedded) if embedded.len() == texts.len() => embedded.into_iter(),
        // The replies are dropped, which their requests take for a failure.
        Ok(embedded) => {
            return tracing::error!(
                texts = texts.len(),
                vectors = embedded.len(),
                "a vector is missing"
            );
        }
        Err(error) => return tracing::error!(error = format!("{error:#}"), "the model failed"),
    };
    for (job, count) in jobs.into_iter().zip(counts) {
        let (vectors, tokens): (Vec<_>, Vec<u32>) = embedded.by_ref().take(count).unzip();
        let tokens = tokens.into_iter().map(u64::from).sum();
        if job.reply.send(Embedded { vectors, tokens }).is_err() {
            tracing::debug!("a request hung up before its answer");
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
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
    }

    #[test]
    fn waiting_requests_are_gathered_and_a_full_queue_refuses() {
        let (sender, mut receiver) = mpsc::channel(QUEUE);
        let job = |texts: usize| {
            let (reply, answer) = oneshot::channel();
            let texts = vec![String::from("a"); texts];
            (Job { texts, reply }, answer)
        };
        let (gone, answer) = job(1);
        drop(answer);
        let (kept, _kept_answer) = job(GATHER - 1);
        let (later, _later_answer) = job(1);
        for waiting in [kept, later] {
            sender.try_send(waiting).ok().unwrap();
        }
        assert_eq!(gather(gone, &mut receiver).len(), 1);
        assert!(receiver.try_recv().is_ok());

        let mut answers = Vec::new();
        for _ in 0..QUEUE {
            let (job, answer) = job(1);
            sender.try_send(job).ok().unwrap();
            answers.push(answer);
        }
        assert!(sender.try_send(job(1).0).is_err());
    }
}

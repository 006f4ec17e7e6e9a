//! The events of a document's stream: its steps and its end.

use std::{collections::VecDeque, time::Duration};

use dynrag_api::{
    event_stream::{Event, json_event},
    timeline::{DocumentEnd, DocumentStep},
};
use dynrag_domain::{DocumentId, Kind, Result};
use dynrag_store::timeline::Standing;
use futures::{Stream, stream};
use tokio::time::{Instant, sleep};

/// Polling interval.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// How long nothing may be sent before a keep-alive.
pub(crate) const SILENCE: Duration = Duration::from_secs(15);
/// How long a client should wait before it reconnects.
const RETRY: Duration = Duration::from_secs(2);
/// Consecutive polls that may fail.
const PATIENCE: u32 = 10;

struct Following<L> {
    id: DocumentId,
    look: L,
    /// Number of the last step sent.
    seen: i64,
    due: VecDeque<Event>,
    failures: u32,
    tick: Duration,
    until: Instant,
    over: bool,
}

/// Streams the steps after `seen`: those of `first`, then those that `look` finds after the last one sent,
/// until processing has ended or the time is up; `tick` is the polling interval.
pub(crate) fn events<L, F>(
    id: DocumentId,
    seen: i64,
    first: Standing,
    look: L,
    tick: Duration,
    until: Instant,
) -> impl Stream<Item = Event>
where
    L: Fn(i64) -> F,
    F: Future<Output = Result<Standing>>,
{
    let mut following = Following {
        id,
        look,
        seen,
        due: VecDeque::from([Event::default().retry(RETRY)]),
        failures: 0,
        tick,
        until,
        over: false,
    };
    following.take(Ok(first));
    stream::unfold(following, async |mut following| {
        let event = following.next().await?;
        Some((event, following))
    })
}

impl<L, F> Following<L>
where
    L: Fn(i64) -> F,
    F: Future<Output = Result<Standing>>,
{
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.due.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if Instant::now() + self.tick >= self.until {
                self.over = true;
                self.due
                    .push_back(Event::default().comment("to be continued"));
                continue;
            }
            sleep(self.tick).await;
            let found = (self.look)(self.seen).await;
            self.take(found);
        }
    }

    fn take(&mut self, found: Result<Standing>) {
        let told = match found {
            Ok(standing) => self.tell(standing),
            Err(error) if error.kind() == Kind::NotFound => {
                self.end(&DocumentEnd::deleted(self.id))
            }
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => self.failures = 0,
            Err(error) => {
                self.failures += 1;
                // The client reconnects and continues where this stream was.
                self.over = self.failures >= PATIENCE;
                let (code, cause) = (error.code(), error.internal());
                tracing::warn!(
                    code,
                    cause,
                    failures = self.failures,
                    "poll of a document failed"
                );
            }
        }
    }

    fn tell(&mut self, standing: Standing) -> Result<()> {
        let end = DocumentEnd::after(self.id, &standing);
        for step in standing.steps {
            let number = step.number;
            let event = json_event("status", Some(number), &DocumentStep::from(step))?;
            self.due.push_back(event);
            self.seen = number;
        }
        end.map_or(Ok(()), |end| self.end(&end))
    }

    fn end(&mut self, end: &DocumentEnd) -> Result<()> {
        self.due.push_back(json_event("end", None::<i64>, end)?);
        self.over = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::response::IntoResponse;
    use chrono::{DateTime, TimeDelta};
    use dynrag_api::event_stream::EventStream;
    use dynrag_domain::{
        Error, VersionNumber,
        documents::{FailureCode, Stage, Status},
    };
    use dynrag_store::timeline::Step;
    use futures::StreamExt;
    use tokio::sync::{Mutex, Notify};

    use super::*;

    fn step(number: i64, status: Status) -> Step {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        Step {
            number,
            started_at: at(number),
            ended_at: (!status.is_terminal()).then(|| at(number + 1)),
            version: VersionNumber::FIRST,
            status,
            stage: (status == Status::Processing).then_some(Stage::Extracting),
            code: None,
            attempt: 1,
        }
    }

    fn standing(steps: &[Step], status: Status) -> Standing {
        Standing {
            status,
            code: (status == Status::Failed).then_some(FailureCode::CorruptFile),
            steps: steps.to_vec(),
        }
    }

    type Looks = Arc<Mutex<VecDeque<Result<Standing>>>>;

    /// What is sent, event by event: its first two lines.
    fn sent(
        events: impl Stream<Item = Event> + Send + 'static,
        silence: Duration,
    ) -> impl Stream<Item = String> {
        let response = EventStream::of(events, silence).into_response();
        response.into_body().into_data_stream().map(|bytes| {
            let bytes = bytes.unwrap();
            let lines = std::str::from_utf8(&bytes).unwrap().lines().take(2);
            lines.collect::<Vec<_>>().join(" ").trim_end().to_owned()
        })
    }

    /// The stream's output for the given polls, within a time limit.
    async fn told(
        seen: i64,
        first: Standing,
        later: Vec<Result<Standing>>,
        time: Duration,
    ) -> Vec<String> {
        let looks: Looks = Arc::new(Mutex::new(later.into()));
        let look = move |_| {
            let looks = looks.clone();
            async move {
                let found = looks.lock().await.pop_front();
                found.unwrap_or_else(|| Err(Error::internal_fault("a look too many")))
            }
        };
        let until = Instant::now() + time;
        let id = DocumentId::generate();
        let events = events(id, seen, first, look, Duration::ZERO, until);
        sent(events, LONG).collect().await
    }

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn steps_are_streamed_as_they_happen_and_then_the_end() {
        let first = standing(&[step(1, Status::Queued)], Status::Queued);
        let later = vec![
            Ok(standing(&[], Status::Queued)),
            Ok(standing(&[step(2, Status::Processing)], Status::Processing)),
            Err(Error::unavailable("the database is away for a moment")),
            Ok(standing(&[step(3, Status::Failed)], Status::Failed)),
        ];
        let said = told(0, first, later, LONG).await;
        let expected = [
            "retry: 2000",
            "event: status id: 1",
            "event: status id: 2",
            "event: status id: 3",
        ];
        assert_eq!(said[..4], expected);
        assert!(
            said[4].starts_with("event: end data: {\"docId\":\""),
            "{said:?}"
        );
        let why =
            "\"status\":\"failed\",\"code\":\"corrupt_file\",\"reason\":\"The file is damaged";
        assert!(said[4].contains(why), "{said:?}");
        assert_eq!(said.len(), 5);
    }

    #[tokio::test]
    async fn a_client_that_reconnects_after_the_end_gets_only_the_end() {
        let said = told(4, standing(&[], Status::Completed), vec![], LONG).await;
        assert!(said[1].starts_with("event: end"), "{said:?}");
        assert_eq!(said.len(), 2);
    }

    #[tokio::test]
    async fn the_end_is_not_sent_before_its_steps() {
        let first = standing(&[step(1, Status::Queued)], Status::Completed);
        let later = standing(&[step(2, Status::Completed)], Status::Completed);
        let said = told(0, first, vec![Ok(later)], LONG).await;
        assert_eq!(said[1..3], ["event: status id: 1", "event: status id: 2"]);
        assert!(said[3].starts_with("event: end"), "{said:?}");
    }

    #[tokio::test]
    async fn keep_alives_are_sent_repeatedly() {
        let released = Arc::new(Notify::new());
        let released_later = released.clone();
        let look = move |_| {
            let released = released_later.clone();
            async move {
                released.notified().await;
                Err(Error::not_found("document"))
            }
        };
        let (id, until) = (DocumentId::generate(), Instant::now() + LONG);
        let first = standing(&[], Status::Queued);
        let events = events(id, 1, first, look, Duration::ZERO, until);
        let mut stream = sent(events, Duration::from_millis(5)).boxed();
        let said: Vec<_> = stream.by_ref().take(3).collect().await;
        assert_eq!(said, ["retry: 2000", ": nothing new", ": nothing new"]);
        // The document was deleted.
        released.notify_one();
        let said: Vec<_> = stream.collect().await;
        assert!(said[0].ends_with("\"deleted\":true}"), "{said:?}");
        assert_eq!(said.len(), 1);
    }

    #[tokio::test]
    async fn the_stream_ends_when_its_time_is_up() {
        let first = standing(&[step(1, Status::Queued)], Status::Queued);
        let said = told(0, first, vec![], Duration::ZERO).await;
        let expected = ["retry: 2000", "event: status id: 1", ": to be continued"];
        assert_eq!(said, expected);
    }

    #[tokio::test]
    async fn a_lasting_database_outage_closes_the_stream_without_an_end_event() {
        let away = (0..PATIENCE).map(|_| Err(Error::unavailable("away")));
        let said = told(1, standing(&[], Status::Queued), away.collect(), LONG).await;
        assert_eq!(said, ["retry: 2000"]);
    }
}

//! What events say, read at the moment of their delivery.

use std::collections::HashMap;

use dynrag_api::live_event::LiveEvent;
use dynrag_domain::{
    ChatSessionId, DocumentId, JobId, Result,
    answers::Answer,
    money::Usd,
    realtime::Channel,
    tasks::{JobKind, JobStatus},
};
use dynrag_store::{
    Store, TenantId,
    chat::Owner,
    realtime::{Listener, Waiting},
};
use serde::Serialize;

use crate::found;

/// Events that are told together: all steps of a document, or all changes of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    /// Their rows.
    pub(crate) rows: Vec<i64>,
    event: Waiting,
    /// The events of a document that began its steps.
    steps: Vec<i64>,
}

/// Puts events together that are told together; the first of them has its place in the order.
pub(crate) fn together(events: Vec<Waiting>) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    let mut places = HashMap::new();
    for event in events {
        let is_step = event.channel == Channel::Documents && event.number.is_some();
        let step = event.number.filter(|_| is_step);
        // Answers and the end of a deleted document are told one by one.
        let key = match event.channel {
            Channel::Documents if is_step => Some((event.channel, event.subject)),
            Channel::Jobs | Channel::Usage => Some((event.channel, event.subject)),
            Channel::Documents | Channel::Chat => None,
        };
        let place = key.and_then(|key| places.get(&key).copied());
        match place.and_then(|place: usize| all.get_mut(place)) {
            Some(told) => {
                told.rows.push(event.id);
                told.steps.extend(step);
            }
            None => {
                if let Some(key) = key {
                    places.insert(key, all.len());
                }
                all.push(Told {
                    rows: vec![event.id],
                    steps: step.into_iter().collect(),
                    event,
                });
            }
        }
    }
    all
}

/// A job, as its event shows it. Its progress is at `GET /api/jobs/{id}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobChange {
    job_id: JobId,
    kind: JobKind,
    status: JobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// An answer in a conversation, as it is stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoredAnswer {
    session_id: ChatSessionId,
    message_number: i32,
    #[serde(flatten)]
    answer: Answer,
}

/// The alert that most of the month's budget is spent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BudgetAlert {
    spent_usd: Usd,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_usd: Option<Usd>,
}

/// Reads what is to be said, as the listener may see it; nothing if it may not, or if it is there no longer.
pub(crate) async fn read(
    store: &Store,
    customer: TenantId,
    listener: &Listener,
    told: &Told,
) -> Result<Vec<LiveEvent>> {
    let event = &told.event;
    if !listener.hears(event.channel) {
        return Ok(Vec::new());
    }
    let about = Some(event.subject);
    match event.channel {
        Channel::Documents if event.number.is_none() => {
            let id = DocumentId::from(event.subject);
            let bound = listener.collections.as_ref();
            let is_seen = bound.is_none_or(|to| event.collection.is_some_and(|c| to.contains(&c)));
            match is_seen {
                true => Ok(vec![LiveEvent::of_deleted(id)?]),
                false => Ok(Vec::new()),
            }
        }
        Channel::Documents => {
            let id = DocumentId::from(event.subject);
            let steps = store.steps_of_events(customer, id, &told.steps).await;
            match found(steps)? {
                Some(standing) => LiveEvent::of_document(id, standing),
                None => Ok(Vec::new()),
            }
        }
        Channel::Jobs => {
            let job = store.get_job(customer, JobId::from(event.subject)).await;
            let change = found(job)?.map(|job| {
                let change = JobChange {
                    job_id: job.id,
                    kind: job.kind,
                    status: job.status,
                    code: job.code,
                };
                LiveEvent::new(event.channel, about, "job", None, &change)
            });
            change.into_iter().collect()
        }
        Channel::Chat => {
            let number = event.number.and_then(|number| i32::try_from(number).ok());
            let Some(number) = number else {
                return Ok(Vec::new());
            };
            let owner = Owner::try_from(listener.principal)?;
            let session_id = ChatSessionId::from(event.subject);
            let below = Some(number.saturating_add(1));
            let messages = store.chat_messages(customer, owner, session_id, below, 1);
            let message =
                found(messages.await)?.and_then(|(_, messages)| messages.into_iter().next());
            let answer = message.filter(|message| message.number == number);
            let answer = answer.and_then(|message| message.answer).map(|answer| {
                let answer = StoredAnswer {
                    session_id,
                    message_number: number,
                    answer,
                };
                LiveEvent::new(event.channel, about, "answer", event.number, &answer)
            });
            answer.into_iter().collect()
        }
        Channel::Usage => {
            let spend = store.spend_of_this_month(customer).await?;
            let alert = spend.map(|(spent_usd, budget_usd)| {
                let alert = BudgetAlert {
                    spent_usd,
                    budget_usd,
                };
                LiveEvent::new(event.channel, None, "budgetAlert", None, &alert)
            });
            alert.into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use dynrag_domain::CollectionId;
    use uuid::Uuid;

    use super::*;

    fn waiting(id: i64, channel: Channel, subject: Uuid, number: Option<i64>) -> Waiting {
        Waiting {
            id,
            connection: "c".to_owned(),
            channel,
            subject,
            number,
            collection: None::<CollectionId>,
        }
    }

    #[test]
    fn steps_of_a_document_are_told_together_and_answers_one_by_one() {
        let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
        let told = together(vec![
            waiting(1, Channel::Documents, a, Some(10)),
            waiting(2, Channel::Documents, b, Some(11)),
            waiting(3, Channel::Chat, a, Some(2)),
            waiting(4, Channel::Documents, a, Some(12)),
            waiting(5, Channel::Jobs, a, None),
            waiting(6, Channel::Chat, a, Some(4)),
            waiting(7, Channel::Jobs, a, None),
            waiting(8, Channel::Documents, a, None),
        ]);
        let rows: Vec<&[i64]> = told.iter().map(|told| told.rows.as_slice()).collect();
        let expected: [&[i64]; 6] = [&[1, 4], &[2], &[3], &[5, 7], &[6], &[8]];
        assert_eq!(rows, expected);
        assert_eq!(told[0].steps, [10, 12]);
    }
}

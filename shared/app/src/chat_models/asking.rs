//! Asks chat models, one after the other until one answers.

use std::time::Duration;

use dynrag_domain::{
    ChatSessionId, Error, Kind, Result,
    audit::Actor,
    chat::{ChatModelName, ChatTokens},
    money::Usd,
};
use dynrag_llm::chat::{self, ChatClient, ChatError, ChatRequest, ChatUsage, Completion, Delta};
use dynrag_store::{
    admission::Admission,
    ledger::{Asked, Purpose},
};
use futures::{StreamExt, future::BoxFuture};
use tokio::time::{Instant, timeout_at};

use super::ChatAccess;
use crate::App;

/// Least time a request is worth.
const LEAST: Duration = Duration::from_secs(1);

/// What came of asking models for an answer.
#[derive(Debug)]
pub struct Completed {
    /// The answer of the first model that gave one, or why the last gave none.
    pub answer: Result<Answered>,
    /// Requests that were made.
    pub calls: u32,
    /// Their tokens.
    pub tokens: ChatTokens,
    /// Their cost.
    pub cost: Usd,
}

/// A model's answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Its text.
    pub text: String,
    /// Whether it ends where the request cut it.
    pub is_cut: bool,
    /// The model.
    pub model: ChatModelName,
}

/// What is heard of an answer that is being written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard<'a> {
    /// A model is asked. What was heard of the one before is void.
    Begin,
    /// Text that follows the text before.
    Text(&'a str),
}

/// Someone who hears an answer as it is written.
pub struct Listener<'a> {
    /// Takes what is heard.
    pub hear: &'a mut (dyn FnMut(Heard<'_>) + Send),
    /// Ends when nobody listens any more, which cancels the call.
    pub gone: BoxFuture<'a, ()>,
}

/// Asks models for a whole answer, one after the other until one answers, and records the calls. `request` makes the request
/// for a model, or none if it does not fit the model's context. A model is not asked whose call could exceed a budget. With a
/// listener the answer is streamed.
///
/// # Errors
/// `unavailable` if the calls cannot be recorded. That no model answers is none: it is in what is returned.
pub async fn complete(
    app: &App,
    caller: &Admission,
    models: &[ChatAccess],
    purpose: Purpose,
    mut request: impl FnMut(&ChatAccess) -> Option<ChatRequest>,
    mut listener: Option<Listener<'_>>,
    deadline: Instant,
) -> Result<Completed> {
    let client = &app.chat_models().await?.client;
    let mut budget = Left::read(caller, purpose).await?;
    let (mut lines, mut tokens) = (Vec::new(), ChatTokens::default());
    let mut answer = Err(Error::unavailable("no chat model"));
    for (model, attempt) in models.iter().zip(1..) {
        let Some(request) = request(model) else {
            answer = Err(ChatError::ContextTooLong.into());
            continue;
        };
        let most = model.most(&request);
        let is_affordable = caller.check_cost(model.paid_by, most);
        if let Err(error) = is_affordable.and_then(|()| budget.check(most)) {
            answer = Err(error);
            continue;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left < LEAST {
            break;
        }
        // A silent model leaves time for the next.
        let is_last = usize::try_from(attempt).is_ok_and(|attempt| attempt == models.len());
        let until = Instant::now() + if is_last { left } else { left / 2 };
        let answered = match &mut listener {
            Some(listener) => heard(client, model, &request, listener, (until, deadline)).await,
            None => {
                let answered = client.complete(&model.provider, &request, until).await;
                answered.map_err(|error| (error, String::new()))
            }
        };
        match answered {
            Ok(completion) => {
                tokens = completion.usage.tokens.within(model.model.context_tokens);
                lines.push(model.ledger(purpose, attempt, "ok", tokens));
                answer = Ok(Answered {
                    text: completion.text,
                    is_cut: completion.is_cut,
                    model: model.name.clone(),
                });
                break;
            }
            Err((error, text)) => {
                tracing::warn!(
                    customer_id = %caller.customer_id, model = %model.name, code = error.code(), %error,
                    "a chat model did not answer"
                );
                let used = match error.may_be_charged() {
                    true => chat::estimate(&request, &text).tokens,
                    false => ChatTokens::default(),
                };
                let line = model.ledger(purpose, attempt, error.code(), used);
                budget.take(line.cost);
                lines.push(line);
                let is_over = error == ChatError::Cancelled;
                answer = Err(error.into());
                if is_over {
                    break;
                }
            }
        }
    }
    caller.store().record_calls(caller.tenant(), &lines).await?;
    let cost = lines.iter().map(|line| line.cost.nanos()).sum();
    Ok(Completed {
        answer,
        calls: u32::try_from(lines.len()).unwrap_or(u32::MAX),
        tokens,
        cost: Usd::from_nanos(cost),
    })
}

/// Who asks.
pub fn asked(caller: &Admission, session: Option<ChatSessionId>) -> Asked {
    Asked {
        by: Actor::from(caller.principal).id(),
        session,
    }
}

/// What is left of a caller's and of a conversation's budget; `None`: no limit. Concurrent calls may exceed it by their cost.
struct Left {
    of_caller: Option<i64>,
    of_session: Option<i64>,
}

impl Left {
    async fn read(caller: &Admission, purpose: Purpose) -> Result<Self> {
        let (of_caller, of_session) = (
            caller.config.chat_user_budget_usd,
            caller.config.chat_session_budget_usd,
        );
        let asked = match purpose {
            Purpose::Answering(asked) | Purpose::Rewriting(asked)
                if of_caller.or(of_session).is_some() =>
            {
                asked
            }
            _ => {
                return Ok(Self {
                    of_caller: None,
                    of_session: None,
                });
            }
        };
        let spent = caller.store().chat_spending(caller.tenant(), asked).await?;
        let left = |budget: Option<Usd>, spent: Usd| {
            budget.map(|budget| budget.nanos().saturating_sub(spent.nanos()))
        };
        Ok(Self {
            of_caller: left(of_caller, spent.by_caller),
            of_session: left(
                of_session.filter(|_| asked.session.is_some()),
                spent.in_session,
            ),
        })
    }

    /// Checks that a call may be made that costs so much at most. What costs nothing needs a budget that is not spent, too.
    fn check(&self, most: Usd) -> Result<()> {
        for (left, name, whose) in [
            (
                self.of_caller,
                "chatUserBudgetUsd",
                "you may spend on answers this month",
            ),
            (
                self.of_session,
                "chatSessionBudgetUsd",
                "this conversation may cost",
            ),
        ] {
            if left.is_some_and(|left| left < most.nanos().max(1)) {
                return Err(Error::new(
                    Kind::PaymentRequired,
                    "chat_budget_exceeded",
                    format!(
                        "The call could cost {most} USD, more than is left of what {whose} ({name})."
                    ),
                ));
            }
        }
        Ok(())
    }

    fn take(&mut self, cost: Usd) {
        for left in [&mut self.of_caller, &mut self.of_session]
            .into_iter()
            .flatten()
        {
            *left = left.saturating_sub(cost.nanos());
        }
    }
}

/// Has an answer streamed to a listener, and returns it whole. An error comes with the text before it.
async fn heard(
    client: &ChatClient,
    model: &ChatAccess,
    request: &ChatRequest,
    listener: &mut Listener<'_>,
    deadlines: (Instant, Instant),
) -> Result<Completion, (ChatError, String)> {
    let Listener { hear, gone } = listener;
    let mut text = String::new();
    let take = |heard: Heard<'_>| {
        hear(heard);
        if let Heard::Text(piece) = heard {
            text.push_str(piece);
        }
    };
    let ended = tokio::select! {
        biased;
        () = gone => Err(ChatError::Cancelled),
        ended = stream(client, model, request, deadlines, take) => ended,
    };
    match ended {
        Ok((usage, is_cut)) => Ok(Completion {
            text,
            usage,
            is_cut,
        }),
        Err(error) => Err((error, text)),
    }
}

/// Has an answer streamed, of which text must come before one deadline, and the end before another; returns what it used, and
/// whether it was cut.
async fn stream(
    client: &ChatClient,
    model: &ChatAccess,
    request: &ChatRequest,
    (mut deadline, last): (Instant, Instant),
    mut hear: impl FnMut(Heard<'_>),
) -> Result<(ChatUsage, bool), ChatError> {
    hear(Heard::Begin);
    let deltas = client.stream(&model.provider, request, deadline).await?;
    let mut deltas = std::pin::pin!(deltas);
    loop {
        let delta = timeout_at(deadline, deltas.next()).await;
        let delta = delta.unwrap_or(Some(Err(ChatError::Silent)));
        match delta.unwrap_or(Err(ChatError::Broken))? {
            Delta::Text(piece) => {
                deadline = last;
                hear(Heard::Text(&piece));
            }
            Delta::End { usage, is_cut } => return Ok((usage, is_cut)),
        }
    }
}

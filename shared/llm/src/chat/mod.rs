//! Chat completions of OpenAI-compatible providers, whole ([`ChatClient::complete`]) or piece by piece
//! ([`ChatClient::stream`]).
//!
//! A client makes one request for a call and never repeats it: an answer that began may have been shown, and which model
//! is asked next is its caller's choice. Sources: OpenAI's reference of chat completions; the request's types are those of
//! async-openai. Answers are parsed leniently, since compatible servers leave members out.

mod answer;
mod error;
mod models;
mod provider;

use std::time::Duration;

use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions, CreateChatCompletionRequest,
};
use chrono::Utc;
use dynrag_domain::{Result, chat::ChatTokens};
use eventsource_stream::EventStreamError;
use futures::{Stream, StreamExt, future::Either, stream};
use reqwest::{
    Response,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    client, count_tokens, retry,
    wire::{Refusal, read_body},
};

use answer::{Chunk, Whole};

pub use error::ChatError;
pub use models::{ChatProviders, PLATFORM, PlatformChatModels};
pub use provider::ChatProvider;

/// Most bytes of an answer's text; the longest that models write have a tenth of it.
const MAX_ANSWER: usize = 1024 * 1024;
/// Bytes of a whole answer: its text in JSON, escaped.
const MAX_BODY: usize = 4 * MAX_ANSWER;
/// Bytes of a streamed answer: each token is an event, of some 300 bytes.
const MAX_STREAM: usize = 64 * MAX_ANSWER;
/// Longest silence of a provider in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// Tokens around each message, as OpenAI counts them.
const PER_MESSAGE: u64 = 4;

/// Who says a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The instructions.
    System,
    /// The person who asks.
    User,
    /// The model.
    Assistant,
}

/// A message of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// Its text.
    pub content: String,
}

impl Message {
    /// A message of a role.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
        }
    }
}

/// What is asked of a model.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The conversation, at least one message.
    pub messages: Vec<Message>,
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// Randomness, from 0 to 2; `None` for the model's own.
    pub temperature: Option<f32>,
}

impl ChatRequest {
    /// Tokens of the messages, by the tokenizer of OpenAI's models; other models count others.
    pub fn tokens(&self) -> u64 {
        let counted = self.messages.iter().map(|message| {
            let tokens = count_tokens(&message.content);
            tokens.saturating_add(PER_MESSAGE)
        });
        counted.sum()
    }

    fn body(&self, provider: &ChatProvider, is_streamed: bool) -> CreateChatCompletionRequest {
        let message = |message: &Message| -> ChatCompletionRequestMessage {
            let content = message.content.as_str();
            match message.role {
                Role::System => ChatCompletionRequestSystemMessage::from(content).into(),
                Role::User => ChatCompletionRequestUserMessage::from(content).into(),
                Role::Assistant => ChatCompletionRequestAssistantMessage::from(content).into(),
            }
        };
        let mut body = CreateChatCompletionRequest {
            model: provider.model.clone(),
            messages: self.messages.iter().map(message).collect(),
            temperature: self.temperature,
            ..CreateChatCompletionRequest::default()
        };
        provider.limit(&mut body, self.max_tokens);
        if is_streamed {
            body.stream = Some(true);
            body.stream_options = Some(ChatCompletionStreamOptions {
                include_usage: Some(true),
                include_obfuscation: None,
            });
        }
        body
    }
}

/// A whole answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// Its text.
    pub text: String,
    /// What it used.
    pub usage: ChatUsage,
    /// Whether it ends where `max_tokens` cut it.
    pub is_cut: bool,
}

/// Tokens of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChatUsage {
    /// The tokens.
    pub tokens: ChatTokens,
    /// Whether they were counted here, as the provider reported none.
    pub is_estimate: bool,
}

/// A piece of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delta {
    /// Text that follows the text before.
    Text(String),
    /// The end; nothing follows.
    End {
        /// What the answer used.
        usage: ChatUsage,
        /// Whether it ends where `max_tokens` cut it.
        is_cut: bool,
    },
}

/// Asks chat models. Build one per process; clones share connections.
#[derive(Clone)]
pub struct ChatClient {
    http: reqwest::Client,
}

impl ChatClient {
    /// Builds the client.
    ///
    /// # Errors
    /// An internal error if the system has no TLS roots.
    pub fn new() -> Result<Self> {
        Ok(Self {
            http: client::http()?,
        })
    }

    /// Asks for a whole answer, before a deadline.
    ///
    /// # Errors
    /// See [`ChatError`].
    pub async fn complete(
        &self,
        provider: &ChatProvider,
        request: &ChatRequest,
        deadline: Instant,
    ) -> Result<Completion, ChatError> {
        let answer = async {
            let response = self.send(provider, request, false).await?;
            whole(response, request).await
        };
        timeout_at(deadline, answer)
            .await
            .unwrap_or(Err(ChatError::Silent))
    }

    /// Asks for an answer piece by piece. The response has begun well when this returns, before a deadline; the stream ends
    /// with [`Delta::End`] or an error. To drop it cancels the answer at the provider.
    ///
    /// # Errors
    /// See [`ChatError`].
    pub async fn stream(
        &self,
        provider: &ChatProvider,
        request: &ChatRequest,
        deadline: Instant,
    ) -> Result<impl Stream<Item = Result<Delta, ChatError>> + Send + use<>, ChatError> {
        let sent = timeout_at(deadline, self.send(provider, request, true)).await;
        let response = sent.unwrap_or(Err(ChatError::Silent))?;
        let kind = response.headers().get(CONTENT_TYPE);
        let is = |name: &str| kind.is_some_and(|kind| kind.as_bytes().starts_with(name.as_bytes()));
        if is("text/html") {
            return Err(ChatError::Malformed("a page instead of an answer"));
        }
        if is("application/json") {
            // A server that does not stream.
            let completion = timeout_at(deadline, whole(response, request)).await;
            let completion = completion.unwrap_or(Err(ChatError::Silent))?;
            let end = Delta::End {
                usage: completion.usage,
                is_cut: completion.is_cut,
            };
            let deltas = [Ok(Delta::Text(completion.text)), Ok(end)];
            return Ok(Either::Left(stream::iter(deltas)));
        }
        Ok(Either::Right(pieces(response, request.tokens())))
    }

    async fn send(
        &self,
        provider: &ChatProvider,
        request: &ChatRequest,
        is_streamed: bool,
    ) -> Result<Response, ChatError> {
        let mut post = self
            .http
            .post(provider.endpoint.clone())
            .json(&request.body(provider, is_streamed));
        if let Some(value) = provider.authorization()? {
            post = post.header(AUTHORIZATION, value);
        }
        let response = post.send().await.map_err(|e| ChatError::transport(&e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry::retry_after(response.headers(), Utc::now());
        let refusal = Refusal::read(response).await;
        let texts: Vec<&str> = request
            .messages
            .iter()
            .map(|m| m.content.as_str())
            .collect();
        let secret = provider.api_key.as_ref().map(ExposeSecret::expose_secret);
        Err(ChatError::refused(
            status,
            retry_after,
            refusal,
            &texts,
            secret,
        ))
    }
}

/// Reads an answer that is not streamed.
async fn whole(response: Response, request: &ChatRequest) -> Result<Completion, ChatError> {
    let body = read_body(response, MAX_BODY).await?;
    let whole = Whole::parse(&body)?;
    let usage = usage(whole.tokens, || request.tokens(), &whole.text);
    Ok(Completion {
        text: whole.text,
        usage,
        is_cut: whole.is_cut,
    })
}

/// The tokens that the provider reported; otherwise they are counted.
fn usage(reported: Option<ChatTokens>, request: impl FnOnce() -> u64, text: &str) -> ChatUsage {
    match reported {
        Some(tokens) => ChatUsage {
            tokens,
            is_estimate: false,
        },
        None => ChatUsage {
            tokens: ChatTokens {
                input: request(),
                cached: 0,
                output: count_tokens(text),
            },
            is_estimate: true,
        },
    }
}

/// What a call used whose answer broke off after a text.
pub fn estimate(request: &ChatRequest, text: &str) -> ChatUsage {
    usage(None, || request.tokens(), text)
}

/// The state of an answer that arrives in pieces.
struct Arriving<S> {
    events: S,
    text: String,
    request_tokens: u64,
    tokens: Option<ChatTokens>,
    is_cut: bool,
    /// Whether the model said that its answer ends.
    is_whole: bool,
    has_ended: bool,
}

fn pieces(
    response: Response,
    request_tokens: u64,
) -> impl Stream<Item = Result<Delta, ChatError>> + Send {
    let mut left = MAX_STREAM;
    let bytes = response.bytes_stream().map(move |bytes| {
        let bytes = bytes.map_err(|e| ChatError::transport(&e))?;
        left = left.checked_sub(bytes.len()).ok_or(ChatError::TooLong)?;
        Ok::<_, ChatError>(bytes)
    });
    let events = eventsource_stream::EventStream::new(bytes);
    let arriving = Arriving {
        events: Box::pin(events),
        text: String::new(),
        request_tokens,
        tokens: None,
        is_cut: false,
        is_whole: false,
        has_ended: false,
    };
    stream::unfold(arriving, async |mut arriving| {
        if arriving.has_ended {
            return None;
        }
        let next = loop {
            let next = arriving.events.next();
            // Some models think for longer than that before they write. The caller has a deadline.
            let event = match arriving.text.is_empty() {
                true => Ok(next.await),
                false => timeout(SILENCE, next).await,
            };
            let event = match event {
                Err(_) => break Err(ChatError::Silent),
                Ok(None) if arriving.is_whole => break Ok(arriving.end()),
                Ok(None) => break Err(ChatError::Broken),
                Ok(Some(Err(EventStreamError::Transport(ChatError::TooLong)))) => {
                    break Err(ChatError::TooLong);
                }
                Ok(Some(Err(_))) => break Err(ChatError::Broken),
                Ok(Some(Ok(event))) => event,
            };
            if event.data == "[DONE]" {
                break Ok(arriving.end());
            }
            match Chunk::parse(&event.data) {
                Err(error) => break Err(error),
                Ok(chunk) => {
                    if let Some(text) = arriving.take(chunk) {
                        break text;
                    }
                }
            }
        };
        arriving.has_ended = !matches!(next, Ok(Delta::Text(_)));
        Some((next, arriving))
    })
}

impl<S> Arriving<S> {
    /// Takes a piece; returns its text, if it has any.
    fn take(&mut self, chunk: Chunk) -> Option<Result<Delta, ChatError>> {
        self.tokens = chunk.tokens.or(self.tokens);
        if let Some(is_cut) = chunk.is_cut {
            (self.is_cut, self.is_whole) = (is_cut, true);
        }
        if chunk.text.is_empty() {
            return None;
        }
        if self.text.len() + chunk.text.len() > MAX_ANSWER {
            return Some(Err(ChatError::TooLong));
        }
        self.text.push_str(&chunk.text);
        Some(Ok(Delta::Text(chunk.text)))
    }

    fn end(&self) -> Delta {
        Delta::End {
            usage: usage(self.tokens, || self.request_tokens, &self.text),
            is_cut: self.is_cut,
        }
    }
}

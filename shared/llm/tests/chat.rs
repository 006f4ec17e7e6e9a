//! Chat completions against a scripted provider.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use dynrag_domain::chat::{ChatModelName, ChatTokens};
use dynrag_llm::chat::{
    ChatClient, ChatError, ChatProvider, ChatProviders, ChatRequest, Delta, Message, Role,
};
use dynrag_testing::openai::{ChatReply, ChatRule, FakeOpenAi};
use futures::StreamExt;
use tokio::time::Instant;

const TEXT: &str = "Neun Tage – 九日 – تسعة أيام.";

struct Asked {
    fake: FakeOpenAi,
    client: ChatClient,
    model: ChatProvider,
}

impl Asked {
    async fn with(reply: ChatReply) -> Self {
        let fake = FakeOpenAi::start().await;
        fake.chat_rule(ChatRule {
            contains: String::new(),
            model: None,
            times: None,
            reply,
        });
        let providers = ChatProviders::parse(&format!("fake={}", fake.base_url())).unwrap();
        let name: ChatModelName = "fake/m".parse().unwrap();
        let model = providers.model(&name, Some("key-canary".into())).unwrap();
        Self {
            fake,
            client: ChatClient::new().unwrap(),
            model,
        }
    }

    async fn whole(&self) -> Result<(String, ChatTokens, bool), ChatError> {
        let request = request();
        let completion = self.client.complete(&self.model, &request, deadline());
        let completion = completion.await?;
        let usage = completion.usage;
        Ok((completion.text, usage.tokens, usage.is_estimate))
    }

    /// The pieces that arrive, and the end or the error after them.
    async fn streamed(&self) -> (Vec<String>, Result<(ChatTokens, bool), ChatError>) {
        let stream = match self
            .client
            .stream(&self.model, &request(), deadline())
            .await
        {
            Ok(stream) => stream,
            Err(error) => return (Vec::new(), Err(error)),
        };
        let mut stream = std::pin::pin!(stream);
        let mut pieces = Vec::new();
        while let Some(delta) = stream.next().await {
            match delta {
                Ok(Delta::Text(text)) => pieces.push(text),
                Ok(Delta::End { usage, .. }) => {
                    assert!(stream.next().await.is_none());
                    return (pieces, Ok((usage.tokens, usage.is_estimate)));
                }
                Err(error) => return (pieces, Err(error)),
            }
        }
        panic!("a stream without an end");
    }
}

fn request() -> ChatRequest {
    ChatRequest {
        messages: vec![
            Message::new(Role::System, "Answer briefly."),
            Message::new(Role::User, "How long does it take?"),
        ],
        max_tokens: 100,
        temperature: None,
    }
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn an_answer_is_the_same_whole_and_in_pieces() {
    for (piece, usage, streams) in [(1, true, true), (3, false, true), (4, true, false)] {
        let asked = Asked::with(ChatReply::Text {
            text: TEXT.to_owned(),
            piece,
            ms: 0,
            usage,
            streams,
        })
        .await;
        let (text, tokens, is_estimate) = asked.whole().await.unwrap();
        assert_eq!((text.as_str(), is_estimate), (TEXT, !usage));
        assert!(tokens.input > 0 && tokens.output > 0, "{tokens:?}");
        let (pieces, end) = asked.streamed().await;
        assert_eq!(pieces.concat(), TEXT);
        assert_eq!(pieces.len() > 1, streams, "{pieces:?}");
        assert_eq!(end.unwrap(), (tokens, is_estimate));
        let seen = asked.fake.chat_requests();
        assert_eq!(seen[0].key.as_deref(), Some("key-canary"));
        assert_eq!(seen[1].body["stream_options"]["include_usage"], true);
        assert_eq!(seen[0].body["max_tokens"], 100);
        assert!(seen[0].body.get("temperature").is_none());
    }
}

#[tokio::test]
async fn every_failure_has_its_error_whole_and_in_pieces() {
    let wait = Some(Duration::from_secs(3));
    for (reply, expected) in [
        (
            ChatReply::RateLimited {
                retry_after_ms: Some(3_000),
            },
            ChatError::RateLimited { retry_after: wait },
        ),
        (ChatReply::Quota, ChatError::InsufficientQuota),
        (ChatReply::InvalidKey, ChatError::InvalidKey),
        (ChatReply::ContextTooLong, ChatError::ContextTooLong),
    ] {
        let asked = Asked::with(reply).await;
        assert_eq!(asked.whole().await.unwrap_err(), expected);
        assert_eq!(asked.streamed().await, (Vec::new(), Err(expected)));
    }
    let asked = Asked::with(ChatReply::ServerError).await;
    assert_eq!(asked.whole().await.unwrap_err().code(), "unavailable");
    let asked = Asked::with(ChatReply::Html).await;
    assert_eq!(asked.whole().await.unwrap_err().code(), "malformed");
    assert!(asked.streamed().await.1.is_err());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_after_its_pieces() {
    let text = TEXT.to_owned();
    for reply in [
        ChatReply::Breaks { text: text.clone() },
        ChatReply::Errs { text: text.clone() },
    ] {
        let asked = Asked::with(reply).await;
        let (pieces, end) = asked.streamed().await;
        // The last piece may be lost with the connection.
        assert!(
            TEXT.starts_with(&pieces.concat()) && pieces.len() > 1,
            "{pieces:?}"
        );
        assert_eq!(end, Err(ChatError::Broken));
    }
    let asked = Asked::with(ChatReply::Endless).await;
    assert_eq!(asked.whole().await.unwrap_err(), ChatError::TooLong);
    let (pieces, end) = asked.streamed().await;
    assert_eq!(end, Err(ChatError::TooLong));
    assert!(pieces.concat().len() <= 1024 * 1024);
}

#[tokio::test]
async fn a_silent_provider_is_given_up() {
    let asked = Asked::with(ChatReply::Silent {
        text: TEXT.to_owned(),
    })
    .await;
    let soon = Instant::now() + Duration::from_millis(300);
    let request = request();
    let silent = asked.client.complete(&asked.model, &request, soon);
    assert_eq!(silent.await.unwrap_err(), ChatError::Silent);
}

#[tokio::test]
async fn a_dropped_stream_is_cancelled_at_the_provider() {
    let asked = Asked::with(ChatReply::Text {
        text: TEXT.repeat(1_000),
        piece: 4,
        ms: 5,
        usage: true,
        streams: true,
    })
    .await;
    let request = request();
    let stream = asked.client.stream(&asked.model, &request, deadline());
    let mut stream = Box::pin(stream.await.unwrap());
    assert!(matches!(stream.next().await, Some(Ok(Delta::Text(_)))));
    drop(stream);
    // The fake would need half a minute for all of it.
    while !asked.fake.chat_requests()[0].was_dropped {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!asked.fake.chat_requests()[0].is_whole);
}

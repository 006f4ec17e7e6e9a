//! WebSocket connections.

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

use crate::support::stack::{Answer, PATIENCE, Stack, Tenant};

/// An open connection.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A ticket for an API key.
pub async fn ticket(stack: &Stack, key: &str) -> Value {
    let request = stack
        .http
        .post(stack.url("/api/realtime/tickets"))
        .header("x-api-key", key);
    Answer::of(request).await.ok(201)
}

impl Tenant {
    /// A connection of the default key.
    pub async fn connect(&self) -> Socket {
        Socket::with_key(&self.stack, &self.key).await
    }

    /// A connection of the user.
    pub async fn connect_as_user(&self) -> Socket {
        let request = self.call_as_user(Method::POST, "/api/realtime/tickets");
        let ticket = Answer::of(request).await.ok(201);
        Socket::open(ticket["url"].as_str().unwrap()).await.unwrap()
    }
}

impl Socket {
    /// A connection of an API key.
    pub async fn with_key(stack: &Stack, key: &str) -> Self {
        let ticket = ticket(stack, key).await;
        Self::open(ticket["url"].as_str().unwrap()).await.unwrap()
    }

    /// Opens a connection; an error if it is refused.
    pub async fn open(url: &str) -> Result<Self, tungstenite::Error> {
        let (stream, _) = connect_async(url).await?;
        Ok(Self { stream })
    }

    /// Sends a text.
    pub async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next message; `None` if the connection was closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let next = timeout(PATIENCE, self.stream.next());
            match next.await.expect("a message in time")? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Sends a message and returns its reply. Events that come before it are dropped.
    pub async fn ask(&mut self, message: &Value) -> Value {
        self.send(&message.to_string()).await;
        loop {
            let reply = self.next().await.expect("a reply");
            if reply["type"] != "event" {
                return reply;
            }
        }
    }

    /// Subscribes to a channel.
    pub async fn subscribe(&mut self, channel: &str) {
        let reply = self
            .ask(&json!({"action": "subscribe", "channel": channel}))
            .await;
        assert_eq!(reply["type"], "subscribed", "{reply}");
    }

    /// The next event.
    pub async fn event(&mut self) -> Value {
        let event = self.next().await.expect("an event");
        assert_eq!(event["type"], "event", "{event}");
        event
    }

    /// Events up to the one with this name about a document, job or conversation.
    pub async fn until(&mut self, name: &str, id: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            let is_last = event["event"] == name && event["id"] == id;
            events.push(event);
            if is_last {
                return events;
            }
        }
    }
}

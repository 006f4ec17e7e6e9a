//! The WebSocket API: a ticket opens a connection, messages subscribe it to channels. The events themselves are posted by
//! `functions/push`.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | after the ticket was used, before the client is connected | a connection that never was | `sweep` forgets it; the client gets another ticket |
//! | after a subscription, before its reply | the subscription | the client subscribes again |
//! | when a connection ends | a connection that has ended | the next event finds it gone; `sweep` |

mod message;

use std::collections::HashMap;

use dynrag_api::{live_event::LiveEvent, problem};
use dynrag_app::{
    App,
    realtime::{self, Topic},
};
use dynrag_domain::{DocumentId, Error, Kind, Result, identity::Class};
use dynrag_store::admission::Endpoint;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::message::{Action, Message, Reply};

/// The name under which messages are counted in the usage.
const NAME: &str = "realtime-socket";

/// The function's process.
#[derive(Default)]
pub struct Socket {
    app: OnceCell<App>,
}

/// An event of API Gateway, which has more members than are read. It may hold a ticket, hence no Debug.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketEvent {
    request_context: Context,
    query_string_parameters: Option<HashMap<String, String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    connection_id: String,
    event_type: EventType,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum EventType {
    Connect,
    Message,
    Disconnect,
}

/// The response to API Gateway. It refuses a connection by its status; the body is sent to the client.
#[derive(PartialEq, Eq, Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct SocketResponse {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl SocketResponse {
    fn of(result: Result<()>) -> Self {
        let status_code = match &result {
            Ok(()) => 200,
            Err(error) => {
                log(error);
                problem::status(error.kind()).as_u16()
            }
        };
        Self {
            status_code,
            body: None,
        }
    }
}

fn log(error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    match error.kind() {
        Kind::Internal | Kind::Unavailable => tracing::error!(code, cause, "failed"),
        _ => tracing::info!(code, cause, "refused"),
    }
}

impl Socket {
    /// Handles an event. Whatever fails is told to the client.
    pub async fn handle(&self, event: SocketEvent) -> SocketResponse {
        let app = self.app.get_or_init(async || App::default()).await;
        let connection = &event.request_context.connection_id;
        match event.request_context.event_type {
            EventType::Connect => {
                let parameters = event.query_string_parameters.as_ref();
                let ticket = parameters.and_then(|parameters| parameters.get("ticket"));
                let ticket = ticket.map(String::as_str);
                SocketResponse::of(realtime::open(app, ticket, connection).await)
            }
            EventType::Disconnect => SocketResponse::of(realtime::close(app, connection).await),
            EventType::Message => {
                let text = event.body.as_deref().unwrap_or_default();
                let reply = reply(app, connection, text, event.is_base64_encoded).await;
                SocketResponse {
                    status_code: 200,
                    body: reply.written(),
                }
            }
        }
    }
}

async fn reply(app: &App, connection: &str, text: &str, is_binary: bool) -> Reply {
    let message = match Message::read(if is_binary { "" } else { text }) {
        Ok(message) => message,
        Err(error) => return Reply::error(&error, None),
    };
    let request_id = message.request_id.clone();
    match carry_out(app, connection, message).await {
        Ok(reply) => reply,
        Err(error) => {
            log(&error);
            Reply::error(&error, request_id)
        }
    }
}

async fn carry_out(app: &App, connection: &str, message: Message) -> Result<Reply> {
    let endpoint = Endpoint {
        name: NAME,
        class: Class::Read,
    };
    // Pings are admitted too, so that a client whose rights have ended learns of it.
    let caller = realtime::admit(app, connection, endpoint).await?;
    let request_id = message.request_id.clone();
    if message.action == Action::Ping {
        return Ok(Reply::Pong { request_id });
    }
    let Topic { channel, subject } = message.topic()?;
    let topic = Topic { channel, subject };
    if message.action == Action::Unsubscribe {
        realtime::unsubscribe(&caller, connection, topic).await?;
        return Ok(Reply::Unsubscribed {
            channel,
            id: subject,
            request_id,
        });
    }
    let standing = realtime::subscribe(&caller, connection, topic, message.after).await?;
    let events = match (subject, standing) {
        (Some(id), Some(standing)) => LiveEvent::of_document(DocumentId::from(id), standing)?,
        _ => Vec::new(),
    };
    Ok(Reply::Subscribed {
        channel,
        id: subject,
        request_id,
        events,
        more: false,
    })
}

//! `POST /api/realtime/tickets`.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller,
    responses::{Created, ShownOnce},
    scopes::Anyone,
};
use dynrag_app::realtime;
use serde::Serialize;
use utoipa::ToSchema;

/// What opens one WebSocket connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionTicket {
    /// Valid once, for a minute.
    ticket: String,
    /// Where to connect: the ticket is part of it.
    url: String,
    expires_at: DateTime<Utc>,
}

/// Issues a ticket for the caller, whose rights the connection has.
pub(crate) async fn create(caller: Caller<Anyone>) -> Answer<ShownOnce<Created<ConnectionTicket>>> {
    let issued = realtime::issue_ticket(&caller).await?;
    Ok(ShownOnce(Created(ConnectionTicket {
        ticket: issued.ticket,
        url: issued.url,
        expires_at: issued.expires_at,
    })))
}

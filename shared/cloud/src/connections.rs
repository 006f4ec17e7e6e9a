//! WebSocket connections of API Gateway, by their ids.

use aws_sdk_apigatewaymanagement::{Client, error::SdkError, primitives::Blob};
use dynrag_domain::Result;

use crate::error;

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Posted {
    /// API Gateway has it.
    Taken,
    /// The connection has ended.
    Gone,
    /// It is larger than API Gateway takes.
    TooLarge,
}

/// The connections of a WebSocket API.
#[derive(Clone)]
pub struct Connections {
    client: Client,
}

impl Connections {
    /// Bytes of the largest message: those of a frame. A message of several frames may have 128 KiB, but whether API Gateway
    /// splits what is posted its documentation does not say.
    pub const MOST: usize = 32 * 1024;

    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Posts a message to a connection.
    ///
    /// # Errors
    /// `unavailable`; it is then unknown whether the client gets the message.
    pub async fn post(&self, connection: &str, message: String) -> Result<Posted> {
        if message.len() > Self::MOST {
            return Ok(Posted::TooLarge);
        }
        let sent = self
            .client
            .post_to_connection()
            .connection_id(connection)
            .data(Blob::new(message))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Posted::Taken),
            Err(SdkError::ServiceError(e)) if e.err().is_gone_exception() => Ok(Posted::Gone),
            Err(SdkError::ServiceError(e)) if e.err().is_payload_too_large_exception() => {
                Ok(Posted::TooLarge)
            }
            Err(e) => Err(error::call("execute-api:PostToConnection", &e)),
        }
    }

    /// Returns whether a connection is open.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn is_open(&self, connection: &str) -> Result<bool> {
        let found = self
            .client
            .get_connection()
            .connection_id(connection)
            .send()
            .await;
        match found {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_gone_exception() => Ok(false),
            Err(e) => Err(error::call("execute-api:GetConnection", &e)),
        }
    }

    /// Closes a connection. One that has ended is closed.
    ///
    /// # Errors
    /// `unavailable`; it may still be open then.
    pub async fn close(&self, connection: &str) -> Result<()> {
        let closed = self
            .client
            .delete_connection()
            .connection_id(connection)
            .send()
            .await;
        match closed {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_gone_exception() => Ok(()),
            Err(e) => Err(error::call("execute-api:DeleteConnection", &e)),
        }
    }
}

//! Lambda's Runtime API on loopback: starts a built binary with the environment of the deployed
//! function and gives it one event at a time.

use std::{
    fs::{self, File},
    process::Stdio,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, Notify, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use uuid::Uuid;

use super::{known::known, stack::Stack};

/// Longest wait for a response: a heavy debug binary starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A function's response to an event.
#[derive(Debug)]
pub enum Outcome {
    /// Its response.
    Answered(Value),
    /// Its error: `{errorType, errorMessage}`.
    Failed(Value),
}

struct Exchange {
    events: Mutex<mpsc::Receiver<String>>,
    outcomes: mpsc::Sender<Outcome>,
    /// Each piece of a response as it arrives.
    chunks: mpsc::UnboundedSender<Bytes>,
    /// Ends the reading of responses: the client is gone.
    gone: Notify,
    /// How often the function asked for an event.
    polls: watch::Sender<usize>,
    timeout: Duration,
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    exchange.polls.send_modify(|polls| *polls += 1);
    let Some(event) = exchange.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + exchange.timeout;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", Uuid::new_v4().to_string()),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:test".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-67400d88-0123456789abcdef01234567;Sampled=0".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn ended(
    State(exchange): State<Arc<Exchange>>,
    Path((_, how)): Path<(String, String)>,
    body: Body,
) -> StatusCode {
    let mut pieces = body.into_data_stream();
    let mut body = Vec::new();
    loop {
        let piece = tokio::select! {
            piece = pieces.next() => piece,
            () = exchange.gone.notified() => return StatusCode::GONE,
        };
        let Some(Ok(piece)) = piece else { break };
        body.extend_from_slice(&piece);
        // Most tests do not read them.
        drop(exchange.chunks.send(piece));
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
    let outcome = if how == "response" {
        Outcome::Answered(value)
    } else {
        Outcome::Failed(value)
    };
    exchange.outcomes.send(outcome).await.unwrap();
    StatusCode::ACCEPTED
}

async fn init_failed(
    State(exchange): State<Arc<Exchange>>,
    Json(error): Json<Value>,
) -> StatusCode {
    exchange
        .outcomes
        .send(Outcome::Failed(error))
        .await
        .unwrap();
    StatusCode::ACCEPTED
}

/// A running function.
pub struct Function {
    name: String,
    child: Child,
    events: mpsc::Sender<String>,
    outcomes: mpsc::Receiver<Outcome>,
    chunks: mpsc::UnboundedReceiver<Bytes>,
    exchange: Arc<Exchange>,
    server: JoinHandle<()>,
    /// Contains its log.
    folder: TempDir,
}

impl Drop for Function {
    fn drop(&mut self) {
        // The child ends with its handle.
        self.server.abort();
    }
}

impl Function {
    /// Starts the binary of a function of template.yaml, with the environment of the deployed
    /// function and the root key of the account.
    pub async fn start(stack: &Stack, logical_id: &str, binary: &str) -> Self {
        Self::start_with(stack, logical_id, binary, &[]).await
    }

    /// Like [`start`](Self::start), with some variables set to other values.
    pub async fn start_with(
        stack: &Stack,
        logical_id: &str,
        binary: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let configuration = stack.configuration(logical_id).await;
        let (events, receiver) = mpsc::channel(1);
        let (sender, outcomes) = mpsc::channel(1);
        let seconds = configuration["Timeout"].as_u64().expect("a timeout");
        let (pieces, chunks) = mpsc::unbounded_channel();
        let exchange = Arc::new(Exchange {
            events: Mutex::new(receiver),
            outcomes: sender,
            chunks: pieces,
            gone: Notify::new(),
            polls: watch::Sender::new(0),
            timeout: Duration::from_secs(seconds),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/init/error", post(init_failed))
            .route("/2018-06-01/runtime/invocation/{id}/{how}", post(ended))
            .with_state(exchange.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let known = known();
        let mut command = Command::new(known.bin_dir.join(binary));
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true);
        for (name, value) in configuration["Environment"]["Variables"]
            .as_object()
            .expect("an environment")
        {
            command.env(name, value.as_str().expect("a text"));
        }
        command.envs(variables.iter().copied());
        command.envs([
            ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", logical_id),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                &configuration["MemorySize"].to_string(),
            ),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "test"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_REGION", &known.aws_region),
            ("AWS_ENDPOINT_URL", &known.aws_endpoint_url),
            ("AWS_ACCESS_KEY_ID", &known.aws_access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &known.aws_secret_access_key),
        ]);
        let child = command.spawn().unwrap_or_else(|e| panic!("{binary}: {e}"));
        Self {
            name: logical_id.to_owned(),
            child,
            events,
            outcomes,
            chunks,
            exchange,
            server,
            folder,
        }
    }

    /// Gives the function an event and waits for the outcome.
    ///
    /// # Panics
    /// With the function's log, if it ends or does not respond.
    pub async fn invoke(&mut self, event: &Value) -> Outcome {
        self.events.send(event.to_string()).await.unwrap();
        let said = tokio::select! {
            outcome = timeout(PATIENCE, self.outcomes.recv()) => outcome.ok().flatten(),
            _ = self.child.wait() => None,
        };
        said.unwrap_or_else(|| {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            panic!("{} did not respond; its log: {log}", self.name)
        })
    }

    /// Gives the function an event, without waiting for its outcome.
    pub async fn begin(&mut self, event: &Value) {
        self.events.send(event.to_string()).await.unwrap();
    }

    /// Waits for the next piece of a response.
    pub async fn chunk(&mut self) -> String {
        let chunk = timeout(PATIENCE, self.chunks.recv()).await;
        let chunk = chunk.ok().flatten().expect("a piece of a response");
        String::from_utf8_lossy(&chunk).into_owned()
    }

    /// Waits until the function asks for the event after the first: there, Lambda freezes it.
    pub async fn freezes(&self) {
        let mut polls = self.exchange.polls.subscribe();
        let asked = timeout(PATIENCE, polls.wait_for(|polls| *polls > 1)).await;
        drop(asked.expect("another poll").unwrap());
    }

    /// Closes the connection of a response that is being sent.
    pub fn hang_up(&self) {
        self.exchange.gone.notify_one();
    }

    /// Like [`invoke`](Self::invoke), for an event that must succeed.
    pub async fn answer(&mut self, event: &Value) -> Value {
        match self.invoke(event).await {
            Outcome::Answered(answer) => answer,
            Outcome::Failed(error) => panic!("{} failed: {error}", self.name),
        }
    }
}

impl Stack {
    /// `GetFunctionConfiguration` of a deployed function.
    async fn configuration(&self, logical_id: &str) -> Value {
        let known = known();
        let url = format!(
            "{}/2015-03-31/functions/{}/configuration",
            known.aws_endpoint_url, known.functions[logical_id]
        );
        // The emulator does not check the signature of requests with the root key.
        let scope = format!(
            "{}/20260101/{}/lambda/aws4_request",
            known.aws_access_key_id, known.aws_region
        );
        let signature = format!(
            "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00"
        );
        let request = self
            .http
            .get(url)
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", signature);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap()
    }
}

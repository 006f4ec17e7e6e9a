//! CloudFormation's custom resource: a request that must be answered at the URL it contains.

use std::time::{Duration, Instant};

use dynrag_domain::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::migrate_configured;

/// Reserved from the function's timeout for the answer.
const RESERVE: Duration = Duration::from_secs(15);

/// The request; its other fields do not matter here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    request_type: RequestType,
    request_id: String,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum RequestType {
    Create,
    Update,
    Delete,
}

/// Migrates, unless the resource is deleted, and answers, even if it fails or takes too long.
///
/// # Errors
/// The answer could not be delivered.
pub(crate) async fn answer(request: Request, deadline: Instant) -> Result<Value> {
    let outcome = if request.request_type == RequestType::Delete {
        Ok(json!({}))
    } else {
        let left = deadline
            .saturating_duration_since(Instant::now())
            .saturating_sub(RESERVE);
        // In a separate task, so that a panic is answered too.
        match tokio::time::timeout(left, tokio::spawn(migrate_configured())).await {
            Ok(Ok(Ok(migrated))) => Ok(json!({"Version": migrated.version})),
            Ok(Ok(Err(error))) => Err(error.internal().unwrap_or(error.public()).to_owned()),
            Ok(Err(_)) => Err("the migration panicked; see the log".to_owned()),
            Err(_) => Err("the migration takes longer than the function may run".to_owned()),
        }
    };
    // A constant id: a new one would make CloudFormation delete the old resource.
    let id = request
        .physical_resource_id
        .unwrap_or_else(|| "dynamic-rag-migration".to_owned());
    let mut body = json!({
        "PhysicalResourceId": id,
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_resource_id,
    });
    match outcome {
        Ok(data) => {
            body["Status"] = "SUCCESS".into();
            body["Data"] = data;
        }
        Err(reason) => {
            tracing::error!(reason, "migration failed");
            body["Status"] = "FAILED".into();
            body["Reason"] = reason.chars().take(1000).collect::<String>().into();
        }
    }
    deliver(&request.response_url, &body).await?;
    Ok(json!({"status": body["Status"]}))
}

async fn deliver(url: &str, body: &Value) -> Result<()> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(4))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(Error::internal_fault)?;
    let mut last = Error::unavailable("not sent");
    for _ in 0..3 {
        // A presigned PUT that was signed without a content type: none may be sent.
        match client
            .put(url)
            .body(body.to_string())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
        {
            Ok(_) => return Ok(()),
            // The URL contains a signature: not for the log.
            Err(error) => {
                last =
                    Error::unavailable(format!("custom resource answer: {}", error.without_url()))
            }
        }
    }
    Err(last)
}

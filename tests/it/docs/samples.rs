//! The sample events of routes, `events/http/<name>.json`: everything that follows from the route is generated.
//! The rest is written by hand and kept: ids, the query, the body, and the headers in [`KEPT`].

use std::{collections::BTreeMap, fs};

use base64::{Engine, prelude::BASE64_STANDARD};
use dynrag_api::openapi::Access;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::support::{
    generated,
    known::checkout,
    routes::{Named, named},
};

const KEPT: [&str; 5] = [
    "accept",
    "content-type",
    "idempotency-key",
    "last-event-id",
    "x-api-key",
];
/// The id in a path, unless the file has another one.
const ID: &str = "01936f6e-3c00-7000-8000-00000000000d";

/// API Gateway's payload 2.0, in the order of its fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    version: &'static str,
    route_key: String,
    raw_path: String,
    raw_query_string: String,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Map<String, Value>>,
    request_context: Context,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    account_id: &'static str,
    api_id: &'static str,
    domain_name: String,
    domain_prefix: &'static str,
    http: Http,
    request_id: &'static str,
    route_key: String,
    stage: &'static str,
    time: &'static str,
    time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    path: String,
    protocol: &'static str,
    source_ip: &'static str,
    user_agent: &'static str,
}

/// The endpoint that sends the event: the gateway, or a function URL, which streams and has no routes.
struct Endpoint {
    account: &'static str,
    prefix: &'static str,
    domain: &'static str,
    accept: &'static str,
    user_agent: &'static str,
    request_id: &'static str,
}

const GATEWAY: Endpoint = Endpoint {
    account: "123456789012",
    prefix: "a1b2c3d4e5",
    domain: "execute-api.eu-central-1.amazonaws.com",
    accept: "application/json",
    user_agent: "n8n",
    request_id: "JKJaXmPLvHcESHA=",
};
const FUNCTION_URL: Endpoint = Endpoint {
    account: "anonymous",
    prefix: "abcdefghijklmnopqrstuvwxyz012345",
    domain: "lambda-url.eu-central-1.on.aws",
    accept: "text/event-stream",
    user_agent: "Mozilla/5.0",
    request_id: "6f1f7bd2-8a53-4d0e-9d5b-0c6f9a1b2c3d",
};

/// The id in a path of OpenAI's clients.
fn openai_id(name: &str, template: &str) -> &'static str {
    match (name, template.split('/').nth(2)) {
        ("id+", _) => "extractive",
        ("fileId", _) | (_, Some("files")) => "file-01936f6e3c007000800000000000000d",
        ("batchId", _) => "vsfb_01936f6e3c007000800000000000000d",
        (_, Some("vector_stores")) => "vs_01936f6e3c007000800000000000000d",
        (_, Some("uploads")) => "upload_01936f6e3c007000800000000000000d",
        _ => "resp_01936f6e3c007000800000000000000d",
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The event of a route. `there` is the content of the file, null for a new one.
fn event(route: &Named, there: &Value) -> Event {
    let endpoint = if route.streamed {
        FUNCTION_URL
    } else {
        GATEWAY
    };
    let key = text(&there["routeKey"]).filter(|key| route.at.contains(key));
    let key = key.unwrap_or_else(|| route.at[0].clone());
    let (method, template) = key.split_once(' ').unwrap();

    let segments: Vec<&str> = there["rawPath"].as_str().unwrap_or("").split('/').collect();
    let mut parameters = BTreeMap::new();
    let path: Vec<String> = template
        .split('/')
        .enumerate()
        .map(|(at, part)| {
            let Some(name) = part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'))
            else {
                return part.to_owned();
            };
            let default = match (name, template.split('/').nth(1)) {
                ("version", _) => "1",
                (name, Some("v1")) => openai_id(name, template),
                _ => ID,
            };
            let value = *segments.get(at).unwrap_or(&default);
            parameters.insert(name.to_owned(), value.to_owned());
            value.to_owned()
        })
        .collect();
    let path = path.join("/");

    let domain = format!("{}.{}", endpoint.prefix, endpoint.domain);
    let mut headers: BTreeMap<String, String> = [
        ("accept", endpoint.accept),
        ("host", &domain),
        ("user-agent", endpoint.user_agent),
        (
            "x-amzn-trace-id",
            "Root=1-67400d88-0123456789abcdef01234567",
        ),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    match route.access {
        Access::Public => None,
        Access::Webhook => headers.insert("authorization".into(), "Bearer WEBHOOK_TOKEN".into()),
        Access::Caller { oauth, .. } => {
            let credential = match oauth {
                true => "Bearer API_KEY",
                false => "Bearer ACCESS_TOKEN",
            };
            headers.insert("authorization".into(), credential.into())
        }
    };
    for name in KEPT {
        if let Some(value) = text(&there["headers"][name]) {
            headers.insert(name.to_owned(), value);
        }
    }
    let body = text(&there["body"]);
    let encoded = there["isBase64Encoded"] == json!(true);
    if let Some(body) = &body {
        let length = match encoded {
            true => BASE64_STANDARD.decode(body).unwrap().len(),
            false => body.len(),
        };
        headers.insert("content-length".to_owned(), length.to_string());
    }

    let event_key = if route.streamed {
        "$default".to_owned()
    } else {
        key.clone()
    };
    Event {
        version: "2.0",
        route_key: event_key.clone(),
        raw_path: path.clone(),
        raw_query_string: text(&there["rawQueryString"]).unwrap_or_default(),
        headers,
        query_string_parameters: there["queryStringParameters"].as_object().cloned(),
        request_context: Context {
            account_id: endpoint.account,
            api_id: endpoint.prefix,
            domain_name: domain,
            domain_prefix: endpoint.prefix,
            http: Http {
                method: method.to_owned(),
                path,
                protocol: "HTTP/1.1",
                source_ip: "203.0.113.7",
                user_agent: endpoint.user_agent,
            },
            request_id: endpoint.request_id,
            route_key: event_key,
            stage: "$default",
            time: "21/Nov/2026:09:30:00 +0000",
            time_epoch: 1_795_253_400_000,
        },
        path_parameters: if route.streamed {
            BTreeMap::new()
        } else {
            parameters
        },
        body,
        is_base64_encoded: encoded,
    }
}

#[test]
fn the_sample_events_are_up_to_date() {
    let mut differing = Vec::new();
    for route in named() {
        let path = format!("events/http/{}.json", route.name);
        let there = fs::read_to_string(checkout().join(&path)).unwrap_or_else(|_| "null".into());
        let there = serde_json::from_str(&there).unwrap_or_else(|e| panic!("{path}: {e}"));
        let mut text = serde_json::to_string_pretty(&event(&route, &there)).unwrap();
        text.push('\n');
        differing.extend(generated::file(&path, &text));
    }
    assert_eq!(differing, [""; 0]);
}

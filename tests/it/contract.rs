//! The contract between routers, template.yaml and events/: a route has one name, under which everything
//! else is found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use axum::body::Body;
use dynrag_api::RouteInfo;
use http::{Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;
use tower::ServiceExt;

use crate::support::{
    known::checkout,
    routes::{Group, groups, pascal_case},
};

/// Routes that need no credentials. This list may only get shorter.
const PUBLIC: [&str; 20] = [
    "auth-forgot-password",
    "auth-login",
    "auth-refresh",
    "auth-reset-password",
    "auth-signup",
    "auth-verify-email",
    "health-get",
    "mcp-about",
    "mcp-tools",
    "oauth-authorize",
    "oauth-consent",
    "oauth-keys",
    "oauth-openid",
    "oauth-register",
    "oauth-resource",
    "oauth-revoke",
    "oauth-server",
    "oauth-token",
    "openapi-get",
    "users-accept",
];

/// Functions that are not called over HTTP, with their binaries.
const NOT_ROUTES: [(&str, &str); 12] = [
    ("Deliver", "dynrag-deliver"),
    ("Embed", "dynrag-embed"),
    ("EmbedBulk", "dynrag-embed"),
    ("EmbedSlow", "dynrag-embed"),
    ("Fetch", "dynrag-fetch"),
    ("Intake", "dynrag-intake"),
    ("Maintain", "dynrag-embed"),
    ("Migrate", "dynrag-migrate"),
    ("Push", "dynrag-push"),
    ("RealtimeSocket", "dynrag-realtime-socket"),
    ("Sweep", "dynrag-sweep"),
    ("Tasks", "dynrag-tasks"),
];

/// Files that work without a caller's bounds: before a caller is admitted, without reading documents, or, in
/// `shared/app`, for workers. This list may only get shorter.
const UNBOUNDED: &[&str] = &[
    "app/src/accounts/signup.rs",
    "app/src/accounts/verification.rs",
    "app/src/administration.rs",
    "app/src/attempts.rs",
    "app/src/dispatch.rs",
    "app/src/documents/bulk_run.rs",
    "app/src/documents/passwords.rs",
    "app/src/emails.rs",
    "app/src/erasure.rs",
    "app/src/exports/write.rs",
    "app/src/lib.rs",
    "app/src/oauth/authorize.rs",
    "app/src/oauth/clients.rs",
    "app/src/oauth/revoke.rs",
    "app/src/oauth/token.rs",
    "app/src/passwords/reset.rs",
    "app/src/realtime.rs",
    "app/src/sessions.rs",
    "app/src/sessions/login.rs",
    "app/src/sessions/refresh.rs",
    "app/src/uploads/accept.rs",
    "app/src/users/invitations/accept.rs",
    "ingest/src/incoming.rs",
    "system/src/health.rs",
];

/// `METHOD path` of all routes of each function, by its name.
fn functions_of(group: &Group) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut functions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for route in &group.table {
        let at = format!("{} {}", route.method, route.path);
        functions.entry(route.function).or_default().insert(at);
    }
    functions
}

/// `METHOD path` of each route, by its name.
fn routes(group: &Group) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut routes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for route in &group.table {
        routes
            .entry(route.name)
            .or_default()
            .insert(format!("{} {}", route.method, route.path));
    }
    routes
}

/// Returns whether a route, or a function with its routes, has a separate function URL.
fn streamed(group: &Group, name: &str) -> bool {
    let mut routes = group.table.iter();
    let mut routes = routes
        .by_ref()
        .filter(|route| route.name == name || route.function == name);
    routes.any(|route| route.streamed)
}

/// The value without the tags of CloudFormation's short forms.
fn plain(value: &Yaml) -> &Yaml {
    match value {
        Yaml::Tagged(tagged) => plain(&tagged.value),
        value => value,
    }
}

struct Function {
    binary: String,
    /// `METHOD path` of each HttpApi event.
    routes: BTreeSet<String>,
    properties: Yaml,
}

fn template() -> Yaml {
    serde_yaml_ng::from_str(&fs::read_to_string(checkout().join("template.yaml")).unwrap()).unwrap()
}

fn text(value: &Yaml) -> &str {
    plain(value)
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value:?}"))
}

fn functions(template: &Yaml) -> BTreeMap<String, Function> {
    let resources = template["Resources"].as_mapping().unwrap();
    let functions = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
    functions
        .map(|(name, resource)| {
            let properties = &resource["Properties"];
            let events = properties["Events"].as_mapping();
            let http = events
                .into_iter()
                .flatten()
                .filter(|(_, event)| event["Type"] == "HttpApi");
            let routes = http
                .map(|(_, event)| {
                    let event = &event["Properties"];
                    assert_eq!(text(&event["ApiId"]), "Api", "{name:?}");
                    format!("{} {}", text(&event["Method"]), text(&event["Path"]))
                })
                .collect();
            let binary = text(&resource["Metadata"]["BuildProperties"]["Binary"]).to_owned();
            (
                text(name).to_owned(),
                Function {
                    binary,
                    routes,
                    properties: properties.clone(),
                },
            )
        })
        .collect()
}

#[test]
fn every_crate_with_routes_is_listed() {
    let known: BTreeSet<String> = groups()
        .iter()
        .map(|group| group.folder.to_owned())
        .collect();
    let functions = checkout().join("functions");
    let found: BTreeSet<String> = sources(&functions)
        .iter()
        .filter(|path| path.ends_with("src/lib.rs"))
        .filter(|path| fs::read_to_string(path).unwrap().contains("pub fn routes("))
        .filter_map(|path| path.ancestors().nth(2)?.strip_prefix(&functions).ok())
        .map(|folder| folder.to_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, known, "a crate with routes is missing in groups()");
}

#[test]
fn route_names_and_paths_are_unique() {
    let mut names = BTreeSet::new();
    let mut paths = BTreeSet::new();
    for group in groups() {
        for (name, at) in routes(&group) {
            assert!(names.insert(name), "{name} is in two groups");
            let noun = name.split('-').next().unwrap();
            assert!(
                group.nouns.contains(&noun),
                "{name} in functions/{}",
                group.folder
            );
            for path in at {
                assert!(paths.insert(path.clone()), "{path} has two routes");
            }
        }
    }
}

#[test]
fn routes_and_functions_of_the_template_match() {
    let template = template();
    let mut functions = functions(&template);
    for group in groups() {
        for (name, expected) in functions_of(&group) {
            let logical = pascal_case(name);
            let function = functions
                .remove(&logical)
                .unwrap_or_else(|| panic!("template.yaml has no {logical}"));
            let url = &function.properties["FunctionUrlConfig"];
            if streamed(&group, name) {
                assert!(function.routes.is_empty(), "{logical} is in the API too");
                assert_eq!(url["InvokeMode"], "RESPONSE_STREAM", "{logical}");
            } else {
                assert_eq!(function.routes, expected, "{logical}");
                assert!(url.is_null(), "{logical} has a function URL");
            }
            assert_eq!(function.binary, group.binary(), "{logical}");
        }
    }
    let rest: Vec<_> = functions
        .iter()
        .map(|(name, f)| (name.as_str(), f.binary.as_str()))
        .collect();
    assert_eq!(rest, NOT_ROUTES, "functions without a route");
    assert!(
        functions
            .values()
            .all(|function| function.routes.is_empty())
    );
}

#[test]
fn every_binary_in_the_template_is_built_here() {
    for (name, function) in functions(&template()) {
        let folder = function
            .binary
            .strip_prefix("dynrag-")
            .unwrap_or_else(|| panic!("{name}: {}", function.binary));
        // The crate of a group's heavy or streaming part is in the folder of its group.
        let folder = ["chat-", "documents-", "realtime-"]
            .iter()
            .fold(folder.to_owned(), |folder, group| {
                folder.replacen(group, &group.replace('-', "/"), 1)
            });
        let package = checkout().join("functions").join(folder);
        assert!(
            package.join("src/main.rs").exists(),
            "{name}: no {}",
            package.display()
        );
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("name = \"{}\"", function.binary)),
            "{name}: {manifest}"
        );
    }
}

/// Rust files under a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn handlers_use_the_store_of_their_caller() {
    let functions = checkout().join("functions");
    let shared = checkout().join("shared");
    let mut folders: Vec<PathBuf> = groups()
        .iter()
        .map(|group| functions.join(group.folder))
        .collect();
    folders.extend([shared.join("app"), shared.join("retrieval")]);
    let mut found: Vec<String> = folders
        .iter()
        .flat_map(|folder| sources(folder))
        .filter(|path| {
            fs::read_to_string(path)
                .unwrap()
                .contains("unbounded_store")
        })
        .map(|path| {
            let path = path
                .strip_prefix(&functions)
                .or_else(|_| path.strip_prefix(&shared));
            path.unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, UNBOUNDED, "use caller.store()");
}

#[test]
fn visibility_timeouts_are_at_least_six_function_timeouts() {
    let template = template();
    for (function, queue) in [
        ("Embed", "IngestQueue"),
        ("EmbedBulk", "BulkQueue"),
        ("EmbedSlow", "SlowQueue"),
        ("Maintain", "MaintainQueue"),
        ("Fetch", "FetchQueue"),
        ("Tasks", "TasksQueue"),
        ("Deliver", "DeliverQueue"),
        ("Push", "PushQueue"),
    ] {
        let function = &functions(&template)[function].properties;
        let timeout = function["Timeout"].as_u64().unwrap();
        let properties = &template["Resources"][queue]["Properties"];
        assert!(properties["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
        let events = function["Events"].as_mapping().unwrap();
        let sqs = &events
            .values()
            .find(|event| event["Type"] == "SQS")
            .unwrap()["Properties"];
        assert_eq!(text(&sqs["Queue"]), format!("{queue}.Arn"));
        assert_eq!(
            text(&sqs["FunctionResponseTypes"][0]),
            "ReportBatchItemFailures"
        );
    }
}

fn read_event(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Whether a path matches a template such as `/api/documents/{id}`.
fn fits(path: &str, template: &str) -> bool {
    let (path, template): (Vec<_>, Vec<_>) =
        (path.split('/').collect(), template.split('/').collect());
    path.len() == template.len()
        && path.iter().zip(&template).all(|(part, wanted)| {
            if wanted.starts_with('{') {
                !part.is_empty() && !part.starts_with('{')
            } else {
                part == wanted
            }
        })
}

#[test]
fn routes_and_sample_events_match() {
    let folder = checkout().join("events/http");
    let mut files: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for group in groups() {
        for (name, at) in routes(&group) {
            let file = format!("{name}.json");
            assert!(files.remove(&file), "events/http/{file} is missing");
            let event = read_event(&folder.join(&file));
            let key = event["routeKey"].as_str().unwrap();
            // A function URL has no routes.
            let route = if streamed(&group, name) {
                assert_eq!(key, "$default", "{file}");
                at.first().unwrap().as_str()
            } else {
                assert!(at.contains(key), "{file}: {key} is not one of {at:?}");
                key
            };
            let (method, path) = route.split_once(' ').unwrap();
            let context = &event["requestContext"];
            assert_eq!(event["version"], "2.0", "{file}");
            assert_eq!(context["routeKey"], key, "{file}");
            assert_eq!(context["http"]["method"], method, "{file}");
            assert_eq!(context["http"]["path"], event["rawPath"], "{file}");
            assert!(
                fits(event["rawPath"].as_str().unwrap(), path),
                "{file}: rawPath does not fit {path}"
            );
            let authorized = event["headers"].get("authorization").is_some();
            assert_eq!(
                authorized,
                !PUBLIC.contains(&name),
                "{file}: a token if, and only if, one is needed"
            );
        }
    }
    assert_eq!(files, BTreeSet::new(), "events without a route");
}

#[tokio::test]
async fn only_public_routes_work_without_credentials() {
    let mut public = Vec::new();
    for group in groups() {
        for RouteInfo {
            name, method, path, ..
        } in group.table
        {
            if PUBLIC.contains(&name) {
                public.push(name);
                continue;
            }
            let uri = [
                "{id}",
                "{id+}",
                "{webhookId}",
                "{deliveryId}",
                "{fileId}",
                "{batchId}",
            ]
            .iter()
            .fold(path.to_owned(), |uri, parameter| {
                uri.replace(parameter, "01936f6e-3c00-7000-8000-00000000000d")
            })
            .replace("{version}", "1")
            .replace("{number}", "2")
            .replace("{name}", "openai");
            assert!(
                !uri.contains('{'),
                "{name}: a parameter without a value to test with"
            );
            // Bodies and content types are checked after the caller.
            let request = Request::builder()
                .method(method.clone())
                .uri(&uri)
                .body(Body::from("{not json"))
                .unwrap();
            let answer = group.router.clone().oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            let content_type = answer
                .headers()
                .get(header::CONTENT_TYPE)
                .map(|v| v.to_str().unwrap().to_owned());
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
            if dynrag_api::openai_error::is_at(&uri) {
                let found = (status, &problem["error"]["code"]);
                assert_eq!(
                    found,
                    (401, &Value::from("invalid_api_key")),
                    "{method} {uri}"
                );
                continue;
            }
            assert_eq!(
                (status, &problem["code"]),
                (401, &Value::from("unauthenticated")),
                "{method} {uri}: {problem}"
            );
            assert_eq!(
                content_type.as_deref(),
                Some("application/problem+json"),
                "{method} {uri}"
            );
            assert_eq!(problem["instance"], uri, "{method} {uri}");
            assert!(
                problem["requestId"]
                    .as_str()
                    .is_some_and(|id| !id.is_empty()),
                "{method} {uri}"
            );
        }
    }
    public.sort_unstable();
    // One of several paths.
    public.dedup();
    assert_eq!(public, PUBLIC, "a listed route that is not public any more");
}

//! Every route, by group and by name, with the access that its types require.

use axum::Router;
use dynrag_api::{
    RouteInfo,
    openapi::{Access, Description},
    stack,
};
use dynrag_domain::identity::Scope;

/// A crate with routes.
pub struct Group {
    /// Its folder under functions/.
    pub folder: &'static str,
    /// The nouns of its routes: the first word of their names.
    pub nouns: &'static [&'static str],
    pub table: Vec<RouteInfo>,
    pub router: Router,
}

impl Group {
    /// The group's binary.
    pub fn binary(&self) -> String {
        format!("dynrag-{}", self.folder.replace('/', "-"))
    }
}

/// Every group. `every_crate_with_routes_is_listed` compares this list with the folders.
pub fn groups() -> Vec<Group> {
    macro_rules! group {
        ($folder:literal, $nouns:expr, $routes:path) => {
            Group {
                folder: $folder,
                nouns: &$nouns,
                table: $routes().table().to_vec(),
                router: stack::wrap($routes().router(Default::default())),
            }
        };
    }
    vec![
        group!("admin", ["admin"], dynrag_admin::routes),
        group!("auth", ["auth"], dynrag_auth::routes),
        group!("chat", ["chat"], dynrag_chat::routes),
        group!("chat/answer", ["chat"], dynrag_chat_answer::routes),
        group!("chat/stream", ["chat"], dynrag_chat_stream::routes),
        group!(
            "customers",
            ["customers", "jobs", "keys", "metrics", "users"],
            dynrag_customers::routes
        ),
        group!(
            "documents",
            ["collections", "documents"],
            dynrag_documents::routes
        ),
        group!(
            "documents/chunks",
            ["documents"],
            dynrag_documents_chunks::routes
        ),
        group!(
            "documents/events",
            ["documents"],
            dynrag_documents_events::routes
        ),
        group!("ingest", ["ingest"], dynrag_ingest::routes),
        group!("mcp", ["mcp"], dynrag_mcp::routes),
        group!("oauth", ["oauth"], dynrag_oauth::routes),
        group!("realtime", ["realtime"], dynrag_realtime::routes),
        group!("search", ["search"], dynrag_search::routes),
        group!("system", ["health", "openapi"], dynrag_system::routes),
        group!("v1", ["v1"], dynrag_v1::routes),
        group!("webhooks", ["webhooks"], dynrag_webhooks::routes),
    ]
}

/// Every group's table.
pub fn routes() -> Vec<RouteInfo> {
    groups().into_iter().flat_map(|group| group.table).collect()
}

/// Who may call a route, read from the types of its handler.
pub fn access(route: &RouteInfo) -> Access {
    let mut description = Description::default();
    (route.describe)(&mut description);
    description.access()
}

/// A route with all its methods and paths.
pub struct Named {
    pub name: &'static str,
    /// `METHOD path` of each.
    pub at: Vec<String>,
    pub summary: &'static str,
    /// The function that serves it.
    pub function: &'static str,
    pub streamed: bool,
    pub access: Access,
}

/// Every route once, in the order of the tables.
///
/// # Panics
/// If two paths of a route differ in who may call them.
pub fn named() -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    for route in routes() {
        let at = format!("{} {}", route.method, route.path);
        let access = access(&route);
        match all.iter_mut().find(|named| named.name == route.name) {
            Some(named) => {
                assert_eq!(named.access, access, "{}", route.name);
                named.at.push(at);
            }
            None => all.push(Named {
                name: route.name,
                at: vec![at],
                summary: route.summary,
                function: route.function,
                streamed: route.streamed,
                access,
            }),
        }
    }
    all
}

/// `documents-get` → `DocumentsGet`, its function in the template.
pub fn pascal_case(name: &str) -> String {
    name.split('-')
        .map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]))
        .collect()
}

/// Describes the access that a caller needs, in words for the documents.
pub fn needs(access: Access) -> String {
    match access {
        Access::Public => "nothing".to_owned(),
        Access::Webhook => "the webhook's secret or token".to_owned(),
        Access::Caller {
            platform_admin: true,
            ..
        } => "an administrator of the platform".to_owned(),
        Access::Caller { oauth: true, .. } => "an API key or an OAuth token".to_owned(),
        Access::Caller { scopes, user, .. } => match (scopes.is_empty(), user) {
            (true, false) => "any credential".to_owned(),
            (true, true) => "an access token".to_owned(),
            (false, false) => any_of(scopes),
            (false, true) => format!("{} and an access token", any_of(scopes)),
        },
    }
}

fn any_of(scopes: &[Scope]) -> String {
    let names: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    names.join(" or ")
}

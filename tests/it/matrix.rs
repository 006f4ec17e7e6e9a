//! Who may call what: the tables in `docs/SECURITY.md` are what the routes say of themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{env, fmt::Write, fs};

use dynrag_api::{
    RouteInfo,
    openapi::{Access, Description},
};
use dynrag_domain::{
    identity::{Role, Scope},
    webhooks::Trigger,
};

use crate::support::{known::checkout, routes::routes};

const BEGIN: &str = "<!-- tables: UPDATE_MATRIX=1 writes them, tests/it/matrix.rs -->\n";
const END: &str = "<!-- end of the tables -->\n";

/// A route with all its methods and paths.
struct Line {
    name: &'static str,
    at: String,
    effect: &'static str,
    access: Access,
}

fn lines() -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for RouteInfo {
        name,
        method,
        path,
        summary,
        describe,
        ..
    } in routes()
    {
        let mut description = Description::default();
        describe(&mut description);
        let at = format!("`{method} {path}`");
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => {
                assert_eq!(line.access, description.access(), "{name}");
                write!(line.at, ", {at}").unwrap();
            }
            None => lines.push(Line {
                name,
                at,
                effect: summary,
                access: description.access(),
            }),
        }
    }
    lines
}

fn quoted(scopes: &[Scope], between: &str) -> String {
    let names: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    names.join(between)
}

fn needs(access: Access) -> String {
    match access {
        Access::Public => "nothing".to_owned(),
        Access::Webhook => "the webhook's secret or token".to_owned(),
        Access::Caller {
            platform_admin: true,
            ..
        } => "an administrator of the platform".to_owned(),
        Access::Caller { scopes, user, .. } => match (scopes.is_empty(), user) {
            (true, false) => "any credential".to_owned(),
            (true, true) => "an access token".to_owned(),
            (false, false) => quoted(scopes, " or "),
            (false, true) => format!("{} and an access token", quoted(scopes, " or ")),
        },
    }
}

/// Whether a key with this scope alone gets past the door, and needs the scope for it.
fn opens(access: Access, scope: Scope) -> bool {
    match access {
        Access::Public | Access::Webhook => false,
        Access::Caller { scopes, user, .. } => scopes.contains(&scope) && !user,
    }
}

fn role_user(access: Access) -> &'static str {
    let may = match access {
        Access::Public => true,
        Access::Webhook => false,
        Access::Caller {
            scopes,
            platform_admin,
            ..
        } => {
            let role = Role::User.scopes();
            !platform_admin
                && (scopes.is_empty() || scopes.iter().any(|scope| role.contains(scope)))
        }
    };
    if may { "yes" } else { "no" }
}

fn bound_key(access: Access) -> &'static str {
    match access {
        Access::Public => "yes",
        Access::Webhook => "no",
        Access::Caller { user: true, .. } | Access::Caller { bound: false, .. } => "no",
        Access::Caller { scopes: [], .. } => "yes",
        Access::Caller { scopes, .. } if scopes.iter().any(|scope| scope.fits_collections()) => {
            "within its collections"
        }
        Access::Caller { .. } => "no",
    }
}

fn tables() -> String {
    let lines = lines();
    let mut text = String::from(
        "| route | effect | needs | role `user` | key bound to collections |\n|---|---|---|---|---|\n",
    );
    for line in &lines {
        let Line {
            name,
            at,
            effect,
            access,
        } = line;
        let (needs, user, bound) = (needs(*access), role_user(*access), bound_key(*access));
        writeln!(
            text,
            "| `{name}`: {at} | {effect} | {needs} | {user} | {bound} |"
        )
        .unwrap();
    }
    text.push_str("\n| a key with this scope alone | can do |\n|---|---|\n");
    for scope in Scope::ALL {
        let effects: Vec<&str> = lines
            .iter()
            .filter(|line| opens(line.access, scope))
            .map(|line| line.effect)
            .collect();
        let effects = match effects.is_empty() {
            true => "nothing: no route asks for it yet".to_owned(),
            false => effects.join("; "),
        };
        writeln!(text, "| `{scope}` | {effects} |").unwrap();
    }
    text.push_str("\n| to make or change a webhook of type | beside `webhooks` |\n|---|---|\n");
    for trigger in Trigger::ALL {
        writeln!(text, "| `{}` | `{}` |", trigger.as_str(), trigger.scope()).unwrap();
    }
    text
}

#[test]
fn the_tables_of_who_may_call_what_are_what_the_routes_say() {
    let file = checkout().join("docs/SECURITY.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the tables begin");
    let (there, after) = rest.split_once(END).expect("the tables end");
    let tables = tables();
    #[expect(clippy::disallowed_methods, reason = "whoever changes a route sets it")]
    let update = env::var_os("UPDATE_MATRIX").is_some();
    if update {
        fs::write(&file, format!("{before}{BEGIN}{tables}{END}{after}")).unwrap();
        return;
    }
    assert!(
        there == tables,
        "the tables in docs/SECURITY.md are out of date: run this test with UPDATE_MATRIX=1 and read the difference"
    );
}

#[test]
fn the_tables_tell_routes_apart() {
    let lines = lines();
    let line = |name: &str| lines.iter().find(|line| line.name == name).unwrap().access;
    for (name, what, user, bound) in [
        ("health-get", "nothing", "yes", "yes"),
        ("auth-me", "any credential", "yes", "yes"),
        ("auth-logout", "an access token", "yes", "no"),
        (
            "customers-delete",
            "`admin:tenant` and an access token",
            "no",
            "no",
        ),
        (
            "admin-customers-list",
            "an administrator of the platform",
            "no",
            "no",
        ),
        (
            "ingest-webhook-receive",
            "the webhook's secret or token",
            "no",
            "no",
        ),
        (
            "collections-list",
            "`documents:read` or `search`",
            "yes",
            "within its collections",
        ),
        ("collections-delete", "`documents:write`", "no", "no"),
        ("search", "`search`", "yes", "within its collections"),
        ("keys-list", "`admin:tenant`", "no", "no"),
    ] {
        let access = line(name);
        assert_eq!(
            (needs(access).as_str(), role_user(access), bound_key(access)),
            (what, user, bound),
            "{name}"
        );
    }
}

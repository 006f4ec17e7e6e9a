//! Who may call what: the tables in `docs/SECURITY.md`, generated from the types of the handlers. As the tables are
//! checked in, a changed permission is a changed line in a review.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::fmt::Write;

use dynrag_api::openapi::Access;
use dynrag_domain::{
    identity::{Role, Scope},
    webhooks::Trigger,
};

use crate::support::{
    generated,
    routes::{named, needs},
};

/// Whether a key with only this scope may call the route, and needs the scope for it.
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
    let lines = named();
    let mut text = String::from(
        "| route | effect | needs | role `user` | key bound to collections |\n|---|---|---|---|---|\n",
    );
    for line in &lines {
        let (name, effect, at) = (line.name, line.summary, line.at.join("`, `"));
        let (needs, user, bound) = (
            needs(line.access),
            role_user(line.access),
            bound_key(line.access),
        );
        writeln!(
            text,
            "| `{name}`: `{at}` | {effect} | {needs} | {user} | {bound} |"
        )
        .unwrap();
    }
    text.push_str("\n| a key with this scope alone | can do |\n|---|---|\n");
    for scope in Scope::ALL {
        let effects: Vec<&str> = lines
            .iter()
            .filter(|line| opens(line.access, scope))
            .map(|line| line.summary)
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
fn the_access_tables_are_up_to_date() {
    assert_eq!(
        generated::part("docs/SECURITY.md", "the tables", &tables()),
        None
    );
}

#[test]
fn access_is_described_as_the_routes_require_it() {
    let lines = named();
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

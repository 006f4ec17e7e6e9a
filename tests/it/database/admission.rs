//! `admit()`: which callers are admitted.

use dynrag_domain::{
    Kind,
    audit::Actor,
    identity::{Principal, Role, Scope},
};
use dynrag_store::{
    Store, TokenClaims,
    admission::{Admission, Refused},
};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{
    database::Database,
    seed::{self, Customer},
};

async fn by_token(store: &Store, customer: &Customer) -> Result<Admission, Refused> {
    store
        .admit_user(customer.verified(), seed::endpoint("documents-get"))
        .await
}

async fn by_key(store: &Store, customer: &Customer) -> Result<Admission, Refused> {
    store
        .admit_api_key(
            &customer.key_public_id,
            &customer.key_hash,
            seed::endpoint("documents-get"),
        )
        .await
}

/// Outcomes of admission by token and by key: `ok`, or the code of the refusal.
async fn codes(store: &Store, customer: &Customer) -> [&'static str; 2] {
    [
        by_token(store, customer).await,
        by_key(store, customer).await,
    ]
    .map(|admission| match admission {
        Ok(_) => "ok",
        Err(refused) => refused.error.code(),
    })
}

async fn set(superuser: &Client, table: &str, change: &str, customer: &Customer) {
    let key = if table == "customers" {
        "id"
    } else {
        "customer_id"
    };
    let and = if change.contains(" WHERE ") {
        "AND"
    } else {
        "WHERE"
    };
    let sql = format!("UPDATE {table} SET {change} {and} {key} = $1");
    assert_eq!(
        superuser
            .execute(&sql, &[&customer.id.as_uuid()])
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn admission_returns_the_callers_own_customer() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let (ours, theirs) = (seed::customer(&store).await, seed::customer(&store).await);
    let (deleted, _) = seed::add(&store, ours.id, None, "deleted").await;
    store
        .delete_document(ours.id, Actor::System, deleted, false)
        .await
        .unwrap();

    let admitted = by_token(&store, &ours).await.unwrap();
    assert_eq!(admitted.tenant(), ours.id);
    assert_eq!(admitted.principal, Principal::User(ours.user));
    assert_eq!(admitted.email.as_deref(), Some(ours.email.as_str()));
    assert_eq!(admitted.role, Some(Role::Business));
    assert!(!admitted.platform_admin);
    assert_eq!(admitted.config.embedding_model, seed::MODEL);
    let config = &admitted.config;
    assert_eq!(
        (
            config.reads_per_minute,
            config.requests_per_minute,
            config.requests_per_day
        ),
        (600, 120, 50_000)
    );
    assert_eq!(admitted.chunks_version, None);
    assert_eq!(admitted.deleting, [deleted]);

    let admitted = by_key(&store, &ours).await.unwrap();
    assert_eq!(admitted.principal, Principal::ApiKey(ours.key));
    assert_eq!(admitted.scopes, Scope::ALL);
    assert_eq!(admitted.deleting, [deleted]);
    assert!(by_key(&store, &theirs).await.unwrap().deleting.is_empty());
}

#[tokio::test]
async fn invalid_and_revoked_credentials_are_refused() {
    let database = Database::fresh().await;
    let store = database.store(1);
    let superuser = database.superuser().await;
    let other = seed::customer(&store).await;
    let refused = ["unauthenticated"; 2];
    let only_token = ["unauthenticated", "ok"];
    let only_key = ["ok", "unauthenticated"];
    let cases = [
        (
            "customers",
            "status = 'suspended'",
            ["customer_suspended"; 2],
        ),
        ("customers", "status = 'deleted', erase_at = now()", refused),
        ("users", "status = 'disabled'", only_token),
        (
            "users",
            "tokens_valid_from = now() + interval '1 minute'",
            only_token,
        ),
        (
            "sessions",
            "ended_at = now(), end_reason = 'logout'",
            only_token,
        ),
        ("sessions", "expires_at = now()", only_token),
        // No token of a retired secret is valid, even if the secret is still cached.
        (
            "customer_secrets",
            "retires_at = now() WHERE purpose = 'access_token'",
            only_token,
        ),
        ("api_keys", "revoked_at = now()", only_key),
        (
            "api_keys",
            "expires_at = now() - interval '1 second'",
            only_key,
        ),
        (
            "api_keys",
            "secret_hash = decode(repeat('00', 32), 'hex')",
            only_key,
        ),
    ];
    for (table, change, expected) in cases {
        let customer = seed::customer(&store).await;
        assert_eq!(codes(&store, &customer).await, ["ok"; 2]);
        set(&superuser, table, change, &customer).await;
        assert_eq!(
            codes(&store, &customer).await,
            expected,
            "{table}: {change}"
        );
        assert_eq!(
            codes(&store, &other).await,
            ["ok"; 2],
            "{table}: {change} concerns another customer"
        );
    }
    // The user and session of another customer, and unknown ones.
    let customer = seed::customer(&store).await;
    for (tenant, user, session) in [
        (other.id, customer.user, customer.session),
        (customer.id, Uuid::new_v4().into(), customer.session),
        (customer.id, customer.user, other.session),
        (customer.id, customer.user, Uuid::new_v4().into()),
    ] {
        let token = seed::signed(TokenClaims {
            customer: tenant.customer_id(),
            user,
            session,
            ..customer.claims()
        });
        let refused = store
            .admit_user(token, seed::endpoint("auth-me"))
            .await
            .unwrap_err();
        assert_eq!(refused.error.kind(), Kind::Unauthenticated);
    }
}

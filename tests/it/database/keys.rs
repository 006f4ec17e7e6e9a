//! The user behind a key, and that no key outlives its user, even with concurrent requests.

use dynrag_domain::{
    ApiKeyId, Kind, UserId,
    api_keys::{self, ApiKey},
    audit::Actor,
    identity::{Role, Scope, UserStatus},
};
use dynrag_store::{
    Store,
    admission::Admission,
    api_keys::{ApiKeyRow, NewApiKey},
    key_makers::{self, Loss},
    users,
};
use futures::future::join_all;

use crate::support::{
    database::Database,
    seed::{self, Customer},
};

async fn make(
    store: &Store,
    maker: &Admission,
    scopes: &[Scope],
) -> Result<(ApiKeyRow, (String, [u8; 32])), dynrag_domain::Error> {
    let text = api_keys::generate();
    let key = ApiKey::parse(&text).unwrap();
    let new = NewApiKey {
        id: ApiKeyId::generate(),
        name: "n",
        public_id: key.public_id,
        secret_hash: &key.secret_hash(),
        scopes,
        requests_per_minute: None,
        expires_at: None,
        collections: None,
    };
    let row = store.add_api_key(maker, &new).await?;
    Ok((row, (key.public_id.to_owned(), key.secret_hash())))
}

async fn admit(store: &Store, key: &(String, [u8; 32])) -> Option<Admission> {
    let admitted = store.admit_api_key(&key.0, &key.1, seed::endpoint("keys-create"));
    admitted.await.ok()
}

async fn user(store: &Store, customer: &Customer) -> Admission {
    let endpoint = seed::endpoint("keys-create");
    let admitted = store.admit_user(customer.verified(), endpoint).await;
    admitted.unwrap()
}

/// Disables a user as the route does.
async fn disable(store: &Store, customer: &Customer, user: UserId) -> usize {
    let tx = store.tenant(customer.id).await.unwrap();
    key_makers::lock(&tx).await.unwrap();
    users::lock(&tx).await.unwrap();
    users::update(&tx, user, None, Some(UserStatus::Disabled))
        .await
        .unwrap();
    let revoked = key_makers::revoke(&tx, Actor::System, user, Loss::Disabled)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    revoked
}

#[tokio::test]
async fn a_key_created_by_a_key_belongs_to_the_same_user() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let customer = seed::customer(&store).await;
    let maker = user(&store, &customer).await;
    let scopes = [Scope::AdminTenant, Scope::Search];
    let (first, key) = make(&store, &maker, &scopes).await.unwrap();
    assert_eq!(first.maker.unwrap().user_id, customer.user);
    let by_key = admit(&store, &key).await.unwrap();
    // It cannot grant more than it has.
    let refused = make(&store, &by_key, &[Scope::DocumentsRead]).await;
    let refused = refused.err().unwrap();
    assert_eq!(
        (refused.kind(), refused.code()),
        (Kind::Forbidden, "missing_scope")
    );
    let text = api_keys::generate();
    let new = ApiKey::parse(&text).unwrap();
    let id = ApiKeyId::generate();
    let replaced = store
        .replace_default_key(&by_key, id, new.public_id, &new.secret_hash())
        .await;
    assert_eq!(replaced.err().unwrap().code(), "missing_scope");
    let (second, grandchild) = make(&store, &by_key, &scopes).await.unwrap();
    assert_eq!(second.maker.unwrap().user_id, customer.user);
    // No user is behind the key created at signup, nor behind the keys created with it.
    let default = (customer.key_public_id.clone(), customer.key_hash);
    let by_default = admit(&store, &default).await.unwrap();
    let (orphan, kept) = make(&store, &by_default, &Scope::ALL).await.unwrap();
    assert!(orphan.maker.is_none());

    assert_eq!(disable(&store, &customer, customer.user).await, 2);
    for gone in [&key, &grandchild] {
        assert!(admit(&store, gone).await.is_none());
    }
    for still in [&kept, &default] {
        assert!(admit(&store, still).await.is_some());
    }
    // Callers that were admitted before cannot create keys any more.
    for late in [&maker, &by_key] {
        let refused = make(&store, late, &[Scope::Search]).await.err().unwrap();
        assert_eq!(refused.kind(), Kind::Unauthenticated);
    }
}

#[tokio::test]
async fn no_concurrently_created_key_escapes_a_revocation() {
    let database = Database::fresh().await;
    let store = database.store(12);
    let superuser = database.superuser().await;
    for _ in 0..10 {
        let customer = seed::customer(&store).await;
        let maker = user(&store, &customer).await;
        let (_, key) = make(&store, &maker, &[Scope::AdminTenant, Scope::Search])
            .await
            .unwrap();
        let by_key = admit(&store, &key).await.unwrap();
        let makers = [&maker, &by_key, &maker, &by_key];
        let made = join_all(makers.map(|maker| make(&store, maker, &[Scope::Search])));
        let (made, _) = tokio::join!(made, disable(&store, &customer, customer.user));
        for (_, key) in made.into_iter().flatten() {
            assert!(admit(&store, &key).await.is_none());
        }
        let live = "SELECT count(*) FROM api_keys WHERE customer_id = $1 AND NOT is_default AND revoked_at IS NULL";
        let live = superuser.query_one(live, &[&customer.id.as_uuid()]).await;
        assert_eq!(live.unwrap().get::<_, i64>(0), 0);
    }
}

#[tokio::test]
async fn keys_can_be_transferred_to_another_user() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let customer = seed::customer(&store).await;
    let maker = user(&store, &customer).await;
    let (_, key) = make(&store, &maker, &[Scope::Search]).await.unwrap();
    let heir = UserId::generate();
    let tx = store.tenant(customer.id).await.unwrap();
    let email = dynrag_domain::identity::Email::try_from("heir@example.com").unwrap();
    users::insert(&tx, heir, &email, "$argon2id$none", Role::Business)
        .await
        .unwrap();
    key_makers::lock(&tx).await.unwrap();
    let moved = key_makers::hand_over(&tx, Actor::System, customer.user, Some(heir)).await;
    assert_eq!(moved.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(disable(&store, &customer, customer.user).await, 0);
    assert!(admit(&store, &key).await.is_some());
    let listed = store.list_api_keys(customer.id, None, 10).await.unwrap();
    let makers: Vec<_> = listed
        .iter()
        .map(|row| row.maker.as_ref().map(|maker| maker.email.as_str()))
        .collect();
    assert_eq!(makers, [Some("heir@example.com"), None]);
    let log = store.list_audit(customer.id, None, 10).await.unwrap();
    assert_eq!(log[0].action, "api_key.transferred");
}

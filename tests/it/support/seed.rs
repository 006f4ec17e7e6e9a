//! Customers and documents for tests, created like the functions create them.

use chrono::{DateTime, TimeDelta, Utc};
use dynrag_domain::{
    AnswerId, ApiKeyId, ChatSessionId, CollectionId, DocumentId, SessionId, UserId, VersionNumber,
    answers::{Answer, AnswerStatus, AnswerUsage, Thumb},
    api_keys::{self, ApiKey},
    audit::{Action, Actor},
    bulk::BulkAction,
    chat::ChatModel,
    collections::CollectionTarget,
    documents::{
        ExtractionOptions, Format, OnDuplicate, Source,
        filter::{Filter, Sort},
    },
    identity::{Class, Email, Principal, Role, Scope},
    jobs::Lane,
    mail_tokens::MailToken,
    money::Usd,
    tasks::JobKind,
};
use dynrag_store::{
    Store, Tenant, TenantId, TokenClaims, Verified,
    admission::Endpoint,
    api_keys::NewApiKey,
    audit,
    chat::{Owner, Turn},
    chat_providers,
    collections::NewCollection,
    crawls::Crawl,
    customers::{self, NewCustomer},
    document_passwords::{self, SealedPassword},
    documents::Document,
    idempotency::Repeatable,
    invitations, jobs,
    mail_tokens::{self, Purpose},
    outbox::Pending,
    rerankers,
    responses::NewResponse,
    secrets::SealedSecret,
    sessions::{self, NewRefreshToken},
    uploads::{Added, NewDocument, Target},
    users,
};
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub const MODEL: &str = "test-embedding";

/// A customer and its credentials.
#[derive(Clone)]
pub struct Customer {
    pub id: TenantId,
    pub user: UserId,
    pub session: SessionId,
    pub email: String,
    pub key: ApiKeyId,
    pub key_public_id: String,
    pub key_hash: [u8; 32],
}

/// Signs a customer up in the database, with made-up secrets.
pub async fn customer(store: &Store) -> Customer {
    let random = |length| Alphanumeric.sample_string(&mut rand::rng(), length);
    let key = api_keys::compose(&random(api_keys::PUBLIC_ID), &random(api_keys::RANDOM));
    let key = ApiKey::parse(&key).unwrap();
    let id = TenantId::generate();
    let email = Email::try_from(format!("{}@example.com", random(16)).as_str()).unwrap();
    let made = Customer {
        id,
        user: UserId::generate(),
        session: SessionId::generate(),
        email: email.as_str().to_owned(),
        key: ApiKeyId::generate(),
        key_public_id: key.public_id.to_owned(),
        key_hash: key.secret_hash(),
    };
    let sealed = |purpose| SealedSecret {
        purpose,
        version: 1,
        nonce: vec![7; 12],
        ciphertext: vec![1; 48],
    };
    let new = NewCustomer {
        company_name: Some("Example Ltd"),
        wrapped_data_key: &[1; 64],
        embedding_model: MODEL,
        platform_budget: Usd::from_nanos(5_000_000_000),
        platform_key: true,
        user_id: made.user,
        email: &email,
        password_hash: "$argon2id$not-a-hash",
        api_key_id: made.key,
        api_key_public_id: &made.key_public_id,
        api_key_hash: &made.key_hash,
        secrets: &[sealed("access_token"), sealed("refresh_token")],
    };
    let tx = store.tenant(id).await.unwrap();
    customers::insert(&tx, &new).await.unwrap();
    begin_session(&tx, &made).await;
    tx.commit().await.unwrap();
    made
}

async fn begin_session(tx: &Tenant, customer: &Customer) {
    let token = NewRefreshToken {
        id: Uuid::now_v7(),
        session_id: customer.session,
        user_id: customer.user,
        token_hash: &[1; 32],
        issued_at: Utc::now(),
        expires_at: in_an_hour(),
    };
    sessions::begin(tx, &token).await.unwrap();
    let (actor, action) = (Actor::User(customer.user), Action::CustomerCreated);
    let target = customer.id.as_uuid();
    audit::record(tx, actor, action, target, &serde_json::json!({}))
        .await
        .unwrap();
}

impl Customer {
    /// The verified access token of its user.
    pub fn claims(&self) -> TokenClaims {
        TokenClaims {
            id: Uuid::now_v7(),
            customer: self.id.customer_id(),
            user: self.user,
            session: self.session,
            issued_at: Utc::now(),
        }
    }

    /// Its user's access token, verified.
    pub fn verified(&self) -> Verified {
        signed(self.claims())
    }
}

/// A token of these claims, as if it had been verified.
#[expect(clippy::disallowed_methods, reason = "a test's token has no signature")]
pub fn signed(claims: TokenClaims) -> Verified {
    Verified::signed(claims, 1)
}

/// The tenant of a customer that signed up through the API.
#[expect(
    clippy::disallowed_methods,
    reason = "a test's own customer needs no proof"
)]
pub fn tenant(customer: Uuid) -> TenantId {
    TenantId::unchecked(customer.into())
}

/// A route that reads.
pub fn endpoint(name: &str) -> Endpoint<'_> {
    Endpoint {
        name,
        class: Class::Read,
    }
}

fn chat_model() -> ChatModel {
    serde_json::from_str(r#"{"name": "m"}"#).unwrap()
}

/// Adds a conversation of a question and its answer, which is rated.
async fn conversation(store: &Store, customer: &Customer) {
    let owner = Owner::try_from(Principal::User(customer.user)).unwrap();
    let id = ChatSessionId::generate();
    let answer = Answer {
        status: AnswerStatus::NotFound,
        answer: "I found nothing.".to_owned(),
        citations: Vec::new(),
        sentences: Vec::new(),
        sources: Vec::new(),
        model: "extractive".to_owned(),
        query: "What?".to_owned(),
        collection_id: None,
        usage: AnswerUsage::default(),
        warnings: Vec::new(),
    };
    let turn = Turn {
        answer_id: Some(AnswerId::generate()),
        response: Some(NewResponse {
            previous: None,
            request: &json!({}),
        }),
        question: "What?",
        answer: &answer,
        sources: &[],
    };
    let number = store
        .add_turn(customer.id, owner, id, Some("What?"), turn)
        .await
        .unwrap();
    store
        .rate_answer(customer.id, owner, (id, number), Thumb::Down, None)
        .await
        .unwrap();
    store
        .begin_stream(customer.id, owner, AnswerId::generate())
        .await
        .unwrap();
}

/// Adds the other rows of an account: an invitation, a link, a network address.
pub async fn account(store: &Store, customer: &Customer) {
    let email = Email::try_from("invited@example.com").unwrap();
    let tx = store.tenant(customer.id).await.unwrap();
    rerankers::set(&tx, "https://rerank.example.com/", "m", None)
        .await
        .unwrap();
    let provider = "openai".parse().unwrap();
    chat_providers::set(&tx, &provider, &[chat_model()], Some((&[1; 12], &[2; 40])))
        .await
        .unwrap();
    invitations::insert(&tx, &email, Role::User, Some(customer.user))
        .await
        .unwrap();
    let token = MailToken::generate(customer.id.customer_id());
    mail_tokens::insert(&tx, &token, Purpose::VerifyEmail(customer.user))
        .await
        .unwrap();
    jobs::add(&tx, JobKind::Export).await.unwrap();
    users::end_login(&tx, customer.user, &email, &[127, 0, 0, 1])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let repeatable = Repeatable {
        tenant: customer.id,
        principal: Principal::User(customer.user),
        route: "ingest-document",
        key: "k".to_owned(),
        request_hash: [1; 32],
    };
    store.begin_request(&repeatable).await.unwrap();
    conversation(store, customer).await;
    let handbook = collection(store, customer.id, "Handbook").await;
    store
        .add_file_batch(customer.id, handbook, &[DocumentId::generate()])
        .await
        .unwrap();
    let crawl = Crawl {
        url: "https://example.com/".to_owned(),
        max_pages: 2,
        same_host: true,
        metadata: None,
        chunking: None,
        collection_id: Some(handbook),
        bound: false,
        include_hidden: None,
    };
    store
        .add_crawl(customer.id, Actor::System, &crawl)
        .await
        .unwrap();
    let all = Filter::default();
    store
        .add_bulk(customer.id, Actor::System, BulkAction::Delete.into(), &all)
        .await
        .unwrap();
}

/// Creates a collection without its own chunking.
pub async fn collection(store: &Store, customer: TenantId, name: &str) -> CollectionId {
    let new = NewCollection {
        name,
        description: None,
        chunking: None,
        alpha: None,
        metadata: None,
    };
    store
        .create_collection(customer, Actor::System, &new)
        .await
        .unwrap()
        .id
}

/// The documents of a collection, or all documents.
pub async fn list(
    store: &Store,
    customer: TenantId,
    collection: Option<CollectionId>,
) -> Vec<Document> {
    let filter = Filter {
        collection: collection.map(Some),
        ..Filter::default()
    };
    store
        .list_documents(customer, &filter, Sort::default(), None, 100)
        .await
        .unwrap()
}

/// Creates a user's key that is bound to these collections. Returns its public part and the hash of its secret.
pub async fn bound_key(
    store: &Store,
    customer: &Customer,
    collections: &[CollectionId],
) -> (String, [u8; 32]) {
    let admitted = store
        .admit_user(customer.verified(), endpoint("keys-create"))
        .await
        .unwrap();
    let text = api_keys::generate();
    let key = ApiKey::parse(&text).unwrap();
    let new = NewApiKey {
        id: ApiKeyId::generate(),
        name: "bound",
        public_id: key.public_id,
        secret_hash: &key.secret_hash(),
        scopes: &[Scope::DocumentsRead, Scope::DocumentsWrite, Scope::Search],
        requests_per_minute: None,
        expires_at: None,
        collections: Some(collections),
    };
    store.add_api_key(&admitted, &new).await.unwrap();
    (key.public_id.to_owned(), key.secret_hash())
}

/// Gives a document a password that cannot be opened.
pub async fn password(store: &Store, customer: TenantId, document: DocumentId) -> SealedPassword {
    let sealed = SealedPassword {
        nonce: vec![7; 12],
        ciphertext: vec![1; 20],
    };
    let tx = store.tenant(customer).await.unwrap();
    document_passwords::set(&tx, document, &sealed)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    sealed
}

/// Returns a document for a test, with default values.
pub fn new_document<'a>(title: &'a str, external_id: Option<&'a str>) -> NewDocument<'a> {
    NewDocument {
        title,
        title_given: true,
        source: Source::Api,
        format: Format::Txt,
        external_id,
        file_name: None,
        metadata: None,
        source_url: None,
        chunking: None,
        target: CollectionTarget::Unchanged,
        extraction: ExtractionOptions::default(),
        attached_to: None,
        password: None,
        reprocess: false,
        lane: Lane::Single,
        actor: Actor::System,
    }
}

pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Resolves a text and adds it, once. The ingest functions repeat this after a lost race.
pub async fn try_add(
    store: &Store,
    customer: TenantId,
    external_id: Option<&str>,
    text: &str,
) -> (Target, Option<Pending>) {
    let hash = sha256(text);
    let new = new_document(text, external_id);
    let target = store
        .resolve_upload(customer, &new, &hash, OnDuplicate::Skip)
        .await
        .unwrap();
    if matches!(target, Target::Duplicate { .. }) {
        return (target, None);
    }
    let bytes = i64::try_from(text.len()).unwrap();
    match store
        .add_document(customer, target, &new, Uuid::new_v4(), bytes, &hash)
        .await
        .unwrap()
    {
        Added::Queued(pending) => (target, Some(pending)),
        Added::Raced => (target, None),
    }
}

/// Returns the version with this number.
pub fn version(number: i32) -> VersionNumber {
    VersionNumber::try_from(number).unwrap()
}

/// Adds a text as a new document, or as the next version of the one with this external id.
pub async fn add(
    store: &Store,
    customer: TenantId,
    external_id: Option<&str>,
    text: &str,
) -> (DocumentId, VersionNumber) {
    match try_add(store, customer, external_id, text).await {
        (Target::New { id }, Some(_)) => (id, VersionNumber::FIRST),
        (Target::Next { id, version }, Some(_)) => (id, version),
        (target, _) => panic!("{text} was not added: {target:?}"),
    }
}

/// Adds a document whose upload is awaited until this time.
pub async fn add_awaited(
    store: &Store,
    customer: TenantId,
    expires_at: DateTime<Utc>,
) -> DocumentId {
    let id = DocumentId::generate();
    let new = NewDocument {
        source: Source::Presigned,
        ..new_document("awaited", None)
    };
    store
        .add_awaited_document(customer, id, &new, Uuid::new_v4(), expires_at)
        .await
        .unwrap();
    id
}

pub fn in_an_hour() -> DateTime<Utc> {
    Utc::now() + TimeDelta::hours(1)
}

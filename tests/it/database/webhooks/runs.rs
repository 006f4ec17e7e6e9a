//! Runs of scheduled webhooks: recorded when they are requested or start, and how they end.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use dynrag_domain::{
    documents::{FailureCode, Source},
    fetches::Fetch,
    webhooks::{Event, RunStatus, Trigger},
};
use dynrag_store::{
    fetches::AddedUrl,
    schedules::{Outcome, Run},
    uploads::NewDocument,
    webhooks::{self, WebhookFields},
};
use uuid::Uuid;

use super::{SKIPPED, Scene, add, wanted};
use crate::support::seed;

#[tokio::test]
async fn a_run_records_how_its_version_ended() {
    let scene = Scene::new(&[Event::Failed]).await;
    let (store, customer) = (&scene.store, scene.customer);
    let url = "https://example.com/";
    let daily = WebhookFields {
        url: Some(url),
        schedule: Some("rate(1 day)"),
        next_run_at: Some(Utc::now() + TimeDelta::days(1)),
        ..wanted(&[])
    };
    let id = add(store, customer, Trigger::Scheduled, &daily, None).await;
    let asked = async || {
        let tx = store.tenant(customer).await.unwrap();
        let run = webhooks::run_now(&tx, id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        (run, store.sweep_schedules(10).await.unwrap().remove(0))
    };
    let runs = async || store.list_runs(customer, id, None, None, 10).await.unwrap();
    let fetch = async || {
        let new = NewDocument {
            source: Source::Url,
            source_url: Some(url),
            ..seed::new_document("Page", None)
        };
        let added = store.add_url(customer, &new, Uuid::new_v4()).await.unwrap();
        let AddedUrl::Queued(document, pending) = added else {
            panic!("not queued")
        };
        let Fetch::Document { version, .. } = pending.job else {
            panic!("no document")
        };
        (document, version)
    };
    let fail = async |document, version, code| {
        let lease = Duration::from_secs(90);
        let claim = store.claim_fetch(customer, document, version, lease).await;
        assert!(
            store
                .fail(&claim.unwrap().unwrap(), code)
                .await
                .unwrap()
                .is_held()
        );
    };
    let shown = |run: &Run| (run.id, run.status, run.code.clone());
    let next = Some(Utc::now() + TimeDelta::days(1));

    // It is recorded when it is requested, and ends as its version does.
    let (first, due) = asked().await;
    assert_eq!(shown(&runs().await[0]), (first, RunStatus::Planned, None));
    let (document, version) = fetch().await;
    let outcome = Outcome::Started(document, version);
    store.schedule_ran(&due, outcome, next).await.unwrap();
    assert_eq!(shown(&runs().await[0]), (first, RunStatus::Queued, None));
    fail(document, version, FailureCode::DnsFailed).await;
    let dns = Some("dns_failed".to_owned());
    assert_eq!(
        shown(&runs().await[0]),
        (first, RunStatus::Failed, dns.clone())
    );

    // Also if that ends before the run is recorded.
    let (second, due) = asked().await;
    let (document, version) = fetch().await;
    fail(document, version, FailureCode::TlsFailed).await;
    let outcome = Outcome::Started(document, version);
    store.schedule_ran(&due, outcome, next).await.unwrap();
    let tls = Some("tls_failed".to_owned());
    assert_eq!(
        shown(&runs().await[0]),
        (second, RunStatus::Failed, tls.clone())
    );

    // One is superseded, one is not started.
    let (third, due) = asked().await;
    let (document, version) = fetch().await;
    let outcome = Outcome::Started(document, version);
    store.schedule_ran(&due, outcome, next).await.unwrap();
    scene
        .execute("UPDATE documents SET latest_version = latest_version + 1")
        .await;
    let (fourth, due) = asked().await;
    let outcome = Outcome::Failed("document_limit");
    store.schedule_ran(&due, outcome, next).await.unwrap();
    let left_out = Some("document_limit".to_owned());
    let all: Vec<_> = runs().await.iter().map(shown).collect();
    let expected = [
        (fourth, RunStatus::Failed, left_out),
        (third, RunStatus::Superseded, None),
        (second, RunStatus::Failed, tls),
        (first, RunStatus::Failed, dns),
    ];
    assert_eq!(all, expected);

    // A scheduled run without a request has a separate row, and all of them are deleted after a month.
    scene
        .execute("UPDATE webhooks SET next_run_at = now() WHERE next_run_at IS NOT NULL")
        .await;
    let due = store.sweep_schedules(10).await.unwrap().remove(0);
    store.schedule_ran(&due, SKIPPED, next).await.unwrap();
    assert_eq!(runs().await.len(), 5);
    scene
        .execute("UPDATE webhook_runs SET created_at = now() - interval '31 days' WHERE code IS NOT NULL")
        .await;
    assert_eq!(store.sweep_old_deliveries().await.unwrap(), 3);
    assert_eq!(runs().await.len(), 2);
}

//! Maintenance of the search index: lists of segments, the lease, and what is due.

use std::time::Duration;

use dynrag_domain::{
    segments::{Before, SegmentName, SegmentRef},
    tables::TableVersion,
};
use dynrag_store::{
    Store, TenantId,
    publication::{Table, Written},
};

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(60);

fn segment() -> SegmentRef {
    SegmentRef {
        name: SegmentName::generate(),
        size: 1_000,
        first: 1_000,
        rows: 3,
        current: 3,
        tombstones: 0,
    }
}

fn at(version: u64) -> TableVersion {
    TableVersion::new(0, version)
}

fn written(version: u64, segment: Option<SegmentRef>) -> Written {
    Written {
        version: at(version),
        rows: 3,
        segment,
    }
}

/// Records a version with a segment of its own; returns the segment's name.
async fn publish(store: &Store, customer: TenantId, version: u64) -> SegmentName {
    let segment = segment();
    let step = store.begin_store_step(customer).await.unwrap();
    let recorded = step.publish_version(written(version, Some(segment)));
    recorded.await.unwrap();
    segment.name
}

/// The names of a list that holds all of the recorded version.
async fn complete(store: &Store, customer: TenantId) -> Option<Vec<SegmentName>> {
    let present = store.present_index(customer).await.unwrap();
    let segments = present.segments.complete(present.recorded)?;
    Some(segments.iter().map(|segment| segment.name).collect())
}

#[tokio::test]
async fn a_release_that_knows_no_lists_makes_one_incomplete_and_a_base_completes_it() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(2), database.superuser().await);
    let (ours, theirs) = (seed::customer(&store).await, seed::customer(&store).await);
    let first = publish(&store, ours.id, 1).await;
    let foreign = publish(&store, theirs.id, 1).await;
    assert_eq!(complete(&store, ours.id).await, Some(vec![first]));
    let old = "UPDATE index_versions SET lance_version = 2 WHERE customer_id = $1";
    let id = ours.id.as_uuid();
    superuser.execute(old, &[&id]).await.unwrap();
    assert_eq!(complete(&store, ours.id).await, None);

    // What is published while the base is built follows it.
    let step = store.begin_maintenance(ours.id).await.unwrap();
    assert_eq!(step.begin_base().await.unwrap(), Some(at(2)));
    let later = publish(&store, ours.id, 3).await;
    let base = segment();
    let step = store.begin_maintenance(ours.id).await.unwrap();
    let list = step.segments.with_base(at(2), vec![base]).unwrap();
    step.record_segments(Table::Present, &list).await.unwrap();
    assert_eq!(
        complete(&store, ours.id).await,
        Some(vec![base.name, later])
    );
    assert_eq!(complete(&store, theirs.id).await, Some(vec![foreign]));
}

#[tokio::test]
async fn a_removal_throws_away_the_base_that_is_being_built() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let customer = seed::customer(&store).await.id;
    let name = publish(&store, customer, 1).await;
    store.lose_segment(customer, name).await.unwrap();
    assert_eq!(complete(&store, customer).await, None);
    let step = store.begin_maintenance(customer).await.unwrap();
    assert_eq!(step.begin_base().await.unwrap(), Some(at(1)));
    let meanwhile = publish(&store, customer, 2).await;
    let step = store.begin_maintenance(customer).await.unwrap();
    let removal = step.publish_removal(written(3, None)).await.unwrap();
    assert_eq!(removal, [meanwhile]);
    let step = store.begin_maintenance(customer).await.unwrap();
    assert_eq!(step.segments.with_base(at(1), vec![segment()]), None);
    step.end().await.unwrap();
    // A complete list goes on.
    let step = store.begin_maintenance(customer).await.unwrap();
    assert_eq!(step.begin_base().await.unwrap(), Some(at(3)));
    let step = store.begin_maintenance(customer).await.unwrap();
    let list = step.segments.with_base(at(3), vec![segment()]).unwrap();
    step.record_segments(Table::Present, &list).await.unwrap();
    let step = store.begin_maintenance(customer).await.unwrap();
    assert_eq!(
        step.publish_removal(written(4, Some(segment())))
            .await
            .unwrap(),
        []
    );
    assert_eq!(complete(&store, customer).await.unwrap().len(), 2);
}

#[tokio::test]
async fn only_the_list_that_names_a_lost_segment_begins_again() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let (ours, theirs) = (
        seed::customer(&store).await.id,
        seed::customer(&store).await.id,
    );
    let name = publish(&store, ours, 1).await;
    publish(&store, theirs, 1).await;
    // Another customer's, and one that a merge has replaced.
    store.lose_segment(theirs, name).await.unwrap();
    assert!(complete(&store, theirs).await.is_some());
    let step = store.begin_maintenance(ours).await.unwrap();
    let list = step
        .segments
        .replace(&[name], &[segment()], Before::Nothing);
    step.record_segments(Table::Present, &list.unwrap())
        .await
        .unwrap();
    store.lose_segment(ours, name).await.unwrap();
    assert!(complete(&store, ours).await.is_some());
}

#[tokio::test]
async fn one_worker_has_the_lease_until_it_gives_it_up_or_it_lapses() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(2), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let claim = async || {
        let step = store.begin_maintenance(customer).await.unwrap();
        step.claim_maintenance(LEASE).await.unwrap()
    };
    assert!(claim().await);
    assert!(!claim().await);
    store.release_maintenance(customer).await.unwrap();
    assert!(claim().await);
    let lapse = "UPDATE index_versions SET maintenance_until = now() WHERE customer_id = $1";
    superuser
        .execute(lapse, &[&customer.as_uuid()])
        .await
        .unwrap();
    assert!(claim().await);
}

#[tokio::test]
async fn maintenance_is_sent_once_and_brought_forward_if_there_is_something_to_do_now() {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(2), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let due = async || store.sweep_maintenance(100).await.unwrap().len();
    assert_eq!(due().await, 0);
    for version in 1..=8 {
        publish(&store, customer, version).await;
    }
    assert_eq!(due().await, 1);
    // On its way: neither a publication nor a search sends it again.
    publish(&store, customer, 9).await;
    store.request_maintenance(customer).await.unwrap();
    assert_eq!(due().await, 0);
    // Planned for objects that are too young: what is due now does not wait for that.
    let planned = "UPDATE index_versions SET maintenance_at = now() + interval '1 hour' WHERE customer_id = $1";
    for publishes in [false, true] {
        superuser
            .execute(planned, &[&customer.as_uuid()])
            .await
            .unwrap();
        assert_eq!(due().await, 0);
        match publishes {
            true => drop(publish(&store, customer, 10).await),
            false => store.request_maintenance(customer).await.unwrap(),
        }
        assert_eq!(due().await, 1);
    }
}

#[tokio::test]
async fn a_search_does_not_wait_for_a_store_step_to_ask_for_maintenance() {
    let database = Database::fresh().await;
    let store = database.store(2);
    let customer = seed::customer(&store).await.id;
    let step = store.begin_store_step(customer).await.unwrap();
    let asked = store.request_maintenance(customer);
    tokio::time::timeout(Duration::from_secs(30), asked)
        .await
        .expect("it waits for the lock")
        .unwrap();
    step.end().await.unwrap();
    assert_eq!(store.sweep_maintenance(100).await.unwrap(), []);
}

//! Requests to a host take turns: crawls of different customers, in different processes, together send it no more
//! requests than one of them may.

use std::time::Duration;

use futures::future::join_all;

use crate::support::{database::Database, seed};

const DELAY: Duration = Duration::from_secs(20);

#[tokio::test]
async fn concurrent_crawls_share_the_rate_of_a_host() {
    let database = Database::fresh().await;
    let stores = [database.store(3), database.store(3)];
    let (host, other) = (seed::sha256("a:443"), seed::sha256("b:443"));
    let turns = (0..10).map(|n| stores[n % 2].host_turn(&host, DELAY));
    let turns = join_all(turns).await;
    let mut waits: Vec<f64> = turns
        .into_iter()
        .filter_map(Result::unwrap)
        .map(|wait| (wait.as_secs_f64() / DELAY.as_secs_f64()).round())
        .collect();
    waits.sort_by(f64::total_cmp);
    // A turn more than a minute away is requested again later.
    assert_eq!(waits, [0.0, 1.0, 2.0, 3.0]);
    let elsewhere = stores[0].host_turn(&other, DELAY).await.unwrap();
    assert_eq!(elsewhere, Some(Duration::ZERO));
}

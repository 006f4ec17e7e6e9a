//! Rate limits per receiver host. However many notifications there are, a host is not called more often than it can
//! bear, and one customer does not use up another's turns.

use std::time::Duration;

use dynrag_domain::{CustomerId, Result};
use dynrag_store::{Store, deliveries::Claimed};
use dynrag_web::parse_url;
use sha2::{Digest, Sha256};

/// Interval between two notifications of one customer to a host, and their maximum burst.
const OF_CUSTOMER: (Duration, i32) = (Duration::from_millis(200), 20);
/// Interval between any two notifications to a host, and their maximum burst.
const OF_ALL: (Duration, i32) = (Duration::from_millis(20), 100);

/// Key of a customer's turns at a host, SHA-256.
fn subject(customer: Option<CustomerId>, host: &str) -> [u8; 32] {
    let who = customer.map_or_else(|| "all".to_owned(), |customer| customer.to_string());
    Sha256::digest(format!("deliver|{who}|{host}")).into()
}

/// Takes a turn for a notification and returns how long it must wait. A notification whose turn has come does not wait
/// again; one whose URL has no host is left to the request, which reports why it fails.
pub(crate) async fn wait(store: &Store, claimed: &Claimed) -> Result<Duration> {
    let url = claimed.url.as_deref().and_then(|url| parse_url(url).ok());
    let host = url.as_ref().and_then(|url| url.host_str());
    let (Some(host), false) = (host, claimed.has_turn) else {
        return Ok(Duration::ZERO);
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let (gap, burst) = OF_CUSTOMER;
    let own = subject(Some(claimed.tenant.customer_id()), &host);
    let own = store.take_turn(&own, gap, burst).await?;
    let (gap, burst) = OF_ALL;
    let all = store.take_turn(&subject(None, &host), gap, burst).await?;
    Ok(own.max(all))
}

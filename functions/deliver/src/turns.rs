//! Turns at the receivers' hosts. However many notices there are, a host is not asked more often than it can bear, and one
//! customer's do not take another's turns.

use std::time::Duration;

use dynrag_domain::{CustomerId, Result};
use dynrag_store::{Store, deliveries::Claimed};
use dynrag_web::parse_url;
use sha2::{Digest, Sha256};

/// Between two notices of one customer to a host, and how many of them may go out at once.
const OF_CUSTOMER: (Duration, i32) = (Duration::from_millis(200), 20);
/// Between any two notices to a host, and how many of them may go out at once.
const OF_ALL: (Duration, i32) = (Duration::from_millis(20), 100);

/// SHA-256 of whose turns at which host they are.
fn subject(customer: Option<CustomerId>, host: &str) -> [u8; 32] {
    let who = customer.map_or_else(|| "all".to_owned(), |customer| customer.to_string());
    Sha256::digest(format!("deliver|{who}|{host}")).into()
}

/// How long a notice waits for its turn, which it takes thereby. A notice whose turn has come does not wait again; one
/// whose address has no host is left to the request, which says why it fails.
pub(crate) async fn wait(store: &Store, claimed: &Claimed) -> Result<Duration> {
    let url = claimed.url.as_deref().and_then(|url| parse_url(url).ok());
    let host = url.as_ref().and_then(|url| url.host_str());
    let (Some(host), false) = (host, claimed.has_turn) else {
        return Ok(Duration::ZERO);
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let (gap, burst) = OF_CUSTOMER;
    let own = subject(Some(claimed.customer_id), &host);
    let own = store.take_turn(&own, gap, burst).await?;
    let (gap, burst) = OF_ALL;
    let all = store.take_turn(&subject(None, &host), gap, burst).await?;
    Ok(own.max(all))
}

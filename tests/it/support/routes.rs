//! Every route there is.

use dynrag_api::RouteInfo;

/// Every group's table.
pub fn routes() -> Vec<RouteInfo> {
    [
        dynrag_admin::routes().table(),
        dynrag_auth::routes().table(),
        dynrag_customers::routes().table(),
        dynrag_documents::routes().table(),
        dynrag_documents_chunks::routes().table(),
        dynrag_documents_events::routes().table(),
        dynrag_ingest::routes().table(),
        dynrag_search::routes().table(),
        dynrag_system::routes().table(),
        dynrag_webhooks::routes().table(),
    ]
    .concat()
}

//! Webhooks of a customer: URLs that receive documents, pages fetched on a schedule, and notifications of document
//! events.

mod body;
mod deliveries;
mod manage;
mod test;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get(
            "webhooks-list",
            "/api/webhooks",
            "List webhooks",
            manage::list,
        )
        .post(
            "webhooks-create",
            "/api/webhooks",
            "Create a webhook",
            manage::create,
        )
        .get(
            "webhooks-get",
            "/api/webhooks/{id}",
            "Get a webhook",
            manage::get,
        )
        .put(
            "webhooks-update",
            "/api/webhooks/{id}",
            "Update a webhook or rotate its secret",
            manage::update,
        )
        .delete(
            "webhooks-delete",
            "/api/webhooks/{id}",
            "Delete a webhook",
            manage::delete,
        )
        .post(
            "webhooks-test",
            "/api/webhooks/{id}/test",
            "Test a webhook",
            test::test,
        )
        .get(
            "webhooks-deliveries",
            "/api/webhooks/{id}/deliveries",
            "List a webhook's deliveries",
            deliveries::list,
        )
        .post(
            "webhooks-replay",
            "/api/webhooks/{id}/deliveries/{deliveryId}/replay",
            "Resend a notification",
            deliveries::replay,
        )
}

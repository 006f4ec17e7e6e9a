//! Routes for platform administrators: list customers, set limits, suspend, delete, invite. For other callers these
//! routes do not exist (404).

mod customer;
mod customers;
mod delete_customer;
mod invitations;

use std::sync::Arc;

use dynrag_api::{App, Routes};

/// The routes of this group.
pub fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get(
            "admin-customers-list",
            "/api/admin/customers",
            "List customers",
            customers::list,
        )
        .get(
            "admin-customers-get",
            "/api/admin/customers/{id}",
            "Get a customer",
            customer::get,
        )
        .delete(
            "admin-customers-delete",
            "/api/admin/customers/{id}",
            "Delete a customer and all its data",
            delete_customer::delete_customer,
        )
        .get(
            "admin-customers-usage",
            "/api/admin/customers/{id}/usage",
            "Get a customer's usage",
            customers::usage,
        )
        .put(
            "admin-customers-limits",
            "/api/admin/customers/{id}/limits",
            "Set a customer's limits",
            customers::limits,
        )
        .post(
            "admin-customers-suspend",
            "/api/admin/customers/{id}/suspend",
            "Suspend a customer",
            customers::suspend,
        )
        .post(
            "admin-customers-activate",
            "/api/admin/customers/{id}/activate",
            "Reactivate a suspended customer",
            customers::activate,
        )
        .post(
            "admin-invitations-create",
            "/api/admin/invitations",
            "Invite someone to sign up",
            invitations::create,
        )
}

//! The rights of an admitted caller beyond the scopes of its route.

use dynrag_domain::{
    CollectionId, Error, Kind, Result, collections::CollectionTarget, identity::Scope,
};

use crate::{Store, admission::Admission};

/// Returns the error for a caller without a required scope.
pub fn missing_scope(needed: &[Scope]) -> Error {
    let names: Vec<&str> = needed.iter().map(|scope| scope.as_str()).collect();
    let names = names.join(" or ");
    Error::new(
        Kind::Forbidden,
        "missing_scope",
        format!("This requires the scope {names}, which your role or key does not have."),
    )
}

impl Admission {
    /// Returns the store as this caller sees it: a key that is bound to collections sees only these.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns whether the caller has a scope.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Checks a scope that the request's content requires, in addition to those of its route.
    ///
    /// # Errors
    /// `missing_scope` (forbidden).
    pub fn require(&self, scope: Scope) -> Result<()> {
        match self.has(scope) {
            true => Ok(()),
            false => Err(missing_scope(&[scope])),
        }
    }

    /// Checks that the caller itself has the scopes that it is about to grant to a key or user.
    ///
    /// # Errors
    /// `missing_scope` (forbidden).
    pub fn check_grant(&self, scopes: &[Scope]) -> Result<()> {
        let beyond: Vec<&str> = scopes
            .iter()
            .filter(|scope| !self.has(**scope))
            .map(|scope| scope.as_str())
            .collect();
        if beyond.is_empty() {
            return Ok(());
        }
        let beyond = beyond.join(", ");
        Err(Error::new(
            Kind::Forbidden,
            "missing_scope",
            format!(
                "You can only grant scopes that you have, and you do not have {beyond}. Ask a business user, or use \
                 the default key."
            ),
        ))
    }

    /// Returns whether the caller may see the account: budget, limits and company. Other callers see only what their
    /// work requires.
    pub fn sees_account(&self) -> bool {
        self.has(Scope::AdminTenant) || self.has(Scope::Metrics)
    }

    /// Returns the collection for a document that is added with or without a `collectionId`. A key that is bound to one
    /// collection adds to that one.
    ///
    /// # Errors
    /// `invalid_fields` if a bound key must name the collection; `key_without_collections` (forbidden) if its
    /// collections are deleted.
    pub fn collection_target(&self, named: Option<CollectionId>) -> Result<CollectionTarget> {
        match (named, self.collections.as_deref()) {
            (Some(id), _) => Ok(CollectionTarget::In(id)),
            (None, None) => Ok(CollectionTarget::Unchanged),
            (None, Some([only])) => Ok(CollectionTarget::In(*only)),
            (None, Some([])) => Err(Error::new(
                Kind::Forbidden,
                "key_without_collections",
                "The collections that this key was bound to have been deleted. Create another key.",
            )),
            (None, Some(_)) => Err(Error::field(
                "/collectionId",
                "one of the key's collections, because the key is bound to several",
            )),
        }
    }
}

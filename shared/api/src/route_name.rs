//! The name of a route.

/// The name of a route: of its function in template.yaml (in PascalCase), its event and its log field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouteName(pub &'static str);

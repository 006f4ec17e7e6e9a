//! The class of a message, by which it counts against the limits of a customer: that of the tool that it calls.

use dynrag_domain::identity::Class;
use serde::Deserialize;

use crate::tools;

#[derive(Deserialize)]
struct Message<'m> {
    #[serde(borrow)]
    method: Option<&'m str>,
    #[serde(default)]
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

/// What is no call of a tool counts as reading.
pub(crate) fn of_message(body: &[u8]) -> Option<Class> {
    let Ok(message) = serde_json::from_slice::<Message<'_>>(body) else {
        return Some(Class::Read);
    };
    let name = message.params.and_then(|params| params.name);
    let tool = match (message.method, name) {
        (Some("tools/call"), Some(name)) => tools::find(&name),
        _ => None,
    };
    Some(tool.map_or(Class::Read, |tool| tool.class()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_as_what_its_tool_does() {
        let class = |body: &str| of_message(body.as_bytes());
        let call = |name: &str| {
            class(&format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{}}}}}}"#
            ))
        };
        assert_eq!(call("search"), Some(Class::Search));
        assert_eq!(call("document_add"), Some(Class::Write));
        assert_eq!(call("ask"), Some(Class::Chat));
        for other in ["", "[]", "{}", r#"{"method":"tools/list"}"#] {
            assert_eq!(class(other), Some(Class::Read), "{other}");
        }
        assert_eq!(call("no_such_tool"), Some(Class::Read));
    }
}

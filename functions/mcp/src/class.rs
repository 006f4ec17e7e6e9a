//! The class of a message, by which it counts against the limits of a customer: that of the tool that it calls.

use dynrag_domain::identity::Class;
use serde::Deserialize;

use crate::tools;

#[derive(Deserialize)]
struct Message {
    method: Option<String>,
    #[serde(default)]
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
}

/// What is no call of a tool counts as reading, and what cannot be read as writing: the protocol's server might understand it.
pub(crate) fn of_message(body: &[u8]) -> Option<Class> {
    let Ok(message) = serde_json::from_slice::<Message>(body) else {
        return Some(Class::Write);
    };
    let name = message.params.and_then(|params| params.name);
    let tool = match (message.method.as_deref(), name) {
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
        for other in ["{}", r#"{"method":"tools/list"}"#] {
            assert_eq!(class(other), Some(Class::Read), "{other}");
        }
        for odd in [
            "",
            "[]",
            r#"{"method":"ping","method":"tools/call","params":{"name":"ask"}}"#,
            r#"{"method":"tools/call","params":{"name":"search","name":"ask"}}"#,
        ] {
            assert_eq!(class(odd), Some(Class::Write), "{odd}");
        }
        let escaped = r#"{"method":"tools\/\u0063all","params":{"name":"\u0061sk"}}"#;
        assert_eq!(class(escaped), Some(Class::Chat));
        assert_eq!(call("no_such_tool"), Some(Class::Read));
    }
}

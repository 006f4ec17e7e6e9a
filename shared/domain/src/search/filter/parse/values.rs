//! The tests of conditions, and their values by the type of the field.

use serde_json::value::RawValue;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::{
    super::{
        Bound, Field, FixedField, MAX_EXPONENT, MAX_NUMBER, MAX_TEXT, MAX_VALUES, Moment, Number,
        Op, Test, Value, metadata::Json,
    },
    Parser, names,
};
use crate::documents::{Format, Source};

/// The type of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Text; `nfc` if it is stored in NFC.
    Text {
        nfc: bool,
    },
    Format,
    Source,
    Language,
    Id,
    Page,
    Time,
    /// Metadata: the type is the value's.
    Any,
}

impl Kind {
    fn of(field: &Field) -> Self {
        let Field::Fixed(field) = field else {
            return Self::Any;
        };
        match field {
            FixedField::Title | FixedField::FileName => Self::Text { nfc: true },
            FixedField::ExternalId | FixedField::SourceUrl => Self::Text { nfc: false },
            FixedField::Type => Self::Format,
            FixedField::Source => Self::Source,
            FixedField::Language => Self::Language,
            FixedField::DocumentId | FixedField::CollectionId => Self::Id,
            FixedField::Page => Self::Page,
            FixedField::CreatedAt | FixedField::UpdatedAt => Self::Time,
        }
    }

    fn ops(self) -> &'static [Op] {
        use Op::{Eq, Exists, Gt, Gte, In, Lt, Lte, Ne, Nin};
        match self {
            Self::Text { .. } | Self::Any => Op::ALL,
            Self::Format | Self::Source | Self::Language | Self::Id => &[Eq, Ne, In, Nin, Exists],
            Self::Page | Self::Time => &[Eq, Ne, Gt, Gte, Lt, Lte, In, Nin, Exists],
        }
    }

    /// Parses a value; otherwise returns what is expected.
    fn value(self, json: &RawValue) -> Result<Value, String> {
        match self {
            Self::Any => scalar(json),
            Self::Page => {
                let page = match Json::of(json) {
                    Json::Number(digits) => digits.parse().ok(),
                    _ => None,
                };
                let page = page.map(Value::Page);
                page.ok_or_else(|| format!("a whole number from 0 to {}", u32::MAX))
            }
            _ => {
                let text = text(json)?;
                self.named(&text).ok_or_else(|| self.expected())
            }
        }
    }

    /// The value that a text stands for.
    fn named(self, text: &str) -> Option<Value> {
        let name = |name: &str| Value::Text(name.to_owned());
        match self {
            Self::Text { nfc: true } => normalized(text).map(Value::Text),
            Self::Text { nfc: false } | Self::Any | Self::Page => Some(name(text)),
            Self::Format => {
                let found = Format::ALL.iter().find(|format| format.as_str() == text);
                found.map(|format| name(format.as_str()))
            }
            Self::Source => {
                let found = Source::ALL.iter().find(|source| source.as_str() == text);
                found.map(|source| name(source.as_str()))
            }
            Self::Language => super::super::matches::language(text).map(Value::Text),
            Self::Id => Uuid::try_parse(text).ok().map(Value::Id),
            Self::Time => Moment::parse(text).map(Value::Time),
        }
    }

    fn expected(self) -> String {
        let list = |names: Vec<&str>| format!("one of {}", names.join(", "));
        match self {
            Self::Text { .. } | Self::Any | Self::Page => too_long(),
            Self::Format => list(Format::ALL.iter().map(|one| one.as_str()).collect()),
            Self::Source => list(Source::ALL.iter().map(|one| one.as_str()).collect()),
            Self::Language => "a language of two or three letters, such as en".to_owned(),
            Self::Id => "an id".to_owned(),
            Self::Time => {
                "a time such as 2026-11-21T09:30:00Z, or a date such as 2026-11-21".to_owned()
            }
        }
    }
}

impl Parser {
    /// Parses the test of a condition at this pointer.
    pub(super) fn test(
        &mut self,
        field: &Field,
        op: Op,
        json: Option<&RawValue>,
        at: &str,
    ) -> Option<Test> {
        let kind = Kind::of(field);
        if !kind.ops().contains(&op) {
            let detail = format!("one of {} for {field}", names(kind.ops()));
            return self.bad(&format!("{at}/op"), detail);
        }
        let at = format!("{at}/value");
        let Some(json) = json else {
            return match op {
                Op::Exists => Some(Test::Exists(true)),
                _ => self.bad(&at, "required"),
            };
        };
        match op {
            Op::Exists => match Json::of(json) {
                Json::Bool(exists) => Some(Test::Exists(exists)),
                _ => self.bad(&at, "true or false"),
            },
            Op::In => self.values(kind, json, &at).map(Test::Among),
            Op::Nin => self.values(kind, json, &at).map(Test::NotAmong),
            Op::Contains => self.part(kind, json, &at).map(Test::Contains),
            Op::StartsWith => self.part(kind, json, &at).map(Test::StartsWith),
            Op::Eq => self.value(kind, json, &at).map(Test::Equal),
            Op::Ne => self.value(kind, json, &at).map(Test::NotEqual),
            Op::Gt => self.ordered(kind, Bound::Above, json, &at),
            Op::Gte => self.ordered(kind, Bound::AtLeast, json, &at),
            Op::Lt => self.ordered(kind, Bound::Below, json, &at),
            Op::Lte => self.ordered(kind, Bound::AtMost, json, &at),
        }
    }

    fn value(&mut self, kind: Kind, json: &RawValue, at: &str) -> Option<Value> {
        match kind.value(json) {
            Ok(value) => Some(value),
            Err(expected) => self.bad(at, expected),
        }
    }

    fn values(&mut self, kind: Kind, json: &RawValue, at: &str) -> Option<Vec<Value>> {
        let values = Json::elements(json).unwrap_or_default();
        if values.is_empty() {
            return self.bad(at, "a list of at least one value");
        }
        self.values += values.len();
        if self.values > MAX_VALUES {
            return self.bad(
                at,
                format!("at most {MAX_VALUES} values in all lists together"),
            );
        }
        let values = values.iter().enumerate();
        let parsed: Vec<_> = values
            .map(|(index, json)| self.value(kind, json, &format!("{at}/{index}")))
            .collect();
        parsed.into_iter().collect()
    }

    fn ordered(&mut self, kind: Kind, bound: Bound, json: &RawValue, at: &str) -> Option<Test> {
        match self.value(kind, json, at)? {
            Value::Bool(_) => self.bad(at, "text or a number"),
            value => Some(Test::Beyond(bound, value)),
        }
    }

    fn part(&mut self, kind: Kind, json: &RawValue, at: &str) -> Option<String> {
        let part = match text(json) {
            Ok(part) if part.is_empty() => return self.bad(at, "at least one character"),
            Ok(part) => part,
            Err(expected) => return self.bad(at, expected),
        };
        match kind {
            Kind::Text { nfc: true } => normalized(&part).or_else(|| self.bad(at, too_long())),
            _ => Some(part),
        }
    }
}

/// The text in NFC; `None` if that is too long.
fn normalized(text: &str) -> Option<String> {
    let text: String = text.nfc().collect();
    (text.chars().count() <= MAX_TEXT).then_some(text)
}

fn too_long() -> String {
    format!("at most {MAX_TEXT} characters")
}

/// A value that metadata is compared with.
fn scalar(json: &RawValue) -> Result<Value, String> {
    match Json::of(json) {
        Json::Text(_) => text(json).map(Value::Text),
        Json::Bool(value) => Ok(Value::Bool(value)),
        Json::Number(digits) => {
            let exponent = digits.split(['e', 'E']).nth(1).unwrap_or_default();
            let exponent = exponent
                .trim_start_matches(['+', '-'])
                .trim_start_matches('0');
            let small =
                exponent.is_empty() || exponent.parse().is_ok_and(|e: u32| e <= MAX_EXPONENT);
            let number = (small && digits.len() <= MAX_NUMBER).then(|| Number::parse(digits));
            number.flatten().map(Value::Number).ok_or_else(|| {
                format!("a number of at most {MAX_NUMBER} characters, with an exponent up to {MAX_EXPONENT}")
            })
        }
        _ => Err(
            "text, a number, true or false; the op exists finds null and missing values".to_owned(),
        ),
    }
}

/// Text within the limits.
fn text(json: &RawValue) -> Result<String, String> {
    match Json::of(json) {
        Json::Text(text) if text.contains('\0') => Err("no NUL characters".to_owned()),
        Json::Text(text) if text.chars().count() > MAX_TEXT => Err(too_long()),
        Json::Text(text) => Ok(text),
        Json::Broken => Err("text without lone surrogates".to_owned()),
        _ => Err("text".to_owned()),
    }
}

//! A value of a TOML file as the value of a setting.

use toml::de::{DeInteger, DeValue};

use crate::app::error::SettingsError;
use crate::app::setting::{Form, Value};
use crate::app::settings::Source;

/// A TOML value of the type that `form` has in TOML: booleans for switches, numbers for counts and sizes,
/// arrays for lists, strings for the rest.
pub(super) fn read_value(form: Form, value: &DeValue<'_>, from: &Source) -> Result<Value, SettingsError> {
    let wrong = |given: String, problem: String| {
        Err(SettingsError::BadValue { from: Box::new(from.clone()), given, problem, allowed: form.allowed() })
    };
    let text = match (form, value) {
        (Form::Switch, DeValue::Boolean(on)) => return Ok(Value::Switch(*on)),
        (Form::List, DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            return match texts.collect::<Option<Vec<_>>>() {
                Some(texts) => Ok(Value::List(texts)),
                None => wrong("[…]".into(), "not every item is a string".into()),
            };
        }
        (Form::Switch, other) => return wrong(as_written(other), "not a boolean".into()),
        (
            Form::Count { .. }
            | Form::CountOr { .. }
            | Form::Size
            | Form::Duration
            | Form::Limit
            | Form::Pauses,
            DeValue::Integer(number),
        ) => decimal(number),
        (_, DeValue::String(text)) => text.to_string(),
        (_, other) => return wrong(as_written(other), format!("{} does not fit", kind(other))),
    };
    form.read(text.clone().into()).or_else(|problem| wrong(text, problem))
}

/// A number as decimal text, whichever radix it was written in.
fn decimal(number: &DeInteger<'_>) -> String {
    match u64::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) => value.to_string(),
        Err(_) => number.to_string(),
    }
}

pub(super) fn kind(value: &DeValue<'_>) -> String {
    let word = value.type_str();
    let article = if word.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {word}")
}

pub(super) fn as_written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "[…]".into(),
        DeValue::Table(_) => "{…}".into(),
    }
}

//! The values that options take, and what is said where they are something else.

use proc_macro::{Delimiter, Literal, Span, TokenTree};

use crate::function::{Attribute, flatten};
use crate::token::{Failure, failed};

/// One `name`, `name = value` or `name(…)`.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// Its value.
pub(crate) enum Value {
    None,
    Equals(TokenTree),
    List(Vec<TokenTree>),
}

/// Whether this token is a comma.
pub(crate) fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')
}

/// What stands behind an option's name.
pub(crate) fn value(name: &TokenTree, rest: &[TokenTree]) -> Result<Value, Failure> {
    match rest {
        [] => Ok(Value::None),
        [TokenTree::Punct(equals), value] if equals.as_char() == '=' => Ok(Value::Equals(value.clone())),
        [TokenTree::Group(list)] if list.delimiter() == Delimiter::Parenthesis => {
            Ok(Value::List(flatten(list.stream())))
        }
        _ => failed(name.span(), format!("expected `{name}`, `{name} = value` or `{name}(…)`")),
    }
}

impl Argument {
    /// What stands behind the name of one of std's attributes.
    pub(crate) fn of_attribute(name: &str, attribute: &Attribute) -> Result<Argument, Failure> {
        let value = match attribute.rest.as_slice() {
            [] => Value::None,
            [TokenTree::Punct(equals), value] if equals.as_char() == '=' => Value::Equals(value.clone()),
            [TokenTree::Group(list)] if list.delimiter() == Delimiter::Parenthesis => {
                Value::List(flatten(list.stream()))
            }
            _ => return failed(attribute.span, format!("expected `#[{name}]` or `#[{name} = \"..\"]`")),
        };
        Ok(Argument { name: name.to_owned(), span: attribute.span, value })
    }
}

/// A string literal's token; raw strings too. Byte and C strings are none.
fn string(token: &TokenTree) -> Option<Literal> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    (text.starts_with('"') || text.starts_with("r\"") || text.starts_with("r#")).then(|| literal.clone())
}

/// The text of a plain string literal, for options whose values need no escapes.
fn plain_text(argument: &Argument) -> Option<String> {
    let Value::Equals(value) = &argument.value else { return None };
    let text = string(value)?.to_string();
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Nothing, or a string.
pub(crate) fn optional_string(argument: &Argument) -> Result<Option<Literal>, Failure> {
    let name = &argument.name;
    match &argument.value {
        Value::None => Ok(None),
        Value::Equals(value) => match string(value) {
            Some(reason) => Ok(Some(reason)),
            None => failed(value.span(), format!("`{name}` takes a string: `{name} = \"reason\"`")),
        },
        Value::List(_) => failed(argument.span, format!("write `{name}` or `{name} = \"reason\"`")),
    }
}

/// Nothing, a string, or `(expected = "..")`.
pub(crate) fn expected(argument: &Argument) -> Result<Option<Literal>, Failure> {
    let token = match &argument.value {
        Value::None => return Ok(None),
        Value::Equals(value) => Some(value),
        Value::List(list) => match list.as_slice() {
            [TokenTree::Ident(word), TokenTree::Punct(equals), value, rest @ ..]
                if word.to_string() == "expected"
                    && equals.as_char() == '='
                    && rest.iter().all(is_comma)
                    && rest.len() < 2 =>
            {
                Some(value)
            }
            _ => None,
        },
    };
    match token.and_then(string) {
        Some(text) => Ok(Some(text)),
        None => failed(
            argument.span,
            "write `should_panic` or `should_panic(expected = \"part of the message\")`",
        ),
    }
}

/// One of some words; gives back what it stands for.
pub(crate) fn choice(
    argument: &Argument,
    allowed: &[(&'static str, &'static str)],
) -> Result<&'static str, Failure> {
    let text = plain_text(argument);
    match allowed.iter().find(|(word, _)| Some(*word) == text.as_deref()) {
        Some((_, meaning)) => Ok(meaning),
        None => {
            let words: Vec<String> = allowed.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            failed(argument.span, format!("`{}` takes one of: {}", argument.name, words.join(", ")))
        }
    }
}

/// A name that is not empty.
pub(crate) fn group_name(argument: &Argument) -> Result<Literal, Failure> {
    let literal = match &argument.value {
        Value::Equals(value) => string(value),
        _ => None,
    };
    match literal {
        Some(literal) if plain_text(argument).as_deref() != Some("") => Ok(literal),
        _ => failed(argument.span, "`group` takes the name of the group: `group = \"database\"`"),
    }
}

/// Names that are not empty, in parentheses, each once.
pub(crate) fn tag_names(argument: &Argument) -> Result<Vec<Literal>, Failure> {
    let Value::List(list) = &argument.value else {
        return failed(argument.span, "`tags` takes names in parentheses: `tags(\"db\", \"slow\")`");
    };
    let mut tags: Vec<Literal> = Vec::new();
    for part in list.split(is_comma) {
        let tag = match part {
            [] => continue,
            [token] => string(token).filter(|tag| tag.to_string() != "\"\""),
            _ => None,
        };
        let Some(tag) = tag else {
            return failed(part[0].span(), "a tag is a string that is not empty: `tags(\"db\", \"slow\")`");
        };
        if tags.iter().any(|other| other.to_string() == tag.to_string()) {
            return failed(tag.span(), format!("the tag {tag} is given twice; keep one of them"));
        }
        tags.push(tag);
    }
    match tags.is_empty() {
        true => failed(argument.span, "`tags` takes at least one name: `tags(\"db\")`"),
        false => Ok(tags),
    }
}

/// How often a test is tried again, and after which pauses, milliseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Retries {
    pub(crate) count: usize,
    pub(crate) backoff_ms: u64,
    pub(crate) backoff_most_ms: u64,
}

/// `retries = 2`, or `retries(count = 3, backoff = "100ms..2s")`.
pub(crate) fn retries(argument: &Argument) -> Result<Retries, Failure> {
    let read = match &argument.value {
        Value::Equals(value) => small_number(value).map(|count| Retries { count, ..Retries::default() }),
        Value::List(list) => read_retries(list),
        Value::None => None,
    };
    match read {
        Some(retries) => Ok(retries),
        None => failed(
            argument.span,
            "write `retries = 2` or `retries(count = 2, backoff = \"100ms\")`; a backoff of \"100ms..2s\" doubles up to \
             2s",
        ),
    }
}

fn read_retries(list: &[TokenTree]) -> Option<Retries> {
    let (mut count, mut backoff) = (None, None);
    for part in list.split(is_comma).filter(|part| !part.is_empty()) {
        let [TokenTree::Ident(name), TokenTree::Punct(equals), value] = part else { return None };
        match name.to_string().as_str() {
            _ if equals.as_char() != '=' => return None,
            "count" if count.is_none() => count = Some(small_number(value)?),
            "backoff" if backoff.is_none() => {
                let text = string(value)?.to_string();
                let text = text.strip_prefix('"')?.strip_suffix('"')?;
                backoff = Some(match text.split_once("..") {
                    None => (read_duration(text)?, 0),
                    Some((first, most)) => (read_duration(first)?, read_duration(most)?),
                });
            }
            _ => return None,
        }
    }
    let (backoff_ms, backoff_most_ms) = backoff.unwrap_or_default();
    let fits = backoff_most_ms == 0 || backoff_ms <= backoff_most_ms;
    count.filter(|_| fits).map(|count| Retries { count, backoff_ms, backoff_most_ms })
}

fn small_number(value: &TokenTree) -> Option<usize> {
    value.to_string().replace('_', "").parse().ok().filter(|count| *count <= 1_000_000)
}

/// A reason that says something.
pub(crate) fn reason(argument: &Argument) -> Result<Literal, Failure> {
    let literal = match &argument.value {
        Value::Equals(value) => string(value),
        _ => None,
    };
    match literal {
        Some(literal) if plain_text(argument).is_none_or(|text| !text.trim().is_empty()) => Ok(literal),
        _ => failed(
            argument.span,
            format!(
                "`{0}` takes the reason: `{0} = \"what is wrong, and where that is noted\"`",
                argument.name
            ),
        ),
    }
}

/// A number from 1 up.
pub(crate) fn count(argument: &Argument) -> Result<usize, Failure> {
    let number = match &argument.value {
        Value::Equals(value) => value.to_string().replace('_', "").parse().ok().filter(|count| *count > 0),
        _ => None,
    };
    match number {
        Some(number) => Ok(number),
        None => failed(argument.span, format!("`{}` takes a number from 1 up", argument.name)),
    }
}

/// True or false.
pub(crate) fn flag(argument: &Argument) -> Result<bool, Failure> {
    let text = match &argument.value {
        Value::Equals(value) => value.to_string(),
        _ => String::new(),
    };
    match text.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => failed(argument.span, format!("`{0}` takes true or false: `{0} = true`", argument.name)),
    }
}

/// The name alone, or true or false behind it.
pub(crate) fn is_meant(argument: &Argument) -> Result<bool, Failure> {
    match argument.value {
        Value::None => Ok(true),
        _ => flag(argument),
    }
}

/// A path of names.
pub(crate) fn crate_path(argument: &Argument) -> Result<String, Failure> {
    match plain_text(argument) {
        Some(path) if !path.is_empty() && path.split("::").all(is_segment) => Ok(path),
        _ => failed(
            argument.span,
            "`crate` takes the path under which rehearsal is known: `crate = \"my::rehearsal\"`",
        ),
    }
}

fn is_segment(segment: &str) -> bool {
    segment.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !segment.starts_with(|letter: char| letter.is_ascii_digit())
}

/// `"500ms"`, `"5s"`, `"1.5s"`, `"2m"`, `"1h"`: a number and its unit, more than nothing.
pub(crate) fn duration_ms(argument: &Argument) -> Result<u64, Failure> {
    match plain_text(argument).as_deref().and_then(read_duration) {
        Some(duration_ms) => Ok(duration_ms),
        None => failed(
            argument.span,
            format!(
                "`{}` takes a duration of at least 1ms, a number and its unit: \"500ms\", \"5s\", \"1.5s\", \"2m\" or \
                 \"1h\"",
                argument.name
            ),
        ),
    }
}

/// The same, as text, in milliseconds.
pub(crate) fn read_duration(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let number: f64 = digits.trim_end().replace('_', "").parse().ok()?;
    let duration_ms = (number * unit_ms).round();
    (1.0..=1e15).contains(&duration_ms).then_some(duration_ms as u64)
}

//! The two sides of a failed `assert_eq!`, and how they differ, line by line.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// Larger values are shown without a difference, in bytes.
const LARGEST: usize = 256 * 1024;
/// How long a difference may be looked for; what is found by then is shown.
const PATIENCE: Duration = Duration::from_millis(500);
/// Lines around a change that are shown too.
const AROUND: usize = 3;

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `-` for the left side's, `+` for the right side's, a blank for both; `~` where lines are left out.
    pub sign: char,
    /// Its parts, each with whether it is what differs.
    pub parts: Vec<(bool, String)>,
}

/// The left and the right side in the message of a failed `assert_eq!`, as it printed them.
pub fn sides(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("assertion `left == right` failed")?;
    let (_, rest) = rest.split_once("\n  left: ")?;
    let (left, right) = rest.split_once("\n right: ")?;
    // A panic beside the trial may be told of behind it.
    let right = right.split("\na task or thread beside the test").next().unwrap_or(right);
    Some((left, right.trim_end_matches('\n')))
}

/// How two values differ that were printed by their `Debug`.
pub fn lines(left: &str, right: &str) -> Option<Vec<Line>> {
    if left.len() > LARGEST || right.len() > LARGEST {
        return None;
    }
    let (left, right) = (laid_out(left), laid_out(right));
    let difference = TextDiff::configure().timeout(PATIENCE).diff_lines(&left, &right);
    let mut lines = Vec::new();
    for (number, group) in difference.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            lines.push(Line { sign: '~', parts: Vec::new() });
        }
        for change in group.iter().flat_map(|op| difference.iter_inline_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let part = |(differs, text): (bool, std::borrow::Cow<'_, str>)| {
                (differs, text.trim_end_matches('\n').to_owned())
            };
            lines.push(Line { sign, parts: change.iter_strings_lossy().map(part).collect() });
        }
    }
    Some(lines)
}

/// A value over as many lines as it has parts: the lines of a text, the fields of a struct. What is short stays as it is.
fn laid_out(value: &str) -> String {
    match unquoted(value) {
        Some(text) if text.contains('\n') => text,
        _ if value.contains('\n') || !value.contains(['{', '[', '(']) => value.to_owned(),
        _ => broken(value),
    }
}

/// The text of a string literal, if that is all the value is.
fn unquoted(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let (mut text, mut characters) = (String::new(), inner.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                '0' => text.push('\0'),
                'u' => {
                    let rest = characters.as_str().strip_prefix('{')?;
                    let (digits, rest) = rest.split_once('}')?;
                    text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                    characters = rest.chars();
                }
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    Some(text)
}

/// What is in brackets and no longer than this stays on its line, in bytes.
const SHORT: usize = 32;

/// A value of one line over several, much as `{:#?}` would have it.
fn broken(value: &str) -> String {
    let (mut out, mut depth, mut rest) = (String::new(), 0_usize, value);
    while let Some(first) = rest.chars().next() {
        let kept = match first {
            '"' => quoted(rest),
            '[' | '(' => closed(rest).filter(|length| *length <= SHORT).unwrap_or(1),
            '{' => closed(rest).filter(|length| *length <= 2).unwrap_or(1),
            other => other.len_utf8(),
        };
        if matches!(first, '}' | ']' | ')') {
            depth = depth.saturating_sub(1);
            begin_line(&mut out, depth);
        }
        out.push_str(&rest[..kept]);
        rest = &rest[kept..];
        let opens = kept == 1 && matches!(first, '{' | '[' | '(');
        if opens || first == ',' {
            depth += usize::from(opens);
            begin_line(&mut out, depth);
            rest = rest.trim_start_matches(' ');
        }
    }
    out
}

/// The length of the string literal at the beginning.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

/// The length of what begins with a bracket, up to the one that closes it; nothing where that is far.
fn closed(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len().min(2 * SHORT) {
        match text.as_bytes()[at] {
            b'"' => at += quoted(&text[at..]) - 1,
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn begin_line(out: &mut String, depth: usize) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out.push_str(&"    ".repeat(depth));
}

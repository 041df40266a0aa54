//! Tokens of a source: identifiers, `::`, and single characters. Comments, strings and character literals are gone, so
//! that talk of a thing is not taken for the thing.

use crate::Source;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// From 1.
    pub(crate) line: usize,
    /// Inside an item under `#[cfg(test)]`, or in a file of tests.
    pub(crate) in_test: bool,
}

/// The tokens of a source, in order.
pub(crate) fn tokens(source: &Source) -> Vec<Token<'_>> {
    let mut tokens = split(&source.text);
    let of_tests = source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    if of_tests {
        tokens.iter_mut().for_each(|token| token.in_test = true);
    } else {
        mark_tests(&mut tokens);
    }
    tokens
}

fn split(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if let Some(length) = comment(rest).or_else(|| string(rest)).or_else(|| character(rest))
        {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token { text: &rest[..length], line, in_test: false });
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(Token { text: &rest[..length], line, in_test: false });
            }
            length
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    tokens
}

/// Length of the comment that this begins with. Block comments nest.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

/// Length of the string literal that this begins with, prefix and raw marks included.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let behind = rest.strip_prefix(prefix).unwrap_or_default();
        behind.starts_with('"') || (prefix.ends_with('r') && behind.trim_start_matches('#').starts_with('"'))
    })?;
    let behind = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let marks = behind.find('"')?;
        let end = format!("\"{}", "#".repeat(marks));
        let inside = &behind[marks + 1..];
        return Some(prefix.len() + marks + 1 + inside.find(&end).map_or(inside.len(), |at| at + end.len()));
    }
    let mut escaped = false;
    let inside = behind[1..].find(|c: char| {
        let end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        end
    });
    Some(prefix.len() + inside.map_or(behind.len(), |at| at + 2))
}

/// Length of the character literal, or of the lifetime, that this begins with.
fn character(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix("b'").or_else(|| rest.strip_prefix('\''))?;
    let start = rest.len() - behind.len();
    let mut chars = behind.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        // What is escaped may be a quotation mark itself.
        let (escaped, c) = chars.next()?;
        let from = escaped + c.len_utf8();
        return Some(start + from + behind[from..].find('\'')? + 1);
    }
    match chars.next() {
        Some((at, '\'')) => Some(start + at + 1),
        _ => Some(start + behind.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(behind.len())),
    }
}

/// Marks the items under `#[cfg(test)]`.
fn mark_tests(tokens: &mut [Token<'_>]) {
    let mut at = 0;
    while at < tokens.len() {
        if texts(tokens, at, &["#", "[", "cfg", "(", "test", ")", "]"]) {
            let end = end_of_item(tokens, at + 7);
            tokens[at..end].iter_mut().for_each(|token| token.in_test = true);
            at = end;
        } else {
            at += 1;
        }
    }
}

/// Whether these tokens stand here.
pub(crate) fn texts(tokens: &[Token<'_>], at: usize, wanted: &[&str]) -> bool {
    tokens
        .get(at..at + wanted.len())
        .is_some_and(|here| here.iter().zip(wanted).all(|(token, text)| token.text == *text))
}

/// Where the item that begins here has ended: behind its `;`, or behind the `}` of its first brace.
fn end_of_item(tokens: &[Token<'_>], from: usize) -> usize {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text {
            "{" => braces += 1,
            "}" if braces <= 1 && others == 0 => return at + 1,
            "}" => braces -= 1,
            "(" | "[" => others += 1,
            ")" | "]" => others = others.saturating_sub(1),
            ";" if braces == 0 && others == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

//! Rust's text as tokens: enough to find attributes, and to take nothing in a comment or a string for one.

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// An identifier without `r#`, a string's content between its quotes, or the text as it is.
    pub(super) text: &'a str,
    /// One-based.
    pub(super) line: u32,
    /// For an opening delimiter, the index of its closing one; for anything else its own index.
    pub(super) close: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Identifiers, keywords, and numbers, which nobody here looks at.
    Word,
    /// A string literal of any prefix.
    Text,
    /// A single mark. Lifetimes and character literals leave nothing behind.
    Mark,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
}

impl Token<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_mark(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    pub(super) fn is_open(&self, delimiter: &str) -> bool {
        self.kind == Kind::Open && self.text == delimiter
    }
}

/// Splits a source. Text that is no Rust still gives tokens; the compiler has had its say about it already.
pub(super) fn scan(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner { source, at: 0, line: 1, tokens: Vec::new() };
    if source.starts_with("#!") && !source[2..].trim_start().starts_with('[') {
        scanner.skip(line_length(source));
    }
    while scanner.at < source.len() {
        scanner.step();
    }
    close_delimiters(&mut scanner.tokens);
    scanner.tokens
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    tokens: Vec<Token<'a>>,
}

impl<'a> Scanner<'a> {
    fn step(&mut self) {
        let rest = &self.source[self.at..];
        let Some(first) = rest.chars().next() else { return };
        if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if rest.starts_with("//") {
            self.skip(line_length(rest));
        } else if rest.starts_with("/*") {
            self.skip(block_comment_length(rest));
        } else if let Some((length, content)) = string(rest) {
            self.push(Kind::Text, content);
            self.skip(length);
        } else if first == '\'' || rest.starts_with("b'") {
            self.skip(quoted_or_lifetime_length(rest));
        } else if is_word_letter(first) {
            let raw = if rest.starts_with("r#") { 2 } else { 0 };
            let length =
                rest[raw..].find(|letter| !is_word_letter(letter)).map_or(rest.len(), |end| raw + end);
            self.push(Kind::Word, &rest[raw..length]);
            self.skip(length.max(1));
        } else {
            let length = first.len_utf8();
            let kind = match first {
                '(' | '[' | '{' => Kind::Open,
                ')' | ']' | '}' => Kind::Close,
                _ => Kind::Mark,
            };
            self.push(kind, &rest[..length]);
            self.skip(length);
        }
    }

    fn push(&mut self, kind: Kind, text: &'a str) {
        self.tokens.push(Token { kind, text, line: self.line, close: self.tokens.len() });
    }

    fn skip(&mut self, length: usize) {
        let passed = &self.source[self.at..self.at + length];
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.at += length;
    }
}

/// Tells each opening delimiter where it closes; one that never does closes with the file.
fn close_delimiters(tokens: &mut [Token<'_>]) {
    let mut open = Vec::new();
    let last = tokens.len().saturating_sub(1);
    for index in 0..tokens.len() {
        match tokens[index].kind {
            Kind::Open => {
                tokens[index].close = last;
                open.push(index);
            }
            Kind::Close => {
                if let Some(opened) = open.pop() {
                    tokens[opened].close = index;
                }
            }
            Kind::Word | Kind::Text | Kind::Mark => {}
        }
    }
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment_length(rest: &str) -> usize {
    let (bytes, mut depth, mut at) = (rest.as_bytes(), 0_usize, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length and content of the string literal that `rest` begins with, of any prefix.
fn string(rest: &str) -> Option<(usize, &str)> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|behind| {
            let hashes = if prefix.ends_with('r') { behind.trim_start_matches('#') } else { behind };
            hashes.starts_with('"')
        })
    })?;
    let behind = &rest[prefix.len()..];
    let hashes = behind.bytes().take_while(|byte| *byte == b'#').count();
    let start = prefix.len() + hashes + 1;
    let inside = &rest[start..];
    let length = if prefix.ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        inside.find(&end)
    } else {
        escaped_length(inside, b'"')
    };
    let length = length.unwrap_or(inside.len());
    let whole = (start + length + 1 + hashes).min(rest.len());
    Some((whole, &inside[..length]))
}

/// Where the closing quote is, past what a backslash escapes.
fn escaped_length(inside: &str, quote: u8) -> Option<usize> {
    let bytes = inside.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// The length of `'c'`, `'\n'`, `b'c'` or `'lifetime`.
fn quoted_or_lifetime_length(rest: &str) -> usize {
    let start = rest.find('\'').map_or(0, |quote| quote + 1);
    let inside = &rest[start..];
    let mut letters = inside.chars();
    match (letters.next(), letters.next()) {
        (Some('\\'), _) => escaped_length(inside, b'\'').map_or(rest.len(), |end| start + end + 1),
        (Some(letter), Some('\'')) => start + letter.len_utf8() + 1,
        _ => start + inside.find(|letter| !is_word_letter(letter)).unwrap_or(inside.len()),
    }
}

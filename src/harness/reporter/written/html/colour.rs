//! Text as HTML, and output with the colours that a terminal would show.

/// Appends text as it may stand between tags and in an attribute's quotes.
pub fn push_text(out: &mut String, text: &str) {
    for character in text.chars() {
        push_character(out, character);
    }
}

fn push_character(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\n' | '\t' => out.push(character),
        // Of no meaning on a page, and not allowed in one.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => {}
        _ => out.push(character),
    }
}

/// What a terminal would have been told of the text that follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    bold: bool,
    /// 30 to 37 and 90 to 97.
    colour: Option<u8>,
}

/// Appends captured output: bold and the sixteen colours become classes, all else that is meant for a terminal goes.
pub fn push_output(out: &mut String, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut style = Style::default();
    let mut parts = text.split('\u{1b}');
    push_text(out, parts.next().unwrap_or_default());
    for part in parts {
        let (parameters, rest) = sequence(part);
        if let Some(parameters) = parameters {
            style = style.with(parameters);
        }
        if rest.is_empty() {
            continue;
        }
        match style.classes() {
            None => push_text(out, rest),
            Some(classes) => {
                out.push_str(&format!("<span class=\"{classes}\">"));
                push_text(out, rest);
                out.push_str("</span>");
            }
        }
    }
}

/// What stands behind an escape: the parameters where it sets a style, and the text that follows.
fn sequence(part: &str) -> (Option<&str>, &str) {
    if let Some(control) = part.strip_prefix('[') {
        let Some(end) = control.find(|c: char| ('@'..='~').contains(&c)) else { return (None, "") };
        let (parameters, rest) = control.split_at(end);
        let (last, rest) = rest.split_at(1);
        return (Some(parameters).filter(|_| last == "m"), rest);
    }
    if let Some(title) = part.strip_prefix(']') {
        // Up to a bell, or to the next escape.
        return (None, title.split_once('\u{7}').map_or("", |(_, rest)| rest));
    }
    let mut characters = part.chars();
    characters.next();
    (None, characters.as_str())
}

impl Style {
    fn with(mut self, parameters: &str) -> Style {
        for code in parameters.split(';') {
            match code.parse::<u8>().unwrap_or(0) {
                0 => self = Style::default(),
                1 => self.bold = true,
                22 => self.bold = false,
                39 => self.colour = None,
                code @ (30..=37 | 90..=97) => self.colour = Some(code),
                // A colour by number follows, and what it says is not understood as something else.
                38 | 48 => break,
                _ => {}
            }
        }
        self
    }

    fn classes(self) -> Option<String> {
        match (self.bold, self.colour) {
            (false, None) => None,
            (true, None) => Some("bold".to_owned()),
            (false, Some(colour)) => Some(format!("c{}", colour % 10)),
            (true, Some(colour)) => Some(format!("bold c{}", colour % 10)),
        }
    }
}

//! `--help`, generated from the settings table.

use std::fmt::Write;

use super::setting::Setting;

/// Columns a line of help may take.
const WIDTH: usize = 100;
/// Column at which the explanation of a flag begins.
const INDENT: usize = 34;

/// The help text of a program: its usage line, the table's flags by heading in the order of the table, and
/// behind each its variable, its key and its default.
pub fn render(usage: &str, table: &[Setting], closing: &str) -> String {
    let mut text = format!("Usage: {usage}\n");
    let mut headings: Vec<&str> = Vec::new();
    for setting in table.iter().filter(|setting| !setting.heading.is_empty()) {
        if !headings.contains(&setting.heading) {
            headings.push(setting.heading);
        }
    }
    for heading in headings {
        let _ = write!(text, "\n{heading}:\n");
        for setting in table.iter().filter(|setting| setting.heading == heading) {
            describe(&mut text, setting);
        }
    }
    if !closing.is_empty() {
        let _ = write!(text, "\n{}\n", closing.trim_end());
    }
    text
}

fn describe(text: &mut String, setting: &Setting) {
    let value = setting.placeholder();
    let mut left = format!("  {}", setting.flags.join(", "));
    if !value.is_empty() {
        let _ = write!(left, " <{value}>");
    }
    let right = format!("{}{}", setting.help, aside(setting));
    let mut lines = wrap(&right, WIDTH - INDENT).into_iter();
    if left.chars().count() + 2 > INDENT {
        let _ = writeln!(text, "{left}");
    } else {
        let _ = writeln!(text, "{left:INDENT$}{}", lines.next().unwrap_or_default());
    }
    for line in lines {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
}

/// ` [default: 10m; REHEARSAL_TIMEOUT; timeout = … in rehearsal.toml]`
fn aside(setting: &Setting) -> String {
    let default = setting.default.map(|default| format!("default: {default}"));
    let variables = setting.variables.iter().map(|variable| variable.name.to_owned());
    let key = setting.key.map(|key| format!("key {key}"));
    let parts: Vec<String> = default.into_iter().chain(variables).chain(key).collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" [{}]", parts.join("; ")),
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a last line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

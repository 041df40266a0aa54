//! Text inside JSON strings, XML attributes and XML character data.
//!
//! GitHub Actions obeys `##[name]` wherever it stands in a line that a step prints, so a document has no `##[`: the bracket
//! is written the longer way, and whoever reads the document reads the same text.

use std::fmt::Write;

/// Appends `text` as a JSON string, quotes included.
pub fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '[' if out.ends_with("##") => out.push_str("\\u005b"),
            '\0'..='\u{1f}' | '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", character as u32);
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Appends `text` as it may stand between the quotes of an XML attribute.
pub fn push_xml_attribute(out: &mut String, text: &str) {
    for character in text.chars().filter(|character| is_xml(*character)) {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '[' if out.ends_with("##") => out.push_str("&#x5B;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            '\t' => out.push_str("&#x9;"),
            _ => out.push(character),
        }
    }
}

/// Appends `text` as XML character data: a CDATA section a line, line ends as `&#xA;` between them, so that the
/// document stays one line, as libtest's does.
pub fn push_xml_cdata(out: &mut String, text: &str) {
    let last = text.matches('\n').count();
    for (at, line) in text.split('\n').enumerate() {
        let edge = at == 0 || at == last;
        if !line.is_empty() || edge {
            let clean: String = line.chars().filter(|character| is_xml(*character)).collect();
            let clean = clean.replace("]]>", "]]]]><![CDATA[>").replace("##[", "##]]><![CDATA[[");
            let _ = write!(out, "<![CDATA[{clean}]]>");
        }
        if at < last {
            out.push_str("&#xA;");
        }
    }
}

/// The text as quick-junit may have it: without what XML forbids. Colours it takes out itself, and tabs with them, so these
/// become blanks.
#[cfg(feature = "junit")]
pub fn only_xml(text: &str) -> String {
    text.replace('\t', "    ")
        .chars()
        .filter(|character| is_xml(*character) || *character == '\u{1b}')
        .collect()
}

/// Whether XML 1.0 allows this character at all, escaped or not.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn json_escapes_what_json_must_and_leaves_the_rest() {
        let mut out = String::new();
        push_json(&mut out, "a\"b\\c\n\r\t\u{8}\u{c}\u{1b}\u{7f}é𝄞");
        assert_eq!(out, r#""a\"b\\c\n\r\t\b\f\u001b\u007fé𝄞""#);
    }

    #[rehearsal::test]
    fn xml_drops_what_xml_forbids() {
        let mut out = String::new();
        push_xml_attribute(&mut out, "<a href=\"x\">&'\u{1b}\u{0}\n");
        assert_eq!(out, "&lt;a href=&quot;x&quot;&gt;&amp;&apos;&#xA;");
    }

    #[rehearsal::test]
    fn no_command_of_github_actions_is_left_in_a_document() {
        let text = "a ##[error]b #[c] ##d[ ###[e]";
        let [mut json, mut attribute, mut data] = [const { String::new() }; 3];
        push_json(&mut json, text);
        push_xml_attribute(&mut attribute, text);
        push_xml_cdata(&mut data, text);
        assert_eq!(json, r####""a ##\u005berror]b #[c] ##d[ ###\u005be]""####);
        assert_eq!(attribute, "a ##&#x5B;error]b #[c] ##d[ ###&#x5B;e]");
        assert_eq!(data, "<![CDATA[a ##]]><![CDATA[[error]b #[c] ##d[ ###]]><![CDATA[[e]]]>");
    }

    #[rehearsal::test]
    fn character_data_survives_its_own_end_mark_and_empty_lines() {
        let mut out = String::new();
        push_xml_cdata(&mut out, "a ]]> b\n\n\u{1b}[1mc\n");
        assert_eq!(out, "<![CDATA[a ]]]]><![CDATA[> b]]>&#xA;&#xA;<![CDATA[[1mc]]>&#xA;<![CDATA[]]>");
    }
}

//! Regular expressions in filter expressions: the feature `regex`.

use std::fmt;

/// A regular expression; without the feature `regex` there is none.
#[derive(Clone)]
pub struct Pattern(
    #[cfg(feature = "regex")] regex_lite::Regex,
    #[cfg(not(feature = "regex"))] std::convert::Infallible,
);

#[cfg(feature = "regex")]
impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Pattern, String> {
        regex_lite::Regex::new(text)
            .map(Pattern)
            .map_err(|error| format!("not a regular expression: {error}"))
    }

    /// Whether it matches somewhere in a name.
    pub fn fits(&self, name: &str) -> bool {
        self.0.is_match(name)
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(not(feature = "regex"))]
impl Pattern {
    /// Reads none.
    ///
    /// # Errors
    /// Always: which feature is missing.
    pub fn new(_: &str) -> Result<Pattern, String> {
        Err("regular expressions need the feature `regex` of the crate `rehearsal`, which is off in this build; \
             without it, `test(part)` and `test(=whole::name)` compare text"
            .to_owned())
    }

    /// Whether it matches somewhere in a name.
    pub fn fits(&self, _: &str) -> bool {
        match self.0 {}
    }

    /// Its text.
    pub fn text(&self) -> &str {
        match self.0 {}
    }
}

impl Pattern {
    /// Its text between two slashes.
    pub(super) fn written(&self) -> String {
        self.text().replace('/', "\\/")
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.written())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}

//! What is wrong with a value on its way to bytes or back.

use std::fmt;

/// What is wrong with a value on its way to bytes, or with the bytes on their way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The bytes end before the value does.
    TooShort,
    /// Bytes are left behind the value.
    LeftOver {
        /// How many.
        bytes: usize,
    },
    /// A number is larger than its type can be, or a byte is no `bool`, no `Option` and no `char`.
    OutOfRange {
        /// What was expected.
        what: &'static str,
    },
    /// A text is not UTF-8.
    NotUtf8,
    /// A sequence or map that does not know its length before it is written.
    NoLength,
    /// The type asks what comes next, and only a self-describing format could tell it.
    NotDescribed,
    /// The value has no end within the limit of a frame.
    Endless,
    /// What the type's own `Serialize` or `Deserialize` says.
    Said(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::TooShort => f.write_str("the bytes end before the value does"),
            Flaw::LeftOver { bytes } => write!(f, "{bytes} bytes are left behind the value"),
            Flaw::OutOfRange { what } => write!(f, "these bytes are no {what}"),
            Flaw::NotUtf8 => f.write_str("a text is not UTF-8"),
            Flaw::NoLength => f.write_str("a sequence must know its length before it is written"),
            Flaw::NotDescribed => f.write_str(
                "the type needs a self-describing format (untagged or flattened), which the wire is not",
            ),
            Flaw::Endless => f.write_str("the value is over the limit of a frame"),
            Flaw::Said(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Flaw {}

impl serde_core::ser::Error for Flaw {
    fn custom<T: fmt::Display>(message: T) -> Flaw {
        Flaw::Said(message.to_string())
    }
}

impl serde_core::de::Error for Flaw {
    fn custom<T: fmt::Display>(message: T) -> Flaw {
        Flaw::Said(message.to_string())
    }
}

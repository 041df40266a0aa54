//! Arguments that come as one self-describing value, by name or by position, and become those of a command.

use std::cell::Cell;
use std::vec;

use serde_core::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_core::forward_to_deserialize_any;
use serde_json::{Error, Value};

use super::signature::Signature;
use crate::actor::near::nearest;
use crate::sys::wire::absent;

/// The arguments of a call by name, one a parameter of its command.
#[derive(Debug)]
pub struct Arguments {
    signature: &'static Signature,
    /// In the order of the parameters; `None` where one was left out.
    values: Vec<Option<Value>>,
}

/// What is wrong with the arguments of a call by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongArguments {
    /// The argument, where it is one of them.
    pub argument: Option<String>,
    /// What is wrong.
    pub why: String,
}

impl Arguments {
    /// Sorts what came: an object by name, an array by position, null for none.
    pub(crate) fn sort(signature: &'static Signature, came: Value) -> Result<Arguments, WrongArguments> {
        let parameters = signature.arguments;
        let mut values: Vec<Option<Value>> = vec![None; parameters.len()];
        match came {
            Value::Null => {}
            Value::Array(came) if came.len() > parameters.len() => {
                let why = format!("{} came, and it takes {}", came.len(), parameters.len());
                return Err(WrongArguments { argument: None, why });
            }
            Value::Array(came) => {
                values.iter_mut().zip(came).for_each(|(place, value)| *place = Some(value));
            }
            Value::Object(came) => {
                for (name, value) in came {
                    match parameters.iter().position(|(parameter, _)| *parameter == name) {
                        Some(at) => values[at] = Some(value),
                        None => return Err(unknown(signature, name)),
                    }
                }
            }
            other => {
                let why = format!(
                    "arguments come by name in an object or by position in an array, and {other} is neither"
                );
                return Err(WrongArguments { argument: None, why });
            }
        }
        Ok(Arguments { signature, values })
    }

    /// All of them as a tuple; each is read as the type that the command takes.
    ///
    /// # Errors
    /// The first one that is missing, or is something else than the command takes.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, WrongArguments> {
        let (signature, at) = (self.signature, Cell::new(None));
        T::deserialize(Row { values: self.values.into_iter(), signature, at: &at }).map_err(|error| {
            let argument = at.get().map(|at: usize| signature.arguments[at]);
            let why = match argument {
                Some((_, of_type)) => format!("{error}; a `{of_type}` is wanted"),
                None => error.to_string(),
            };
            WrongArguments { argument: argument.map(|(name, _)| name.to_owned()), why }
        })
    }
}

fn unknown(signature: &'static Signature, name: String) -> WrongArguments {
    let known = signature.arguments.iter().map(|(name, _)| *name);
    let why = match nearest(&name, known) {
        Some(near) => format!("there is no argument of this name; did you mean `{near}`?"),
        None => "there is no argument of this name".to_owned(),
    };
    WrongArguments { argument: Some(name), why }
}

/// The arguments as what a tuple is read from. `at` is the one that is being read.
struct Row<'a> {
    values: vec::IntoIter<Option<Value>>,
    signature: &'static Signature,
    at: &'a Cell<Option<usize>>,
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // A tuple of none is what serde calls a unit.
        if self.values.len() == 0 { visitor.visit_unit() } else { visitor.visit_seq(self) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Row<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(value) = self.values.next() else { return Ok(None) };
        let at = self.signature.arguments.len() - self.values.len() - 1;
        self.at.set(Some(at));
        let read = match value {
            Some(value) => seed.deserialize(value)?,
            None => seed.deserialize(absent(self.signature.arguments[at].0)).map_err(missing)?,
        };
        self.at.set(None);
        Ok(Some(read))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

/// The argument is named beside the error.
fn missing(_: Error) -> Error {
    de::Error::custom("it is missing")
}

#[cfg(all(test, feature = "harness"))]
mod tests;

//! serde's two traits for the types of this crate, without the crates that derive them: `serde_derive` and the parser
//! beneath it took a fifth of a clean build, for some fifteen types.
//!
//! [`wired!`](wired) is given a type's fields or variants once more; the compiler sees to it that none is missing. What
//! it writes is what the derive writes: structs with named fields, variants by number on the wire and by name for
//! people, a field that is not known passed over, an `Option` that is not there `None`.

use std::fmt;
use std::marker::PhantomData;

use serde_core::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_core::forward_to_deserialize_any;

/// Writes `Serialize` and `Deserialize` for a type of this crate.
///
/// `skips` names fields that stay behind, and are the default on the other side.
macro_rules! wired {
    (struct $type:ident { $($field:ident),* $(,)? } $(skips { $($skipped:ident),* })?) => {
        impl serde_core::Serialize for $type {
            fn serialize<S: serde_core::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde_core::ser::SerializeStruct as _;
                let $type { $($field,)* $($($skipped: _,)*)? } = self;
                let mut fields = to.serialize_struct(stringify!($type), [$(stringify!($field)),*].len())?;
                $(fields.serialize_field(stringify!($field), $field)?;)*
                fields.end()
            }
        }

        impl<'de> serde_core::Deserialize<'de> for $type {
            fn deserialize<D: serde_core::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                $crate::sys::wire::wired!(@fields $type, [$type] { $($field),* } { $($($skipped),*)? });
                from.deserialize_struct(stringify!($type), FIELDS, Fields)
            }
        }
    };

    (enum $type:ident {
        $($variant:ident $(($inner:ident))? $({ $($field:ident),* $(,)? })?),* $(,)?
    }) => {
        impl serde_core::Serialize for $type {
            fn serialize<S: serde_core::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                enum Number { $($variant),* }
                match self {
                    $($type::$variant $(($inner))? $({ $($field),* })? => $crate::sys::wire::wired!(
                        @write to, $type, $variant, Number::$variant as u32 $(, ($inner))? $(, { $($field),* })?
                    ),)*
                }
            }
        }

        impl<'de> serde_core::Deserialize<'de> for $type {
            fn deserialize<D: serde_core::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                const VARIANTS: &[&str] = &[$(stringify!($variant)),*];
                struct Variants;
                impl<'de> serde_core::de::Visitor<'de> for Variants {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("a variant of ", stringify!($type)))
                    }

                    fn visit_enum<A: serde_core::de::EnumAccess<'de>>(self, from: A) -> Result<$type, A::Error> {
                        #[allow(unused_imports)]
                        use serde_core::de::VariantAccess as _;
                        let (name, variant) = from.variant_seed($crate::sys::wire::shape::Known(VARIANTS))?;
                        match name {
                            $(stringify!($variant) => $crate::sys::wire::wired!(
                                @read variant, $type, $variant $(, ($inner))? $(, { $($field),* })?
                            ),)*
                            _ => Err(serde_core::de::Error::unknown_variant(name, VARIANTS)),
                        }
                    }
                }
                from.deserialize_enum(stringify!($type), VARIANTS, Variants)
            }
        }
    };

    (@write $to:ident, $type:ident, $variant:ident, $number:expr) => {
        $to.serialize_unit_variant(stringify!($type), $number, stringify!($variant))
    };
    (@write $to:ident, $type:ident, $variant:ident, $number:expr, ($inner:ident)) => {
        $to.serialize_newtype_variant(stringify!($type), $number, stringify!($variant), $inner)
    };
    (@write $to:ident, $type:ident, $variant:ident, $number:expr, { $($field:ident),* }) => {{
        use serde_core::ser::SerializeStructVariant as _;
        let (name, count) = (stringify!($variant), [$(stringify!($field)),*].len());
        let mut fields = $to.serialize_struct_variant(stringify!($type), $number, name, count)?;
        $(fields.serialize_field(stringify!($field), $field)?;)*
        fields.end()
    }};

    (@read $from:ident, $type:ident, $variant:ident) => {
        $from.unit_variant().map(|()| $type::$variant)
    };
    (@read $from:ident, $type:ident, $variant:ident, ($inner:ident)) => {
        $from.newtype_variant().map($type::$variant)
    };
    (@read $from:ident, $type:ident, $variant:ident, { $($field:ident),* }) => {{
        $crate::sys::wire::wired!(@fields $type, [$type::$variant] { $($field),* } {});
        $from.struct_variant(FIELDS, Fields)
    }};

    (@fields $type:ident, [$($path:tt)*] { $($field:ident),* } { $($skipped:ident),* }) => {
        const FIELDS: &[&str] = &[$(stringify!($field)),*];
        struct Fields;
        impl<'de> serde_core::de::Visitor<'de> for Fields {
            type Value = $type;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!("the fields of ", stringify!($($path)*)))
            }

            fn visit_seq<A: serde_core::de::SeqAccess<'de>>(self, mut row: A) -> Result<$type, A::Error> {
                $(let $field = $crate::sys::wire::shape::next(&mut row, stringify!($field))?;)*
                Ok($($path)* { $($field,)* $($skipped: Default::default(),)* })
            }

            fn visit_map<A: serde_core::de::MapAccess<'de>>(self, mut map: A) -> Result<$type, A::Error> {
                $(let mut $field = None;)*
                while let Some(name) = map.next_key_seed($crate::sys::wire::shape::Known(FIELDS))? {
                    match name {
                        $(stringify!($field) => $field = Some(map.next_value()?),)*
                        _ => $crate::sys::wire::shape::pass_over(&mut map)?,
                    }
                }
                Ok($($path)* {
                    $($field: $crate::sys::wire::shape::present($field, stringify!($field))?,)*
                    $($skipped: Default::default(),)*
                })
            }
        }
    };
}
pub(crate) use wired;

/// One of these names, given by itself or by its number; an empty one where it is none of them.
pub(crate) struct Known(pub(crate) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Known {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<&'static str, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Known {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {:?}", self.0)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<&'static str, E> {
        let name = usize::try_from(number).ok().and_then(|number| self.0.get(number));
        Ok(name.copied().unwrap_or_default())
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<&'static str, E> {
        Ok(self.0.iter().find(|known| **known == name).copied().unwrap_or_default())
    }

    fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<&'static str, E> {
        Ok(self.0.iter().find(|known| known.as_bytes() == name).copied().unwrap_or_default())
    }
}

/// The next field of a value that comes without names.
pub(crate) fn next<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
    row: &mut A,
    name: &'static str,
) -> Result<T, A::Error> {
    row.next_element()?.ok_or_else(|| de::Error::missing_field(name))
}

/// Reads the value of a field that is not known, and forgets it.
pub(crate) fn pass_over<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<de::IgnoredAny>().map(|_| ())
}

/// A field that came, or what stands for it where it may be left out.
pub(crate) fn present<'de, T: Deserialize<'de>, E: de::Error>(
    value: Option<T>,
    name: &'static str,
) -> Result<T, E> {
    value.map_or_else(|| T::deserialize(Absent(name, PhantomData)), Ok)
}

/// What a value is read from that did not come.
#[cfg(feature = "json")]
pub(crate) fn absent<E>(name: &'static str) -> Absent<E> {
    Absent(name, PhantomData)
}

/// A value that did not come: `None` to an `Option`, an error to all others.
pub(crate) struct Absent<E>(&'static str, PhantomData<E>);

impl<'de, E: de::Error> Deserializer<'de> for Absent<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(de::Error::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;

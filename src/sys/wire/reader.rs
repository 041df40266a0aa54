//! Bytes back to values: the other half of `writer.rs`, which says what they look like.
//!
//! What comes may be garbage. Nothing here panics on it, and nothing is kept ready for a length that was announced:
//! texts and byte strings are slices of what came, and serde's collections grow by what they are given.

use serde_core::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::flaw::Flaw;

/// What is left of the bytes.
pub(super) struct Reader<'de>(pub(super) &'de [u8]);

impl<'de> Reader<'de> {
    fn take(&mut self, bytes: usize) -> Result<&'de [u8], Flaw> {
        let (taken, left) = self.0.split_at_checked(bytes).ok_or(Flaw::TooShort)?;
        self.0 = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (taken, left) = self.0.split_first_chunk::<N>().ok_or(Flaw::TooShort)?;
        self.0 = left;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Flaw> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u64, Flaw> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Flaw::OutOfRange { what: "whole number" })
    }

    fn signed(&mut self) -> Result<i64, Flaw> {
        self.number().map(|folded| (folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    fn length(&mut self) -> Result<usize, Flaw> {
        self.number()?.try_into().map_err(|_| Flaw::OutOfRange { what: "length" })
    }

    fn bytes(&mut self) -> Result<&'de [u8], Flaw> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'de str, Flaw> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Flaw::NotUtf8)
    }
}

/// Numbers that cross as their widest relative.
macro_rules! numbers {
    ($($method:ident, $visit:ident, $wide:ident, $narrow:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
            let number = <$narrow>::try_from(self.$wide()?);
            visitor.$visit(number.map_err(|_| Flaw::OutOfRange { what: stringify!($narrow) })?)
        }
    )*};
}

/// Numbers that cross as all their bytes, little-endian.
macro_rules! plain {
    ($($method:ident, $visit:ident, $number:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
            visitor.$visit(<$number>::from_le_bytes(self.array()?))
        }
    )*};
}

/// What only a self-describing format can do.
macro_rules! not_described {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Flaw> {
            Err(Flaw::NotDescribed)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Flaw;

    fn is_human_readable(&self) -> bool {
        false
    }

    not_described! { deserialize_any deserialize_identifier deserialize_ignored_any }

    plain! {
        deserialize_i8, visit_i8, i8;
        deserialize_u8, visit_u8, u8;
        deserialize_i128, visit_i128, i128;
        deserialize_u128, visit_u128, u128;
        deserialize_f32, visit_f32, f32;
        deserialize_f64, visit_f64, f64;
    }

    numbers! {
        deserialize_i16, visit_i16, signed, i16;
        deserialize_i32, visit_i32, signed, i32;
        deserialize_i64, visit_i64, signed, i64;
        deserialize_u16, visit_u16, number, u16;
        deserialize_u32, visit_u32, number, u32;
        deserialize_u64, visit_u64, number, u64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.byte()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(Flaw::OutOfRange { what: "bool" }),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let number = u32::try_from(self.number()?).ok().and_then(char::from_u32);
        visitor.visit_char(number.ok_or(Flaw::OutOfRange { what: "char" })?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.byte()? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self),
            _ => Err(Flaw::OutOfRange { what: "Option" }),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let left = self.length()?;
        visitor.visit_seq(Row { reader: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_seq(Row { reader: self, left })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        visitor.visit_seq(Row { reader: self, left })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let left = self.length()?;
        visitor.visit_map(Row { reader: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        visitor.visit_seq(Row { reader: self, left: fields.len() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        visitor.visit_enum(self)
    }
}

/// What is in a compound, one after the other.
struct Row<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: usize,
}

impl<'de> Row<'_, 'de> {
    fn next<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Flaw> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> de::SeqAccess<'de> for Row<'_, 'de> {
    type Error = Flaw;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Flaw> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        // What takes no bytes is not worth room, what takes some cannot be more than there are.
        Some(self.left.min(self.reader.0.len()))
    }
}

impl<'de> de::MapAccess<'de> for Row<'_, 'de> {
    type Error = Flaw;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Flaw> {
        self.next(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Flaw> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.reader.0.len()))
    }
}

impl<'de> de::EnumAccess<'de> for &mut Reader<'de> {
    type Error = Flaw;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Flaw> {
        let index =
            u32::try_from(self.number()?).map_err(|_| Flaw::OutOfRange { what: "number of a variant" })?;
        let deserializer: de::value::U32Deserializer<Flaw> = index.into_deserializer();
        Ok((seed.deserialize(deserializer)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for &mut Reader<'de> {
    type Error = Flaw;

    fn unit_variant(self) -> Result<(), Flaw> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Flaw> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Flaw> {
        visitor.visit_seq(Row { reader: self, left })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        visitor.visit_seq(Row { reader: self, left: fields.len() })
    }
}

//! Values to bytes: compact, not self-describing, the order of the fields being the format.
//!
//! Whole numbers of more than a byte are little groups of seven bits, the lowest first, each byte but the last with
//! its high bit set; signed ones are folded first, so that small negative ones stay short. Floats are little-endian.
//! Texts, byte strings, sequences and maps are their length and what is in them; structs and tuples what is in them;
//! an `Option` is a byte, a variant its number, and what is in them.

use serde_core::Serialize;
use serde_core::ser::{self, Serializer};

use super::flaw::Flaw;

/// Where a value is written to: the end of a buffer, up to a limit, so that a value without end fails early.
pub(super) struct Writer<'a> {
    pub(super) buffer: &'a mut Vec<u8>,
    /// Length the buffer may grow to.
    pub(super) end: usize,
    /// Set to the length that would have been needed, where that was over the limit.
    pub(super) overflow: usize,
}

impl Writer<'_> {
    // Small, and called for every byte of an array, from other crates: without this each is a call.
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        let len = self.buffer.len() + bytes.len();
        if len > self.end {
            self.overflow = len;
            return Err(Flaw::Endless);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn number(&mut self, mut number: u64) -> Result<(), Flaw> {
        let mut bytes = [0; 10];
        let mut at = 0;
        while number >= 0x80 {
            bytes[at] = number as u8 | 0x80;
            number >>= 7;
            at += 1;
        }
        bytes[at] = number as u8;
        self.put(&bytes[..=at])
    }

    /// The sign goes to the lowest bit.
    fn signed(&mut self, number: i64) -> Result<(), Flaw> {
        self.number(((number << 1) ^ (number >> 63)) as u64)
    }

    fn text(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        self.number(bytes.len() as u64)?;
        self.put(bytes)
    }

    fn length(&mut self, length: Option<usize>) -> Result<(), Flaw> {
        self.number(length.ok_or(Flaw::NoLength)? as u64)
    }
}

type Written = Result<(), Flaw>;

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Flaw;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.put(&[u8::from(value)])
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.put(&value.to_le_bytes())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.signed(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.signed(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.signed(value)
    }

    fn serialize_i128(self, value: i128) -> Written {
        self.put(&value.to_le_bytes())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Written {
        self.put(&[value])
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.number(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.number(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.number(value)
    }

    fn serialize_u128(self, value: u128) -> Written {
        self.put(&value.to_le_bytes())
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.put(&value.to_le_bytes())
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.put(&value.to_le_bytes())
    }

    fn serialize_char(self, value: char) -> Written {
        self.number(u32::from(value).into())
    }

    fn serialize_str(self, value: &str) -> Written {
        self.text(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.text(value)
    }

    fn serialize_none(self) -> Written {
        self.put(&[0])
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.put(&[1])?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Written {
        self.number(index.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Written {
        self.number(index.into())?;
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Flaw> {
        self.length(length).map(|()| self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Flaw> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Flaw> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Flaw> {
        self.number(index.into()).map(|()| self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, Flaw> {
        self.length(length).map(|()| self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Flaw> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Flaw> {
        self.number(index.into()).map(|()| self)
    }
}

/// What is in a compound is written one after the other, whatever the compound is.
macro_rules! one_after_the_other {
    ($($compound:ident :: $method:ident ($($key:ty)?);)*) => {$(
        impl ser::$compound for &mut Writer<'_> {
            type Ok = ();
            type Error = Flaw;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Written {
                value.serialize(&mut **self)
            }

            fn end(self) -> Written {
                Ok(())
            }
        }
    )*};
}

one_after_the_other! {
    SerializeSeq::serialize_element();
    SerializeTuple::serialize_element();
    SerializeTupleStruct::serialize_field();
    SerializeTupleVariant::serialize_field();
    SerializeStruct::serialize_field(&'static str);
    SerializeStructVariant::serialize_field(&'static str);
}

impl ser::SerializeMap for &mut Writer<'_> {
    type Ok = ();
    type Error = Flaw;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(&mut **self)
    }

    fn end(self) -> Written {
        Ok(())
    }
}

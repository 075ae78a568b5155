//! The common parts of all files: the format, its version and the precision of the numbers come first. Numbers are
//! stored as the hexadecimal digits of their bits, so that every format of `serde` keeps infinities and NaN.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
use crate::error::printable;
use crate::scalar::Bits;

/// A type that has a file format.
pub(crate) trait FileKind {
    /// The name of the format, stored in the file.
    const FORMAT: &'static str;
    /// The version of the format. It grows when an older library would misunderstand the files of a newer one.
    const VERSION: u32;
}

pub(crate) struct Format<K>(PhantomData<K>);

pub(crate) struct Version<K>(PhantomData<K>);

pub(crate) struct PrecisionName<T>(PhantomData<T>);

/// The first fields of a file: they determine whether the other fields can be read.
pub(crate) fn head<K: FileKind, T: Bits>() -> (Format<K>, Version<K>, PrecisionName<T>) {
    (Format(PhantomData), Version(PhantomData), PrecisionName(PhantomData))
}

/// Reads the fields of a file, before they are checked. The message of an error is one line, even if it quotes the name
/// of a field.
pub(crate) fn read<'de, S: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<S, D::Error> {
    S::deserialize(deserializer).map_err(|error| {
        let message = error.to_string();
        if message.contains(char::is_control) { D::Error::custom(printable(&message)) } else { error }
    })
}

impl<K: FileKind> Serialize for Format<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(K::FORMAT)
    }
}

impl<K: FileKind> Serialize for Version<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(K::VERSION)
    }
}

impl<T: Bits> Serialize for PrecisionName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(T::NAME)
    }
}

/// A field, by its name, that must have this text.
struct ExactText(&'static str, &'static str);

impl Visitor<'_> for ExactText {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.0, self.1)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text == self.1 {
            return Ok(());
        }
        Err(E::custom(Error::unexpected(self.0, format!("{:?}", self.1), format!("{text:?}"))))
    }
}

impl<'de, K: FileKind> Deserialize<'de> for Format<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ExactText("format", K::FORMAT)).map(|()| Self(PhantomData))
    }
}

impl<'de, K: FileKind> Deserialize<'de> for Version<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = u32::deserialize(deserializer)?;
        if version == K::VERSION {
            return Ok(Self(PhantomData));
        }
        let expected = format!("{}, which this version of gradtape reads and writes", K::VERSION);
        Err(D::Error::custom(Error::unexpected("version of the format", expected, version.to_string())))
    }
}

impl<'de, T: Bits> Deserialize<'de> for PrecisionName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ExactText("precision", T::NAME)).map(|()| Self(PhantomData))
    }
}

/// The number of hexadecimal digits of a number.
fn width<T>() -> usize {
    2 * size_of::<T>()
}

/// The hexadecimal digits of the bits of each number.
pub(crate) fn digits<T: Bits + Copy>(numbers: &[T]) -> Vec<String> {
    numbers.iter().map(|x| format!("{:0width$x}", x.bits(), width = width::<T>())).collect()
}

/// The numbers with these digits; `name` is the name of a number in an error.
pub(crate) fn numbers<T: Bits>(name: &str, digits: &[String]) -> Result<Vec<T>, Error> {
    let number = |text: &String| {
        let is_complete = text.len() == width::<T>() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = u64::from_str_radix(text, 16).ok().filter(|_| is_complete);
        bits.and_then(T::from_bits).ok_or_else(|| {
            let expected = format!("{} hexadecimal digits of a number of {}", width::<T>(), T::NAME);
            Error::unexpected(name, expected, format!("{text:?}"))
        })
    };
    digits.iter().map(number).collect()
}

//! What all files have in common: they begin with their format, its version and the precision of their numbers, and have
//! numbers as the hexadecimal digits of their bits, so that infinities and NaN are kept in every format of `serde`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
use crate::error::printable;
use crate::scalar::Bits;

/// What is stored in files of its own.
pub(crate) trait FileKind {
    /// What the file calls itself.
    const FORMAT: &'static str;
    /// Of the format. It grows when an older library would misunderstand what a newer one stores.
    const VERSION: u32;
}

pub(crate) struct Format<K>(PhantomData<K>);

pub(crate) struct Version<K>(PhantomData<K>);

pub(crate) struct PrecisionName<T>(PhantomData<T>);

/// The fields that tell whether the others can be understood; files have them first.
pub(crate) fn head<K: FileKind, T: Bits>() -> (Format<K>, Version<K>, PrecisionName<T>) {
    (Format(PhantomData), Version(PhantomData), PrecisionName(PhantomData))
}

/// What a file says, before it is checked. The message of an error is one line, also where it names a field as the file
/// has it.
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

/// A text that must be this one.
struct Exactly(&'static str, &'static str);

impl Visitor<'_> for Exactly {
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
        deserializer.deserialize_str(Exactly("format", K::FORMAT)).map(|()| Self(PhantomData))
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
        deserializer.deserialize_str(Exactly("precision", T::NAME)).map(|()| Self(PhantomData))
    }
}

/// How many hexadecimal digits a number has.
fn width<T>() -> usize {
    2 * size_of::<T>()
}

/// Numbers as their bits.
pub(crate) fn digits<T: Bits + Copy>(numbers: &[T]) -> Vec<String> {
    numbers.iter().map(|x| format!("{:0width$x}", x.bits(), width = width::<T>())).collect()
}

/// Numbers from their bits; `name` is what an error calls one.
pub(crate) fn numbers<T: Bits>(name: &str, digits: &[String]) -> Result<Vec<T>, Error> {
    let number = |text: &String| {
        let is_whole = text.len() == width::<T>() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = u64::from_str_radix(text, 16).ok().filter(|_| is_whole);
        bits.and_then(T::from_bits).ok_or_else(|| {
            let expected = format!("{} hexadecimal digits of a number of {}", width::<T>(), T::NAME);
            Error::unexpected(name, expected, format!("{text:?}"))
        })
    };
    digits.iter().map(number).collect()
}

//! The calls of functions in generated code, and the private functions that it contains.

use super::special;
use super::text::Text;
use crate::ops::op::{Op, Source};

/// The private functions that generated code may need, in f64 and with `std`. The tests compare their results with
/// those of the rules that they copy. [`Calls::without_std`] rewrites them for `libm`: it needs a name before the dot
/// of a method, and no parentheses in its arguments.
const HELPERS: &str = concat!(include_str!("helpers.rs"), "\n", include_str!("helpers_normal.rs"));

/// The functions that generated code may call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calls {
    /// The float type.
    pub(super) float: &'static str,
    /// Whether functions of the crate `libm` replace the methods of `std`.
    pub(super) libm: bool,
}

impl Calls {
    /// The call of a method of floats, of a function of `libm`, or of a helper.
    pub(super) fn call(self, name: &str, arguments: &[&Text]) -> Text {
        let [receiver, others @ ..] = arguments else { return Text::atom(format!("{name}()")) };
        let list = |arguments: &[&Text]| arguments.iter().map(|text| &*text.text).collect::<Vec<_>>().join(", ");
        let libm = libm_name(name);
        Text::atom(if is_of_core(name) || (!self.libm && (libm.is_some() || is_of_std(name))) {
            format!("{}.{name}({})", receiver.receiver(self.float), list(others))
        } else if let Some(libm) = libm {
            format!("libm::{libm}{}({})", if self.float == "f32" { "f" } else { "" }, list(arguments))
        } else {
            format!("{name}({})", list(arguments))
        })
    }

    /// The helpers that the code calls, and those that they call, in the order of the file.
    pub(super) fn helpers(self, code: &str) -> Vec<String> {
        let mut all: Vec<(&str, String)> = HELPERS.split("\n\n").filter_map(|text| self.helper(text)).collect();
        let special = special::ALL.iter().filter(|facts| names(code, facts.function));
        // Special functions are computed in f64. In f32, each has all that it calls inside.
        let mut wrappers = Vec::new();
        if self.float != "f64" {
            let double = Self { float: "f64", libm: false };
            wrappers.extend(special.map(|facts| special::wrapper(facts, |code| double.helpers(code))));
        } else if special.count() != 0 {
            all.extend(special::items());
        }
        let mut needed = vec![false; all.len()];
        let mut codes = vec![code];
        while let Some(code) = codes.pop() {
            for ((name, text), needed) in all.iter().zip(&mut needed) {
                if !*needed && names(code, name) {
                    *needed = true;
                    codes.push(text);
                }
            }
        }
        let needed = all.into_iter().zip(needed).filter(|&(_, needed)| needed);
        needed.map(|((_, text), _)| text).chain(wrappers).collect()
    }

    /// The name and the text of a helper.
    fn helper(self, text: &'static str) -> Option<(&'static str, String)> {
        let (name, _) = text.strip_prefix("fn ")?.split_once(['(', '<'])?;
        let text = if self.libm { self.without_std(text) } else { text.into() };
        Some((name, text.trim_end().replace("f64", self.float)))
    }

    /// The text with calls of `libm` and of helpers in the place of methods that only `std` has.
    fn without_std(self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some(dot) = rest.find('.') {
            let (before, behind) = (&rest[..dot], &rest[dot + 1..]);
            let receiver = &before[before.rfind(|c| !is_of_name(c)).map_or(0, |k| k + 1)..];
            let parts = behind.split_once('(').and_then(|(method, behind)| {
                let (arguments, behind) = behind.split_once(')')?;
                (is_of_std(method) || libm_name(method).is_some()).then_some((method, arguments, behind))
            });
            if let Some((method, arguments, behind)) = parts {
                result += &before[..before.len() - receiver.len()];
                let arguments = [receiver, arguments].map(|text| Text::atom(text.into()));
                let arguments: Vec<_> = arguments.iter().filter(|argument| !argument.text.is_empty()).collect();
                result += &self.call(method, &arguments).text;
                rest = behind;
            } else {
                result += &rest[..=dot];
                rest = behind;
            }
        }
        result + rest
    }
}

/// Whether the code calls the function, or names the constant.
fn names(code: &str, item: &str) -> bool {
    let is_constant = item.starts_with(|first: char| first.is_ascii_uppercase());
    code.match_indices(item).any(|(start, name)| {
        let (before, behind) = (&code[..start], &code[start + name.len()..]);
        let is_whole = !before.ends_with(|c| is_of_name(c) || c == '.' || c == ':');
        is_whole && if is_constant { !behind.starts_with(is_of_name) } else { behind.starts_with('(') }
    })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// How generated code computes the operation of this name.
fn source(method: &str) -> Option<Source> {
    Op::ALL.iter().find(|op| op.name() == method).map(|op| op.facts().source)
}

/// Whether floats have the method without `std`, too.
fn is_of_core(method: &str) -> bool {
    source(method) == Some(Source::Core)
}

/// Whether floats have the method, for which `libm` has no function, with `std`. Without, it is a helper.
fn is_of_std(method: &str) -> bool {
    source(method) == Some(Source::Std)
}

/// The function of the crate `libm` in f64; in f32 its name ends with an `f`.
fn libm_name(method: &str) -> Option<&'static str> {
    match source(method)? {
        Source::Libm(name) => Some(name),
        Source::Operator(_) | Source::Core | Source::Std | Source::Helper | Source::Formula | Source::Parts => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_that_needs_a_helper_has_one() {
        for op in Op::ALL {
            let needs_helper = matches!(op.facts().source, Source::Helper | Source::Std);
            let name = op.name();
            assert!(!needs_helper || HELPERS.contains(&format!("fn {name}(")), "helpers.rs has no function {name}");
        }
    }

    #[test]
    fn what_computes_special_functions_is_whole_and_has_names_of_its_own() {
        let items: Vec<(&str, String)> = special::items().collect();
        let calls = Calls { float: "f64", libm: false };
        let helpers: Vec<(&str, String)> = HELPERS.split("\n\n").filter_map(|text| calls.helper(text)).collect();
        let mut names: Vec<&str> = items.iter().chain(&helpers).map(|&(name, _)| name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        for (name, text) in &items {
            let count = |bracket: char| text.matches(bracket).count();
            assert!(count('{') == count('}') && count('[') == count(']'), "a blank line divides {name}");
        }
        for facts in special::ALL {
            assert!(items.iter().any(|&(name, _)| name == facts.function), "no function {}", facts.function);
        }
    }
}

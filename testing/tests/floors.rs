//! A file of `src` imports from its own room and from rooms below, never from above, and never from the root of the
//! crate.
//!
//! The test reads the source. A room is a module of the crate, or of a module that is divided into rooms; the list of
//! rooms defines their order. Imports are `use` declarations, and paths in the code that begin with `crate`, `$crate`,
//! `super`, `self` or a child module. Comments, documentation and code for tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, iter};

/// The rooms, from the ground up. A room may import from rooms on earlier lines of this list, and from those on its
/// left.
const FLOORS: &[&[&str]] = &[
    // The ground: it imports nothing else of the crate.
    &["error", "scalar", "file", "sparse", "ops"],
    // The traits of every number.
    &["number"],
    // Numbers.
    &["dual", "dual2", "jet", "dependence", "tape", "nested"],
    // Programs; `program` is what is outside of the folders: `program.rs`, and files beside it.
    &[
        "program::options",
        "program::graph",
        "program::math",
        "program::compile",
        "program::run",
        "program::record",
        "program::precision",
        "program::transform",
        "program::export",
        "program",
        "program::elements",
    ],
    // Drivers.
    &["function"],
    // Users of all rooms below.
    &["check", "nn", "interop"],
];

/// Files of one room that import from each other, directly or by way of others. A file stands in one line at most.
/// Files that a module only re-exports do not count.
const CIRCLES: &[&[&str]] = &[
    // The table names the rules, and a rule that branches names its operation. No file is in this circle by what it
    // needs to compile alone: consumers of the table do.
    &[
        "ops",
        "ops::activations",
        "ops::kind",
        "ops::lists",
        "ops::normal",
        "ops::op",
        "ops::partial",
        "ops::product",
        "ops::rules",
    ],
    // What the stamp writes names the trait `Number`, and a number applies operations whose partials are over `Number`.
    &[
        "number",
        "number::calculus",
        "number::custom",
        "number::methods",
        "number::operation",
        "number::operators",
        "number::stamp",
    ],
    // The methods of the two traits call the drivers, which call the traits.
    &["function", "function::drive", "function::jacobian", "function::mode", "function::sparse", "function::vector"],
];

#[test]
fn imports_point_down_and_never_to_the_root() {
    let house = House::read();
    let complaints = house.complaints();
    assert!(complaints.is_empty(), "{} imports are not allowed:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn circles_of_files_are_those_that_are_listed() {
    let house = House::read();
    let circles = house.circles();
    let is_listed = |circle: &Vec<&str>| CIRCLES.iter().any(|listed| circle.iter().all(|file| listed.contains(file)));
    let unknown: Vec<_> = circles.iter().filter(|circle| !is_listed(circle)).collect();
    assert!(unknown.is_empty(), "files that import from each other: {unknown:#?}");
}

#[test]
fn every_kind_of_import_is_seen() {
    let files = [
        ("lib", "mod a; mod b; mod c; pub use c::Thing;"),
        (
            "a",
            "use crate::{b::{self, B}, c::inner::C as D}; //! use crate::Comment;\n/* crate::b::X */ mod small { use super::super::b::E; }",
        ),
        (
            "b",
            "fn f() { let s = \"crate::a::X\"; let c = '\"'; crate::a::g::<'static>(r#\"crate::c\"#) } pub(in crate::c) fn g() {}",
        ),
        ("c", "mod inner; pub use inner::C; #[cfg(test)] mod tests { use crate::a::A; } fn f() { inner::h(); }"),
        ("c::inner", "use super::f; macro_rules! m { () => { $crate::Thing; $crate::exported!(); } } use std::fmt;"),
        (
            "d",
            "#[macro_export] macro_rules! exported { () => {} } use crate::Thing; use crate::c::C; use crate::exported;",
        ),
    ];
    let house = House::new(&files.map(|(module, text)| (module.to_owned(), text.to_owned())));
    let seen: Vec<String> = house.imports.iter().map(|i| format!("{} -> {} {}", i.from, i.to, i.item)).collect();
    let expected = [
        "a -> b ",
        "a -> b B",
        "a -> c::inner C",
        "a -> b E",
        "b -> a g",
        "c -> c::inner C",
        "c -> c::inner h",
        "c::inner -> c f",
        "c::inner -> c Thing",
        "c::inner -> d exported",
        "d ->  Thing",
        "d -> c::inner C",
        "d -> d exported",
    ];
    assert_eq!(seen, expected);
}

/// One word or sign of a source, and its line.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// An import of an item, or of a module if it has no item.
struct Import {
    from: String,
    /// The module that defines the item; empty for the root of the crate.
    to: String,
    item: String,
    line: usize,
    /// Whether the module only re-exports the item.
    is_reexport: bool,
}

/// A path in the source: its module, its segments, and whether it began with `$crate`.
struct Written {
    from: String,
    segments: Vec<String>,
    /// The name that a `use` gives to it.
    alias: Option<String>,
    line: usize,
    is_use: bool,
    is_reexport: bool,
    is_dollar: bool,
}

/// All modules and imports of a crate.
struct House {
    /// Modules that are files, each with its path from `src`.
    modules: BTreeSet<String>,
    imports: Vec<Import>,
}

impl House {
    fn read() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("src");
        let mut files = Vec::new();
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder of the source") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files.push((module_of(&path, &source), fs::read_to_string(&path).expect("text")));
                }
            }
        }
        files.sort();
        Self::new(&files)
    }

    /// From modules with their texts. The root is called `lib`.
    fn new(files: &[(String, String)]) -> Self {
        let mut reader = Reader::default();
        for (module, text) in files {
            reader.modules.insert(if module == "lib" { String::new() } else { module.clone() });
            reader.collect_exported_macros(module, &tokens(text));
        }
        for (module, text) in files {
            reader.read(if module == "lib" { "" } else { module }, &tokens(text));
        }
        let imports = reader.written.iter().filter_map(|written| reader.resolve(written)).collect();
        let modules = reader.modules.into_iter().filter(|module| !reader.for_tests.contains(module)).collect();
        Self { modules, imports }
    }

    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for module in self.modules.iter().filter(|module| !module.is_empty() && room(module).is_none()) {
            complaints.push(format!("{}: this module stands on no floor: list it in {}", path_of(module), file!()));
        }
        for import in &self.imports {
            let Import { from, to, item, line, .. } = import;
            let place = format!("{}:{line}", path_of(from));
            if to.is_empty() {
                complaints.push(format!(
                    "{place}: imports {item} from the root of the crate: name the module where it lives"
                ));
            } else if let (Some((from, above)), Some((to, below))) = (room(from), room(to))
                && below > above
            {
                complaints.push(format!("{place}: {from} imports {item} from {to}, which is above it"));
            }
        }
        complaints
    }

    /// The files that reach each other by imports, largest circles first.
    fn circles(&self) -> Vec<Vec<&str>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for import in self.imports.iter().filter(|import| !import.is_reexport && !import.to.is_empty()) {
            if import.from != import.to {
                edges.entry(&import.from).or_default().insert(&import.to);
            }
        }
        let reach = |start| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
            while let Some(module) = open.pop() {
                open.extend(edges.get(module).into_iter().flatten().filter(|next| seen.insert(**next)));
            }
            seen
        };
        let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|&module| (module, reach(module))).collect();
        let mut circles: Vec<Vec<&str>> = Vec::new();
        for (&module, others) in reached.iter().filter(|(module, others)| others.contains(*module)) {
            if !circles.iter().any(|circle| circle.contains(&module)) {
                let back = |other: &&str| reached.get(other).is_some_and(|others| others.contains(module));
                circles.push(others.iter().copied().filter(back).collect());
            }
        }
        circles.sort_by_key(|circle| (usize::MAX - circle.len(), circle[0]));
        circles
    }
}

/// The room of a module, and its rank from the ground.
fn room(module: &str) -> Option<(&'static str, usize)> {
    let rooms = FLOORS.iter().flat_map(|floor| *floor).enumerate();
    let is_in = |room: &str| module.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    rooms.filter(|(_, room)| is_in(room)).max_by_key(|(_, room)| room.len()).map(|(rank, &room)| (room, rank))
}

fn module_of(path: &Path, source: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(source).expect("a file of the source").with_extension("");
    let parts = relative.iter().map(|part| part.to_str().expect("a name of ASCII"));
    parts.filter(|&part| part != "mod").collect::<Vec<_>>().join("::")
}

fn path_of(module: &str) -> String {
    format!("src/{}.rs", if module.is_empty() { "lib".to_owned() } else { module.replace("::", "/") })
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

fn child(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

#[derive(Default)]
struct Reader {
    modules: BTreeSet<String>,
    /// Modules that are compiled for tests only.
    for_tests: BTreeSet<String>,
    written: Vec<Written>,
    /// Macros at the root of the crate, wherever they are defined.
    exported: BTreeMap<String, String>,
}

impl Reader {
    fn collect_exported_macros(&mut self, module: &str, tokens: &[Token]) {
        let mut is_exported = false;
        for window in tokens.windows(3) {
            match window.map_text() {
                ["macro_export", ..] => is_exported = true,
                ["macro_rules", "!", name] if std::mem::take(&mut is_exported) => {
                    self.exported.insert(name.to_owned(), module.to_owned());
                }
                _ => {}
            }
        }
    }

    /// Collects all paths of a file.
    fn read(&mut self, file: &str, tokens: &[Token]) {
        // Modules inside the file, each with the depth of its braces.
        let mut inside: Vec<(String, usize)> = Vec::new();
        let (mut depth, mut at) = (0, 0);
        while at < tokens.len() {
            let scope = iter::once(file).chain(inside.iter().map(|(name, _)| &**name)).filter(|name| !name.is_empty());
            let scope = scope.collect::<Vec<_>>().join("::");
            let text = |k: usize| tokens.get(at + k).map_or("", |token| token.text);
            match text(0) {
                "#" if (1..=5).map(text).eq(["[", "cfg", "(", "test", ")"]) => {
                    let after = at + 7;
                    if let ["mod", name, ";"] = [0, 1, 2].map(|k| tokens.get(after + k).map_or("", |token| token.text))
                    {
                        self.for_tests.insert(child(&scope, name));
                    }
                    at = end_of_item(tokens, after);
                    continue;
                }
                "mod" if text(2) == "{" => {
                    inside.push((text(1).to_owned(), depth));
                    at += 2;
                    continue;
                }
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inside.pop_if(|(_, outside)| *outside == depth);
                }
                "use" if text(1) != "<" && (at == 0 || tokens[at - 1].text != "$") => {
                    let is_reexport = at > 0 && matches!(tokens[at - 1].text, "pub" | ")");
                    let end = at + tokens[at..].iter().position(|token| token.text == ";").unwrap_or(0);
                    let is_dollar = text(1) == "$";
                    let line = tokens[at].line;
                    let mut used = Vec::new();
                    use_tree(&mut tokens[at + 1..end].iter().map(|token| token.text).peekable(), &[], &mut used);
                    let written = used.into_iter().map(|(segments, alias)| Written {
                        from: scope.clone(),
                        segments,
                        alias: Some(alias),
                        line,
                        is_use: true,
                        is_reexport,
                        is_dollar,
                    });
                    self.written.extend(written);
                    at = end;
                    continue;
                }
                first if is_word(first) && text(1) == "::" && is_word(text(2)) => {
                    let before = if at == 0 { "" } else { tokens[at - 1].text };
                    let is_dollar = before == "$";
                    let mut segments = vec![first.to_owned()];
                    while text(2 * segments.len() - 1) == "::" && is_word(text(2 * segments.len())) {
                        segments.push(text(2 * segments.len()).to_owned());
                    }
                    let length = 2 * segments.len() - 1;
                    // Not a later part of a path, a fragment of a macro, or a visibility.
                    if (first == "crate" || !is_dollar) && before != "::" && before != "in" {
                        let (from, line) = (scope, tokens[at].line);
                        let (alias, is_use, is_reexport) = (None, false, false);
                        self.written.push(Written { from, segments, alias, line, is_use, is_reexport, is_dollar });
                    }
                    at += length;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// The import that a path makes, if it is in this crate.
    fn resolve(&self, written: &Written) -> Option<Import> {
        let from = self.file_of(&written.from);
        if from.is_empty() || self.is_for_tests(&from) {
            return None;
        }
        let is_plain_crate = written.segments[0] == "crate" && !written.is_dollar;
        let (start, rest) = self.start(&written.from, &written.segments)?;
        let (module, item) = self.find(&start, rest, if is_plain_crate { Root::AsWritten } else { Root::Followed }, 0);
        let to = self.file_of(&module);
        // A name of the file itself, as in `use self::Kind::One`.
        if to == from && item.is_empty() {
            return None;
        }
        let (line, is_reexport) = (written.line, written.is_reexport);
        Some(Import { from, to, item: item.first().cloned().unwrap_or_default(), line, is_reexport })
    }

    fn is_for_tests(&self, module: &str) -> bool {
        iter::successors(Some(module), |module| (!module.is_empty()).then(|| parent(module)))
            .any(|module| self.for_tests.contains(module))
    }

    /// The module at which a path starts, and the rest of the path; `None` for a path in another crate or of a local
    /// name.
    fn start<'a>(&self, scope: &str, segments: &'a [String]) -> Option<(String, &'a [String])> {
        let mut rest = segments;
        let mut module = match &*segments[0] {
            "crate" => String::new(),
            "self" | "super" => scope.to_owned(),
            name if self.modules.contains(&child(scope, name)) => return Some((scope.to_owned(), rest)),
            _ => return None,
        };
        while let [first, behind @ ..] = rest
            && matches!(&**first, "crate" | "self" | "super")
        {
            if first == "super" {
                module = parent(&module).to_owned();
            }
            rest = behind;
        }
        Some((module, rest))
    }

    /// The module that defines the item of a path, followed through re-exports, and the rest of the path.
    fn find(&self, module: &str, path: &[String], root: Root, depth: usize) -> (String, Vec<String>) {
        let Some((name, rest)) = path.split_first() else { return (module.to_owned(), Vec::new()) };
        let inner = child(module, name);
        if self.modules.contains(&inner) {
            return self.find(&inner, rest, Root::Followed, depth);
        }
        if module.is_empty() {
            if let Some(definition) = self.exported.get(name) {
                return (definition.clone(), path.to_vec());
            }
            if root == Root::AsWritten {
                return (String::new(), path.to_vec());
            }
        }
        let passed_on = self.written.iter().find(|written| {
            written.is_use && written.from == module && written.alias.as_deref() == Some(name) && depth < 8
        });
        if let Some((start, target)) = passed_on.and_then(|written| self.start(&written.from, &written.segments))
            && !(start == module && target == path)
        {
            let (definition, left) = self.find(&start, target, Root::Followed, depth + 1);
            return (definition, if left.is_empty() { rest.to_vec() } else { left });
        }
        (module.to_owned(), path.to_vec())
    }

    /// The file of a module.
    fn file_of(&self, module: &str) -> String {
        let mut module = module;
        while !self.modules.contains(module) && !module.is_empty() {
            module = parent(module);
        }
        module.to_owned()
    }
}

/// The target of a name at the root: itself, or the item that the root re-exports.
#[derive(Clone, Copy, PartialEq)]
enum Root {
    AsWritten,
    Followed,
}

trait Texts<'a> {
    fn map_text(&self) -> [&'a str; 3];
}

impl<'a> Texts<'a> for [Token<'a>] {
    fn map_text(&self) -> [&'a str; 3] {
        [self[0].text, self[1].text, self[2].text]
    }
}

/// The paths of a `use` tree, each with the name that it defines.
fn use_tree<'a>(
    tokens: &mut iter::Peekable<impl Iterator<Item = &'a str>>,
    before: &[String],
    all: &mut Vec<(Vec<String>, String)>,
) {
    let (mut path, mut alias) = (before.to_vec(), None);
    while let Some(token) = tokens.next() {
        match token {
            "{" => {
                while tokens.peek().is_some_and(|&token| token != "}") {
                    use_tree(tokens, &path, all);
                }
                tokens.next();
                // The comma after the list.
                tokens.next_if_eq(&",");
                return;
            }
            "," => break,
            "as" => alias = tokens.next().map(str::to_owned),
            "::" | "$" => {}
            word => path.push(word.to_owned()),
        }
        if tokens.peek() == Some(&"}") {
            break;
        }
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    if let Some(last) = path.last().cloned() {
        let path = path.into_iter().filter(|word| word != "*").collect();
        all.push((path, alias.unwrap_or(last)));
    }
}

/// The position after the item that begins here, including further attributes.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words and signs of a source, without comments and literals.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string(rest),
            'r' | 'b' | 'c' if literal_prefix(rest).is_some() => literal_prefix(rest).unwrap_or(1),
            '\'' => quoted(rest),
            c if c.is_alphanumeric() || c == '_' => {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token { text: &rest[..length], line });
                length
            }
            c if c.is_whitespace() => c.len_utf8(),
            c => {
                let length = if rest.starts_with("::") { 2 } else { c.len_utf8() };
                tokens.push(Token { text: &rest[..length], line });
                length
            }
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// The length of the string that begins here.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// The length of a string with a prefix, as `r#"…"#` or `b"…"`.
fn literal_prefix(text: &str) -> Option<usize> {
    let prefix = text.find(|c: char| !matches!(c, 'r' | 'b' | 'c'))?;
    let hashes = text[prefix..].find(|c| c != '#')?;
    let quote = prefix + hashes;
    if prefix > 2 || !text[quote..].starts_with('"') {
        return None;
    }
    if !text[..prefix].contains('r') {
        return Some(prefix + string(&text[prefix..]));
    }
    let mut end = String::from('"');
    write!(end, "{}", "#".repeat(hashes)).ok()?;
    text[quote + 1..].find(&end).map(|at| quote + 1 + at + end.len())
}

/// The length of a character, or of the quote before the name of a lifetime.
fn quoted(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(text.len(), |at| at + 4),
        _ => chars.next().filter(|&(_, c)| c == '\'').map_or(1, |(at, _)| at + 1),
    }
}

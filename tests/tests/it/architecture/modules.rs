//! Which file of a crate uses which other one, as its source says. Test modules are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree};

/// The segments of a path in the code, or of a module as counted from the root of its crate.
type Segments = Vec<String>;

/// What each file uses: other files, and which of their items.
pub type Uses = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

#[derive(Default)]
struct Module {
    file: PathBuf,
    items: BTreeSet<String>,
    /// What `use` lines bring in, re-exports among them: the name here, and the path it stands for.
    imports: Vec<(String, Segments)>,
    /// The paths that the code names beside them.
    paths: Vec<Segments>,
}

/// What a path leads to.
enum Target {
    Module(Segments),
    Item(PathBuf, String),
    OtherCrate,
}

/// Reads the crate in this folder, beginning with `src/lib.rs`.
pub fn uses(folder: &Path) -> Uses {
    let mut modules = Modules::default();
    modules.read(folder.join("src/lib.rs"), Vec::new());
    let mut uses = Uses::new();
    for (name, module) in &modules.0 {
        let imports = module.imports.iter().map(|(import, path)| (import.as_str(), path));
        for (import, path) in imports.chain(module.paths.iter().map(|path| ("", path))) {
            match modules.resolve(name, path) {
                Target::Item(file, item) if file != module.file => {
                    let files = uses.entry(module.file.clone()).or_default();
                    files.entry(file).or_default().insert(item);
                }
                Target::Module(other) if import == "*" => {
                    let is_here = modules.0[&other].file == module.file;
                    assert!(is_here, "{} hides what it uses behind `*`", module.file.display());
                }
                _ => {}
            }
        }
    }
    uses
}

#[derive(Default)]
struct Modules(BTreeMap<Segments, Module>);

impl Modules {
    fn read(&mut self, file: PathBuf, name: Segments) {
        let source = fs::read_to_string(&file).unwrap();
        self.add(file, name, syn::parse_file(&source).unwrap().items);
    }

    fn add(&mut self, file: PathBuf, name: Segments, items: Vec<Item>) {
        let mut module = Module { file: file.clone(), ..Module::default() };
        for item in items {
            match item {
                Item::Mod(child) if is_for_tests(&child.attrs) => {}
                Item::Mod(child) => {
                    let child_name = child.ident.to_string();
                    let path = join(&name, &child_name);
                    match child.content {
                        Some((_, items)) => self.add(file.clone(), path, items),
                        None => self.read(file_of_child(&file, &child_name), path),
                    }
                }
                Item::Use(line) => collect_imports(&line.tree, &[], &mut module.imports),
                item => {
                    module.items.extend(defined_name(&item));
                    collect_paths(item.to_token_stream(), &mut module.paths);
                }
            }
        }
        self.0.insert(name, module);
    }

    /// What `path` means in the code of `module`.
    fn resolve(&self, module: &[String], path: &[String]) -> Target {
        match path.split_first() {
            Some((first, rest)) if first == "crate" => self.resolve_within(&[], rest),
            Some((first, rest)) if first == "self" => self.resolve_within(module, rest),
            Some((first, rest)) if first == "super" => {
                let (_, parent) = module.split_last().unwrap();
                match rest.first() {
                    Some(next) if next == "super" => self.resolve(parent, rest),
                    _ => self.resolve_within(parent, rest),
                }
            }
            _ => self.resolve_name(module, path).unwrap_or(Target::OtherCrate),
        }
    }

    /// The same for a path that certainly begins in `module`: a name that isn't written there is made
    /// by a macro.
    fn resolve_within(&self, module: &[String], path: &[String]) -> Target {
        let Some(name) = path.first() else { return Target::Module(module.to_vec()) };
        let made_by_macro = || Target::Item(self.0[module].file.clone(), name.clone());
        self.resolve_name(module, path).unwrap_or_else(made_by_macro)
    }

    /// None: `module` has nothing of this name.
    fn resolve_name(&self, module: &[String], path: &[String]) -> Option<Target> {
        let (name, rest) = path.split_first()?;
        let here = &self.0[module];
        let child = join(module, name);
        if self.0.contains_key(&child) {
            return Some(self.resolve_within(&child, rest));
        }
        if here.items.contains(name) {
            return Some(Target::Item(here.file.clone(), name.clone()));
        }
        let (_, import) = here.imports.iter().find(|(it, _)| it == name)?;
        // `use tracing;` or `use url::url;` mean a crate.
        if import.first() == Some(name) {
            return Some(Target::OtherCrate);
        }
        Some(match self.resolve(module, import) {
            Target::Module(module) => self.resolve_within(&module, rest),
            found => found,
        })
    }
}

fn join(path: &[String], name: &str) -> Segments {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| {
        let attribute = it.to_token_stream().to_string().replace(' ', "");
        ["#[cfg(test)]", "#[cfg(any(test,feature=\"fakes\"))]"].contains(&attribute.as_str())
    })
}

fn file_of_child(file: &Path, child: &str) -> PathBuf {
    let is_root = ["lib.rs", "mod.rs"].iter().any(|name| file.ends_with(name));
    let folder = if is_root { file.parent().unwrap().to_owned() } else { file.with_extension("") };
    let alone = folder.join(format!("{child}.rs"));
    if alone.exists() { alone } else { folder.join(child).join("mod.rs") }
}

fn collect_imports(tree: &UseTree, before: &[String], imports: &mut Vec<(String, Segments)>) {
    let with = |name: &syn::Ident| match name.to_string().as_str() {
        "self" if !before.is_empty() => before.to_vec(),
        name => join(before, name),
    };
    match tree {
        UseTree::Path(it) => collect_imports(&it.tree, &with(&it.ident), imports),
        UseTree::Name(it) => {
            let path = with(&it.ident);
            imports.push((path.last().unwrap().clone(), path));
        }
        UseTree::Rename(it) => imports.push((it.rename.to_string(), with(&it.ident))),
        UseTree::Group(it) => {
            it.items.iter().for_each(|tree| collect_imports(tree, before, imports));
        }
        UseTree::Glob(_) => imports.push(("*".to_owned(), before.to_vec())),
    }
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::Type(it) => &it.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Collects `a::b::c` wherever it stands, in macros and attributes too.
fn collect_paths(tokens: TokenStream, paths: &mut Vec<Segments>) {
    let mut path = Segments::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Punct(it) if it.as_char() == ':' => colons += 1,
            TokenTree::Ident(it) if colons == 2 && !path.is_empty() => {
                path.push(it.to_string());
                colons = 0;
            }
            other => {
                paths.push(std::mem::take(&mut path));
                match other {
                    TokenTree::Ident(it) if colons != 2 => path.push(it.to_string()),
                    TokenTree::Group(it) => collect_paths(it.stream(), paths),
                    _ => {}
                }
                colons = 0;
            }
        }
    }
    paths.push(path);
    paths.retain(|path| path.len() > 1 && !path.iter().any(|it| it == "tests"));
}

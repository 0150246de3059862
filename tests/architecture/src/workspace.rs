//! The workspace as `cargo metadata` describes it, and its files as they lie on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The platform for which the dependency graph is resolved: that of the Lambda functions. Packages of other platforms
/// are not looked at, so a build that fetched only its own packages can run these tests without a network.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// How one package depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Linked into the crate itself.
    Normal,
    /// Used by its tests only.
    Dev,
    /// Used by its build script.
    Build,
}

/// A package of the resolved graph.
pub(crate) struct Package {
    pub(crate) name: String,
    /// The SPDX expression of its manifest.
    pub(crate) license: Option<String>,
    /// Whether it is a member of this workspace.
    pub(crate) member: bool,
    /// What it depends on directly: package id and kind.
    pub(crate) dependencies: Vec<(String, Kind)>,
}

/// What `cargo metadata` prints, with the features that are on by default.
pub(crate) fn metadata() -> Value {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", PLATFORM])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// All packages of the graph by package id.
pub(crate) struct Graph(BTreeMap<String, Package>);

impl Graph {
    /// Asks cargo. The lock file is taken as it stands.
    pub(crate) fn read() -> Self {
        Self::from_metadata(&metadata())
    }

    fn from_metadata(metadata: &Value) -> Self {
        let members: BTreeSet<&str> = strings(&metadata["workspace_members"]).collect();
        let mut packages: BTreeMap<String, Package> = array(&metadata["packages"])
            .map(|package| {
                let id = text(&package["id"]);
                let member = members.contains(id.as_str());
                let license = package["license"].as_str().map(str::to_owned);
                (id, Package { name: text(&package["name"]), license, member, dependencies: Vec::new() })
            })
            .collect();
        for node in array(&metadata["resolve"]["nodes"]) {
            if let Some(package) = packages.get_mut(&text(&node["id"])) {
                package.dependencies = array(&node["deps"]).flat_map(edges).collect();
            }
        }
        Self(packages)
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.0.values()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages().filter(|package| package.member)
    }

    /// The packages on which `package` depends directly.
    pub(crate) fn direct<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = (&'a Package, Kind)> {
        package.dependencies.iter().map(|(id, kind)| (&self.0[id], *kind))
    }

    /// The names of all packages that are linked into the member called `name`, itself left out.
    pub(crate) fn linked_into(&self, name: &str) -> BTreeSet<&str> {
        self.linked_into_without(name, "")
    }

    /// The same, without the package called `walled` and what only that links.
    pub(crate) fn linked_into_without(&self, name: &str, walled: &str) -> BTreeSet<&str> {
        let start = self.members().find(|package| package.name == name).expect("a member of the workspace");
        let mut found = BTreeSet::new();
        let mut open = vec![start];
        while let Some(package) = open.pop() {
            for (dependency, kind) in self.direct(package) {
                if kind == Kind::Normal && dependency.name != walled && found.insert(dependency.name.as_str()) {
                    open.push(dependency);
                }
            }
        }
        found
    }
}

/// One edge per kind in which the dependency is used.
fn edges(dependency: &Value) -> Vec<(String, Kind)> {
    let id = text(&dependency["pkg"]);
    array(&dependency["dep_kinds"])
        .map(|entry| match entry["kind"].as_str() {
            None => (id.clone(), Kind::Normal),
            Some("dev") => (id.clone(), Kind::Dev),
            Some("build") => (id.clone(), Kind::Build),
            Some(other) => panic!("cargo metadata knows a dependency kind `{other}`"),
        })
        .collect()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("an array").iter()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    array(value).map(|item| item.as_str().expect("a string"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies in tests/architecture").to_owned()
}

/// A text file of the repository.
pub(crate) struct SourceFile {
    /// From the root, with `/` between its parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What no person wrote here: build output, caches, data, version control.
const SKIPPED: [&str; 8] = [".git", ".cache", ".backstep", ".aws-sam", ".venv", "target", "node_modules", "__pycache__"];

/// Every file of the repository that is text, in the order of their paths.
pub(crate) fn source_files() -> Vec<SourceFile> {
    let root = root();
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path, text });
        }
    }
}

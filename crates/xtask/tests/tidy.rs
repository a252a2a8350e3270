//! Tidy: layers, file headers, sizes and the order of lists.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Layers as the architecture page gives them; `dev` counts as above everything.
fn layers() -> BTreeMap<String, u32> {
    let mut layers = BTreeMap::new();
    for line in read(root().join("crates/README.md")).lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, layer, name, ..] = cells.as_slice()
            && let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'))
        {
            let layer = if *layer == "dev" {
                Ok(u32::MAX)
            } else {
                layer.parse()
            };
            if let Ok(layer) = layer {
                layers.insert(name.to_owned(), layer);
            }
        }
    }
    layers
}

fn crate_dirs() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    dirs.sort();
    dirs
}

fn name_of(dir: &Path) -> String {
    dir.file_name().unwrap().to_string_lossy().into_owned()
}

/// The names in a section of a manifest, in file order.
fn section(manifest: &str, header: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['=', '.', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    rust_files(&root().join("crates"), &mut found);
    rust_files(&root().join("tests"), &mut found);
    found.sort();
    found
}

#[test]
fn every_arrow_points_to_a_smaller_layer() {
    let layers = layers();
    for dir in crate_dirs() {
        let name = name_of(&dir);
        let own = *layers
            .get(&name)
            .unwrap_or_else(|| panic!("crates/README.md does not list {name}"));
        for dependency in section(&read(dir.join("Cargo.toml")), "[dependencies]") {
            if let Some(&layer) = layers.get(&dependency) {
                assert!(
                    layer < own,
                    "{name} (layer {own}) depends on {dependency} (layer {layer})"
                );
            }
        }
    }
    assert_eq!(
        layers.len(),
        crate_dirs().len(),
        "crates/README.md lists a crate that does not exist"
    );
}

/// Dependencies that one crate hides from the others.
#[test]
fn hidden_dependencies_stay_hidden() {
    for (dependency, owners) in [
        ("granit-parser", &["firedrill-yaml"][..]),
        ("nom", &["firedrill-model"]),
        ("pulldown-cmark", &["firedrill-markdown"]),
        ("regex", &["firedrill-regex"]),
        ("miette", &["firedrill-report"]),
        ("clap", &["firedrill"]),
        ("walkdir", &["firedrill"]),
        ("rayon", &["firedrill"]),
    ] {
        for dir in crate_dirs() {
            let named = section(&read(dir.join("Cargo.toml")), "[dependencies]")
                .iter()
                .any(|name| name == dependency);
            let name = name_of(&dir);
            assert!(
                !named || owners.contains(&name.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn lists_of_dependencies_are_sorted() {
    for dir in crate_dirs() {
        let manifest = read(dir.join("Cargo.toml"));
        for header in ["[dependencies]", "[dev-dependencies]"] {
            let names = section(&manifest, header);
            assert!(names.is_sorted(), "{} {header}: {names:?}", name_of(&dir));
        }
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} does not take the lints",
            name_of(&dir)
        );
    }
}

#[test]
fn every_file_opens_with_a_sentence_and_ends_in_time() {
    for path in all_rust_files() {
        let text = read(&path);
        let shown = path.display();
        assert!(
            text.starts_with("//! "),
            "{shown} does not say in its first line what it is for"
        );
        let lines = text.lines().count();
        assert!(
            lines <= 800,
            "{shown} has {lines} lines; look for the second idea in it"
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    for path in all_rust_files() {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for (index, line) in read(&path).lines().enumerate() {
            for mark in ["TODO", "FIXME", "XXX", "HACK"] {
                assert!(!line.contains(mark), "{}:{}: {mark}", path.display(), index + 1);
            }
        }
    }
}

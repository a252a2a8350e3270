//! Every scalar of every public file maps back to the bytes that it was written with.

// The test runner shows what differs.
#![allow(clippy::print_stdout)]

use firedrill_yaml::{Content, decode, parse, verify_locate};
use std::path::{Path, PathBuf};

/// The folder with recorded data beside the workspace, if it is there.
fn shared() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path =
        std::env::var_os("FIREDRILL_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no recorded data at {}", path.display());
    None
}

#[test]
fn every_scalar_of_the_corpus_is_located_byte_for_byte() {
    let Some(shared) = shared() else { return };
    let mut scalars = 0;
    let mut files = 0;
    let mut problems = Vec::new();
    for folder in ["corpus", "oracle/claims"] {
        for entry in walkdir::WalkDir::new(shared.join(folder)).into_iter().flatten() {
            let extension = entry.path().extension().and_then(|e| e.to_str()).unwrap_or("");
            if !matches!(extension, "yml" | "yaml" | "rule" | "rules") {
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            let Ok(text) = decode(&bytes) else {
                continue;
            };
            files += 1;
            for node in parse(&text).nodes() {
                let Content::Scalar(scalar) = node.content else {
                    continue;
                };
                let scalar = scalar.to_scalar();
                scalars += 1;
                if let Err(problem) = verify_locate(&scalar, &text) {
                    problems.push(format!(
                        "{}: {:?} {:?}: {problem}",
                        entry.path().display(),
                        scalar.style,
                        scalar.span.slice(&text)
                    ));
                }
            }
        }
    }
    println!("{scalars} scalars of {files} files, {} problems", problems.len());
    for problem in problems.iter().take(20) {
        println!("{problem}");
    }
    assert!(
        files > 1000 && scalars > 100_000,
        "recorded data is missing: {files} files"
    );
    assert!(problems.is_empty());
}

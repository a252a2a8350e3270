//! Real tests: what is left out changes no event of theirs, and nothing that their failing assertions got.

// The test runner shows what was skipped.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use firedrill_model::{ReadOptions, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_source::{SourceFile, Sources};
use firedrill_unit::{CompileOptions, CompiledFile, RunOptions, Suite, run};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of recorded data, if it is there; says so if it is not.
fn shared(part: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("FIREDRILL_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let path = shared.join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: there is no {}", path.display());
    None
}

/// All YAML files below a folder, in order.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "yml" || it == "yaml") {
            found.push(path);
        }
    }
}

/// What the tests of a file tell in two ways of running; `None` for a file that is no test, or whose rules are not there.
fn told(path: &Path, ways: [RunOptions; 2]) -> Option<[Vec<String>; 2]> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new(path.display().to_string(), &*text));
    let tests = read_test_file(id, &text, &ReadOptions::default());
    if !tests.accepted || tests.file.tests.is_empty() {
        return None;
    }
    let compile = CompileOptions {
        engine_features: Features::promtool_default(),
    };
    let mut rules = Vec::new();
    for pattern in &tests.file.rule_files {
        let name = path.parent()?.join(&*pattern.text);
        let text = std::fs::read_to_string(&name).ok()?;
        let id = sources.add(SourceFile::new(name.display().to_string(), &*text));
        let read = read_rule_file(id, &text, &ReadOptions::default());
        rules.push(Arc::new(CompiledFile::compile(
            &read.file,
            &pattern.text,
            &compile,
        )));
    }
    let suite = Suite {
        file: &tests.file,
        rules,
    };
    Some(ways.map(|options| {
        let mut events = Vec::new();
        run(&suite, &options, &|_| true, &mut |event| {
            events.push(format!("{event:?}"));
        });
        events
    }))
}

#[test]
fn every_event_of_real_tests_is_the_same() {
    let mut paths = Vec::new();
    for part in ["corpus/tests", "corpus/tests-crd", "corpus/promtool"] {
        if let Some(folder) = shared(part) {
            files(&folder, &mut paths);
        }
    }
    let (mut compared, mut wrong) = (0, Vec::new());
    for path in &paths {
        // As in `firedrill test`, and as in promtool.
        for (notice, max_samples) in [(true, None), (false, Some(10_000))] {
            let thin = RunOptions {
                notice,
                max_samples,
                explain: notice,
                ..RunOptions::default()
            };
            let whole = RunOptions { whole: true, ..thin };
            let Some([thin, whole]) = told(path, [thin, whole]) else {
                continue;
            };
            compared += 1;
            if let Some((thin, whole)) = thin.iter().zip(&whole).find(|(thin, whole)| thin != whole) {
                wrong.push(format!(
                    "{}:\n  thin  {thin:.300}\n  whole {whole:.300}",
                    path.display()
                ));
            } else if thin.len() != whole.len() {
                wrong.push(format!(
                    "{}: {} events, not {}",
                    path.display(),
                    thin.len(),
                    whole.len()
                ));
            }
        }
    }
    println!("{compared} runs compared of {} files", paths.len());
    let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), shown.join("\n"));
    assert!(paths.is_empty() || compared > 300);
}

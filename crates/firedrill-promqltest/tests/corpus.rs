//! Runs Prometheus' own scripts, whole.

use std::path::{Path, PathBuf};

#[test]
fn upstream_scripts() {
    let root = std::env::var_os("FIREDRILL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("corpus/promqltest");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no {}", folder.display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    paths.sort();
    let (mut passed, mut failures) = (0, Vec::new());
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy();
        let script = firedrill_promqltest::parse(&std::fs::read_to_string(path).unwrap());
        let script = script.unwrap_or_else(|error| panic!("{name}: {error}"));
        let report = script.run();
        eprintln!(
            "{name}: {} as expected, {} not",
            report.passed,
            report.failures.len()
        );
        passed += report.passed;
        for failure in report.failures {
            failures.push(format!(
                "{name}:{}: {}\n    {}",
                failure.line, failure.expr, failure.message
            ));
        }
    }
    for failure in failures.iter().take(60) {
        eprintln!("{}", failure.chars().take(900).collect::<String>());
    }
    assert_eq!(paths.len(), 16);
    assert!(
        failures.is_empty(),
        "{} of {} evaluations differ",
        failures.len(),
        failures.len() + passed
    );
    assert!(passed > 1_700, "only {passed} evaluations");
}

//! `firedrill promqltest`: scripts of loads and evaluations.

use crate::support::{root, run_in, scratch};

#[test]
fn the_projects_own_scripts_hold() {
    let folder = root().join("fixtures/promql");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    let mut args = vec!["promqltest".into()];
    args.extend(files.into_iter().map(std::path::PathBuf::into_os_string));
    let outcome = run_in(&root(), args, "");
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn a_difference_names_line_expected_and_got() {
    let directory = scratch("promqltest");
    let script = "load 1m\n  m 0+60x10\n\neval instant at 5m rate(m[5m])\n  {} 2\n";
    std::fs::write(directory.join("a.test"), script).unwrap();
    let outcome = run_in(&directory, ["promqltest", "a.test"], "");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stdout
            .starts_with("a.test:4: rate(m[5m])\n    expected 2 for {} but got 1\n"),
        "{}",
        outcome.stdout
    );
    let missing = run_in(&directory, ["promqltest", "b.test"], "");
    assert_eq!(missing.code, 2);
    assert_eq!(
        missing.stderr,
        "firedrill: cannot read b.test: no such file or directory\n"
    );
    std::fs::write(directory.join("c.test"), "evil\n").unwrap();
    assert_eq!(run_in(&directory, ["promqltest", "c.test"], "").code, 2);
}

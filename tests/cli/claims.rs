//! The small tests that promtool passes must pass, and the files that it rejects must be rejected in its words.

use crate::support::{firedrill, in_parallel, read_csv, report, run_in, shared};
use std::path::Path;

/// `firedrill test -f json` over a file: how many tests, and the failures that count.
fn failures(path: &Path) -> (usize, Vec<String>) {
    let outcome = firedrill(["test".as_ref(), "-f".as_ref(), "json".as_ref(), path.as_os_str()]);
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), outcome.stderr));
    let tests = json["summary"]["tests"].as_u64().unwrap_or(0);
    let errors = json["findings"].as_array().into_iter().flatten();
    let broken = errors
        .filter(|finding| finding["severity"] == "error")
        // That a test proves nothing is no failure in promtool.
        .filter(|finding| {
            !finding["code"]
                .as_str()
                .is_some_and(|code| code.starts_with("FD9"))
        })
        .map(ToString::to_string);
    let failed = json["failures"]
        .as_array()
        .into_iter()
        .flatten()
        .map(ToString::to_string);
    let counting = failed.chain(broken);
    (
        usize::try_from(tests).unwrap(),
        counting
            .map(|text| format!("{}: {text}", path.display()))
            .collect(),
    )
}

fn all_pass(folder: &str, at_least: usize) {
    let Some(folder) = shared(folder) else { return };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(".yml") && !name.ends_with(".rules.yml")
        })
        .collect();
    files.sort();
    let results = in_parallel(&files, |path| failures(path));
    let tests: usize = results.iter().map(|(tests, _)| tests).sum();
    let failed: Vec<String> = results.into_iter().flat_map(|(_, failed)| failed).collect();
    report("tests that promtool passes", tests, &failed, 0);
    assert!(tests >= at_least, "only {tests} tests were found");
}

#[test]
fn every_claim_holds() {
    all_pass("oracle/claims", 180);
}

#[test]
fn every_recorded_rule_evaluates_to_the_bit() {
    all_pass("oracle/eval", 1178);
}

#[test]
fn what_promtool_rejects_is_rejected_in_its_words() {
    let Some(folder) = shared("oracle/claims/invalid") else {
        return;
    };
    let rows = read_csv(&folder.join("EXPECTED.csv"));
    let results = in_parallel(&rows, |row| {
        let (global, own): (Vec<&str>, Vec<&str>) = row["flags"]
            .split_whitespace()
            .partition(|flag| flag.starts_with("--enable-feature"));
        let mut args = vec!["promtool"];
        args.extend(global);
        args.extend([row["command"].as_str(), "rules"]);
        args.extend(own);
        args.push(&row["file"]);
        let outcome = run_in(&folder, args, "");
        let errors: Vec<&str> = outcome
            .stderr
            .lines()
            .filter(|line| !line.starts_with("level=WARN"))
            .collect();
        let errors = errors.join("\n");
        let said = errors
            .split_once("  FAILED:\n")
            .map_or(errors.as_str(), |(_, said)| said);
        // The recordings show base names only.
        let said = said.replace("\nrules/", "\n");
        let said = said.strip_prefix("rules/").unwrap_or(&said).trim_end().to_owned();
        let exit = (outcome.code.to_string() != row["exit"]).then(|| {
            format!(
                "{}: exit {} instead of {}",
                row["file"], outcome.code, row["exit"]
            )
        });
        let wanted = row["message"].trim_end();
        let text = (said != wanted).then(|| format!("{}:\n  got  {said:?}\n  want {wanted:?}", row["file"]));
        (exit, text)
    });
    let exits: Vec<String> = results.iter().filter_map(|(exit, _)| exit.clone()).collect();
    let texts: Vec<String> = results.into_iter().filter_map(|(_, text)| text).collect();
    report("exit codes of rejected files", rows.len(), &exits, 0);
    report("messages for rejected files", rows.len(), &texts, 0);
}

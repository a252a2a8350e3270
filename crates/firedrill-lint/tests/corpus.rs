//! The lints over real rule files that nobody here wrote: counts are checked in, and every error and warning has been read.

mod common;

use common::{Checked, check, line_of, shared, workspace};
use firedrill_facts::Facts;
use firedrill_model::{Kind, detect};
use firedrill_source::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// One run over each folder that holds what one repository has.
fn runs(root: &Path) -> Vec<(String, Checked)> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for collection in ["rules", "crds"] {
        let Ok(entries) = std::fs::read_dir(root.join(collection)) else {
            continue;
        };
        folders.extend(
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.is_dir()),
        );
    }
    folders.push(root.join("promtool"));
    folders.sort();
    folders
        .iter()
        .map(|folder| (folder.display().to_string(), run(root, folder)))
        .collect()
}

fn run(root: &Path, folder: &Path) -> Checked {
    let mut files = Vec::new();
    gather(folder, &mut files);
    files.sort();
    let texts: Vec<(String, String)> = files
        .iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
            matches!(detect(&text), Kind::RuleFile | Kind::Manifest).then_some((name, text))
        })
        .collect();
    check(
        texts.iter().map(|(name, text)| (name.as_str(), text.as_str())),
        &Facts::new(),
    )
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, files);
        } else if path
            .extension()
            .is_some_and(|ext| matches!(ext.to_str(), Some("yml" | "yaml" | "rules")))
        {
            files.push(path);
        }
    }
}

/// The lines of `fixtures/lint/corpus-errors.csv` without their reasons: path, line, code.
fn reviewed() -> Vec<(String, String, String)> {
    let path = workspace().join("fixtures/lint/corpus-errors.csv");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().skip(1);
    lines
        .filter_map(|line| {
            let mut parts = line.splitn(4, ',');
            let (path, at, code, reason) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            assert!(reason.len() > 10, "no reason: {line}");
            Some((path.to_owned(), at.to_owned(), code.to_owned()))
        })
        .collect()
}

/// The start of a reason, for whoever reviews a new error.
fn draft(finding: &firedrill_source::Diagnostic) -> String {
    let rule = finding.subject.rule.as_deref().unwrap_or("");
    format!(
        "{rule}: {}; {}",
        finding.message,
        finding.evidence.first().map_or("", String::as_str)
    )
}

#[test]
fn counts_are_as_reviewed_and_every_error_has_a_reason() {
    let Some(root) = shared().map(|shared| shared.join("corpus")) else {
        println!("skipped: no recorded data beside the repository");
        return;
    };
    let reviewed = reviewed();
    let mut counts: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
    let mut unknown = Vec::new();
    let mut seen = Vec::new();
    let (mut rules, mut took) = (0, std::time::Duration::ZERO);
    for (_, checked) in runs(&root) {
        rules += checked.rules;
        took += checked.linting_took;
        for finding in &checked.linting {
            *counts.entry((finding.code.0, finding.severity)).or_default() += 1;
            if std::env::var("FIREDRILL_SHOW").is_ok_and(|code| code == finding.code.0 || code == "all") {
                println!(
                    "{}\n    {}",
                    line_of(&checked.sources, finding),
                    finding.evidence.join("\n    ")
                );
            }
            if finding.severity != Severity::Error {
                continue;
            }
            let file = checked.sources.get(finding.primary.location.file);
            let line = file
                .line_column(finding.primary.location.span.start as usize)
                .line;
            let key = (
                file.name().to_owned(),
                line.to_string(),
                finding.code.0.to_owned(),
            );
            if !reviewed.contains(&key) {
                if std::env::var_os("FIREDRILL_DRAFT").is_some() {
                    println!("DRAFT {},{},{},{}", key.0, key.1, key.2, draft(finding));
                }
                unknown.push(line_of(&checked.sources, finding));
            }
            seen.push(key);
        }
    }
    println!("{rules} rules, lints took {took:?}");
    let mut table = format!("# {rules} rules; code, severity, findings\n");
    for ((code, severity), count) in &counts {
        let _ = writeln!(table, "{code} {severity} {count}");
    }
    let path = workspace().join("fixtures/lint/corpus-counts.txt");
    if std::env::var_os("FIREDRILL_UPDATE").is_some() {
        std::fs::write(&path, &table).expect("writable");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let stale: Vec<_> = reviewed.iter().filter(|key| !seen.contains(key)).collect();
    println!("{table}");
    assert!(
        unknown.is_empty(),
        "{} errors nobody has read:\n{}",
        unknown.len(),
        unknown.join("\n")
    );
    assert!(
        stale.is_empty(),
        "{} reviewed errors are gone: {:?}",
        stale.len(),
        &stale[..stale.len().min(20)]
    );
    assert_eq!(
        table, expected,
        "counts have changed: read the new findings, then set FIREDRILL_UPDATE=1"
    );
}

/// What a reader of `fixtures/lint/corpus-warnings.csv` may say of a warning.
const VERDICTS: [&str; 3] = ["real", "arguable", "false"];

/// A line of `fixtures/lint/corpus-warnings.csv`.
struct Judged {
    key: (String, usize, String),
    verdict: String,
}

fn judged() -> Vec<Judged> {
    let path = workspace().join("fixtures/lint/corpus-warnings.csv");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().skip(1);
    lines
        .map(|line| {
            let parts: Vec<&str> = line.splitn(5, ',').collect();
            let [path, at, code, verdict, reason] = parts.as_slice() else {
                panic!("not five fields: {line}");
            };
            assert!(VERDICTS.contains(verdict), "no verdict: {line}");
            assert!(reason.len() > 10, "no reason: {line}");
            let at = at.parse().unwrap_or_else(|_| panic!("no line number: {line}"));
            Judged {
                key: ((*path).to_owned(), at, (*code).to_owned()),
                verdict: (*verdict).to_owned(),
            }
        })
        .collect()
}

/// Per code, how many warnings have each of the verdicts.
fn verdict_table(judged: &[Judged]) -> String {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for line in judged {
        let at = VERDICTS.iter().position(|verdict| **verdict == line.verdict);
        for code in [line.key.2.as_str(), "all"] {
            counts.entry(code).or_default()[at.expect("checked")] += 1;
        }
    }
    let mut table = format!("code  {}\n", VERDICTS.join(" "));
    for (code, [real, arguable, wrong]) in counts {
        let _ = writeln!(table, "{code:5} {real:4} {arguable:8} {wrong:5}");
    }
    table
}

#[test]
fn every_warning_has_been_read_and_nine_of_ten_are_real() {
    let Some(root) = shared().map(|shared| shared.join("corpus")) else {
        println!("skipped: no recorded data beside the repository");
        return;
    };
    let judged = judged();
    assert!(
        judged.is_sorted_by(|a, b| a.key <= b.key),
        "the list is not sorted"
    );
    // A line may have several warnings of one code, and the list one line for each of them.
    let mut left: BTreeMap<&(String, usize, String), usize> = BTreeMap::new();
    for line in &judged {
        *left.entry(&line.key).or_default() += 1;
    }
    let mut unread = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (_, checked) in runs(&root) {
        let warnings = checked
            .linting
            .iter()
            .filter(|finding| finding.severity == Severity::Warning);
        for finding in warnings {
            // A rule that YAML aliases repeat is one place in the file, and is shown once.
            if !seen.insert(line_of(&checked.sources, finding)) {
                continue;
            }
            let at = finding.primary.location;
            let file = checked.sources.get(at.file);
            let line = file.line_column(at.span.start as usize).line;
            let key = (file.name().to_owned(), line, finding.code.0.to_owned());
            match left.get_mut(&key) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    if std::env::var_os("FIREDRILL_DRAFT").is_some() {
                        println!("DRAFT {},{},{},?,{}", key.0, key.1, key.2, draft(finding));
                    }
                    unread.push(line_of(&checked.sources, finding));
                }
            }
        }
    }
    println!("{}", verdict_table(&judged));
    assert!(
        unread.is_empty(),
        "{} warnings nobody has read:\n{}",
        unread.len(),
        unread.join("\n")
    );
    left.retain(|_, count| *count > 0);
    assert!(
        left.is_empty(),
        "{} lines of the list have no warning any more: {:?}",
        left.len(),
        left.keys().collect::<Vec<_>>()
    );
    let real = judged.iter().filter(|line| line.verdict == "real").count();
    assert!(
        !judged.is_empty() && real * 10 >= judged.len() * 9,
        "{real} of {} warnings are real",
        judged.len()
    );
}

/// Mistakes in real rule sets that people found and wrote about: the folder, the rule, the code.
const KNOWN_BUGS: [(&str, &str, &str); 7] = [
    (
        "rules/aerospike__aerospike-monitoring",
        "HostDiskSpaceFillingUpWarn(Rate)",
        "FD101",
    ),
    (
        "rules/aerospike__aerospike-monitoring",
        "HostDiskSpaceFillingUpCritical(Rate)",
        "FD101",
    ),
    (
        "rules/grafana__jsonnet-libs/apache-activemq-mixin",
        "ApacheActiveMQHighStoreMemoryUsage",
        "FD203",
    ),
    ("rules/grafana__jsonnet-libs/velero-mixin", "", "FD103"),
    ("crds/openshift__cluster-etcd-operator", "", "FD503"),
    ("tests/thanos-io__thanos", "", "FD109"),
    ("rules/cloudflare__pint", "", "FD109"),
];

#[test]
fn the_known_bugs_are_found() {
    let Some(root) = shared().map(|shared| shared.join("corpus")) else {
        println!("skipped: the real rule sets are not there");
        return;
    };
    for (folder, rule, code) in KNOWN_BUGS {
        let checked = run(&root, &root.join(folder));
        let found = checked.linting.iter().any(|finding| {
            let name = finding.subject.rule.as_deref().unwrap_or("");
            finding.code.0 == code && finding.severity > Severity::Info && (rule.is_empty() || rule == name)
        });
        assert!(found, "{code} {rule} in {folder}");
    }
}

/// Rules are looked at again only where the sketches of files raise a doubt. That must not cost a finding.
#[test]
fn what_is_not_looked_at_again_has_nothing_to_hide() {
    let Some(root) = shared().map(|shared| shared.join("corpus")) else {
        println!("skipped: the real rule sets are not there");
        return;
    };
    for (folder, checked) in runs(&root) {
        let lines = |findings: &[firedrill_source::Diagnostic]| -> Vec<String> {
            let mut lines: Vec<String> = findings
                .iter()
                .map(|finding| format!("{} {finding:?}", line_of(&checked.sources, finding)))
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(
            lines(&checked.before_comments),
            lines(&checked.looking_at_all_again),
            "{folder}"
        );
    }
}

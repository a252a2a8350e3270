//! Suppressions, levels, overrides, baselines and changed rules, as users of `firedrill check` meet them.

use crate::support::{Outcome, run_in, scratch};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two rules with an error each, one with an info.
const RULES: &str = "groups:
- name: api
  rules:
  - alert: NeverFires
    expr: count(up{job=\"api\"}) == 0
    for: 5m
  - alert: NeverFiresEither
    expr: count(up{job=\"db\"}) == 0
    for: 5m
  - alert: Anchored
    expr: up{job=~\"^api-.+$\"} == 0
    for: 5m
";

/// A repository's folder with these files, above which nothing counts.
fn project(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = scratch(&format!("policy-{name}"));
    std::fs::create_dir(folder.join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn check(folder: &Path, args: &[&str]) -> Outcome {
    run_in(folder, ["check"].iter().chain(args), "")
}

/// Lines and codes of what is found, infos too: `4 FD210`.
fn found(folder: &Path, args: &[&str]) -> Vec<String> {
    let outcome = check(folder, &[&["-v", "-f", "short"], args].concat());
    assert!(outcome.code < 2, "{}", outcome.stderr);
    let lines = outcome.stdout.lines().map(|line| {
        let place = line.split(':').nth(1).unwrap();
        let code = line.rsplit('[').next().unwrap().split(' ').next().unwrap();
        format!("{place} {code}")
    });
    lines.collect()
}

#[test]
fn mistakes_in_comments_are_shown_with_advice() {
    let text = "groups:
- name: api
  rules:
  # firedrill: ignore count-equal-zero
  - alert: NeverFires
    expr: count(up{job=\"api\"}) == 0 # firedrill: ignore FD210 until=2020-02-30
    for: 5m
  - alert: NeverFiresEither
    expr: |
      # firedrill: ignore FD210 until=2020-02-28 reason=\"replaced in spring\"
      count(up{job=\"db\"}) == 0
    for: 5m
    annotations:
      firedrill.ignore: FD812, FD402 reason=generated
  # firedrill: ignore FD210
";
    let folder = project("mistakes", &[("rules.yml", text)]);
    let outcome = check(&folder, &["rules.yml"]);
    assert_eq!(outcome.code, 1);
    let today = outcome.stdout.split("today is ").nth(1).unwrap();
    let today = today.split_whitespace().next().unwrap();
    insta::assert_snapshot!(outcome.stdout.replace(today, "[today]"));
}

#[test]
fn every_form_of_comment_silences_what_it_is_attached_to() {
    let with = |line: usize, text: &str| {
        let mut lines: Vec<&str> = RULES.lines().collect();
        lines.insert(line - 1, text);
        lines.join("\n") + "\n"
    };
    let folder = project("forms", &[]);
    let left = |text: &str| {
        std::fs::write(folder.join("rules.yml"), text).unwrap();
        found(&folder, &["rules.yml"])
    };
    assert_eq!(left(RULES), ["5 FD210", "8 FD210", "11 FD812"]);
    for (line, comment, expected) in [
        (4, "  # firedrill: ignore FD210", &["9 FD210", "12 FD812"][..]),
        (
            4,
            "  # firedrill: ignore count-equals-zero",
            &["9 FD210", "12 FD812"],
        ),
        (5, "    # firedrill: ignore FD210", &["9 FD210", "12 FD812"]),
        (
            5,
            "    # firedrill: ignore-next-line FD210",
            &["9 FD210", "12 FD812"],
        ),
        (1, "# firedrill: ignore-file FD210", &["12 FD812"]),
        (2, "# firedrill: ignore-group FD210, FD812", &[]),
        (3, "  # firedrill: ignore-group FD210, FD812", &[]),
        (4, "  # firedrill: ignore FD210(up)", &["9 FD210", "12 FD812"]),
        (
            4,
            "  # firedrill: ignore FD210(up{job=\"api\"})",
            &["9 FD210", "12 FD812"],
        ),
        (
            4,
            "  # firedrill: ignore FD210(upper)",
            &["4 FD907", "6 FD210", "9 FD210", "12 FD812"],
        ),
        (
            4,
            "  # firedrill: ignore FD210 until=2999-12-31",
            &["9 FD210", "12 FD812"],
        ),
        (
            4,
            "  # firedrill: ignore FD210 until=2020-12-31",
            &["4 FD908", "6 FD210", "9 FD210", "12 FD812"],
        ),
        (
            1,
            "# firedrill: ignore FD210",
            &["1 FD906", "6 FD210", "9 FD210", "12 FD812"],
        ),
        (10, "  # pint disable promql/regexp", &["5 FD210", "8 FD210"]),
        (1, "# pint file/disable promql/regexp", &["6 FD210", "9 FD210"]),
        (
            10,
            "  # pint snooze 2020-12-31 promql/regexp",
            &["5 FD210", "8 FD210", "12 FD812"],
        ),
        (11, "    # pint ignore/next-line", &["5 FD210", "8 FD210"]),
        (7, "  # pint ignore/begin", &["5 FD210"]),
        (1, "# pint ignore/file", &[]),
        (
            4,
            "  # pint disable promql/nothing",
            &["6 FD210", "9 FD210", "12 FD812"],
        ),
        (
            10,
            "  # pint disable promql/counter",
            &["5 FD210", "8 FD210", "12 FD812"],
        ),
    ] {
        assert_eq!(left(&with(line, comment)), expected, "{comment}");
    }
    let begin =
        with(4, "  # pint ignore/begin").replace("  - alert: Anch", "  # pint ignore/end\n  - alert: Anch");
    assert_eq!(left(&begin), ["13 FD812"]);
    let annotated = with(7, "    annotations: {firedrill.ignore: FD210 reason=generated}");
    assert_eq!(left(&annotated), ["9 FD210", "12 FD812"]);
    let line = RULES.replace(
        "== 0\n    for: 5m\n  - alert: NeverFiresEither",
        "== 0 # pint ignore/line\n    for: 5m\n  - alert: NeverFiresEither",
    );
    assert_eq!(left(&line), ["8 FD210", "11 FD812"]);
}

#[test]
fn readers_are_silenced_too_but_not_broken_files() {
    let broken = "groups:
- name: api
  rules:
  # firedrill: ignore FD005
  - expr: up == 0
  # firedrill: ignore FD007
  - alert: Broken
    expr: up ==
";
    let folder = project("readers", &[("rules.yml", broken)]);
    assert_eq!(found(&folder, &["rules.yml"]), Vec::<String>::new());
    std::fs::write(
        folder.join("rules.yml"),
        "# firedrill: ignore-file FD001\ngroups: [\n",
    )
    .unwrap();
    let left = found(&folder, &["rules.yml"]);
    assert!(left.iter().any(|line| line.ends_with("FD001")), "{left:?}");
}

#[test]
fn annotations_of_a_manifest_count_for_its_file() {
    let spec: String = RULES.lines().map(|line| format!("  {line}\n")).collect();
    let manifest = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: api\n  annotations:\n    \
         firedrill.ignore: FD210, FD812\nspec:\n{spec}"
    );
    let folder = project("manifest", &[("rules.yml", &manifest)]);
    assert_eq!(found(&folder, &["rules.yml"]), Vec::<String>::new());
    let other = manifest.replace("FD210, FD812", "FD210");
    std::fs::write(folder.join("rules.yml"), other).unwrap();
    assert_eq!(found(&folder, &["rules.yml"]), ["18 FD812"]);
}

#[test]
fn configuration_sets_levels_and_overrides() {
    let folder = project(
        "levels",
        &[
            ("rules/a.yml", RULES),
            ("rules/vendor/b.yml", &RULES.replace("job=", "pod=")),
        ],
    );
    let short = |config: &str, args: &[&str]| {
        std::fs::write(folder.join("firedrill.toml"), config).unwrap();
        let outcome = check(&folder, &[&["-v", "-f", "short"], args].concat());
        let mut text = String::new();
        for line in outcome.stdout.lines() {
            let mut parts = line.split(':');
            let file = parts.next().unwrap().rsplit('/').next().unwrap();
            let (line_number, severity) = (parts.next().unwrap(), parts.nth(1).unwrap());
            let code = line.rsplit('[').next().unwrap().split(' ').next().unwrap();
            text += &format!("{file}:{line_number}{severity} {code}, ");
        }
        (outcome.code, text + &outcome.stderr)
    };
    let all = "a.yml:5 error FD210, a.yml:8 error FD210, a.yml:11 info FD812, \
               b.yml:5 error FD210, b.yml:8 error FD210, b.yml:11 info FD812, ";
    assert_eq!(short("", &[]), (1, all.to_owned()));
    for (config, args, code, expected) in [
        (
            "[lints]\nFD210 = \"off\"\nfail-on = \"info\"\n",
            &[][..],
            1,
            "a.yml:11 info FD812, b.yml:11 info FD812, ",
        ),
        (
            "[lints]\nFD210 = \"off\"\n",
            &[],
            0,
            "a.yml:11 info FD812, b.yml:11 info FD812, ",
        ),
        (
            "[lints]\ncount-equals-zero = \"off\"\nredundant-anchors = \"error\"\n",
            &[],
            1,
            "a.yml:11 error FD812, b.yml:11 error FD812, ",
        ),
        (
            "[lints]\nFD210 = \"warning\"\nfail-on = \"warning\"\n",
            &["--fail-on", "error", "--ignore", "FD8"],
            0,
            "a.yml:5 warning FD210, a.yml:8 warning FD210, b.yml:5 warning FD210, b.yml:8 warning FD210, ",
        ),
        (
            "",
            &["--select", "FD8xx,FD101"],
            0,
            "a.yml:11 info FD812, b.yml:11 info FD812, ",
        ),
        (
            "vendored = [\"rules/vendor\"]\n[lints]\nFD210 = \"warning\"\n",
            &[],
            0,
            "a.yml:5 warning FD210, a.yml:8 warning FD210, a.yml:11 info FD812, ",
        ),
        (
            "[[override]]\npaths = [\"**/vendor/**\"]\nseverity = \"off\"\nreason = \"not ours\"\n\
             [[override]]\nrules = [\"NeverFires\"]\ncodes = [\"FD2\"]\nseverity = \"warning\"\nreason = \"later\"\n\
             [[override]]\ngroups = [\"ap.\"]\ncodes = [\"redundant-anchors\"]\nseverity = \"off\"\nreason = \"style\"\n",
            &[],
            1,
            "a.yml:5 warning FD210, a.yml:8 error FD210, b.yml:5 warning FD210, ",
        ),
    ] {
        assert_eq!(
            short(config, args),
            (code, expected.to_owned()),
            "{config} {args:?}"
        );
    }
}

#[test]
fn locked_findings_are_not_silenced() {
    let silenced = RULES.replacen("  - alert", "  # firedrill: ignore FD210\n  - alert", 1);
    let config = "[[override]]\ncodes = [\"FD210\"]\nlocked = true\nreason = \"it has cost us a night\"\n";
    let folder = project("locked", &[("rules.yml", &silenced), ("firedrill.toml", config)]);
    let outcome = check(&folder, &["-f", "short"]);
    let first = outcome.stdout.lines().next().unwrap();
    assert_eq!(
        first,
        "rules.yml:4:23: error: FD210 count-equals-zero is locked: comments do not silence it [FD906 bad-suppression]"
    );
    assert_eq!(found(&folder, &[]), ["4 FD906", "6 FD210", "9 FD210", "12 FD812"]);
}

#[test]
fn unused_comments_are_not_judged_where_their_lints_did_not_run() {
    let mut text = RULES.to_owned();
    for comment in ["FD101", "FD403", "FD804", "FD913", "FD202", "FD607"] {
        text = text.replacen(
            "  - alert: NeverFires\n",
            &format!("  # firedrill: ignore {comment}\n  - alert: NeverFires\n"),
            1,
        );
    }
    let folder = project("unused", &[("rules.yml", &text)]);
    let unused = |args: &[&str]| {
        let mut found = found(&folder, args);
        found.retain(|line| line.ends_with("FD907"));
        found
    };
    // `up` is known, so FD101 and FD202 could run; FD607 compares files, of which one was named.
    assert_eq!(unused(&["rules.yml"]), ["8 FD907"]);
    assert_eq!(unused(&[]), ["4 FD907", "8 FD907", "9 FD907"]);
    assert_eq!(unused(&["--ignore", "FD2"]), ["4 FD907", "9 FD907"]);
    assert_eq!(unused(&["--ignore", "FD907"]), Vec::<String>::new());
    std::fs::write(
        folder.join("firedrill.toml"),
        "[lints]\nrequired-labels = [\"team\"]\nFD607 = \"off\"\n",
    )
    .unwrap();
    assert_eq!(
        unused(&[]),
        ["4 FD907", "8 FD907"],
        "FD804 is needed now, and FD607 off"
    );
}

#[test]
fn mistakes_in_the_configuration_have_a_place_and_a_suggestion() {
    for (name, config, said) in [
        (
            "code",
            "[lints]\nFD10l = \"off\"\n",
            "firedrill.toml:2:1: unknown key FD10l; did you mean FD101?",
        ),
        (
            "name",
            "[lints]\nrate-on-gauges = \"off\"\n",
            "firedrill.toml:2:1: unknown key rate-on-gauges; did you mean rate-on-gauge?",
        ),
        (
            "option",
            "[lints]\nrequire-labels = [\"team\"]\n",
            "firedrill.toml:2:1: unknown key require-labels; did you mean required-labels?",
        ),
        (
            "level",
            "[lints]\nFD101 = \"loud\"\n",
            "firedrill.toml:2:9: unknown level loud; there are",
        ),
        (
            "level-near",
            "[lints]\nFD101 = \"warnin\"\n",
            "firedrill.toml:2:9: unknown level warnin; did you mean warning?",
        ),
        (
            "type",
            "[lints]\nFD101 = true\n",
            "firedrill.toml:2:9: FD101: a level is expected",
        ),
        (
            "option-type",
            "[lints]\nclosed-world = 1\n",
            "firedrill.toml:2:16: closed-world: invalid type",
        ),
        (
            "fail-on",
            "[lints]\nfail-on = \"fatal\"\n",
            "firedrill.toml:2:11: fail-on is one of",
        ),
        (
            "no-reason",
            "[[override]]\ncodes = [\"FD101\"]\n",
            "firedrill.toml:1:1: missing field `reason`",
        ),
        (
            "nothing",
            "[[override]]\ncodes = [\"FD101\"]\nreason = \"x\"\n",
            "firedrill.toml:3:10: this override changes nothing",
        ),
        (
            "regex",
            "[[override]]\nrules = [\"a(\"]\nseverity = \"off\"\nreason = \"x\"\n",
            "firedrill.toml:2:10: error parsing regexp",
        ),
        (
            "override-key",
            "[[override]]\npath = [\"a\"]\nreason = \"x\"\n",
            "firedrill.toml:2:1: unknown key path; did you mean paths?",
        ),
        ("glob", "vendored = [\"a[\"]\n", "firedrill.toml:1:13: "),
        (
            "dialect",
            "[prometheus]\ndialect = \"tanos\"\n",
            "firedrill.toml:2:11: unknown dialect tanos; did you mean thanos?",
        ),
    ] {
        let folder = project(
            &format!("bad-{name}"),
            &[("rules.yml", RULES), ("firedrill.toml", config)],
        );
        let outcome = check(&folder, &[]);
        assert_eq!(outcome.code, 2, "{name}: {}", outcome.stderr);
        assert!(
            outcome.stderr.starts_with(&format!("firedrill: {said}")),
            "{name}: {}",
            outcome.stderr
        );
    }
    let folder = project("bad-flag", &[("rules.yml", RULES)]);
    let outcome = check(&folder, &["--select", "FD1,nothing-of-that-kind"]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            2,
            "firedrill: --select: unknown lint nothing-of-that-kind; `firedrill lints` lists them all\n"
        )
    );
}

#[test]
fn a_dialect_brings_its_keys() {
    let group =
        |key: &str| format!("groups:\n- name: api\n  {key}\n  rules:\n  - record: a:b\n    expr: up\n");
    let folder = project("dialect", &[]);
    let codes = |dialect: &str, text: &str| {
        std::fs::write(
            folder.join("firedrill.toml"),
            format!("[prometheus]\ndialect = \"{dialect}\"\n"),
        )
        .unwrap();
        std::fs::write(folder.join("rules.yml"), text).unwrap();
        found(&folder, &["rules.yml"])
    };
    let (thanos, mimir) = (
        group("partial_response_strategy: warn"),
        group("source_tenants: [a]"),
    );
    assert_eq!(codes("prometheus", &thanos), ["3 FD010"]);
    assert_eq!(codes("thanos", &thanos), Vec::<String>::new());
    assert_eq!(codes("mimir", &thanos), ["3 FD010"]);
    assert_eq!(codes("prometheus", &mimir), ["3 FD010"]);
    assert_eq!(codes("thanos", &mimir), ["3 FD010"]);
    assert_eq!(
        codes("mimir", &format!("namespace: a\n{mimir}")),
        Vec::<String>::new()
    );
}

#[test]
fn a_baseline_hides_what_is_known() {
    let folder = project("baseline", &[("rules/a.yml", RULES)]);
    let written = check(&folder, &["--write-baseline", "known.jsonl"]);
    assert_eq!(
        (written.code, written.stdout.as_str()),
        (0, "3 findings written to known.jsonl\n")
    );
    insta::assert_snapshot!(std::fs::read_to_string(folder.join("known.jsonl")).unwrap());
    let said = |args: &[&str]| {
        let outcome = check(&folder, args);
        (
            outcome.code,
            outcome.stdout.lines().last().unwrap_or_default().to_owned() + &outcome.stderr,
        )
    };
    let hidden = "no problems found in 3 rules (1 file); 3 known findings hidden by the baseline";
    assert_eq!(said(&["--baseline", "known.jsonl"]), (0, hidden.to_owned()));
    std::fs::write(
        folder.join("firedrill.toml"),
        "[lints]\nbaseline = \"known.jsonl\"\n",
    )
    .unwrap();
    assert_eq!(said(&[]), (0, hidden.to_owned()));
    // From elsewhere, and with lines moved.
    std::fs::write(folder.join("rules/a.yml"), format!("# moved\n\n{RULES}")).unwrap();
    assert_eq!(run_in(&folder.join("rules"), ["check", "a.yml"], "").code, 0);
    // One repaired, one new.
    let changed = RULES.replace("NeverFiresEither", "NewName");
    std::fs::write(folder.join("rules/a.yml"), changed).unwrap();
    let (code, text) = said(&[]);
    assert_eq!(code, 1);
    assert!(
        text.starts_with("1 error in 3 rules (1 file); 2 known findings hidden by the baseline")
            && text.ends_with(
                "firedrill: note: 1 known finding of known.jsonl is there no more; \
                 --write-baseline known.jsonl writes it again\n"
            ),
        "{text}"
    );
    let json = check(&folder, &["-f", "json"]).stdout;
    assert!(json.contains("\"known_hidden\": 2"), "{json}");
    std::fs::write(folder.join("known.jsonl"), "{\"path\": 1}\n").unwrap();
    let (code, text) = said(&[]);
    assert_eq!(code, 2);
    assert!(
        text.starts_with("firedrill: known.jsonl:1:10: no line of a baseline: "),
        "{text}"
    );
    let (code, text) = said(&["--baseline", "none.jsonl"]);
    assert_eq!(
        (code, text.as_str()),
        (
            2,
            "firedrill: cannot read none.jsonl: no such file or directory\n"
        )
    );
}

fn git(folder: &Path, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn only_changed_rules_are_reported() {
    let folder = scratch("policy-changed");
    std::fs::create_dir(folder.join("rules")).unwrap();
    std::fs::write(folder.join("rules/a.yml"), RULES).unwrap();
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-qm", "first"]);
    let since = |text: &str, revision: &str| {
        std::fs::write(folder.join("rules/a.yml"), text).unwrap();
        found(&folder, &["--changed-since", revision])
    };
    assert_eq!(since(RULES, "HEAD"), Vec::<String>::new());
    // The rule counts whole: another of its lines has changed.
    let changed = RULES.replacen("for: 5m", "for: 6m", 1);
    assert_eq!(since(&changed, "HEAD"), ["5 FD210"]);
    git(&folder, &["commit", "-qam", "second"]);
    assert_eq!(since(&changed, "HEAD"), Vec::<String>::new());
    assert_eq!(since(&changed, "HEAD~1"), ["5 FD210"]);
    std::fs::write(folder.join("rules/new.yml"), RULES.replace("job=", "pod=")).unwrap();
    assert_eq!(
        since(&changed, "HEAD"),
        ["5 FD210", "8 FD210", "11 FD812"],
        "of the new file"
    );
    let outcome = check(&folder, &["--changed-since", "nowhere"]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            2,
            "firedrill: --changed-since nowhere: git knows no such revision\n"
        )
    );
}

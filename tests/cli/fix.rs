//! `firedrill check --fix`: repairs in place.

use crate::support::{run_in, scratch};

const RULES: &str = "# rules of the shop
groups:
  - name: shop   # team shop
    rules:
      # one of them
      - alert: Down
        expr: up{job=~\"^api$\"} == 0 # why
        for: 0s
      - alert: Pools
        expr: >
          pool{state=\"used\"} / pool{state=\"all\"}
          > 0.9
        for: 5m
";

fn project(name: &str) -> std::path::PathBuf {
    let folder = scratch(name);
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    folder
}

fn text(folder: &std::path::Path) -> String {
    std::fs::read_to_string(folder.join("rules.yml")).unwrap()
}

#[test]
fn a_diff_shows_the_repairs_and_writes_nothing() {
    let folder = project("fix-diff");
    let outcome = run_in(&folder, ["check", "--diff", "rules.yml"], "");
    assert_eq!(outcome.code, 1);
    insta::assert_snapshot!(outcome.stdout, @r#"
    --- rules.yml
    +++ rules.yml
    @@ -4,8 +4,7 @@
         rules:
           # one of them
           - alert: Down
    -        expr: up{job=~"^api$"} == 0 # why
    -        for: 0s
    +        expr: up{job="api"} == 0 # why
           - alert: Pools
             expr: >
               pool{state="used"} / pool{state="all"}
    "#);
    assert_eq!(text(&folder), RULES);
}

#[test]
fn safe_repairs_are_written_and_the_rest_is_reported() {
    let folder = project("fix-safe");
    let outcome = run_in(&folder, ["check", "--fix", "-f", "short", "rules.yml"], "");
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "firedrill: repaired 3 findings in 1 file\n");
    assert!(outcome.stdout.contains("FD303") && !outcome.stdout.contains("FD81"));
    let expected = RULES
        .replace("=~\"^api$\"", "=\"api\"")
        .replace("        for: 0s\n", "");
    assert_eq!(text(&folder), expected);
    // Nothing is left to do.
    let again = run_in(&folder, ["check", "--fix", "rules.yml"], "");
    assert_eq!((again.code, again.stderr.as_str()), (1, ""));
    assert_eq!(text(&folder), expected);
}

#[test]
fn suggestions_are_made_on_request() {
    let folder = project("fix-unsafe");
    let outcome = run_in(&folder, ["check", "--unsafe-fixes", "rules.yml"], "");
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert!(
        text(&folder)
            .contains("pool{state=\"used\"} / ignoring (state) pool{state=\"all\"}\n          > 0.9")
    );
    assert!(text(&folder).starts_with("# rules of the shop\n") && text(&folder).contains("# team shop"));
}

#[test]
fn what_is_no_file_or_not_plain_utf8_is_left_alone() {
    let folder = project("fix-stdin");
    let outcome = run_in(&folder, ["check", "--fix", "-"], RULES);
    assert!(
        outcome.stderr.contains("standard input is not repaired"),
        "{}",
        outcome.stderr
    );
    // A byte order mark stays.
    let marked = |text: &str| ["\u{feff}", text].concat().into_bytes();
    std::fs::write(folder.join("rules.yml"), marked(RULES)).unwrap();
    let outcome = run_in(&folder, ["check", "--fix", "rules.yml"], "");
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let bytes = std::fs::read(folder.join("rules.yml")).unwrap();
    assert!(bytes.starts_with(&marked("# rules of")) && bytes.len() < marked(RULES).len());
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(RULES.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(folder.join("rules.yml"), &utf16).unwrap();
    let outcome = run_in(&folder, ["check", "--fix", "rules.yml"], "");
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert_eq!(std::fs::read(folder.join("rules.yml")).unwrap(), utf16);
}

//! The page of a lint is its test: every *Bad* block yields exactly the findings that its carets mark, every *Good*
//! block none.

mod common;

use common::{check_for_server, marked};
use firedrill_facts::Facts;
use firedrill_lint::{Lint, Options, Settings, lints, name_of};
use firedrill_source::{Safety, Severity};

const SECTIONS: [&str; 7] = [
    "What it finds",
    "Why it matters",
    "Bad",
    "Good",
    "Evidence",
    "How to silence",
    "Reference",
];

/// Lints whose findings come from elsewhere than readers and lints: the runner of unit tests. `tests/cli/traps.rs` runs
/// the examples of their pages.
const FOUND_BY_THE_RUNNER: &str = "FD9";
/// Of these families, lints that are about comments.
const ABOUT_COMMENTS: std::ops::RangeInclusive<&str> = "FD906"..="FD909";

/// A fenced block of a page.
struct Block<'a> {
    section: &'a str,
    language: &'a str,
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut section, mut open) = ("", false);
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            open = !open;
            if open {
                blocks.push(Block {
                    section,
                    language,
                    text: String::new(),
                });
            }
        } else if open {
            let block = blocks.last_mut().expect("open");
            block.text.push_str(line);
            block.text.push('\n');
        } else if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
    }
    assert!(!open, "a fence is not closed");
    blocks
}

/// A list of rules becomes a file; anything else is a file already.
fn as_file(block: &str) -> String {
    let first = block.lines().find(|line| !line.starts_with('#'));
    if !first.is_some_and(|line| line.starts_with("- ")) {
        return block.to_owned();
    }
    let indented: String = block.lines().map(|line| format!("      {line}\n")).collect();
    format!("groups:\n  - name: example\n    rules:\n{indented}")
}

/// What the blocks before this one told: `prom` is a metrics dump, `toml` is a configuration, `prometheus` is the
/// configuration of the server.
#[derive(Default)]
struct Known {
    facts: Facts,
    settings: Settings,
    server: Option<String>,
}

impl Known {
    fn check(&self, text: &str) -> common::Checked {
        check_for_server(
            [("page.yml", text)],
            &self.facts,
            &self.settings,
            self.server.as_deref(),
        )
    }
}

/// The `[lints]` of a configuration.
fn options(text: &str) -> Options {
    #[derive(serde::Deserialize)]
    struct Tables {
        lints: Options,
    }
    toml::from_str::<Tables>(text).expect("a [lints] table").lints
}

/// Problems with one block.
fn judge(lint: &Lint, block: &Block<'_>, known: &Known, problems: &mut Vec<String>) {
    let text = as_file(&block.text);
    let checked = known.check(&text);
    let mut found = Vec::new();
    for finding in checked.reading.iter().chain(&checked.linting) {
        // Remarks of other lints would crowd the page.
        if finding.severity == Severity::Info && finding.code != lint.code {
            continue;
        }
        let file = checked.sources.get(finding.primary.location.file);
        let span = finding.primary.location.span;
        let (start, end) = (
            file.line_column(span.start as usize),
            file.line_column(span.end as usize),
        );
        found.push((start.line, start.column, end.column, finding.code.0.to_owned()));
        assert!(!name_of(finding.code).is_empty(), "{} has no page", finding.code);
    }
    found.sort();
    let marked = marked(&text);
    let complaint = match block.section {
        "Good" if !found.is_empty() => "is not clean",
        // A mistake that leaves no place for a comment under it is shown without carets.
        "Bad" if marked.is_empty() && found.iter().any(|finding| finding.3 == lint.code.0) => return,
        "Bad" if marked.is_empty() => "has no finding of this lint",
        "Bad" if found != marked => "differs from its carets",
        _ => return check_fixes(lint, &text, &checked, known, problems),
    };
    problems.push(format!(
        "{} {}: a block under {} {complaint}:\n{text}\n  found {found:?}\n  marked {marked:?}",
        lint.code, lint.name, block.section
    ));
}

/// A repair leaves a file without the finding that it repairs.
fn check_fixes(
    lint: &Lint,
    text: &str,
    checked: &common::Checked,
    known: &Known,
    problems: &mut Vec<String>,
) {
    for finding in &checked.linting {
        let Some(fix) = finding
            .fix
            .as_ref()
            .filter(|fix| fix.safety != Safety::DisplayOnly)
        else {
            continue;
        };
        let mut edits = fix.edits.clone();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        let mut repaired = text.to_owned();
        for edit in edits {
            repaired.replace_range(edit.span.range(), &edit.replacement);
        }
        let after = known.check(&repaired);
        let same = after
            .linting
            .iter()
            .filter(|other| other.code == finding.code)
            .count();
        let before = checked
            .linting
            .iter()
            .filter(|other| other.code == finding.code)
            .count();
        if same >= before || !after.reading.is_empty() {
            problems.push(format!(
                "{}: the repair `{}` does not repair:\n{repaired}",
                lint.code, fix.title
            ));
        }
    }
}

#[test]
fn every_bad_example_yields_its_marked_findings_and_every_good_one_none() {
    let mut problems = Vec::new();
    for lint in lints() {
        let titles: Vec<&str> = lint
            .page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(titles, SECTIONS, "{} {}", lint.code, lint.name);
        let blocks = blocks(lint.page);
        let count = |section| {
            blocks
                .iter()
                .filter(|b| b.section == section && b.language == "yaml")
                .count()
        };
        assert!(
            count("Bad") >= 1 && count("Good") >= 1,
            "{} lacks examples",
            lint.code
        );
        if lint.code.0.starts_with(FOUND_BY_THE_RUNNER) && !ABOUT_COMMENTS.contains(&lint.code.0) {
            continue;
        }
        if has_check(lint) || ABOUT_COMMENTS.contains(&lint.code.0) {
            assert!(count("Good") >= 2, "{} has no near miss", lint.code);
        }
        let mut known = Known::default();
        for block in &blocks {
            match block.language {
                "prom" => known.facts.read_exposition("dump.prom", &block.text),
                "facts" => known
                    .facts
                    .read_facts_file(&firedrill_source::SourceFile::new(
                        "facts.toml",
                        block.text.as_str(),
                    ))
                    .expect("declared facts"),
                "toml" => known.settings.options = options(&block.text),
                "prometheus" => known.server = Some(block.text.clone()),
                "yaml" => judge(lint, block, &known, &mut problems),
                other => panic!("{}: a block of {other}", lint.code),
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Whether a file of its own holds the lint's check.
fn has_check(lint: &Lint) -> bool {
    source_folder()
        .join(format!("{}.rs", lint.name.replace('-', "_")))
        .exists()
}

fn source_folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

#[test]
fn the_list_is_sorted_and_equals_the_folder() {
    assert!(
        lints().windows(2).all(|pair| pair[0].code < pair[1].code),
        "codes are sorted and unique"
    );
    let mut pages: Vec<String> = lints().iter().map(|lint| lint.name.replace('-', "_")).collect();
    pages.sort();
    let mut on_disk = Vec::new();
    for entry in std::fs::read_dir(source_folder()).expect("src/rules") {
        let name = entry.expect("entry").file_name().into_string().expect("UTF-8");
        match name.rsplit_once('.') {
            Some((stem, "md")) => on_disk.push(stem.to_owned()),
            Some((stem, "rs")) => assert!(pages.iter().any(|page| page == stem), "{name} has no page"),
            _ => panic!("what is {name} doing here?"),
        }
    }
    on_disk.sort();
    assert_eq!(pages, on_disk);
    for lint in lints() {
        assert_eq!(
            lint.code.0.chars().nth(2),
            Some(lint.category.digit()),
            "{}",
            lint.code
        );
        assert!(!lint.summary.ends_with('.'), "{}", lint.code);
    }
}

//! Runs readers and lints over texts, as `firedrill check` does over files.

#![allow(dead_code, reason = "each test uses a part of it")]

use firedrill_facts::Facts;
use firedrill_lint::{
    Context, Policy, Settings, Usage, attach_subjects, collect, compare, lint_set, look, look_again, suppress,
};
use firedrill_model::{
    Date, Kind, ReadOptions, RuleFile, detect, read_prometheus_config, read_rule_file, read_test_file,
};
use firedrill_source::{Diagnostic, SourceFile, Sources};
use std::path::PathBuf;

/// All findings over a set of files, in the order in which they are shown.
pub(crate) struct Checked {
    pub(crate) sources: Sources,
    /// What the readers found.
    pub(crate) reading: Vec<Diagnostic>,
    /// What the lints found.
    pub(crate) linting: Vec<Diagnostic>,
    /// How long the lints took.
    pub(crate) linting_took: std::time::Duration,
    pub(crate) rules: usize,
    pub(crate) files: Vec<RuleFile>,
    /// What the lints found before comments silenced some of it.
    pub(crate) before_comments: Vec<Diagnostic>,
    /// What the lints find in a second look at all rules, not only at the doubtful ones.
    pub(crate) looking_at_all_again: Vec<Diagnostic>,
}

pub(crate) fn check<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>, facts: &Facts) -> Checked {
    check_with(files, facts, &Settings::default())
}

pub(crate) fn check_with<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    facts: &Facts,
    settings: &Settings,
) -> Checked {
    check_for_server(files, facts, settings, None)
}

/// The same for a server with this `prometheus.yml`.
pub(crate) fn check_for_server<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    facts: &Facts,
    settings: &Settings,
    server: Option<&str>,
) -> Checked {
    let mut sources = Sources::new();
    let mut settings = settings.clone();
    if let Some(server) = server {
        let id = sources.add(SourceFile::new("prometheus.yml", server));
        let (config, findings) = read_prometheus_config(id, server);
        assert!(findings.is_empty(), "{findings:?}");
        settings.prometheus = Some(config);
    }
    settings.today = Date::parse("2026-01-15");
    let settings = &settings;
    let mut reading = Vec::new();
    let mut read_files: Vec<RuleFile> = Vec::new();
    for (name, text) in files {
        let id = sources.add(SourceFile::new(name, text));
        if detect(text) == Kind::TestFile {
            reading.extend(read_test_file(id, text, &ReadOptions::default()).diagnostics);
            continue;
        }
        let mut read = read_rule_file(id, text, &ReadOptions::default());
        attach_subjects(&read.file, &mut read.diagnostics);
        reading.extend(read.diagnostics);
        read_files.push(read.file);
    }
    let start = std::time::Instant::now();
    let alone = Context::alone(facts, settings, &sources);
    let looks = read_files
        .iter()
        .map(|file| look(file, sources.get(file.file), &alone));
    let (found, sketches): (Vec<_>, Vec<_>) = looks.unzip();
    let (overview, doubts) = compare(&sketches);
    let found: Vec<Diagnostic> = found.into_iter().flatten().collect();
    let look_at = |wanted: &dyn Fn(&RuleFile) -> Vec<u32>| {
        let usages = read_files.iter().map(|file| collect(file, Some(&wanted(file))));
        let usage = Usage::merge(usages.collect());
        let context = Context {
            overview: &overview,
            usage: &usage,
            ..alone
        };
        let mut linting = lint_set(&context);
        linting.extend(found.iter().cloned());
        for file in &read_files {
            linting.extend(look_again(file, sources.get(file.file), &wanted(file), &context));
        }
        linting
    };
    let mut linting = look_at(&|file| doubts.of(file.file).unwrap_or_default().to_vec());
    let mut looking_at_all_again = look_at(&|file| {
        let rules = file.groups.iter().map(|group| group.rules.len());
        (0..u32::try_from(rules.sum::<usize>()).expect("few rules")).collect()
    });
    looking_at_all_again.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let before_comments = linting.clone();
    let context = Context {
        overview: &overview,
        ..alone
    };
    let (policy, by_readers) = (Policy::default(), reading.clone());
    reading.append(&mut linting);
    for file in &read_files {
        let source = sources.get(file.file);
        suppress(
            file,
            source,
            &mut reading,
            &context,
            &policy.for_file(|_| true, false),
        );
    }
    (reading, linting) = reading
        .into_iter()
        .partition(|finding| by_readers.contains(finding));
    let linting_took = start.elapsed();
    linting.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let rules = read_files
        .iter()
        .flat_map(|file| &file.groups)
        .map(|group| group.rules.len())
        .sum();
    Checked {
        sources,
        reading,
        linting,
        linting_took,
        rules,
        files: read_files,
        before_comments,
        looking_at_all_again,
    }
}

/// `path:line:column-end CODE severity message`.
pub(crate) fn line_of(sources: &Sources, finding: &Diagnostic) -> String {
    let at = finding.primary.location;
    let file = sources.get(at.file);
    let (start, end) = (
        file.line_column(at.span.start as usize),
        file.line_column(at.span.end as usize),
    );
    format!(
        "{}:{}:{}-{}:{} {} {} {}",
        file.name(),
        start.line,
        start.column,
        end.line,
        end.column,
        finding.code,
        finding.severity,
        finding.message
    )
}

/// The root of the repository.
pub(crate) fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder with recorded data beside the repository, if it is there.
pub(crate) fn shared() -> Option<PathBuf> {
    let path =
        std::env::var_os("FIREDRILL_SHARED").map_or_else(|| workspace().join("../shared"), PathBuf::from);
    path.is_dir().then_some(path)
}

/// The findings that carets mark: line, first column, column after the last, code.
pub(crate) fn marked(text: &str) -> Vec<(usize, usize, usize, String)> {
    let mut target = 0;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let comment = line.trim_start().strip_prefix('#').map(str::trim_start);
        let Some(carets) = comment.filter(|comment| comment.starts_with('^')) else {
            target = index + 1;
            continue;
        };
        let start = line.find('^').expect("a caret");
        let length = carets.chars().take_while(|&c| c == '^').count();
        let code = carets[length..].trim().to_owned();
        assert!(code.starts_with("FD"), "no code behind the carets: {line}");
        found.push((target, start + 1, start + 1 + length, code));
    }
    found.sort();
    found
}

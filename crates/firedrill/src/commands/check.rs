//! `firedrill check`: read, lint, report.

use super::{complain, features, set_jobs, to_stdout};
use crate::Exit;
use crate::cli::{CheckArgs, FailOn};
use crate::config::Config;
use crate::documents;
use crate::facts;
use crate::files::{self, Found, Text, Wanted};
use crate::server;
use crate::terminal;
use firedrill_lint::{Context, Settings, Usage, attach_subjects, collect, lint_file, lint_set};
use firedrill_model::{Kind, ReadOptions, RuleFile, read_test_file};
use firedrill_report::{CheckSummary, write_check};
use firedrill_source::{Diagnostic, FileId, Severity, Sources};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::PathBuf;

/// A file after its first reading.
struct Checked {
    rules: Option<RuleFile>,
    diagnostics: Vec<Diagnostic>,
}

pub(crate) fn run(args: &CheckArgs, config: &Config) -> Exit {
    set_jobs(&args.common);
    let features = match features(&args.common, config) {
        Ok(features) => features,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let mut gathered = match facts::gather(&args.metrics, config) {
        Ok(gathered) => gathered,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let paths = match args.paths.as_slice() {
        [] => config.rules(),
        paths => Ok(paths.to_vec()),
    };
    let paths = match paths {
        Ok(paths) => paths,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let wanted = Wanted {
        documents: true,
        stdin_name: args.stdin_name.as_deref(),
    };
    let mut found = files::find_wanted(&paths, &|path| config.excludes(path), wanted);
    for quoted in documents::take_apart(&mut found.texts, &mut found.problems) {
        gathered.learn_quoted(&quoted);
    }
    let facts = gathered.facts;
    for problem in &found.problems {
        complain(problem);
    }
    let mut sources = Sources::new();
    let server = match server::take(&mut found.texts, config, &mut sources) {
        Ok(server) => server,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    if !server.rule_files.is_empty() {
        add_named(&mut found, &server.rule_files);
    }
    let mut summary = CheckSummary::default();
    found.texts.retain(|text| {
        summary.test_files += usize::from(!text.explicit && text.kind == Kind::TestFile);
        text.explicit || documents::is_rules(text.kind)
    });
    if found.texts.is_empty() {
        if found.problems.is_empty() {
            complain(&nothing_found(&paths, summary.test_files));
        }
        return Exit::Unusable;
    }
    let texts: Vec<(FileId, Text)> = found
        .texts
        .into_iter()
        .map(|text| (sources.add(text.source.clone()), text))
        .collect();
    let options = ReadOptions {
        features,
        extensions: true,
        ..ReadOptions::default()
    };
    let read = |(id, text): &(FileId, Text)| read_text(*id, text, &options);
    let mut checked: Vec<Checked> = if texts.len() < 4 {
        texts.iter().map(read).collect()
    } else {
        crate::threads::start_pool();
        texts.par_iter().map(read).collect()
    };

    let sources = &sources;
    let usage = |file: &Checked| {
        file.rules
            .as_ref()
            .map(|rules| collect(rules, sources.get(rules.file)))
    };
    let usages: Vec<Usage> = if checked.len() < 4 {
        checked.iter().filter_map(usage).collect()
    } else {
        crate::threads::start_pool();
        checked.par_iter().filter_map(usage).collect()
    };
    let usage = Usage::merge(usages);
    let settings = Settings {
        prometheus: server.config,
        ..Settings::default()
    };
    let context = Context {
        usage: &usage,
        facts: &facts,
        settings: &settings,
        sources,
    };
    let lint = |file: &mut Checked| {
        if let Some(rules) = &file.rules {
            attach_subjects(rules, &mut file.diagnostics);
            file.diagnostics
                .extend(lint_file(rules, sources.get(rules.file), &context));
        }
    };
    if checked.len() < 4 {
        checked.iter_mut().for_each(lint);
    } else {
        crate::threads::start_pool();
        checked.par_iter_mut().for_each(lint);
    }
    let mut findings = lint_set(&context);
    findings.extend(server.findings);
    // A document is one file, however many blocks it has.
    summary.files = texts
        .iter()
        .map(|(_, text)| text.source.name())
        .collect::<FxHashSet<_>>()
        .len();
    for file in checked {
        summary.rules += file
            .rules
            .iter()
            .flat_map(|rules| &rules.groups)
            .map(|g| g.rules.len())
            .sum::<usize>();
        findings.extend(file.diagnostics);
        // The process is about to end: taking the trees apart would only cost time.
        std::mem::forget(file.rules);
    }
    let silenced: FxHashMap<FileId, &[String]> = texts
        .iter()
        .filter(|(_, text)| !text.silenced.is_empty())
        .map(|(id, text)| (*id, text.silenced.as_slice()))
        .collect();
    findings.retain(|finding| {
        let codes = silenced.get(&finding.primary.location.file);
        !codes.is_some_and(|codes| codes.iter().any(|code| code == finding.code.0))
    });
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    findings.dedup();
    let fails = fails(args.fail_on, &findings);
    if !args.common.verbose {
        let before = findings.len();
        findings.retain(|finding| finding.severity > Severity::Info);
        summary.hidden = before - findings.len();
    }
    let style = terminal::style(args.common.color);
    let format = args.format.into();
    let quiet = args.common.quiet && findings.is_empty() && format != firedrill_report::Format::Json;
    if !quiet {
        to_stdout(|out| write_check(out, format, style, sources, &findings, summary));
    }
    match (fails, found.problems.is_empty()) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Unusable,
    }
}

fn fails(fail_on: FailOn, findings: &[Diagnostic]) -> bool {
    let least = match fail_on {
        FailOn::Info => Severity::Info,
        FailOn::Warning => Severity::Warning,
        FailOn::Error => Severity::Error,
        FailOn::Never => return false,
    };
    findings.iter().any(|finding| finding.severity >= least)
}

fn nothing_found(paths: &[PathBuf], test_files: usize) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let tests = if test_files > 0 {
        "; the unit tests there run with `firedrill test`"
    } else {
        ""
    };
    format!("no rule file found in {}{tests}", shown.join(", "))
}

/// Adds the rule files that a server's configuration names, those aside that are there already.
fn add_named(found: &mut Found, paths: &[PathBuf]) {
    let is_there = |path: &PathBuf| found.texts.iter().any(|text| text.path.as_ref() == Some(path));
    let paths: Vec<PathBuf> = paths.iter().filter(|path| !is_there(path)).cloned().collect();
    let more = files::find(&paths, &|_| false);
    more.problems.iter().for_each(|problem| complain(problem));
    found.texts.extend(more.texts);
    found.problems.extend(more.problems);
}

fn read_text(id: FileId, text: &Text, options: &ReadOptions) -> Checked {
    if let Some(finding) = text.no_text(id) {
        let finding = finding
            .note("Prometheus reads rule files as UTF-8")
            .help("save the file as UTF-8");
        return Checked {
            rules: None,
            diagnostics: vec![finding],
        };
    }
    if text.kind == Kind::TestFile {
        // A test file named by the user is at least read; running it is another command.
        let read = read_test_file(id, text.source.text(), options);
        return Checked {
            rules: None,
            diagnostics: read.diagnostics,
        };
    }
    let read = documents::read_rules(id, text, options);
    Checked {
        rules: Some(read.file),
        diagnostics: read.diagnostics,
    }
}

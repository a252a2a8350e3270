//! `firedrill check`: read, lint, report.

mod fix;
mod narrow;

use super::{complain, features, set_jobs, to_stdout};
use crate::Exit;
use crate::cli::{CheckArgs, FailOn};
use crate::config::Config;
use crate::documents;
use crate::facts;
use crate::files::{self, Found, Text, Wanted};
use crate::server;
use crate::terminal;
use crate::threads::spread;
use firedrill_facts::Facts;
use firedrill_lint::{Context, Settings, Usage, attach_subjects, collect, lint_file, lint_set, suppress};
use firedrill_model::{Kind, ReadOptions, RuleFile, read_test_file};
use firedrill_report::{CheckSummary, write_check};
use firedrill_source::{Diagnostic, FileId, Safety, Severity, Sources};
use narrow::Narrow;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::PathBuf;

/// The trees of this many bytes of rules are kept while all files are read for the first time.
const KEPT_BYTES: usize = 1024 * 1024;

/// Everything that a run reads, and how.
struct Project<'c> {
    facts: Facts,
    options: ReadOptions,
    settings: Settings,
    /// Which findings count.
    narrow: Narrow<'c>,
    /// The files that no rule stands in but findings point to.
    sources: Sources,
    /// What was found in those.
    findings: Vec<Diagnostic>,
    /// The files with rules.
    texts: Vec<Text>,
}

/// What a run finds.
struct Judged {
    sources: Sources,
    /// For each text, by which name findings point to it.
    ids: Vec<FileId>,
    /// In the order in which they are shown.
    findings: Vec<Diagnostic>,
    /// How many rules were read.
    rules: usize,
}

/// A file after its first reading.
struct Checked {
    path: Option<PathBuf>,
    rules: Option<RuleFile>,
    diagnostics: Vec<Diagnostic>,
}

pub(crate) fn run(args: &CheckArgs, config: &Config) -> Exit {
    set_jobs(&args.common);
    match check(args, config) {
        Ok(exit) => exit,
        Err(problem) => {
            complain(&problem);
            Exit::Unusable
        }
    }
}

fn check(args: &CheckArgs, config: &Config) -> Result<Exit, String> {
    let features = features(&args.common, config)?;
    let mut gathered = facts::gather(&args.metrics, config)?;
    let narrow = Narrow::new(&args.policy, config)?;
    let paths = match args.paths.as_slice() {
        [] => config.rules()?,
        paths => paths.to_vec(),
    };
    let wanted = Wanted {
        documents: true,
        stdin_name: args.stdin_name.as_deref(),
    };
    let mut found = files::find_wanted(&paths, &|path| config.excludes(path), wanted);
    for quoted in documents::take_apart(&mut found.texts, &mut found.problems) {
        gathered.learn_quoted(&quoted);
    }
    for problem in &found.problems {
        complain(problem);
    }
    let mut sources = Sources::new();
    let server = server::take(&mut found.texts, config, &mut sources)?;
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
        return Ok(Exit::Unusable);
    }
    let mut project = Project {
        facts: gathered.facts,
        options: ReadOptions {
            features,
            extensions: true,
            dialect: config.dialect(),
            ..ReadOptions::default()
        },
        settings: Settings {
            options: config.policy().options.clone(),
            prometheus: server.config,
            today: narrow::today(),
            partial: args.paths.iter().any(|path| !path.is_dir()),
        },
        narrow,
        sources,
        findings: server.findings,
        texts: found.texts,
    };
    let mut judged = project.judge()?;
    if let Some(wanted) = fix::wanted(args) {
        let fixed = fix::run(&mut project, judged, wanted)?;
        if args.diff {
            return Ok(fixed.show());
        }
        judged = fixed.write()?;
    }
    let all_read = found.problems.is_empty();
    if let Some(said) = project.narrow.write_known(&judged.findings, &judged.sources)? {
        to_stdout(|out| writeln!(out, "{said}"));
        return Ok(if all_read { Exit::Clean } else { Exit::Unusable });
    }
    summary.known = project.narrow.hide_known(&mut judged.findings, &judged.sources);
    Ok(report(args, &project, judged, summary, all_read))
}

impl Project<'_> {
    /// Reads and lints all files.
    ///
    /// # Errors
    /// If it cannot be told what has changed.
    fn judge(&self) -> Result<Judged, String> {
        let mut sources = self.sources.clone();
        let texts: Vec<(FileId, &Text)> = self
            .texts
            .iter()
            .map(|text| (sources.add(text.source.clone()), text))
            .collect();
        let parallel = texts.len() >= 4;
        if parallel {
            crate::threads::start_pool();
        }
        // First all files are read for what they tell of each other. A tree takes many times the room of its text: only the
        // first ones are kept until the file is judged, the others are read a second time.
        let kept = texts.iter().scan(0, |bytes, (_, text)| {
            *bytes += text.source.text().len();
            Some(*bytes <= KEPT_BYTES)
        });
        let kept: Vec<bool> = kept.collect();
        let read = |((id, text), keep): (&(FileId, &Text), &bool)| {
            let checked = read_text(*id, text, &self.options);
            let rules = checked.rules.as_ref();
            let usage = rules.map(|rules| collect(rules, sources.get(rules.file)));
            (usage.unwrap_or_default(), keep.then_some(checked))
        };
        let first: Vec<(Usage, Option<Checked>)> = if parallel {
            texts.par_iter().zip(&kept).map(read).collect()
        } else {
            texts.iter().zip(&kept).map(read).collect()
        };
        let (usages, trees): (Vec<Usage>, Vec<Option<Checked>>) = first.into_iter().unzip();
        let usage = Usage::merge(usages);
        let context = Context {
            usage: &usage,
            facts: &self.facts,
            settings: &self.settings,
            sources: &sources,
        };
        let mut across: FxHashMap<FileId, Vec<Diagnostic>> = FxHashMap::default();
        for finding in lint_set(&context) {
            let file = finding.primary.location.file;
            across.entry(file).or_default().push(finding);
        }
        let judge = |((id, text), tree): (&(FileId, &Text), Option<Checked>)| {
            let mut file = tree.unwrap_or_else(|| read_text(*id, text, &self.options));
            let policy = self.narrow.for_file(file.path.as_deref());
            let source = sources.get(*id);
            if let Some(rules) = &file.rules {
                attach_subjects(rules, &mut file.diagnostics);
                file.diagnostics.extend(lint_file(rules, source, &context));
                file.diagnostics
                    .extend(across.get(&rules.file).into_iter().flatten().cloned());
                suppress(rules, source, &mut file.diagnostics, &context, &policy);
            }
            policy.apply(&mut file.diagnostics);
            let silenced = |finding: &Diagnostic| text.silenced.iter().any(|code| code == finding.code.0);
            file.diagnostics.retain(|finding| !silenced(finding));
            let rules = file.rules.as_ref();
            let (findings, path) = (&mut file.diagnostics, file.path.as_deref());
            self.narrow.keep_changed(findings, rules, source, path)?;
            let groups = rules.iter().flat_map(|rules| &rules.groups);
            Ok((groups.map(|group| group.rules.len()).sum(), file.diagnostics))
        };
        let judged: Vec<Result<(usize, Vec<Diagnostic>), String>> = if parallel {
            texts.par_iter().zip(trees).map(judge).collect()
        } else {
            texts.iter().zip(trees).map(judge).collect()
        };
        let mut findings = self.findings.clone();
        self.narrow.for_file(None).apply(&mut findings);
        let mut rules = 0;
        for file in judged {
            let (count, found) = file?;
            rules += count;
            findings.extend(found);
        }
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings.dedup();
        Ok(Judged {
            ids: texts.iter().map(|(id, _)| *id).collect(),
            sources,
            findings,
            rules,
        })
    }
}

fn report(
    args: &CheckArgs,
    project: &Project<'_>,
    judged: Judged,
    mut summary: CheckSummary,
    all_read: bool,
) -> Exit {
    let mut findings = judged.findings;
    // A document is one file, however many blocks it has.
    let names = project.texts.iter().map(|text| text.source.name());
    summary.files = names.collect::<FxHashSet<_>>().len();
    summary.rules = judged.rules;
    let fails = fails(project.narrow.fail_on(args.fail_on), &findings);
    let safe = |finding: &&Diagnostic| finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe);
    summary.fixable = findings.iter().filter(safe).count();
    if !args.common.verbose {
        let before = findings.len();
        findings.retain(|finding| finding.severity > Severity::Info);
        summary.hidden = before - findings.len();
    }
    let style = terminal::style(args.common.color);
    let format = args.format.into();
    let quiet = args.common.quiet && findings.is_empty() && format != firedrill_report::Format::Json;
    if !quiet {
        to_stdout(|out| write_check(out, format, style, &judged.sources, &findings, summary, &spread));
    }
    match (fails, all_read) {
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
            path: text.path.clone(),
            rules: None,
            diagnostics: vec![finding],
        };
    }
    if text.kind == Kind::TestFile {
        // A test file named by the user is at least read; running it is another command.
        let read = read_test_file(id, text.source.text(), options);
        return Checked {
            path: text.path.clone(),
            rules: None,
            diagnostics: read.diagnostics,
        };
    }
    let read = documents::read_rules(id, text, options);
    Checked {
        path: text.path.clone(),
        rules: Some(read.file),
        diagnostics: read.diagnostics,
    }
}

//! `firedrill check`: read, lint, report.

mod fix;
mod narrow;
mod show;

use super::{complain, features, set_jobs, to_stdout};
use crate::Exit;
use crate::cli::{CheckArgs, FailOn, OutputFormat};
use crate::config::Config;
use crate::documents;
use crate::facts;
use crate::files::{self, Found, Text, Wanted};
use crate::server;
use crate::terminal;
use crate::today::today;
use firedrill_facts::Facts;
use firedrill_lint::{
    Context, Doubts, Settings, Sketch, Usage, attach_subjects, collect, compare, has_orders, lint_set, look,
    look_again, suppress,
};
use firedrill_model::{Kind, ReadOptions, RuleFile};
use firedrill_report::CheckSummary;
use firedrill_source::{Diagnostic, FileId, Safety, Severity, Sources};
use narrow::Narrow;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use show::{Away, Shown};
use std::borrow::Cow;
use std::path::PathBuf;

/// The trees of this many bytes of rules are kept while all files are read for the first time, unless even their texts are
/// put away.
const KEPT_BYTES: usize = 128 * 1024;

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
    /// Whether nobody will look at infos: then they are counted, not kept.
    counts_infos: bool,
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
    hidden: Hidden,
}

/// Infos that were found and not kept.
#[derive(Clone, Copy, Debug, Default)]
struct Hidden {
    infos: usize,
    /// How many of them have a safe repair.
    fixable: usize,
}

/// A file after its first reading.
struct Checked {
    rules: Option<RuleFile>,
    diagnostics: Vec<Diagnostic>,
}

/// A file between the first look and the last.
struct File<'t> {
    id: FileId,
    text: &'t Text,
    /// The text itself, where it was needed again.
    loaded: Option<Cow<'t, Text>>,
    /// Its rules, where they are kept.
    tree: Option<RuleFile>,
    /// Whether its rules have to be there at the end, whatever the other files say.
    again: bool,
    /// How many rules it has.
    rules: usize,
    /// What it tells the others.
    sketch: Option<Sketch>,
    findings: Vec<Diagnostic>,
    hidden: Hidden,
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
        // Repairs, baselines and JSON ask for all texts at once.
        put_away: fix::wanted(args).is_none()
            && !narrow.compares_texts()
            && !matches!(args.format, OutputFormat::Json),
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
            today: today(),
            partial: args.paths.iter().any(|path| !path.is_dir()),
        },
        narrow,
        sources,
        findings: server.findings,
        texts: found.texts,
        counts_infos: !args.common.verbose && fix::wanted(args).is_none(),
    };
    project.counts_infos &= project.narrow.may_drop_infos(args.fail_on);
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
    /// If it cannot be told what has changed, or a file changes meanwhile.
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
        let alone = Context::alone(&self.facts, &self.settings, &sources);
        // A tree takes many times the room of its text: only the first ones are kept for a second look, others are read again.
        let mut bytes = 0;
        let files = texts.iter().map(|(id, text)| {
            bytes += text.bytes();
            (*id, *text, bytes <= KEPT_BYTES && !text.is_away())
        });
        let mut files: Vec<File<'_>> = in_parallel(parallel, files.collect(), |(id, text, keep)| {
            self.look(id, text, keep, &alone)
        })?;
        let sketches = files
            .iter_mut()
            .filter_map(|file| file.sketch.take())
            .collect::<Vec<_>>();
        let (overview, doubts) = compare(&sketches);
        drop(sketches);
        let usages = in_parallel(parallel, files.iter_mut().collect(), |file: &mut File<'_>| {
            let Some(wanted) = doubts.of(file.id) else {
                return Ok(None);
            };
            let text = file.text.loaded()?;
            let keep = file.tree.is_some();
            let read_again = || read_text(file.id, &text, &self.options).rules;
            let tree = file.tree.take().or_else(read_again);
            let usage = tree.as_ref().map(|tree| collect(tree, Some(wanted)));
            file.tree = tree.filter(|_| keep);
            file.loaded = Some(text);
            Ok(usage)
        })?;
        // Usage points into the texts of the files that it was collected from.
        for file in &files {
            if let Some(text) = &file.loaded {
                sources.replace(file.id, text.source.clone());
            }
        }
        let usage = Usage::merge(usages.into_iter().flatten().collect());
        let context = Context {
            overview: &overview,
            usage: &usage,
            ..Context::alone(&self.facts, &self.settings, &sources)
        };
        let mut across: FxHashMap<FileId, Vec<Diagnostic>> = FxHashMap::default();
        for finding in lint_set(&context) {
            let file = finding.primary.location.file;
            across.entry(file).or_default().push(finding);
        }
        let files = files.into_iter().map(|file| {
            let across = across.remove(&file.id).unwrap_or_default();
            (file, across)
        });
        let judged = in_parallel(parallel, files.collect(), |(file, across)| {
            self.finish(file, across, &doubts, &context)
        })?;
        for (id, text) in &texts {
            sources.replace(*id, text.source.clone());
        }
        let mut findings = self.findings.clone();
        self.narrow.for_file(None).apply(&mut findings);
        let (mut rules, mut hidden) = (0, Hidden::default());
        for file in judged {
            rules += file.rules;
            hidden.infos += file.hidden.infos;
            hidden.fixable += file.hidden.fixable;
            findings.extend(file.findings);
        }
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings.dedup();
        Ok(Judged {
            ids: texts.iter().map(|(id, _)| *id).collect(),
            sources,
            findings,
            rules,
            hidden,
        })
    }

    /// Reads a file and judges it alone.
    ///
    /// # Errors
    /// If the file has changed.
    fn look<'t>(
        &self,
        id: FileId,
        text: &'t Text,
        keep: bool,
        context: &Context<'_>,
    ) -> Result<File<'t>, String> {
        let loaded = text.loaded()?;
        let Checked {
            rules,
            mut diagnostics,
        } = read_text(id, &loaded, &self.options);
        let mut file = File {
            id,
            text,
            loaded: None,
            tree: None,
            again: self.narrow.asks_for_rules(),
            rules: 0,
            sketch: None,
            findings: Vec::new(),
            hidden: Hidden::default(),
        };
        if let Some(rules) = rules {
            attach_subjects(&rules, &mut diagnostics);
            let source = &loaded.source;
            let (found, sketch) = look(&rules, source, context);
            diagnostics.extend(found);
            file.rules = rules.groups.iter().map(|group| group.rules.len()).sum();
            file.again |= has_orders(&rules, source);
            file.sketch = Some(sketch);
            if keep {
                file.tree = Some(rules);
            } else {
                rules.take_apart();
            }
        }
        file.findings = diagnostics;
        if !file.again {
            self.settle(&mut file);
        }
        Ok(file)
    }

    /// Applies to the findings of a file what can be said of each alone: its level, and whether somebody will see it. It is
    /// done as early as possible, so that what nobody sees takes no room.
    fn settle(&self, file: &mut File<'_>) {
        let File {
            text,
            findings,
            hidden,
            ..
        } = file;
        self.narrow.for_file(text.path.as_deref()).apply(findings);
        findings.retain(|finding| !text.silenced.iter().any(|code| code == finding.code.0));
        if self.counts_infos && findings.iter().any(|finding| finding.severity == Severity::Info) {
            findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
            findings.dedup();
            let infos = |finding: &&Diagnostic| finding.severity == Severity::Info;
            hidden.infos += findings.iter().filter(infos).count();
            hidden.fixable += findings.iter().filter(infos).filter(is_fixable).count();
            findings.retain(|finding| finding.severity != Severity::Info);
            findings.shrink_to_fit();
        }
    }

    /// Judges a file with all that the others say.
    ///
    /// # Errors
    /// If it cannot be told what has changed, or the file changes meanwhile.
    fn finish<'t>(
        &self,
        mut file: File<'t>,
        mut across: Vec<Diagnostic>,
        doubts: &Doubts,
        context: &Context<'_>,
    ) -> Result<File<'t>, String> {
        let path = file.text.path.as_deref();
        let wanted = doubts.of(file.id);
        let needed = wanted.is_some() || file.again;
        let text = match file.loaded.take() {
            None if needed => file.text.loaded()?,
            text => text.unwrap_or(Cow::Borrowed(file.text)),
        };
        let source = &text.source;
        let read_again = || read_text(file.id, &text, &self.options).rules;
        let rules = needed.then(|| file.tree.take().or_else(read_again)).flatten();
        if let Some(rules) = &rules {
            across.extend(look_again(rules, source, wanted.unwrap_or_default(), context));
        }
        if file.again {
            // Comments speak of all findings at once.
            file.findings.append(&mut across);
            if let Some(rules) = &rules {
                let policy = self.narrow.for_file(path);
                suppress(rules, source, &mut file.findings, context, &policy);
            }
            let findings = &mut file.findings;
            self.narrow.keep_changed(findings, rules.as_ref(), source, path)?;
            self.settle(&mut file);
        } else if !across.is_empty() {
            let mut settled = std::mem::replace(&mut file.findings, across);
            self.settle(&mut file);
            settled.append(&mut file.findings);
            file.findings = settled;
        }
        Ok(file)
    }
}

/// Whether a finding can be repaired by `--fix`.
fn is_fixable(finding: &&Diagnostic) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe)
}

/// The same in several threads, if that is worth while; the results are in the order of the items.
///
/// # Errors
/// The first that the work gives.
fn in_parallel<T: Send, R: Send>(
    parallel: bool,
    items: Vec<T>,
    work: impl Fn(T) -> Result<R, String> + Sync + Send,
) -> Result<Vec<R>, String> {
    if parallel {
        // Files differ in length: each is taken when a thread is free.
        // Each result has its place: lists that end at an error would grow and be joined instead.
        let results: Vec<Result<R, String>> = items.into_par_iter().with_max_len(1).map(work).collect();
        results.into_iter().collect()
    } else {
        items.into_iter().map(work).collect()
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
    summary.fixable = findings.iter().filter(is_fixable).count() + judged.hidden.fixable;
    if !args.common.verbose {
        let before = findings.len();
        findings.retain(|finding| finding.severity > Severity::Info);
        summary.hidden = before - findings.len() + judged.hidden.infos;
    }
    let style = terminal::style(args.common.color);
    let format = args.format.into();
    let quiet = args.common.quiet && findings.is_empty() && format != firedrill_report::Format::Json;
    if !quiet {
        let shown = Shown {
            sources: &judged.sources,
            findings: &findings,
            format,
            style,
            summary,
        };
        let texts = judged.ids.iter().copied().zip(&project.texts);
        if let Err(problem) = shown.show(&Away::among(texts)) {
            complain(&problem);
            return Exit::Unusable;
        }
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
            rules: None,
            diagnostics: vec![finding],
        };
    }
    if text.kind == Kind::TestFile {
        // A test file named by the user is at least read; running it is another command.
        let read = documents::read_tests(id, text, options);
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

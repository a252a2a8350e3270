//! Test results as one page of HTML: nothing is loaded from elsewhere, light and dark follow the reader's system.

mod chart;
mod page;

use super::mismatch_html::mismatch;
use super::outcome::{CaseOutcome, FileOutcome};
use super::text::headline;
use crate::markup::html as escaped;
use crate::style::{one_line, plural};
use firedrill_source::{Diagnostic, FileId, Severity, Sources};
use firedrill_unit::{Failure, Summary, Timeline};
use firedrill_value::Duration;
use std::io::{self, Write};

/// Writes the page. The same run gives the same bytes: times of the clock are left out.
///
/// # Errors
/// When the writer fails.
pub fn write_test_html(
    out: &mut dyn Write,
    sources: &Sources,
    outcomes: &[FileOutcome],
    findings: &[Diagnostic],
    summary: Summary,
) -> io::Result<()> {
    let mut page = Page {
        sources,
        html: String::new(),
        charts: 0,
    };
    let broken = outcomes.iter().filter(|outcome| outcome.broken).count();
    page.summary(outcomes.len(), summary, broken);
    page.findings(outcomes, findings);
    page.failures(outcomes);
    page.passing(outcomes);
    out.write_all(page::frame(&verdict(summary, broken), &page.html).as_bytes())
}

/// `2 tests failed`
fn verdict(summary: Summary, broken: usize) -> String {
    match (summary.failed_cases, broken) {
        (0, 0) => format!("{} passed", plural(summary.cases, "test")),
        (0, broken) => format!("{} could not run", plural(broken, "file")),
        (failed, _) => format!("{} failed", plural(failed, "test")),
    }
}

struct Page<'a> {
    sources: &'a Sources,
    html: String,
    /// Charts so far, for the names by which their descriptions are found.
    charts: usize,
}

impl Page<'_> {
    fn push(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn summary(&mut self, files: usize, summary: Summary, broken: usize) {
        let passed = summary.cases - summary.failed_cases;
        let class = if summary.failures > 0 || broken > 0 {
            "failed"
        } else {
            "passed"
        };
        self.push(&format!(
            "<header><h1 class=\"{class}\">{}</h1>\n<p>{} failed, {passed} passed, {}, {}{}</p></header>\n",
            verdict(summary, broken),
            summary.failed_cases,
            plural(summary.assertions, "assertion"),
            plural(files, "file"),
            if broken > 0 {
                format!(", {} could not run", plural(broken, "file"))
            } else {
                String::new()
            },
        ));
    }

    /// What is wrong with the files themselves, without mere hints.
    fn findings(&mut self, outcomes: &[FileOutcome], findings: &[Diagnostic]) {
        let of_tests = outcomes.iter().flat_map(|outcome| &outcome.findings);
        let shown = findings
            .iter()
            .chain(of_tests)
            .filter(|it| it.severity > Severity::Info);
        let items: Vec<String> = shown
            .map(|finding| {
                let location = finding.primary.location;
                let place = self.place(location.file, location.span.start);
                format!(
                    "<li><b class=\"{severity}\">{severity}</b> {} <code>{}</code> <span class=\"place\">{}</span></li>\n",
                    escaped(&finding.message),
                    escaped(finding.code.0),
                    escaped(&place),
                    severity = finding.severity.name(),
                )
            })
            .collect();
        if !items.is_empty() {
            self.push(&format!(
                "<section><h2>Findings</h2>\n<ul>\n{}</ul></section>\n",
                items.concat()
            ));
        }
    }

    fn failures(&mut self, outcomes: &[FileOutcome]) {
        let failing = |outcome: &&FileOutcome| outcome.cases.iter().any(|case| !case.failures.is_empty());
        for outcome in outcomes.iter().filter(failing) {
            for case in outcome.cases.iter().filter(|case| !case.failures.is_empty()) {
                self.push("<section class=\"case\">\n");
                let place = self.place(outcome.file, case.span.start);
                self.push(&format!(
                    "<h2>{} <span class=\"place\">{}</span></h2>\n",
                    escaped(&case.title()),
                    escaped(&place)
                ));
                for failure in &case.failures {
                    self.failure(outcome.file, failure);
                }
                self.push("</section>\n");
            }
        }
    }

    fn failure(&mut self, file: FileId, failure: &Failure) {
        let (location, headline) = headline(failure, self.sources, file);
        let place = self.place(location.file, location.span.start);
        self.push("<article class=\"failure\">\n");
        self.push(&format!(
            "<h3><span class=\"mark\" aria-hidden=\"true\">✗</span> {}</h3>\n<p class=\"place\">{}</p>\n",
            escaped(&headline),
            escaped(&place)
        ));
        let (reasons, timelines): (&[String], Vec<&Timeline>) = match failure {
            Failure::Alert(it) => (&it.reasons, it.timelines.iter().collect()),
            Failure::Expr(it) => (&it.reasons, it.timeline.iter().collect()),
            Failure::ExprError { .. } | Failure::Rule { .. } | Failure::Setup { .. } => (&[], Vec::new()),
        };
        for reason in reasons {
            self.push(&format!("<p class=\"reason\">{}</p>\n", escaped(reason)));
        }
        self.push(&mismatch(failure));
        for timeline in timelines {
            self.timeline(timeline);
        }
        self.push("</article>\n");
    }

    /// Passing tests, folded.
    fn passing(&mut self, outcomes: &[FileOutcome]) {
        let any = outcomes
            .iter()
            .any(|it| it.cases.iter().any(|case| case.failures.is_empty()));
        if !any {
            return;
        }
        self.push("<section>\n<h2>Passing tests</h2>\n");
        for outcome in outcomes {
            for case in outcome.cases.iter().filter(|case| case.failures.is_empty()) {
                self.passing_case(outcome.file, case);
            }
        }
        self.push("</section>\n");
    }

    fn passing_case(&mut self, file: FileId, case: &CaseOutcome) {
        let place = self.place(file, case.span.start);
        self.push(&format!(
            "<details>\n<summary><span class=\"tick\" aria-hidden=\"true\">✓</span> {} <span class=\"place\">{}, {}</span></summary>\n",
            escaped(&case.title()),
            escaped(&place),
            plural(case.assertions, "assertion")
        ));
        for passed in &case.passed {
            let count = if passed.expected == 0 {
                "nothing".to_owned()
            } else {
                passed.expected.to_string()
            };
            self.push(&format!(
                "<article>\n<h3>{} at {}: {count}, as expected</h3>\n",
                escaped(&one_line(&passed.subject)),
                passed.eval_time
            ));
            for timeline in &passed.timelines {
                self.timeline(timeline);
            }
            self.push("</article>\n");
        }
        self.push("</details>\n");
    }

    fn timeline(&mut self, timeline: &Timeline) {
        if timeline.rule.is_some() {
            let place = self.place(timeline.location.file, timeline.location.span.start);
            let mut times = String::new();
            for (name, length) in [
                ("for", timeline.hold),
                ("keep_firing_for", timeline.keep_firing_for),
            ] {
                if length > 0 {
                    times.push_str(&format!(", {name}: {}", Duration::from_millis(length)));
                }
            }
            self.push(&format!(
                "<p class=\"place\">rule at {}{times}</p>\n",
                escaped(&place)
            ));
            self.push(&format!("<pre>{}</pre>\n", escaped(timeline.expr.trim())));
        }
        let figures = chart::figures(timeline, self.charts);
        self.charts += timeline.series.len();
        self.push(&figures);
    }

    fn place(&self, file: FileId, offset: u32) -> String {
        let source = self.sources.get(file);
        let at = source.line_column(offset as usize);
        format!("{}:{}", source.name(), at.line)
    }
}

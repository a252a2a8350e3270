//! FD605: recording rules that read each other.

use crate::cx::{Context, FileCx};
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::records::{Read, Record};
use firedrill_source::{Code, Diagnostic, Location, Severity, Subject};
use rustc_hash::FxHashSet;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD605"),
    name: "dependency-cycle",
    summary: "recording rules that read each other in a circle",
    category: Category::Relations,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("dependency_cycle.md"),
    needs: Needs::NOTHING,
    check: Check::Relation {
        within: alone,
        across,
    },
};

/// A rule alone says nothing of it, and neither does a file.
pub(crate) fn alone(_: &FileCx<'_>, _: &mut Vec<Diagnostic>) {}

/// One rule's step along a circle: it reads what the next one records.
type Step<'u> = (&'u Record, &'u Read);

fn across(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let mut reported: FxHashSet<&str> = FxHashSet::default();
    for name in &context.overview.entangled {
        if reported.contains(&**name) {
            continue;
        }
        let Some(circle) = circle(context, name) else {
            continue;
        };
        for (record, _) in &circle {
            reported.insert(&record.name.text);
        }
        findings.push(finding(context, &circle));
    }
}

/// The shortest way from a recorded metric back to itself.
fn circle<'u>(context: &Context<'u>, name: &str) -> Option<Vec<Step<'u>>> {
    let mut ways: Vec<Vec<Step<'u>>> = vec![Vec::new()];
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let at: &str = way.last().map_or(name, |(_, read)| &*read.metric);
            for record in context.usage.records(at) {
                for read in record.reads.iter().filter(|read| !read.earlier) {
                    let mut next = way.clone();
                    next.push((record, read));
                    if &*read.metric == name {
                        return Some(next);
                    }
                    if !context.usage.records(&read.metric).is_empty() && seen.insert(&*read.metric) {
                        longer.push(next);
                    }
                }
            }
        }
        ways = longer;
    }
    None
}

/// Sums that go on from their last value are made on purpose, files may be meant for different servers, and a metric that
/// is scraped as well has a value to start from.
fn severity(context: &Context<'_>, circle: &[Step<'_>]) -> Severity {
    let file = circle[0].0.file;
    let closed = circle.iter().all(|(record, _)| {
        let name = &record.name.text;
        record.file == file && (name.contains(':') || context.facts.of(name).is_none())
    });
    if circle.len() > 1 && closed {
        Severity::Error
    } else {
        Severity::Info
    }
}

fn finding(context: &Context<'_>, circle: &[Step<'_>]) -> Diagnostic {
    let (record, read) = circle[0];
    let name = &record.name.text;
    let mut finding = Diagnostic::new(
        LINT.code,
        severity(context, circle),
        record.location_of(read, context.sources),
        if circle.len() == 1 {
            format!("`{name}` is computed from its own last value")
        } else {
            format!("`{name}` is computed from itself, by way of other rules")
        },
    )
    .label(if circle.len() == 1 {
        "what this very rule records"
    } else {
        "a part of the circle"
    });
    for (other, _) in &circle[1..] {
        let at = Location::new(other.file, other.name.used_at);
        finding = finding.related(at, format!("`{}` reads the next one", other.name.text));
    }
    let mut way: Vec<String> = circle
        .iter()
        .map(|(record, _)| format!("`{}`", record.name.text))
        .collect();
    way.push(format!("`{name}`"));
    finding.subject = Subject {
        group: record.group.as_ref().map(ToString::to_string),
        rule: Some(name.to_string()),
    };
    finding
        .evidence(way.join(" reads "))
        .note(
            "there is no first value to start from; and where there is one, an old value goes round for ever",
        )
        .help("compute one of them from what is scraped; an old value is best asked for by `offset`")
}

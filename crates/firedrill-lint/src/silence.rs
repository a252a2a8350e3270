//! Comments and annotations that silence findings: what they are about, whether they are of use, and what is wrong with
//! them.

mod attach;
mod removal;
mod written;

use crate::cx::Context;
use crate::lint::{Category, find};
use crate::nodes::Nodes;
use crate::peers::codes_of;
use crate::policy::{FilePolicy, Level, suggest, title};
use crate::subject::attach_subjects;
use attach::{Places, Scope};
use firedrill_model::mistakes::{bad_order, expired_order, unknown_target, useless};
use firedrill_model::{BadOrder, Order, RuleFile, Target, Tool, codes};
use firedrill_source::{Code, Diagnostic, Location, Severity, SourceFile, Span, Subject};
use written::{Written, written};

/// Lints that need to know the metrics of a rule.
const ASK_FACTS: [&str; 25] = [
    "FD101", "FD102", "FD103", "FD105", "FD110", "FD111", "FD121", "FD201", "FD202", "FD203", "FD204",
    "FD205", "FD208", "FD209", "FD212", "FD216", "FD217", "FD306", "FD403", "FD406", "FD508", "FD601",
    "FD605", "FD809", "FD820",
];
/// Lints that find more, or less, with the configuration of the server.
const ASK_SERVER: [&str; 3] = ["FD403", "FD404", "FD502"];
/// Lints that compare files with each other.
const ASK_OTHER_FILES: [&str; 20] = [
    "FD101", "FD102", "FD103", "FD105", "FD114", "FD121", "FD208", "FD209", "FD220", "FD222", "FD401",
    "FD503", "FD504", "FD601", "FD603", "FD605", "FD606", "FD607", "FD609", "FD809",
];

/// An order that is in force, or was.
struct Silence<'r> {
    /// Which of the written ones it is.
    index: usize,
    written: &'r Written<'r>,
    order: &'r Order,
    scope: Scope,
    targets: Vec<Wanted<'r>>,
    /// Whether it counts.
    active: bool,
}

/// What a target of an order stands for.
struct Wanted<'r> {
    /// The target as written; `None` is everything.
    target: Option<&'r Target>,
    codes: Vec<Code>,
    used: bool,
}

/// Drops the findings of a file that its comments silence, and reports what is wrong with the comments. `findings` are
/// all of the file, whoever found them, before levels are applied.
pub fn suppress(
    rules: &RuleFile,
    source: &SourceFile,
    findings: &mut Vec<Diagnostic>,
    context: &Context<'_>,
    policy: &FilePolicy<'_>,
) {
    let written = written(rules, source.text());
    if written.is_empty() {
        return;
    }
    let places = Places::new(rules, source.text());
    let mut judge = Judge {
        rules,
        source,
        context,
        policy,
        own: Vec::new(),
    };
    let mut silences: Vec<Silence<'_>> = Vec::new();
    for index in 0..written.len() {
        silences.extend(judge.understand(&written, index, &places));
    }
    judge.filter(findings, &mut silences, None);
    // A comment does not silence what is said of itself. Remarks about comments of no use come last, and of them those
    // about comments that silence such remarks.
    judge.filter_own(findings, &mut silences);
    for about_unused in [false, true] {
        for silence in &silences {
            judge.find_unused(silence, about_unused);
        }
        judge.filter_own(findings, &mut silences);
    }
}

/// Whether comments or annotations of a file speak to linters at all: without any, [`suppress`] has nothing to do.
pub fn has_orders(rules: &RuleFile, source: &SourceFile) -> bool {
    !written(rules, source.text()).is_empty()
}

/// What is known while the comments of a file are judged.
struct Judge<'a, 'c> {
    rules: &'a RuleFile,
    source: &'a SourceFile,
    context: &'a Context<'c>,
    policy: &'a FilePolicy<'a>,
    /// Findings about comments, with the comment that each is about.
    own: Vec<(usize, Diagnostic)>,
}

impl Judge<'_, '_> {
    fn report(&mut self, index: usize, subject: &Subject, finding: Diagnostic) {
        let mut finding = finding;
        finding.subject = subject.clone();
        attach_subjects(self.rules, std::slice::from_mut(&mut finding));
        self.own.push((index, finding));
    }

    fn at(&self, written: &Written<'_>, span: Span) -> Location {
        Location::new(self.rules.file, written.place.locate(self.source.text(), span))
    }

    /// Makes a silence of an order, and reports what keeps it from being one.
    fn understand<'r>(
        &mut self,
        list: &'r [Written<'r>],
        index: usize,
        places: &Places<'_>,
    ) -> Option<Silence<'r>> {
        let written = list.get(index)?;
        let order = match &written.order {
            Ok(order) => order,
            Err(bad) => {
                self.bad(index, written, bad);
                return None;
            }
        };
        let own = order.tool == Tool::Firedrill;
        let Some(scope) = places.scope(list, index, order.reach) else {
            if own {
                self.unattached(index, written);
            }
            return None;
        };
        let mut targets = Vec::new();
        for target in &order.targets {
            let codes: Vec<Code> = if own {
                find(&target.name).map(|lint| lint.code).into_iter().collect()
            } else {
                let names = codes_of(order.tool, &target.name).iter();
                names
                    .filter_map(|code| find(code))
                    .map(|lint| lint.code)
                    .collect()
            };
            if codes.is_empty() {
                if own {
                    self.unknown(index, written, target, &scope.subject);
                }
                continue;
            }
            targets.push(Wanted {
                target: Some(target),
                codes,
                used: false,
            });
        }
        if order.targets.is_empty() {
            targets.push(Wanted {
                target: None,
                codes: Vec::new(),
                used: false,
            });
        }
        let expired = order
            .until
            .zip(self.context.settings.today)
            .filter(|(until, today)| until < today);
        if let Some((until, today)) = expired.filter(|_| own) {
            let finding = expired_order(self.at(written, written.words()), until, today);
            self.report(index, &scope.subject, finding);
        }
        if own && order.reason.is_none() && self.needs_reason() {
            let finding = Diagnostic::new(
                codes::SUPPRESSION_WITHOUT_REASON,
                Severity::Warning,
                self.at(written, written.words()),
                "this comment does not say why",
            )
            .label("no `reason=`")
            .note("the configuration asks for a reason: `suppressions-need-reason`, or a level for FD909")
            .help("add reason=\"…\"");
            self.report(index, &scope.subject, finding);
        }
        Some(Silence {
            index,
            written,
            order,
            scope,
            targets,
            active: expired.is_none(),
        })
    }

    fn needs_reason(&self) -> bool {
        self.context.settings.options.suppressions_need_reason
            || matches!(
                self.policy.named_level(codes::SUPPRESSION_WITHOUT_REASON),
                Some(Level::Severity(_))
            )
    }

    fn bad(&mut self, index: usize, written: &Written<'_>, bad: &BadOrder) {
        let finding = bad_order(self.at(written, bad.span), bad);
        self.report(index, &Subject::default(), finding);
    }

    fn bad_finding(&self, written: &Written<'_>, span: Span, message: String) -> Diagnostic {
        useless(self.at(written, span), message)
    }

    fn unknown(&mut self, index: usize, written: &Written<'_>, target: &Target, subject: &Subject) {
        let at = self.at(written, target.span);
        let finding = unknown_target(at, &target.name, suggest(&target.name));
        self.report(index, subject, finding);
    }

    fn unattached(&mut self, index: usize, written: &Written<'_>) {
        let finding = self
            .bad_finding(
                written,
                written.words(),
                "this comment is attached to nothing".to_owned(),
            )
            .label("no rule follows, and none is around it")
            .help("put it above a rule or into it; for a group there is `ignore-group`, for the file `ignore-file`");
        self.report(index, &Subject::default(), finding);
    }

    /// Drops what is silenced by another than `owner`.
    fn filter(&mut self, findings: &mut Vec<Diagnostic>, silences: &mut [Silence<'_>], owner: Option<usize>) {
        let (mut locked, source) = (Vec::new(), self.source);
        let (policy, file) = (self.policy, self.rules.file);
        findings.retain(|finding| {
            // What cannot be read is refused whatever its comments say.
            if finding.primary.location.file != file || finding.code == codes::YAML_INVALID {
                return true;
            }
            let mut lock = None;
            let mut silent = false;
            for silence in silences.iter_mut() {
                if !silence.active || Some(silence.index) == owner || !silence.scope.holds(finding) {
                    continue;
                }
                for wanted in &mut silence.targets {
                    if !wanted.covers(finding, source.text()) {
                        continue;
                    }
                    wanted.used = true;
                    silent = true;
                    if lock.is_none() {
                        lock = policy.lock(finding);
                    }
                    if let Some(lock) = lock {
                        locked.push((silence.index, finding.code, wanted.target, lock));
                        silent = false;
                    }
                }
            }
            !silent
        });
        for (index, code, target, lock) in locked {
            let Some(silence) = silences.iter().find(|silence| silence.index == index) else {
                continue;
            };
            if silence.order.tool != Tool::Firedrill {
                continue;
            }
            let span = target.map_or_else(|| silence.written.words(), |target| target.span);
            let message = format!("{} is locked: comments do not silence it", title(code));
            let finding = self
                .bad_finding(silence.written, span, message)
                .evidence(format!("firedrill.toml: {}", lock.reason))
                .help("repair the rule, or change the override in firedrill.toml");
            let subject = silence.scope.subject.clone();
            self.report(index, &subject, finding);
        }
    }

    /// Moves what was said of comments to the findings, unless another comment silences it.
    fn filter_own(&mut self, findings: &mut Vec<Diagnostic>, silences: &mut [Silence<'_>]) {
        while !self.own.is_empty() {
            for (owner, finding) in std::mem::take(&mut self.own) {
                let mut one = vec![finding];
                self.filter(&mut one, silences, Some(owner));
                findings.append(&mut one);
            }
        }
    }

    /// Reports what an order names and nothing needed. Codes of remarks about unused comments have a turn of their own.
    fn find_unused(&mut self, silence: &Silence<'_>, about_unused: bool) {
        if silence.order.tool != Tool::Firedrill || !silence.active {
            return;
        }
        let of_this_turn =
            |wanted: &&Wanted<'_>| (wanted.codes.first() == Some(&codes::UNUSED_SUPPRESSION)) == about_unused;
        let unused: Vec<&Wanted<'_>> = silence
            .targets
            .iter()
            .filter(of_this_turn)
            .filter(|wanted| {
                !wanted.used
                    && wanted
                        .codes
                        .iter()
                        .all(|code| self.could_run(*code, &silence.scope))
            })
            .collect();
        let (Some(first), Some(last)) = (
            unused.first().and_then(|it| it.target),
            unused.last().and_then(|it| it.target),
        ) else {
            return;
        };
        let all = unused.len() == silence.order.targets.len();
        let names: Vec<String> = unused
            .iter()
            .flat_map(|it| it.codes.iter().map(|code| title(*code)))
            .collect();
        let span = if all {
            silence.written.words()
        } else {
            first.span.to(last.span)
        };
        let mut finding = Diagnostic::new(
            codes::UNUSED_SUPPRESSION,
            Severity::Warning,
            self.at(silence.written, span),
            format!("nothing here to silence of {}", names.join(", ")),
        )
        .label("not needed")
        .note("it would hide the next mistake of this kind")
        .help(if all {
            "remove it"
        } else {
            "remove what is not needed"
        });
        let dropped: Vec<&Target> = unused.iter().filter_map(|it| it.target).collect();
        finding.fix = removal::removal(silence.written, silence.order, &dropped, self.source.text());
        let subject = silence.scope.subject.clone();
        self.report(silence.index, &subject, finding);
    }

    /// Whether the lint of a code would have found something there.
    fn could_run(&self, code: Code, scope: &Scope) -> bool {
        let settings = self.context.settings;
        let Some(lint) = find(code.0) else { return false };
        let about_comments = [
            codes::BAD_SUPPRESSION,
            codes::UNUSED_SUPPRESSION,
            codes::EXPIRED_SUPPRESSION,
            codes::SUPPRESSION_WITHOUT_REASON,
        ]
        .contains(&code);
        let asks = |table: &[&str]| table.contains(&code.0);
        let options = &settings.options;
        let unasked = match code.0 {
            "FD804" => options.required_labels.is_empty(),
            "FD805" => options.required_annotations.is_empty(),
            "FD909" => !self.needs_reason(),
            _ => false,
        };
        // Tests are judged by another command.
        let elsewhere = lint.category == Category::Tests && !about_comments;
        !(unasked
            || elsewhere
            || self.policy.is_off(code, &scope.subject)
            || (asks(&ASK_SERVER) && settings.prometheus.is_none())
            || (asks(&ASK_OTHER_FILES) && settings.partial)
            || (asks(&ASK_FACTS) && !self.knows_metrics(scope)))
    }

    /// Whether facts were given, or the built-in ones tell of every metric there.
    fn knows_metrics(&self, scope: &Scope) -> bool {
        let facts = self.context.facts;
        let mut nodes = Nodes::default();
        let rules = self.rules.groups.iter().flat_map(|group| &group.rules);
        let known = |name: &str| facts.of(name).is_some();
        !facts.learned().is_empty()
            || rules.filter(|rule| scope.touches(rule.span)).all(|rule| {
                nodes.rebuild(&rule.expr);
                nodes
                    .selectors()
                    .all(|(_, _, selector)| selector.metric_name().is_some_and(|name| known(name)))
            })
    }
}

impl Wanted<'_> {
    fn covers(&self, finding: &Diagnostic, text: &str) -> bool {
        let Some(target) = self.target else { return true };
        let shown = finding.primary.location.span.slice(text);
        self.codes.contains(&finding.code) && (target.is_about(shown) || target.is_about(&finding.message))
    }
}

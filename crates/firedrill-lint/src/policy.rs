//! Which findings count, and how much: levels per code, overrides for parts of a project, and what was selected.

use crate::lint::{Lint, find, lints, name_of};
use firedrill_regex::Regex;
use firedrill_source::{Code, Diagnostic, Severity, Subject, nearest};

/// What a project wants findings of a lint to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not there.
    Off,
    /// Of this severity.
    Severity(Severity),
}

impl Level {
    /// Reads `off`, `info`, `warning` or `error`.
    ///
    /// # Errors
    /// For anything else, with a suggestion.
    pub fn parse(text: &str) -> Result<Level, String> {
        Ok(match text {
            "off" => Level::Off,
            "info" => Level::Severity(Severity::Info),
            "warning" => Level::Severity(Severity::Warning),
            "error" => Level::Severity(Severity::Error),
            _ => {
                return Err(match nearest(text, ["off", "info", "warning", "error"]) {
                    Some(near) => format!("unknown level {text}; did you mean {near}?"),
                    None => format!("unknown level {text}; there are off, info, warning, error"),
                });
            }
        })
    }
}

/// Codes by their beginning: `FD101`, `FD1`, `FD1xx`, or a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSet(String);

impl CodeSet {
    /// Reads a code, a name or the beginning of codes.
    ///
    /// # Errors
    /// If no lint fits, with a suggestion.
    pub fn parse(text: &str) -> Result<CodeSet, String> {
        if let Some(lint) = find(text) {
            return Ok(CodeSet(lint.code.0.to_owned()));
        }
        let upper = text.to_ascii_uppercase();
        let prefix = upper.trim_end_matches('X');
        // `FD1xx` stands for three digits, as codes have them.
        let whole = prefix.len() == upper.len() || upper.len() == 5;
        if prefix.len() > 2 && whole && lints().iter().any(|lint| lint.code.0.starts_with(prefix)) {
            return Ok(CodeSet(prefix.to_owned()));
        }
        Err(match suggest(text) {
            Some(near) => format!("unknown lint {text}; did you mean {near}?"),
            None => format!("unknown lint {text}; `firedrill lints` lists them all"),
        })
    }

    /// Whether a code is one of them.
    pub fn contains(&self, code: Code) -> bool {
        code.0.starts_with(&self.0)
    }
}

/// The code or name of a lint that is probably meant.
pub(crate) fn suggest(text: &str) -> Option<&'static str> {
    let like_a_code = text
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("fd"));
    if like_a_code {
        nearest(text, lints().iter().map(|lint| lint.code.0))
    } else {
        nearest(text, lints().iter().map(|lint| lint.name))
    }
}

/// The code of the lint of that code or name.
///
/// # Errors
/// If there is none: the code or name that was probably meant.
pub fn code_of(text: &str) -> Result<Code, Option<&'static str>> {
    find(text).map(|lint| lint.code).ok_or_else(|| suggest(text))
}

/// Other rules for a part of the project.
#[derive(Clone, Debug, Default)]
pub struct Override {
    /// Rules with one of these names; none means all. Anchored.
    pub rules: Vec<Regex>,
    /// Groups with one of these names; none means all. Anchored.
    pub groups: Vec<Regex>,
    /// Of these codes; none means all.
    pub codes: Vec<CodeSet>,
    /// What the findings are then.
    pub level: Option<Level>,
    /// Why.
    pub reason: String,
    /// Whether comments in files cannot silence them.
    pub locked: bool,
}

impl Override {
    /// Whether it is about such findings, in files that it is about.
    fn fits(&self, code: Code, subject: &Subject) -> bool {
        let named = |patterns: &[Regex], name: &Option<String>| {
            patterns.is_empty()
                || name
                    .as_ref()
                    .is_some_and(|name| patterns.iter().any(|pattern| pattern.is_match(name)))
        };
        (self.codes.is_empty() || self.codes.iter().any(|set| set.contains(code)))
            && named(&self.groups, &subject.group)
            && named(&self.rules, &subject.rule)
    }
}

/// What a project and its user want.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Only these, where there are any.
    pub select: Vec<CodeSet>,
    /// None of these.
    pub ignore: Vec<CodeSet>,
    /// Levels of single lints.
    pub levels: Vec<(Code, Level)>,
    /// For parts of the project; later ones win.
    pub overrides: Vec<Override>,
}

impl Policy {
    /// The policy for one file. `here` says of each override, by its place, whether it is about the file; in `vendored`
    /// files only errors count.
    pub fn for_file(&self, here: impl Fn(usize) -> bool, vendored: bool) -> FilePolicy<'_> {
        let overrides = self.overrides.iter().enumerate();
        FilePolicy {
            policy: self,
            overrides: overrides
                .filter(|(index, _)| here(*index))
                .map(|(_, it)| it)
                .collect(),
            vendored,
        }
    }

    /// Whether the lints of a code were chosen at all.
    fn chosen(&self, code: Code) -> bool {
        let among = |sets: &[CodeSet]| sets.iter().any(|set| set.contains(code));
        (self.select.is_empty() || among(&self.select)) && !among(&self.ignore)
    }

    /// The level that a code was given by name.
    pub(crate) fn level(&self, code: Code) -> Option<Level> {
        let mut levels = self.levels.iter().rev();
        levels.find(|(known, _)| *known == code).map(|(_, level)| *level)
    }
}

/// What is wanted of one file.
#[derive(Clone, Debug)]
pub struct FilePolicy<'p> {
    policy: &'p Policy,
    overrides: Vec<&'p Override>,
    vendored: bool,
}

impl<'p> FilePolicy<'p> {
    /// How bad a finding is here; `None` if it does not count.
    ///
    /// A finding as bad as its lint gets gets the level; one that is milder because little is known stays so.
    pub fn severity(&self, finding: &Diagnostic) -> Option<Severity> {
        let level = self.level(finding.code, &finding.subject);
        let severity = match level? {
            None => finding.severity,
            Some(level) => {
                let worst = worst_of(finding.code).unwrap_or(finding.severity);
                if finding.severity >= worst {
                    level
                } else {
                    level.min(finding.severity)
                }
            }
        };
        (!self.vendored || severity == Severity::Error).then_some(severity)
    }

    /// Gives findings the severity that is wanted and drops those that do not count.
    pub fn apply(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain_mut(|finding| match self.severity(finding) {
            Some(severity) => {
                finding.severity = severity;
                true
            }
            None => false,
        });
    }

    /// Whether findings of a code about this do not count, whatever they are.
    pub(crate) fn is_off(&self, code: Code, subject: &Subject) -> bool {
        self.level(code, subject).is_none() || (self.vendored && worst_of(code) != Some(Severity::Error))
    }

    /// What forbids to silence a finding by a comment.
    pub(crate) fn lock(&self, finding: &Diagnostic) -> Option<&'p Override> {
        let mut overrides = self.overrides.iter().rev().copied();
        overrides.find(|it| it.locked && it.fits(finding.code, &finding.subject))
    }

    /// The level that the project gave a code, here or everywhere.
    pub(crate) fn named_level(&self, code: Code) -> Option<Level> {
        self.policy.level(code)
    }

    /// `None` is off; `Some(None)` is as the lint says.
    #[expect(clippy::option_option, reason = "off is another thing than not said")]
    fn level(&self, code: Code, subject: &Subject) -> Option<Option<Severity>> {
        if !self.policy.chosen(code) {
            return None;
        }
        let mut overrides = self.overrides.iter().rev();
        let level = overrides
            .find_map(|it| it.level.filter(|_| it.fits(code, subject)))
            .or_else(|| self.policy.level(code));
        match level {
            None => Some(None),
            Some(Level::Off) => None,
            Some(Level::Severity(severity)) => Some(Some(severity)),
        }
    }
}

fn worst_of(code: Code) -> Option<Severity> {
    lints()
        .iter()
        .find(|lint: &&&'static Lint| lint.code == code)
        .map(|lint| lint.severity)
}

/// `FD101 rate-on-gauge`.
pub(crate) fn title(code: Code) -> String {
    format!("{code} {}", name_of(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_source::{FileId, Location, Span};

    fn finding(code: &'static str, severity: Severity, group: &str, rule: &str) -> Diagnostic {
        let mut finding = Diagnostic::new(
            Code(code),
            severity,
            Location::new(FileId(0), Span::at(0)),
            "message",
        );
        finding.subject = Subject {
            group: Some(group.to_owned()),
            rule: Some(rule.to_owned()),
        };
        finding
    }

    #[test]
    fn codes_are_named_by_code_name_and_beginning() {
        let holds = |text: &str, code| CodeSet::parse(text).map(|set| set.contains(Code(code)));
        for (text, code, expected) in [
            ("FD101", "FD101", true),
            ("fd101", "FD102", false),
            ("rate-on-gauge", "FD101", true),
            ("FD1", "FD102", true),
            ("FD1xx", "FD102", true),
            ("FD10x", "FD111", false),
            ("FD10", "FD201", false),
        ] {
            assert_eq!(holds(text, code), Ok(expected), "{text} {code}");
        }
        let said = |text| CodeSet::parse(text).unwrap_err();
        assert_eq!(
            said("rate-on-gauges"),
            "unknown lint rate-on-gauges; did you mean rate-on-gauge?"
        );
        assert!(said("nothing of that").ends_with("lists them all"));
        for bad in ["FD", "FDxxx", "FD1x", "", "x", "é", "FD7777"] {
            assert!(CodeSet::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_level_replaces_the_severity_but_does_not_lift_what_is_weakly_known() {
        let policy = Policy {
            levels: vec![
                (Code("FD101"), Level::Severity(Severity::Warning)),
                (Code("FD812"), Level::Severity(Severity::Error)),
                (Code("FD201"), Level::Off),
            ],
            ..Policy::default()
        };
        let file = policy.for_file(|_| true, false);
        use Severity::{Error, Info, Warning};
        for (code, found, expected) in [
            ("FD101", Error, Some(Warning)),
            ("FD101", Warning, Some(Warning)),
            ("FD101", Info, Some(Info)),
            ("FD812", Info, Some(Error)),
            ("FD201", Error, None),
            ("FD102", Error, Some(Error)),
        ] {
            assert_eq!(
                file.severity(&finding(code, found, "g", "r")),
                expected,
                "{code} {found}"
            );
        }
        let vendored = policy.for_file(|_| true, true);
        assert_eq!(vendored.severity(&finding("FD101", Error, "g", "r")), None);
        assert_eq!(vendored.severity(&finding("FD102", Error, "g", "r")), Some(Error));
    }

    #[test]
    fn later_overrides_win_where_they_fit() {
        let only = |level, rules: &[&str], groups: &[&str], codes: &[&str]| Override {
            rules: rules.iter().map(|it| Regex::anchored(it).unwrap()).collect(),
            groups: groups.iter().map(|it| Regex::anchored(it).unwrap()).collect(),
            codes: codes.iter().map(|it| CodeSet::parse(it).unwrap()).collect(),
            level: Some(level),
            reason: "because".to_owned(),
            locked: false,
        };
        let policy = Policy {
            levels: vec![(Code("FD102"), Level::Severity(Severity::Error))],
            overrides: vec![
                only(Level::Off, &[], &[], &["FD1"]),
                only(Level::Severity(Severity::Info), &["Api.*"], &[], &["FD1"]),
                only(Level::Off, &[], &["old"], &[]),
            ],
            ..Policy::default()
        };
        let file = policy.for_file(|_| true, false);
        let severity = |group, rule| file.severity(&finding("FD102", Severity::Error, group, rule));
        assert_eq!(severity("g", "Down"), None);
        assert_eq!(severity("g", "ApiDown"), Some(Severity::Info));
        assert_eq!(severity("g", "MyApiDown"), None, "anchored");
        assert_eq!(severity("old", "ApiDown"), None);
        let elsewhere = policy.for_file(|index| index == 2, false);
        let found = elsewhere.severity(&finding("FD102", Severity::Error, "g", "Down"));
        assert_eq!(found, Some(Severity::Error));
    }

    #[test]
    fn what_is_selected_counts_and_what_is_ignored_does_not() {
        let sets = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| CodeSet::parse(text).unwrap())
                .collect::<Vec<_>>()
        };
        let policy = Policy {
            select: sets(&["FD1", "FD201"]),
            ignore: sets(&["FD102"]),
            ..Policy::default()
        };
        let file = policy.for_file(|_| true, false);
        let counts = |code| file.severity(&finding(code, Severity::Error, "g", "r")).is_some();
        assert!(counts("FD101") && counts("FD201"));
        assert!(!counts("FD102") && !counts("FD202"));
    }
}

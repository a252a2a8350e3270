//! Findings as plain data: what, where, why, on what evidence, and what to do.

use crate::{Location, Span};
use std::fmt;

/// The stable code of a lint or error, such as `FD101`. Never reused, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How bad a finding is, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; shown with `-v` and in editors.
    Info,
    /// Probably wrong.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A place and the words under its carets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What to say there; may be empty.
    pub text: String,
}

impl Label {
    /// `text` at `location`.
    pub fn new(location: Location, text: impl Into<String>) -> Self {
        Label {
            location,
            text: text.into(),
        }
    }
}

/// The rule that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Name of the rule group.
    pub group: Option<String>,
    /// Name of the alert or of the recorded metric.
    pub rule: Option<String>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which check found it.
    pub code: Code,
    /// How bad it is here.
    pub severity: Severity,
    /// What is wrong, in one line, lower case, without a final dot.
    pub message: String,
    /// Where, and the words under the carets.
    pub primary: Label,
    /// The other ends of the story.
    pub related: Vec<Label>,
    /// The facts that the finding rests on, one a line, each naming its origin.
    pub evidence: Vec<String>,
    /// Why it matters here.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// A change that repairs it.
    pub fix: Option<Fix>,
    /// The rule it is about.
    pub subject: Subject,
}

impl Diagnostic {
    /// A finding with nothing but its essentials.
    #[cold]
    pub fn new(code: Code, severity: Severity, location: Location, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary: Label::new(location, ""),
            related: Vec::new(),
            evidence: Vec::new(),
            note: None,
            help: None,
            fix: None,
            subject: Subject::default(),
        }
    }

    /// Puts words under the primary carets.
    #[must_use]
    #[cold]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds the other end of the story.
    #[must_use]
    #[cold]
    pub fn related(mut self, location: Location, text: impl Into<String>) -> Self {
        self.related.push(Label::new(location, text));
        self
    }

    /// Adds a fact that the finding rests on.
    #[must_use]
    #[cold]
    pub fn evidence(mut self, text: impl Into<String>) -> Self {
        self.evidence.push(text.into());
        self
    }

    /// Says why it matters here.
    #[must_use]
    #[cold]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// Says what to do.
    #[must_use]
    #[cold]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Attaches a repair.
    #[must_use]
    #[cold]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The order in which findings are shown: file, offset, code, then text.
    pub fn sort_key(&self) -> (Location, Code, &str) {
        (self.primary.location, self.code, &self.message)
    }
}

/// Whether a repair may be made without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Safety {
    /// Every alert fires exactly as before.
    Safe,
    /// Changes what the rule does; a person decides.
    Unsafe,
    /// Shown, never applied.
    DisplayOnly,
}

/// A change to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, in the imperative.
    pub title: String,
    /// The edits, in no particular order, not overlapping.
    pub edits: Vec<Edit>,
    /// May it be applied unasked?
    pub safety: Safety,
}

/// Replaces a range of the file that the finding is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

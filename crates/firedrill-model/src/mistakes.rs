//! What is said of comments that ask for silence and do not get it, in rule files as in unit-test files.

use crate::{BadOrder, Date, codes};
use firedrill_source::{Diagnostic, Location, Severity};

/// A comment that cannot be understood.
pub fn bad_order(at: Location, bad: &BadOrder) -> Diagnostic {
    useless(at, bad.message.clone()).help(bad.help.clone())
}

/// A comment that names a lint that does not exist; `near` is the one that was probably meant.
pub fn unknown_target(at: Location, name: &str, near: Option<&str>) -> Diagnostic {
    useless(at, format!("there is no lint `{name}`"))
        .label("unknown")
        .help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`firedrill lints` lists all codes and names".to_owned(),
        })
}

/// A comment whose last day has passed.
pub fn expired_order(at: Location, until: Date, today: Date) -> Diagnostic {
    Diagnostic::new(
        codes::EXPIRED_SUPPRESSION,
        Severity::Warning,
        at,
        format!("this comment has counted until {until} only"),
    )
    .label("expired")
    .evidence(format!("today is {today}"))
    .note("what it silenced is reported again")
    .help("repair what it silenced and remove the comment, or give it a later day")
}

/// A comment with a mistake in it.
pub fn useless(at: Location, message: String) -> Diagnostic {
    Diagnostic::new(codes::BAD_SUPPRESSION, Severity::Error, at, message).note("it silences nothing")
}

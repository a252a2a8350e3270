//! The language of scripts: commands, one after the other.

use crate::expect::{self, Expectation};
use crate::load::{self, Load};
use firedrill_eval::Limits;
use firedrill_promql::{Expr, Features, parse as parse_expr};
use firedrill_value::{Duration, Timestamp};
use std::fmt;

/// A script that was read without errors.
#[derive(Debug)]
pub struct Script {
    pub(crate) commands: Vec<Command>,
}

#[derive(Debug)]
pub(crate) enum Command {
    Clear,
    Load(Load),
    Eval(Box<Eval>),
}

/// One evaluation.
#[derive(Debug)]
pub(crate) struct Eval {
    /// Where it stands, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) expr: Expr,
    /// An instant is a range of one.
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) step: i64,
    pub(crate) range: bool,
    pub(crate) expected: Expectation,
}

/// Why a script cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ScriptError {}

/// Reads a script whole.
///
/// # Errors
/// The first line that is wrong; then nothing of the script runs.
pub fn parse(text: &str) -> Result<Script, ScriptError> {
    parse_within(text, &Limits::default())
}

/// Like [`parse`], with no more samples in all loads together than the limits allow.
///
/// # Errors
/// As there.
pub fn parse_within(text: &str, limits: &Limits) -> Result<Script, ScriptError> {
    let mut room = limits.max_samples;
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            let line = line.trim();
            if line.starts_with('#') { "" } else { line }
        })
        .collect();
    let mut commands = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let head = lines[at];
        if head.is_empty() {
            at += 1;
            continue;
        }
        let end = (at + 1..lines.len())
            .find(|&line| lines[line].is_empty())
            .unwrap_or(lines.len());
        let block = Block {
            first: at + 1,
            head,
            body: &lines[at + 1..end],
        };
        let word = head.split_whitespace().next().unwrap_or("").to_lowercase();
        let used = if word == "clear" {
            commands.push(Command::Clear);
            0
        } else if word.starts_with("load") {
            commands.push(Command::Load(load::parse(&block, &mut room)?));
            block.body.len()
        } else if word.starts_with("eval") {
            let (eval, used) = parse_eval(&block)?;
            commands.push(Command::Eval(Box::new(eval)));
            used
        } else {
            return Err(block.error(0, format!("invalid command {}", firedrill_value::quote(head))));
        };
        at += 1 + used;
    }
    Ok(Script { commands })
}

/// A command's line and the lines up to the next empty one.
pub(crate) struct Block<'t> {
    /// The number of the first line, from 1.
    pub(crate) first: usize,
    pub(crate) head: &'t str,
    pub(crate) body: &'t [&'t str],
}

impl Block<'_> {
    /// An error in a line of the block; 0 is the command's.
    pub(crate) fn error(&self, line: usize, message: impl Into<String>) -> ScriptError {
        ScriptError {
            line: self.first + line,
            message: message.into(),
        }
    }

    pub(crate) fn duration(&self, text: &str, what: &str) -> Result<i64, ScriptError> {
        Duration::parse(text).map(Duration::millis).map_err(|error| {
            self.error(
                0,
                format!(
                    "invalid {what} definition {}: {error}",
                    firedrill_value::quote(text)
                ),
            )
        })
    }
}

/// Splits the first word off.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn parse_eval(block: &Block<'_>) -> Result<(Eval, usize), ScriptError> {
    let invalid = || {
        block.error(
            0,
            "invalid eval command; must be 'eval instant [at <time>] <expr>' or 'eval range from <from> to <to> step \
             <step> <expr>'",
        )
    };
    let (command, rest) = word(block.head);
    let (shape, rest) = word(rest);
    let (start, end, step, text) = match shape {
        "instant" => {
            let (at, rest) = word(rest);
            let (time, expr) = if at == "at" { word(rest) } else { ("", rest) };
            let time = block.duration(time, "timestamp")?;
            (time, time, 0, expr)
        }
        "range" => {
            let mut rest = rest;
            let mut times = [0; 3];
            for (time, name) in times.iter_mut().zip(["from", "to", "step"]) {
                let (keyword, after) = word(rest);
                let (value, after) = word(after);
                if keyword != name {
                    return Err(invalid());
                }
                *time = block.duration(value, name)?;
                rest = after;
            }
            if times[1] < times[0] {
                return Err(block.error(
                    0,
                    "invalid test definition, end timestamp is before start timestamp",
                ));
            }
            (times[0], times[1], times[2], rest)
        }
        _ => return Err(invalid()),
    };
    let parsed = parse_expr(text, &Features::all());
    if let Some(error) = parsed.errors.first() {
        return Err(block.error(0, error.promtool_message(text)));
    }
    let (expected, used) = expect::parse(block, command, shape == "range").ok_or_else(invalid)??;
    let (start, end) = match expected.matrix {
        // What is expected of a range vector says when it is evaluated.
        Some((_, end, _)) => (end, end),
        None => (start, end),
    };
    let eval = Eval {
        line: block.first,
        text: text.to_owned(),
        expr: parsed.expr,
        start,
        end,
        step,
        range: shape == "range",
        expected,
    };
    Ok((eval, used))
}

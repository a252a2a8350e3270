//! The tree of a template, and how Go prints its nodes back in messages.

use crate::number::Constant;
use crate::uses::Uses;
use firedrill_source::Span;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A parsed text: the main list and the templates defined in it.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) root: Vec<Node>,
    pub(crate) defines: BTreeMap<String, Vec<Node>>,
    /// What it mentions, once somebody has asked.
    pub(crate) uses: OnceLock<Uses>,
    /// Whether all its actions are of the commonest kinds, once somebody has asked.
    pub(crate) usual: OnceLock<bool>,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Text(Arc<str>),
    Action(Pipe),
    If(Branch),
    Range(Branch),
    With(Branch),
    Template {
        name: String,
        pipe: Option<Pipe>,
        span: Span,
    },
    Break,
    Continue,
}

/// `if`, `range` or `with`.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) list: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

/// `$x := a | b`.
#[derive(Clone, Debug)]
pub(crate) struct Pipe {
    /// Variables to declare or assign, `$` included in the name.
    pub(crate) variables: Vec<String>,
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
    pub(crate) span: Span,
}

/// An operand or function and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) args: Vec<Operand>,
    pub(crate) span: Span,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) kind: OperandKind,
    /// Where Go says it is: of a chain, the second element.
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum OperandKind {
    Function(String),
    Dot,
    Nil,
    Bool(bool),
    Number {
        text: String,
        value: Constant,
    },
    String {
        quoted: String,
        value: Arc<str>,
    },
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`: the variable first.
    Variable(Vec<String>),
    Pipe(Box<Pipe>),
    /// `(pipe).a.b`
    Chain(Box<Operand>, Vec<String>),
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.variables.is_empty() {
            write!(
                f,
                "{} {} ",
                self.variables.join(", "),
                if self.assigns { "=" } else { ":=" }
            )?;
        }
        for (i, command) in self.commands.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arg) in self.args.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            match &arg.kind {
                OperandKind::Pipe(pipe) => write!(f, "({pipe})")?,
                _ => arg.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            OperandKind::Function(name) => f.write_str(name),
            OperandKind::Dot => f.write_str("."),
            OperandKind::Nil => f.write_str("nil"),
            OperandKind::Bool(value) => value.fmt(f),
            OperandKind::Number { text, .. } => f.write_str(text),
            OperandKind::String { quoted, .. } => f.write_str(quoted),
            OperandKind::Field(names) => names.iter().try_for_each(|name| write!(f, ".{name}")),
            OperandKind::Variable(names) => f.write_str(&names.join(".")),
            OperandKind::Pipe(pipe) => pipe.fmt(f),
            OperandKind::Chain(inner, names) => {
                match &inner.kind {
                    OperandKind::Pipe(pipe) => write!(f, "({pipe})")?,
                    _ => inner.fmt(f)?,
                }
                names.iter().try_for_each(|name| write!(f, ".{name}"))
            }
        }
    }
}

/// `{{template "name" pipe}}`.
pub(crate) fn template_text(name: &str, pipe: Option<&Pipe>) -> String {
    let argument = pipe.map_or_else(String::new, |pipe| format!(" {pipe}"));
    format!("{{{{template {}{argument}}}}}", firedrill_value::quote(name))
}

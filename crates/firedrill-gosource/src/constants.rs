//! Values that are known when the program is written: texts, numbers and lists of them.

use crate::buckets;
use crate::resolve::{Project, Term, full_name};
use crate::syntax::{Value, ValueId};

impl<'t> Project<'_, 't> {
    /// A text, if it is the same whatever way the program takes.
    pub(crate) fn text(&self, term: &Term) -> Option<String> {
        let text = |value: ValueId, of: &Term| self.text(&of.at(value));
        self.agreed(term, |it| match self.value(it) {
            Value::Text(text) => Some(text.to_string()),
            Value::Binary(b'+', left, right) => Some(text(*left, it)? + &text(*right, it)?),
            Value::Call { callee, args, .. } => match (self.called(&it.at(*callee))?, args.as_slice()) {
                ("BuildFQName", [namespace, subsystem, name]) => Some(full_name(
                    &text(*namespace, it)?,
                    &text(*subsystem, it)?,
                    &text(*name, it)?,
                )),
                ("Sprintf", [format, rest @ ..]) => {
                    let args: Option<Vec<String>> = rest
                        .iter()
                        .map(|arg| text(*arg, it).or_else(|| Some(self.number(&it.at(*arg))?.to_string())))
                        .collect();
                    format_plain(&text(*format, it)?, &args?)
                }
                ("string", [inner]) => text(*inner, it),
                _ => None,
            },
            _ => None,
        })
    }

    /// A number, if it is certain.
    pub(crate) fn number(&self, term: &Term) -> Option<f64> {
        self.agreed(term, |it| match self.value(it) {
            Value::Number(number) => Some(*number),
            Value::Binary(operator, left, right) => {
                let left = self.number(&it.at(*left))?;
                let right = self.number(&it.at(*right))?;
                match operator {
                    b'+' => Some(left + right),
                    b'-' => Some(left - right),
                    b'*' => Some(left * right),
                    _ => None,
                }
            }
            Value::Call { callee, args, .. } => match (self.called(&it.at(*callee))?, args.as_slice()) {
                ("float64" | "int", [inner]) => self.number(&it.at(*inner)),
                _ => None,
            },
            _ => None,
        })
    }

    /// A list of texts, if it is certain; nil is an empty one.
    pub(crate) fn texts(&self, term: &Term) -> Option<Vec<String>> {
        self.agreed(term, |it| match self.value(it) {
            Value::Nil => Some(Vec::new()),
            Value::Literal { parts, .. } => parts.iter().map(|(_, part)| self.text(&it.at(*part))).collect(),
            Value::Call { callee, args, .. } => {
                let ("append", [list, more @ ..]) = (self.called(&it.at(*callee))?, args.as_slice()) else {
                    return None;
                };
                let mut texts = self.texts(&it.at(*list))?;
                for arg in more {
                    texts.push(self.text(&it.at(*arg))?);
                }
                Some(texts)
            }
            _ => None,
        })
    }

    /// The keys of a map of texts, if they are certain.
    pub(crate) fn keys(&self, term: &Term) -> Option<Vec<String>> {
        self.agreed(term, |it| match self.value(it) {
            Value::Nil => Some(Vec::new()),
            Value::Literal { parts, .. } => parts.iter().map(|(key, _)| self.text(&it.at((*key)?))).collect(),
            _ => None,
        })
    }

    /// The bounds of buckets, if they are certain.
    pub(crate) fn bounds(&self, term: &Term) -> Option<Vec<f64>> {
        let number = |value: &ValueId, of: &Term| self.number(&of.at(*value));
        self.agreed(term, |it| match self.value(it) {
            Value::Field(_, "DefBuckets") => Some(buckets::DEFAULT.to_vec()),
            Value::Literal { parts, .. } => parts.iter().map(|(_, part)| number(part, it)).collect(),
            Value::Call { callee, args, .. } => {
                let [first, second, third] = args.as_slice() else {
                    return None;
                };
                let (first, second, third) = (number(first, it)?, number(second, it)?, number(third, it)?);
                match self.called(&it.at(*callee))? {
                    "LinearBuckets" => buckets::linear(first, second, third),
                    "ExponentialBuckets" => buckets::exponential(first, second, third),
                    "ExponentialBucketsRange" => buckets::exponential_range(first, second, third),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// The last word of what is called.
    pub(crate) fn called(&self, callee: &Term) -> Option<&'t str> {
        match self.value(callee) {
            Value::Name(name) | Value::Field(_, name) => Some(name),
            _ => None,
        }
    }
}

/// `Sprintf` with plain verbs.
fn format_plain(format: &str, args: &[String]) -> Option<String> {
    let mut out = String::new();
    let mut args = args.iter();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => match chars.next()? {
                's' | 'd' | 'v' => out.push_str(args.next()?),
                '%' => out.push('%'),
                _ => return None,
            },
            other => out.push(other),
        }
    }
    args.next().is_none().then_some(out)
}

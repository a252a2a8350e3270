//! The values that templates compute with, and how Go prints, tests and names them.

use crate::exec::Sample;
use crate::time;
use firedrill_value::{FloatHistogram, format_g};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Go's invalid value: what a missing thing evaluates to.
    None,
    Bool(bool),
    Int(i64),
    /// A byte of a string (`index "abc" 0`) or an unsigned constant.
    Uint(u64, &'static str),
    Float(f64),
    Complex(f64, f64),
    Str(Rc<str>),
    /// `map[string]string`: labels.
    Labels(Rc<BTreeMap<String, String>>),
    /// `map[string]interface {}`: the result of `args`.
    Args(Rc<BTreeMap<String, Value>>),
    /// The result of `query`. Sorting it happens in place.
    Samples(Rc<RefCell<Vec<Rc<Sample>>>>),
    Sample(Rc<Sample>),
    Histogram(Arc<FloatHistogram>),
    /// Milliseconds since the epoch (`*time.Time`).
    Time(i64),
    /// Nanoseconds (`*time.Duration`).
    Duration(i64),
    /// The data at the top.
    Dot,
}

pub(crate) fn string(text: impl AsRef<str>) -> Value {
    Value::Str(Rc::from(text.as_ref()))
}

impl Value {
    /// A sample's value: a native histogram if it has one, else the number.
    pub(crate) fn number(value: f64, histogram: Option<&Arc<FloatHistogram>>) -> Self {
        histogram.map_or(Value::Float(value), |histogram| {
            Value::Histogram(histogram.clone())
        })
    }

    /// Go's name of the type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::None => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_, name) => name,
            Value::Float(_) => "float64",
            Value::Complex(..) => "complex128",
            Value::Str(_) => "string",
            Value::Labels(_) => "map[string]string",
            Value::Args(_) => "map[string]interface {}",
            Value::Samples(_) => "template.queryResult",
            Value::Sample(_) => "*template.sample",
            Value::Histogram(_) => "*histogram.FloatHistogram",
            Value::Time(_) => "*time.Time",
            Value::Duration(_) => "*time.Duration",
            Value::Dot => DOT_TYPE,
        }
    }

    /// What `if` asks: not zero, not empty. NaN is true.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Value::None => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::Uint(u, _) => *u != 0,
            Value::Float(f) => *f != 0.0,
            Value::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Value::Str(s) => !s.is_empty(),
            Value::Labels(map) => !map.is_empty(),
            Value::Args(map) => !map.is_empty(),
            Value::Samples(list) => !list.borrow().is_empty(),
            Value::Histogram(_) | Value::Sample(_) | Value::Time(_) | Value::Duration(_) | Value::Dot => true,
        }
    }

    /// What `{{ value }}` and `%v` print.
    pub(crate) fn print(&self, dot: &DotFields<'_>) -> String {
        match self {
            Value::None => "<no value>".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Int(i) => i.to_string(),
            Value::Uint(u, _) => u.to_string(),
            Value::Float(f) => format_g(*f),
            Value::Complex(re, im) => {
                let sign = if im.is_sign_negative() { "" } else { "+" };
                format!("({}{sign}{}i)", format_g(*re), format_g(*im))
            }
            Value::Str(s) => s.to_string(),
            Value::Labels(map) => {
                let parts: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{v}")).collect();
                format!("map[{}]", parts.join(" "))
            }
            Value::Args(map) => {
                let nested = |v: &Value| {
                    if matches!(v, Value::None) {
                        "<nil>".to_owned()
                    } else {
                        v.print(dot)
                    }
                };
                let parts: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{}", nested(v))).collect();
                format!("map[{}]", parts.join(" "))
            }
            // Go prints addresses here; which ones is of no consequence.
            Value::Samples(list) => {
                let addresses: Vec<String> = (0..list.borrow().len())
                    .map(|i| format!("{:#x}", 0xc000_0000u64 + 24 * i as u64))
                    .collect();
                format!("[{}]", addresses.join(" "))
            }
            Value::Sample(sample) => {
                let labels = Value::Labels(sample.labels.clone());
                let value = Value::number(sample.value, sample.histogram.as_ref());
                format!("{{{} {}}}", labels.print(dot), value.print(dot))
            }
            Value::Histogram(histogram) => histogram.to_string(),
            Value::Time(millis) => time::format_time(*millis),
            Value::Duration(nanos) => time::format_duration(*nanos),
            Value::Dot => {
                let parts =
                    [dot.labels, dot.external_labels].map(|map| Value::Labels(map.clone()).print(dot));
                format!(
                    "{{{} {} {} {}}}",
                    parts[0],
                    parts[1],
                    dot.external_url,
                    Value::number(dot.value, dot.histogram).print(dot)
                )
            }
        }
    }
}

/// Go's spelling of the type of the data at the top.
pub(crate) const DOT_TYPE: &str = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }";

/// The fields of the data at the top.
pub(crate) struct DotFields<'a> {
    pub(crate) labels: &'a Rc<BTreeMap<String, String>>,
    pub(crate) external_labels: &'a Rc<BTreeMap<String, String>>,
    pub(crate) external_url: &'a str,
    pub(crate) value: f64,
    pub(crate) histogram: Option<&'a Arc<FloatHistogram>>,
}

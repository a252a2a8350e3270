//! The functions that Go's templates have by themselves (upstream `text/template/funcs.go`).

use crate::printf::{print, printf};
use crate::value::{DotFields, Value, string};
use std::cmp::Ordering;

/// Their names, sorted.
pub(crate) const NAMES: [&str; 19] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print",
    "printf", "println", "slice", "urlquery",
];

pub(crate) fn is_builtin(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Calls one; `and` and `or` are the machine's business. `callee` is the source text of the first argument.
pub(crate) fn call(
    name: &str,
    args: &[Value],
    dot: &DotFields<'_>,
    callee: Option<&str>,
) -> Result<Value, String> {
    match name {
        "not" => Ok(Value::Bool(!args[0].truth())),
        "eq" => equal_any(args, dot),
        "ne" => Ok(Value::Bool(!equal(&args[0], &args[1], dot)?)),
        "lt" => Ok(Value::Bool(less(&args[0], &args[1])?)),
        "le" => Ok(Value::Bool(
            less(&args[0], &args[1])? || equal(&args[0], &args[1], dot)?,
        )),
        // As in Go: "greater" is the negation of "less or equal", so NaN is greater than everything.
        "gt" => Ok(Value::Bool(
            !(less(&args[0], &args[1])? || equal(&args[0], &args[1], dot)?),
        )),
        "ge" => Ok(Value::Bool(!less(&args[0], &args[1])?)),
        "len" => length(&args[0]).map(Value::Int),
        "index" => index(args),
        "slice" => slice(args),
        "print" => Ok(string(print(args, dot))),
        "println" => {
            let parts: Vec<String> = args.iter().map(|arg| show(arg, dot)).collect();
            Ok(string(format!("{}\n", parts.join(" "))))
        }
        "printf" => match &args[0] {
            Value::Str(format) => Ok(string(printf(format, &args[1..], dot))),
            other => Err(format!(
                "wrong type for value; expected string; got {}",
                other.type_name()
            )),
        },
        "html" => Ok(string(html(&joined(args, dot)))),
        "js" => Ok(string(js(&joined(args, dot)))),
        "urlquery" => Ok(string(url_query(&joined(args, dot)))),
        _ => {
            let callee = callee.unwrap_or("nil");
            match &args[0] {
                Value::None => Err("call of nil".to_owned()),
                other => Err(format!("non-function {callee} of type {}", other.type_name())),
            }
        }
    }
}

/// `%v`: like printing an action, but nil is `<nil>`.
pub(crate) fn show(value: &Value, dot: &DotFields<'_>) -> String {
    if matches!(value, Value::None) {
        "<nil>".to_owned()
    } else {
        value.print(dot)
    }
}

/// What `html`, `js` and `urlquery` work on: a lone string itself, else as `print` joins.
fn joined(args: &[Value], dot: &DotFields<'_>) -> String {
    match args {
        [Value::None] => "<no value>".to_owned(),
        _ => print(args, dot),
    }
}

#[derive(PartialEq, Eq)]
enum Kind {
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
}

fn basic_kind(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Bool(_) => Kind::Bool,
        Value::Complex(..) => Kind::Complex,
        Value::Int(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Str(_) => Kind::String,
        Value::Uint(..) => Kind::Uint,
        _ => return None,
    })
}

fn equal_any(args: &[Value], dot: &DotFields<'_>) -> Result<Value, String> {
    comparable(&args[0], dot)?;
    if args.len() < 2 {
        return Err("missing argument for comparison".to_owned());
    }
    for other in &args[1..] {
        if equal(&args[0], other, dot)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn comparable(value: &Value, dot: &DotFields<'_>) -> Result<(), String> {
    match value {
        Value::Labels(_) | Value::Args(_) | Value::Samples(_) => Err(format!(
            "non-comparable type {}: {}",
            value.print(dot),
            value.type_name()
        )),
        _ => Ok(()),
    }
}

fn equal(a: &Value, b: &Value, dot: &DotFields<'_>) -> Result<bool, String> {
    comparable(a, dot)?;
    comparable(b, dot)?;
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a == b,
        (Value::Int(a), Value::Uint(b, _)) | (Value::Uint(b, _), Value::Int(a)) => {
            u64::try_from(*a) == Ok(*b)
        }
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::None, Value::None) => true,
        (Value::Sample(a), Value::Sample(b)) => std::rc::Rc::ptr_eq(a, b),
        (a, b) => {
            if matches!(a, Value::None) || matches!(b, Value::None) {
                return Ok(false);
            }
            if basic_kind(a).is_some() || basic_kind(b).is_some() || a.type_name() != b.type_name() {
                return Err(incompatible(a, b));
            }
            false
        }
    })
}

fn incompatible(a: &Value, b: &Value) -> String {
    format!(
        "incompatible types for comparison: {} and {}",
        a.type_name(),
        b.type_name()
    )
}

fn less(a: &Value, b: &Value) -> Result<bool, String> {
    const INVALID: &str = "invalid type for comparison";
    let (Some(kind_a), Some(kind_b)) = (basic_kind(a), basic_kind(b)) else {
        return Err(INVALID.to_owned());
    };
    let order = match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Uint(a, _), Value::Uint(b, _)) => a.cmp(b),
        (Value::Int(a), Value::Uint(b, _)) => i128::from(*a).cmp(&i128::from(*b)),
        (Value::Uint(a, _), Value::Int(b)) => i128::from(*a).cmp(&i128::from(*b)),
        (Value::Float(a), Value::Float(b)) => return Ok(a < b),
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        _ if kind_a != kind_b => return Err(incompatible(a, b)),
        _ => return Err(INVALID.to_owned()),
    };
    Ok(order == Ordering::Less)
}

fn length(value: &Value) -> Result<i64, String> {
    let len = match value {
        Value::Str(s) => s.len(),
        Value::Labels(map) => map.len(),
        Value::Args(map) => map.len(),
        Value::Samples(list) => list.borrow().len(),
        Value::None => return Err("len of nil pointer".to_owned()),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(i64::try_from(len).unwrap_or(i64::MAX))
}

fn index(args: &[Value]) -> Result<Value, String> {
    let mut value = args[0].clone();
    if matches!(value, Value::None) {
        return Err("index of untyped nil".to_owned());
    }
    for key in &args[1..] {
        value = match &value {
            Value::Labels(map) => string(map.get(map_key(key)?).map_or("", String::as_str)),
            Value::Args(map) => map.get(map_key(key)?).cloned().unwrap_or(Value::None),
            Value::Str(text) => {
                let at = position(key, text.len(), false)?;
                Value::Uint(u64::from(text.as_bytes()[at]), "uint8")
            }
            Value::Samples(list) => {
                let list = list.borrow();
                let at = position(key, list.len(), false)?;
                Value::Sample(list[at].clone())
            }
            Value::None => return Err("index of nil pointer".to_owned()),
            other => return Err(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(value)
}

fn map_key(key: &Value) -> Result<&str, String> {
    match key {
        Value::Str(key) => Ok(key),
        Value::None => Err("value is nil; should be of type string".to_owned()),
        other => Err(format!("value has type {}; should be string", other.type_name())),
    }
}

fn position(key: &Value, len: usize, inclusive: bool) -> Result<usize, String> {
    let at = match key {
        Value::Int(i) => i128::from(*i),
        Value::Uint(u, _) => i128::from(*u),
        Value::None => return Err("cannot index slice/array with nil".to_owned()),
        other => {
            return Err(format!(
                "cannot index slice/array with type {}",
                other.type_name()
            ));
        }
    };
    usize::try_from(at)
        .ok()
        .filter(|&at| at < len || (inclusive && at == len))
        .ok_or_else(|| format!("index out of range: {at}"))
}

fn slice(args: &[Value]) -> Result<Value, String> {
    let bounds = &args[1..];
    let len = match &args[0] {
        Value::None => return Err("slice of untyped nil".to_owned()),
        Value::Str(_) if bounds.len() > 2 => return Err("cannot 3-index slice a string".to_owned()),
        Value::Str(text) => text.len(),
        Value::Samples(list) => list.borrow().len(),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    if bounds.len() > 3 {
        return Err(format!("too many slice indexes: {}", bounds.len()));
    }
    let mut at = [0, len, len];
    for (slot, bound) in at.iter_mut().zip(bounds) {
        *slot = position(bound, len, true)?;
    }
    if at[0] > at[1] {
        return Err(format!("invalid slice index: {} > {}", at[0], at[1]));
    }
    if at[1] > at[2] {
        return Err(format!("invalid slice index: {} > {}", at[1], at[2]));
    }
    Ok(match &args[0] {
        Value::Str(text) => string(String::from_utf8_lossy(&text.as_bytes()[at[0]..at[1]])),
        Value::Samples(list) => {
            let part = list.borrow()[at[0]..at[1]].to_vec();
            Value::Samples(std::rc::Rc::new(part.into()))
        }
        other => other.clone(),
    })
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", c as u32)),
            c if c.is_ascii_control() && c != '\x7f' => out.push_str(&format!("\\u{:04X}", c as u32)),
            c if firedrill_value::quote_char(c).starts_with("'\\u") => {
                out.push_str(&format!("\\u{:04X}", c as u32));
            }
            c => out.push(c),
        }
    }
    out
}

/// `url.QueryEscape`.
pub(crate) fn url_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            b if b.is_ascii_alphanumeric() => out.push(b as char),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

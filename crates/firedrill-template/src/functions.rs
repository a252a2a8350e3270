//! The functions that Prometheus adds to Go's templates (upstream `template/template.go`).

use crate::builtins::{self, url_query};
use crate::exec::{Context, Data, Sample};
use crate::humanize;
use crate::time;
use crate::title::title;
use crate::value::{Value, string};
use firedrill_regex::Regex;
use firedrill_value::{Duration, FloatError, format_g, parse_float, quote};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Param {
    Any,
    String,
    Int,
    Sample,
    Samples,
}

impl Param {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Param::Any => "interface {}",
            Param::String => "string",
            Param::Int => "int",
            Param::Sample => "*template.sample",
            Param::Samples => "template.queryResult",
        }
    }
}

/// What a function takes: fixed parameters, then any number of further ones.
#[derive(Clone, Copy)]
pub(crate) struct Params {
    pub(crate) fixed: &'static [Param],
    pub(crate) rest: Option<Param>,
}

/// Names of the functions of Prometheus, sorted; Go's own come on top.
pub const FUNCTION_NAMES: [&str; 29] = [
    "args",
    "externalURL",
    "first",
    "graphLink",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "label",
    "match",
    "now",
    "parseDuration",
    "pathPrefix",
    "query",
    "reReplaceAll",
    "safeHtml",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "title",
    "toDuration",
    "toLower",
    "toTime",
    "toUpper",
    "urlQueryEscape",
    "value",
];

/// Whether a template may call a function of that name.
pub(crate) fn is_known(name: &str) -> bool {
    FUNCTION_NAMES.contains(&name) || builtins::is_builtin(name)
}

/// The parameters of a known function.
pub(crate) fn params(name: &str) -> Params {
    use Param::{Any, Sample, Samples, String};
    let fixed = |fixed| Params { fixed, rest: None };
    match name {
        "and" | "or" | "eq" => Params {
            fixed: &[Any],
            rest: Some(Any),
        },
        "html" | "js" | "urlquery" | "print" | "println" | "args" => Params {
            fixed: &[],
            rest: Some(Any),
        },
        "index" | "slice" | "call" => Params {
            fixed: &[Any],
            rest: Some(Any),
        },
        "printf" => Params {
            fixed: &[String],
            rest: Some(Any),
        },
        "not" | "len" => fixed(&[Any]),
        "ne" | "lt" | "le" | "gt" | "ge" => fixed(&[Any, Any]),
        "externalURL" | "now" | "pathPrefix" => fixed(&[]),
        "first" => fixed(&[Samples]),
        "label" => fixed(&[String, Sample]),
        "sortByLabel" => fixed(&[String, Samples]),
        "strvalue" | "value" => fixed(&[Sample]),
        "match" => fixed(&[String, String]),
        "reReplaceAll" => fixed(&[String, String, String]),
        "humanize" | "humanize1024" | "humanizeDuration" | "humanizePercentage" | "humanizeTimestamp"
        | "toDuration" | "toTime" => fixed(&[Any]),
        _ => fixed(&[String]),
    }
}

/// What Go says when something that is not there is used.
const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// Calls a function of Prometheus. The machine has checked number and types of the arguments.
pub(crate) fn call(
    name: &str,
    args: &[Value],
    data: &Data<'_>,
    context: &mut dyn Context,
) -> Result<Value, String> {
    let text = |at: usize| match args.get(at) {
        Some(Value::Str(text)) => text.clone(),
        _ => Rc::from(""),
    };
    let number = || to_float(args.first().unwrap_or(&Value::None));
    match name {
        "args" => {
            let map: BTreeMap<String, Value> = args
                .iter()
                .enumerate()
                .map(|(i, value)| (format!("arg{i}"), value.clone()))
                .collect();
            Ok(Value::Args(Rc::new(map)))
        }
        // promtool's unit tests have no server, hence no address that these two could take apart; tests in the wild
        // expect the error, so it is kept. `$externalURL` works.
        "externalURL" | "pathPrefix" => Err(NIL_POINTER.to_owned()),
        "first" => match args.first() {
            Some(Value::Samples(list)) if !list.borrow().is_empty() => {
                Ok(Value::Sample(list.borrow()[0].clone()))
            }
            _ => Err("first() called on vector with no elements".to_owned()),
        },
        "graphLink" => Ok(string(format!("/graph?g0.expr={}&g0.tab=0", url_query(&text(0))))),
        "tableLink" => Ok(string(format!("/graph?g0.expr={}&g0.tab=1", url_query(&text(0))))),
        "humanize" => Ok(string(humanize::humanize(number()?))),
        "humanize1024" => Ok(string(humanize::humanize_1024(number()?))),
        "humanizeDuration" => Ok(string(humanize::duration(number()?))),
        "humanizePercentage" => Ok(string(humanize::percentage(number()?))),
        "humanizeTimestamp" => {
            let value = number()?;
            if value.is_nan() || value.is_infinite() {
                return Ok(string(firedrill_value::format_g_precision(value, 4)));
            }
            Ok(string(time::format_time(to_millis(value)?)))
        }
        "toTime" => {
            let value = number()?;
            if value.is_nan() || value.is_infinite() {
                return Err("value is NaN or Inf".to_owned());
            }
            to_millis(value).map(Value::Time)
        }
        // Go's conversion of a float that does not fit gives the smallest integer on amd64.
        "toDuration" => {
            let nanos = number()? * 1e9;
            let fits = nanos > -9.223_372_036_854_776e18 && nanos < 9.223_372_036_854_776e18;
            Ok(Value::Duration(if fits { nanos as i64 } else { i64::MIN }))
        }
        "now" => Ok(Value::Float(data.time as f64 / 1000.0)),
        "parseDuration" => parse_duration(&text(0)).map(Value::Float),
        "query" => {
            let found = context.query(&text(0))?;
            let list: Vec<Rc<Sample>> = found.into_iter().map(Rc::new).collect();
            Ok(Value::Samples(Rc::new(list.into())))
        }
        "label" | "value" | "strvalue" => {
            let Some(Value::Sample(sample)) = args.last() else {
                return Err(NIL_POINTER.to_owned());
            };
            let label = |name: &str| string(sample.labels.get(name).map_or("", String::as_str));
            Ok(match name {
                "label" => label(&text(0)),
                "strvalue" => label("__value__"),
                _ => Value::number(sample.value, sample.histogram.as_ref()),
            })
        }
        "sortByLabel" => {
            if let Some(Value::Samples(list)) = args.last() {
                let label = text(0);
                let key = |sample: &Rc<Sample>| sample.labels.get(&*label).cloned().unwrap_or_default();
                list.borrow_mut().sort_by_key(key);
            }
            Ok(args.last().cloned().unwrap_or(Value::None))
        }
        "match" => {
            let regex = Regex::new(&text(0)).map_err(|error| error.to_string())?;
            Ok(Value::Bool(regex.is_match(&text(1))))
        }
        "reReplaceAll" => {
            let pattern = text(0);
            let regex = Regex::new(&pattern)
                .map_err(|error| format!("regexp: Compile({}): {error}", go_backquote(&pattern)))?;
            Ok(string(regex.replace_all(&text(2), &text(1))))
        }
        "stripDomain" => Ok(string(strip_domain(&text(0)))),
        "stripPort" => Ok(string(
            split_host_port(&text(0)).map_or(&*text(0), |(host, _)| host),
        )),
        "title" => Ok(string(title(&text(0)))),
        "toLower" => Ok(string(map_chars(&text(0), |c| c.to_lowercase().next()))),
        "toUpper" => Ok(string(map_chars(&text(0), |c| {
            let mut upper = c.to_uppercase();
            // Rune by rune, as in Go: what grows stays as it is.
            if upper.len() == 1 { upper.next() } else { None }
        }))),
        "urlQueryEscape" => Ok(string(url_query(&text(0)))),
        // safeHtml changes nothing outside consoles.
        _ => Ok(string(&*text(0))),
    }
}

fn map_chars(text: &str, map: impl Fn(char) -> Option<char>) -> String {
    text.chars().map(|c| map(c).unwrap_or(c)).collect()
}

/// The number in a value: numbers, texts that hold one.
fn to_float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(float) => Ok(*float),
        Value::Int(int) => Ok(*int as f64),
        Value::Uint(uint, "uint" | "uint64") => Ok(*uint as f64),
        Value::Str(text) => parse_float(text).or_else(|error| {
            // strconv.ParseFloat allows underscores only behind a base prefix, yet Prometheus' templates take "1_000".
            let plain = text.replace('_', "");
            let separated = plain.len() < text.len() && well_separated(text);
            if separated && let Ok(value) = parse_float(&plain) {
                return Ok(value);
            }
            let reason = if error == FloatError::Range {
                "value out of range"
            } else {
                "invalid syntax"
            };
            Err(format!("strconv.ParseFloat: parsing {}: {reason}", quote(text)))
        }),
        other => Err(format!("can't convert {} to float", other.type_name())),
    }
}

/// Whether every underscore stands between two digits.
fn well_separated(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    bytes
        .iter()
        .enumerate()
        .all(|(i, &b)| b != b'_' || (i > 0 && digit(i - 1) && digit(i + 1)))
}

/// Seconds as whole milliseconds, if Go can hold them as nanoseconds.
fn to_millis(seconds: f64) -> Result<i64, String> {
    let nanos = seconds * 1e9;
    if nanos > i64::MAX as f64 || nanos < i64::MIN as f64 {
        let shown = format_g(seconds);
        return Err(format!(
            "{shown} cannot be represented as a nanoseconds timestamp since it overflows int64"
        ));
    }
    // By way of whole nanoseconds, as in Go: 1500000000.123 has 122 ms.
    Ok(nanos as i64 / 1_000_000)
}

fn parse_duration(text: &str) -> Result<f64, String> {
    let (negative, length) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let duration = Duration::parse(length).map_err(|error| error.to_string())?;
    let seconds = duration.secs_f64();
    Ok(if negative { -seconds } else { seconds })
}

/// A Go string in backquotes, or in double quotes where it holds one itself.
fn go_backquote(text: &str) -> String {
    let plain = !text.contains('`') && text.chars().all(|c| c == '\t' || !c.is_control());
    if plain { format!("`{text}`") } else { quote(text) }
}

/// `net.SplitHostPort`; `None` where it fails.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let colon = text.rfind(':')?;
    let (host, port) = (&text[..colon], &text[colon + 1..]);
    if let Some(inner) = text.strip_prefix('[') {
        let end = inner.find(']')?;
        // The colon of the port must follow the bracket directly.
        if end + 2 != colon {
            return None;
        }
        let host = &inner[..end];
        return (!host.contains('[') && !port.contains(['[', ']'])).then_some((host, port));
    }
    let plain = !host.contains([':', '[', ']']) && !port.contains(['[', ']']);
    plain.then_some((host, port))
}

/// `a.b.c:80` gives `a:80`; addresses and names without a dot stay.
fn strip_domain(text: &str) -> String {
    let (host, port) = split_host_port(text).unwrap_or((text, ""));
    if host.parse::<std::net::IpAddr>().is_ok() {
        return text.to_owned();
    }
    let short = host.split('.').next().unwrap_or(host);
    if port.is_empty() {
        short.to_owned()
    } else {
        format!("{short}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_domains_come_off_as_in_prometheus() {
        let strip = |text: &str| split_host_port(text).map_or(text, |(host, _)| host).to_owned();
        for (text, without) in [
            ("a.b:80", "a.b"),
            ("::1", "::1"),
            ("[::1]", "[::1]"),
            ("a:b:c", "a:b:c"),
            ("[::1]:80", "::1"),
            (":80", ""),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(strip(text), without, "{text}");
        }
        for (text, short) in [
            ("a.b.c:80", "a:80"),
            ("10.0.0.1:80", "10.0.0.1:80"),
            ("10.0.0.1", "10.0.0.1"),
            ("host", "host"),
            ("a.b:", "a"),
            (".a", ""),
        ] {
            assert_eq!(strip_domain(text), short, "{text}");
        }
    }

    #[test]
    fn the_names_are_sorted() {
        assert!(FUNCTION_NAMES.is_sorted());
    }
}

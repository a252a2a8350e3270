//! `printf` and `print` (upstream `fmt`).

use crate::builtins::show;
use crate::value::{DotFields, Value};
use firedrill_value::{
    FloatHistogram, ResetHint, format_e, format_f, format_g, format_g_precision, quote, quote_char,
};

/// Widths and precisions above this are Go's `%!(BADWIDTH)`.
const MAX_WIDTH: i64 = 1_000_000;

/// `fmt.Sprint`: a blank between two operands when neither is a text.
pub(crate) fn print(args: &[Value], dot: &DotFields<'_>) -> String {
    let mut out = String::new();
    for (i, arg) in args.iter().enumerate() {
        let text = matches!(arg, Value::Str(_));
        if i > 0 && !text && !matches!(args[i - 1], Value::Str(_)) {
            out.push(' ');
        }
        out.push_str(&show(arg, dot));
    }
    out
}

#[derive(Clone, Copy, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// `fmt.Sprintf`.
pub(crate) fn printf(format: &str, args: &[Value], dot: &DotFields<'_>) -> String {
    let mut out = String::new();
    let mut next = 0;
    let mut reordered = false;
    let mut chars = format.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = Flags::default();
        while let Some((_, c)) = chars.peek() {
            match c {
                '+' => flags.plus = true,
                '-' => {
                    flags.minus = true;
                    flags.zero = false;
                }
                '#' => flags.sharp = true,
                ' ' => flags.space = true,
                // Only allowed on the left.
                '0' => flags.zero = !flags.minus,
                _ => break,
            }
            chars.next();
        }
        let mut bad_index = false;
        let mut argument_number = |chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
                                   next: &mut usize| {
            if chars.peek().is_none_or(|(_, c)| *c != '[') {
                return;
            }
            reordered = true;
            let (start, _) = chars.next().unwrap_or((0, '['));
            let Some(len) = format[start..].find(']') else {
                bad_index = true;
                return;
            };
            let digits = &format[start + 1..start + len];
            while chars.next_if(|(at, _)| *at <= start + len).is_some() {}
            match digits.parse::<usize>() {
                Ok(number) if number >= 1 && number <= args.len() => *next = number - 1,
                _ => bad_index = true,
            }
        };
        argument_number(&mut chars, &mut next);
        if chars.next_if(|(_, c)| *c == '*').is_some() {
            match star(args, &mut next) {
                Some(width) => {
                    flags.minus |= width < 0;
                    flags.zero &= width >= 0;
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => out.push_str("%!(BADWIDTH)"),
            }
        } else {
            flags.width = digits(&mut chars);
        }
        if chars.next_if(|(_, c)| *c == '.').is_some() {
            argument_number(&mut chars, &mut next);
            if chars.next_if(|(_, c)| *c == '*').is_some() {
                match star(args, &mut next) {
                    Some(precision) => flags.precision = usize::try_from(precision).ok(),
                    None => out.push_str("%!(BADPREC)"),
                }
            } else {
                flags.precision = Some(digits(&mut chars).unwrap_or(0));
            }
        }
        argument_number(&mut chars, &mut next);
        let Some((_, verb)) = chars.next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            out.push('%');
        } else if bad_index {
            out.push_str(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(arg) = args.get(next) {
            next += 1;
            out.push_str(&format_value(arg, verb, flags, dot));
        } else {
            out.push_str(&format!("%!{verb}(MISSING)"));
        }
    }
    if !reordered && next < args.len() {
        let extra: Vec<String> = args[next..].iter().map(|arg| typed(arg, dot)).collect();
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    out
}

fn digits(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some((_, c)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
        let digit = c as usize - '0' as usize;
        number = Some((number.unwrap_or(0) * 10 + digit).min(MAX_WIDTH as usize));
    }
    number
}

fn star(args: &[Value], next: &mut usize) -> Option<i64> {
    let value = args.get(*next);
    *next += 1;
    match value {
        Some(Value::Int(i)) if i.abs() <= MAX_WIDTH => Some(*i),
        _ => None,
    }
}

fn typed(arg: &Value, dot: &DotFields<'_>) -> String {
    match arg {
        Value::None => "<nil>".to_owned(),
        _ => format!("{}={}", arg.type_name(), show(arg, dot)),
    }
}

/// A value under a verb that it does not know: with its type, in its usual form, under the same flags.
fn bad_verb(arg: &Value, verb: char, flags: Flags, dot: &DotFields<'_>) -> String {
    let shown = match arg {
        Value::None => return format!("%!{verb}(<nil>)"),
        Value::Float(_) => format_value(arg, 'g', flags, dot),
        Value::Str(_) | Value::Bool(_) => format_value(arg, 'v', flags, dot),
        _ => show(arg, dot),
    };
    format!("%!{verb}({}={shown})", arg.type_name())
}

fn format_value(arg: &Value, verb: char, flags: Flags, dot: &DotFields<'_>) -> String {
    if verb == 'T' {
        return pad(arg.type_name().to_owned(), flags);
    }
    match arg {
        Value::None if verb == 'v' => pad("<nil>".to_owned(), flags),
        Value::Bool(b) if matches!(verb, 't' | 'v') => pad(b.to_string(), flags),
        Value::Int(i) => integer(arg.type_name(), i128::from(*i), verb, flags),
        Value::Uint(u, name) => integer(name, i128::from(*u), verb, flags),
        Value::Float(f) => float(arg, *f, verb, flags, dot),
        Value::Str(s) => text(arg, s, verb, flags, dot),
        Value::Labels(map) => {
            let part = |text: &str| format_value(&crate::value::string(text), verb, flags, dot);
            let parts: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{}:{}", part(k), part(v)))
                .collect();
            format!("map[{}]", parts.join(" "))
        }
        Value::Args(map) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(k, v)| {
                    let key = format_value(&crate::value::string(k), verb, flags, dot);
                    format!("{key}:{}", format_value(v, verb, flags, dot))
                })
                .collect();
            format!("map[{}]", parts.join(" "))
        }
        Value::Time(_) | Value::Duration(_) | Value::Histogram(_)
            if matches!(verb, 'v' | 's' | 'q' | 'x' | 'X') =>
        {
            text(arg, &show(arg, dot), verb, flags, dot)
        }
        Value::Histogram(histogram) => fields(histogram, verb, flags, dot),
        _ if verb == 'v' => pad(show(arg, dot), flags),
        _ => bad_verb(arg, verb, flags, dot),
    }
}

/// A histogram under a verb that is none for text: a pointer to a struct, whose fields each come under the verb.
fn fields(histogram: &FloatHistogram, verb: char, flags: Flags, dot: &DotFields<'_>) -> String {
    let number = |value: f64| float(&Value::Float(value), value, verb, flags, dot);
    let list = |values: &mut dyn Iterator<Item = f64>| {
        let values: Vec<String> = values.map(number).collect();
        format!("[{}]", values.join(" "))
    };
    let spans = |buckets: &[(i32, f64)]| {
        let spans = spans(buckets).into_iter().map(|(offset, length)| {
            let offset = integer("int32", i128::from(offset), verb, flags);
            format!("{{{offset} {}}}", integer("uint32", length, verb, flags))
        });
        format!("[{}]", spans.collect::<Vec<_>>().join(" "))
    };
    let counts = |buckets: &[(i32, f64)]| list(&mut buckets.iter().map(|bucket| bucket.1));
    let hint = match histogram.hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    };
    let fields = [
        integer("histogram.CounterResetHint", hint, verb, flags),
        integer("int32", i128::from(histogram.schema), verb, flags),
        number(histogram.zero_threshold),
        number(histogram.zero_count),
        number(histogram.count),
        number(histogram.sum),
        spans(&histogram.positive),
        spans(&histogram.negative),
        counts(&histogram.positive),
        counts(&histogram.negative),
        list(&mut histogram.custom_bounds.iter().copied()),
    ];
    format!("&{{{}}}", fields.join(" "))
}

/// Runs of neighbouring buckets as upstream holds them: the distance from the end of the run before, and the length.
fn spans(buckets: &[(i32, f64)]) -> Vec<(i32, i128)> {
    let mut spans: Vec<(i32, i128)> = Vec::new();
    let mut next = 0;
    for &(index, _) in buckets {
        match spans.last_mut() {
            Some((_, length)) if index == next => *length += 1,
            _ => spans.push((index.wrapping_sub(next), 1)),
        }
        next = index.wrapping_add(1);
    }
    spans
}

/// Pads with blanks to the width, counted in characters.
fn pad(text: String, flags: Flags) -> String {
    let missing = flags.width.unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if flags.minus {
        text + &" ".repeat(missing)
    } else if flags.zero {
        "0".repeat(missing) + &text
    } else {
        " ".repeat(missing) + &text
    }
}

/// Adds the sign that the flags ask for, and zeros between sign and digits.
fn pad_number(negative: bool, digits: &str, mut flags: Flags, plus: bool) -> String {
    let sign = match (negative, plus, flags.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    if flags.zero
        && !flags.minus
        && let Some(width) = flags.width
    {
        let zeros = width.saturating_sub(digits.len() + sign.len());
        return format!("{sign}{}{digits}", "0".repeat(zeros));
    }
    flags.zero = false;
    pad(format!("{sign}{digits}"), flags)
}

fn integer(type_name: &str, value: i128, verb: char, mut flags: Flags) -> String {
    let magnitude = value.unsigned_abs();
    let mut digits = match verb {
        'd' | 'v' => magnitude.to_string(),
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        'c' | 'q' | 'U' => {
            let c = u32::try_from(value)
                .ok()
                .and_then(char::from_u32)
                .unwrap_or('\u{fffd}');
            flags.zero = flags.zero && verb == 'c';
            return pad(
                match verb {
                    'c' => c.to_string(),
                    'q' => quote_char(c),
                    _ if flags.sharp => format!("U+{magnitude:04X} {}", quote_char(c)),
                    _ => format!("U+{magnitude:04X}"),
                },
                flags,
            );
        }
        _ => return format!("%!{verb}({type_name}={})", integer(type_name, value, 'd', flags)),
    };
    if let Some(precision) = flags.precision {
        flags.zero = false;
        if precision == 0 && value == 0 {
            digits.clear();
        }
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    }
    let prefix = match verb {
        'O' => "0o",
        'o' if flags.sharp => "0",
        'b' if flags.sharp => "0b",
        'x' if flags.sharp => "0x",
        'X' if flags.sharp => "0X",
        _ => "",
    };
    pad_number(
        value < 0,
        &format!("{prefix}{digits}"),
        flags,
        flags.plus && verb != 'v',
    )
}

fn float(arg: &Value, value: f64, verb: char, mut flags: Flags, dot: &DotFields<'_>) -> String {
    let body = match verb {
        'v' | 'g' | 'G' => match flags.precision {
            None => format_g(value),
            Some(precision) => format_g_precision(value, precision),
        },
        'f' | 'F' => match (value.is_finite(), flags.precision) {
            (false, _) => format_f(value),
            (true, precision) => format!("{value:.*}", precision.unwrap_or(6).min(1100)),
        },
        'e' | 'E' => format_e(value, Some(flags.precision.unwrap_or(6).min(1100)), verb),
        'x' | 'X' => hex_float(value),
        'b' => {
            let (mantissa, exponent, negative) = decompose(value);
            format!("{}{mantissa}p{exponent:+}", if negative { "-" } else { "" })
        }
        _ => return bad_verb(arg, verb, flags, dot),
    };
    let body = if matches!(verb, 'G' | 'X') {
        body.to_uppercase().replace("INF", "Inf").replace("NAN", "NaN")
    } else {
        body
    };
    if !value.is_finite() {
        flags.zero = false;
    }
    let negative = body.starts_with('-');
    let digits = body.trim_start_matches(['-', '+']);
    // Infinity shows its sign even unasked.
    let plus = (flags.plus && verb != 'v') || value == f64::INFINITY;
    pad_number(negative, digits, flags, plus)
}

/// Mantissa, binary exponent and sign such that the value is mantissa · 2^exponent.
fn decompose(value: f64) -> (u64, i64, bool) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, exponent - 1075)
    };
    (mantissa, exponent, value.is_sign_negative())
}

/// `%x` of a float: `0x1.8p+01`.
fn hex_float(value: f64) -> String {
    if !value.is_finite() {
        return format_f(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0p+00");
    }
    let (mantissa, exponent, _) = decompose(value);
    let shift = mantissa.leading_zeros() - 11;
    let fraction = (mantissa << shift) & ((1 << 52) - 1);
    let exponent = exponent + 52 - i64::from(shift);
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x1{point}{digits}p{exponent_sign}{:02}", exponent.abs())
}

fn text(arg: &Value, value: &str, verb: char, mut flags: Flags, dot: &DotFields<'_>) -> String {
    let cut: String = match flags.precision {
        Some(precision) if matches!(verb, 's' | 'v' | 'q') => value.chars().take(precision).collect(),
        _ => value.to_owned(),
    };
    let hex = |upper: bool| {
        let len = flags.precision.unwrap_or(value.len()).min(value.len());
        let digits: String = value.as_bytes()[..len]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        if upper { digits.to_uppercase() } else { digits }
    };
    let body = match verb {
        'v' if flags.sharp => quote(&cut),
        's' | 'v' => cut,
        'q' if flags.sharp && !cut.contains('`') => format!("`{cut}`"),
        'q' => quote(&cut),
        'x' => hex(false),
        'X' => hex(true),
        _ => return bad_verb(arg, verb, flags, dot),
    };
    flags.zero = flags.zero && !flags.minus;
    pad(body, flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::rc::Rc;
    use std::sync::Arc;

    fn formatted(format: &str, args: &[Value]) -> String {
        let labels = Rc::new(BTreeMap::new());
        let dot = DotFields {
            labels: &labels,
            external_labels: &labels,
            external_url: "",
            value: 0.0,
            histogram: None,
        };
        printf(format, args, &dot)
    }

    #[test]
    fn a_histogram_is_text_or_its_fields() {
        let histogram = Value::Histogram(Arc::new(FloatHistogram {
            hint: ResetHint::NotReset,
            schema: -1,
            zero_threshold: 0.5,
            zero_count: 1.0,
            count: 7.0,
            sum: 2.5,
            positive: vec![(1, 1.0), (2, 2.0), (5, 2.0)],
            negative: vec![(0, 1.0)],
            ..FloatHistogram::default()
        }));
        let show = |format: &str| formatted(format, std::slice::from_ref(&histogram));
        assert_eq!(show("%s"), show("%v"));
        assert_eq!(show("%q"), quote(&show("%v")));
        assert_eq!(show("%.6s"), "{count");
        assert_eq!(show("%T"), "*histogram.FloatHistogram");
        assert_eq!(
            show("%.2f"),
            "&{%!f(histogram.CounterResetHint=02) %!f(int32=-01) 0.50 1.00 7.00 2.50 \
             [{%!f(int32=01) %!f(uint32=02)} {%!f(int32=02) %!f(uint32=01)}] [{%!f(int32=00) %!f(uint32=01)}] \
             [1.00 2.00 2.00] [1.00] []}"
        );
        assert_eq!(
            show("%d"),
            "&{2 -1 %!d(float64=0.5) %!d(float64=1) %!d(float64=7) %!d(float64=2.5) [{1 2} {2 1}] [{0 1}] \
             [%!d(float64=1) %!d(float64=2) %!d(float64=2)] [%!d(float64=1)] []}"
        );
    }

    #[test]
    fn a_verb_that_does_not_fit_keeps_the_flags() {
        assert_eq!(formatted("%.3f", &[Value::Int(7)]), "%!f(int=007)");
        assert_eq!(formatted("%+s", &[Value::Int(7)]), "%!s(int=+7)");
        assert_eq!(
            formatted("%5d", &[crate::value::string("ab")]),
            "%!d(string=   ab)"
        );
        assert_eq!(formatted("%.2s", &[Value::Float(1234.5)]), "%!s(float64=1.2e+03)");
    }
}

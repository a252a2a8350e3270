//! What is known of the parts of an expression, as a tree for people and as JSON for programs.

use crate::style::{Style, one_line};
use firedrill_types::{LookBack, Measure, Presence, Quantity, Range, Share, ShareProof, Typed};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes the tree, each part with what is known of it below.
///
/// # Errors
/// When the writer fails.
pub fn write_types(out: &mut dyn Write, style: Style, text: &str, typed: &Typed<'_>) -> io::Result<()> {
    write_part(out, style, text, typed, 0)
}

/// Writes the tree as one JSON document.
///
/// # Errors
/// When the writer fails.
pub fn write_types_json(out: &mut dyn Write, text: &str, typed: &Typed<'_>) -> io::Result<()> {
    let document = json!({ "status": "success", "types": part(text, typed) });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn write_part(
    out: &mut dyn Write,
    style: Style,
    text: &str,
    typed: &Typed<'_>,
    depth: usize,
) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    writeln!(
        out,
        "{indent}{}",
        style.bold(&one_line(typed.expr.span.slice(text)))
    )?;
    let rows = [
        ("type", Some(kind(typed).to_owned())),
        ("labels", Some(labels(typed))),
        ("values", Some(values(typed.range))),
        ("unit", Some(unit(typed))),
        // Nothing is said of what reads no samples, or reads them at times that are not known.
        ("reads", typed.look_back.map(reads)),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            writeln!(out, "{indent}    {} {value}", style.dim(&format!("{name:<7}")))?;
        }
    }
    for fact in &typed.facts {
        let words = format!("{} {} ({})", fact.about, fact.value, fact.evidence);
        writeln!(
            out,
            "{indent}    {} {words}",
            style.dim(&format!("{:<7}", "fact"))
        )?;
    }
    for part in &typed.parts {
        write_part(out, style, text, part, depth + 1)?;
    }
    Ok(())
}

fn kind(typed: &Typed<'_>) -> &'static str {
    typed.expr.value_type().documented()
}

fn labels(typed: &Typed<'_>) -> String {
    let mut words: Vec<String> = typed
        .known_labels()
        .map(|(name, presence, value)| match (presence, value) {
            (Presence::Always, Some(value)) => format!("{name} always {value:?}"),
            (presence, _) => format!("{name} {}", presence_word(presence)),
        })
        .collect();
    words.push(match (typed.has_other_labels(), words.is_empty()) {
        (true, true) => "any".to_owned(),
        (true, false) => "others maybe".to_owned(),
        (false, true) => "none".to_owned(),
        (false, false) => "no others".to_owned(),
    });
    words.join(", ")
}

fn presence_word(presence: Presence) -> &'static str {
    match presence {
        Presence::Always => "always",
        Presence::Maybe => "maybe",
        Presence::Never => "never",
    }
}

fn values(range: Range) -> String {
    let mut words = if range.is_unknown() {
        "any".to_owned()
    } else if range.lo == range.hi {
        format!("{}", range.lo)
    } else {
        let bound = |bound: f64| match bound {
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            number => number.to_string(),
        };
        format!("{} to {}", bound(range.lo), bound(range.hi))
    };
    if range.nan && !range.is_unknown() {
        words.push_str(", or NaN");
    }
    if range.whole && range.lo != range.hi {
        words.push_str("; whole numbers");
    }
    // Between finite bounds that goes without saying, and where anything is possible, too.
    let open = range.lo.is_infinite() || range.hi.is_infinite();
    if open && !range.can_be_infinite() {
        words.push_str("; never infinite");
    }
    if range.weak {
        words.push_str(" (by a name only)");
    }
    words
}

fn unit(typed: &Typed<'_>) -> String {
    let mut words = match typed.measure {
        Measure::Unknown => "unknown".to_owned(),
        Measure::Number => "that of a number".to_owned(),
        Measure::Known(quantity) => {
            let name = quantity_name(quantity);
            if quantity.weak {
                format!("{name} (by a name only)")
            } else {
                name
            }
        }
    };
    if let Some(share) = typed.share {
        words.push_str(&format!("; {}", share_words(share)));
    }
    words
}

fn quantity_name(quantity: Quantity) -> String {
    let number = "a number or ratio".to_owned();
    match quantity.unit() {
        Some(_) if quantity.is_pure_number() => number,
        Some(unit) => unit.to_string(),
        None => format!("{} of unknown size", quantity.dimension),
    }
}

fn share_words(share: Share) -> String {
    let proof = match share.proof {
        ShareProof::Proved => "proved",
        ShareProof::Named => "by its name",
        ShareProof::Term => "the divisor contains the dividend",
        ShareProof::SameUnit => "both sides have one unit",
        ShareProof::Words => "by the names of both sides",
        ShareProof::Quotient => "a quotient",
    };
    format!("a share of which all is {} ({proof})", share.whole)
}

fn reads(back: LookBack) -> String {
    match (back.length.is_zero(), back.delta) {
        (true, _) => "the last sample".to_owned(),
        (false, true) => format!("{} back, and the last sample before", back.length),
        (false, false) => format!("{} back", back.length),
    }
}

fn part(text: &str, typed: &Typed<'_>) -> Value {
    let labels: Vec<Value> = typed
        .known_labels()
        .map(|(name, presence, value)| json!({ "name": name, "presence": presence_word(presence), "value": value }))
        .collect();
    let bound = |bound: f64| {
        if bound.is_finite() {
            json!(bound)
        } else {
            Value::Null
        }
    };
    let range = typed.range;
    let quantity = typed.measure.quantity();
    json!({
        "expr": typed.expr.span.slice(text),
        "start": typed.expr.span.start,
        "end": typed.expr.span.end,
        "type": kind(typed),
        "labels": labels,
        "otherLabels": typed.has_other_labels(),
        "values": { "min": bound(range.lo), "max": bound(range.hi), "nan": range.nan, "whole": range.whole, "infinite": range.can_be_infinite(), "weak": range.weak },
        "unit": quantity.map(|it| json!({ "name": quantity_name(it), "scale": it.scale, "weak": it.weak })),
        "share": typed.share.map(|it| json!({ "all": it.whole, "proved": it.proof == ShareProof::Proved })),
        "lookBack": typed.look_back.map(|it| json!({ "seconds": it.length.secs_f64(), "lastSample": it.delta })),
        "facts": typed.facts.iter().map(|it| json!({ "about": it.about, "value": it.value, "evidence": it.evidence })).collect::<Vec<_>>(),
        "parts": typed.parts.iter().map(|it| part(text, it)).collect::<Vec<_>>(),
    })
}

//! FD221: the name of an alert says one direction, its comparison the other.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::thresholds::threshold;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{BinaryOp, ExprKind};
use firedrill_source::{Code, Severity};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD221"),
    name: "name-direction-mismatch",
    summary: "an alert named for too much that asks for too little, or the other way round",
    category: Category::Thresholds,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("name_direction_mismatch.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Threshold]),
    check: Check::Rule(check),
};

const MUCH: [&str; 14] = [
    "high",
    "higher",
    "toomany",
    "many",
    "exceeded",
    "exceeds",
    "exceed",
    "above",
    "excessive",
    "spike",
    "surge",
    "large",
    "long",
    "slow",
];
const LITTLE: [&str; 7] = [
    "low",
    "lower",
    "toofew",
    "few",
    "below",
    "insufficient",
    "notenough",
];
/// Words that make less of a value more of a trouble; a comparison may well look at what is left.
const LEFT_OVER: [&str; 31] = [
    "avail",
    "available",
    "memavailable",
    "free",
    "memfree",
    "idle",
    "remaining",
    "left",
    "unused",
    "hit",
    "hits",
    "success",
    "successes",
    "successful",
    "healthy",
    "ready",
    "up",
    "good",
    "headroom",
    "expiry",
    "not_after",
    "level",
    "score",
    "cached",
    "availability",
    "ok",
    "speed",
    "throughput",
    "bandwidth",
    "download",
    "upload",
];

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let Some(root) = cx.nodes.root() else { return };
    // Only where one comparison is the whole condition is its direction that of the alert.
    let ExprKind::Binary(binary) = &root.unparenthesised().kind else {
        return;
    };
    let Some(threshold) = threshold(binary) else {
        return;
    };
    let greater = match threshold.op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => true,
        BinaryOp::Less | BinaryOp::LessEqual => false,
        _ => return,
    };
    let name = &cx.rule.name.text;
    let Some((word, much)) = direction(name).filter(|(_, much)| *much != greater) else {
        return;
    };
    // What runs low is often told by how much of it is used.
    let runs_low = !much
        && [
            "space", "quota", "memory", "disk", "buffer", "storage", "capacity",
        ]
        .iter()
        .any(|word| name.to_ascii_lowercase().contains(word));
    if runs_low || turned(cx) {
        return;
    }
    let (wants, asks) = if much {
        ("much", "less")
    } else {
        ("little", "more")
    };
    let finding = cx
        .finding(
            LINT.code,
            Severity::Info,
            binary.op_span,
            format!(
                "`{name}` sounds like too {wants}, but the comparison asks for {asks} than {}",
                threshold.number
            ),
        )
        .label(format!("{asks} than"))
        .related(cx.within(&cx.rule.name, whole(name)), format!("\"{word}\""))
        .evidence(format!(
            "no part of `{}` is called free, available or the like, nor taken from a whole",
            cx.text(threshold.value.span)
        ))
        .help("turn the comparison round, or rename the alert");
    cx.report(finding);
}

fn whole(text: &str) -> firedrill_source::Span {
    firedrill_source::Span::new(0, text.len())
}

/// The word of a name that gives its direction, in lower case, and whether it is that of too much.
fn direction(name: &str) -> Option<(String, bool)> {
    let words = words(name);
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let mut found: Option<(&str, bool)> = None;
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        let negated = before.is_some_and(|before| is(before, "not"));
        let available = || {
            words
                .get(index + 1)
                .is_some_and(|after| is(after, "availability"))
        };
        let much = MUCH.iter().any(|it| is(word, it)) && !(is(word, "high") && available());
        let little = LITTLE.iter().any(|it| is(word, it)) || is(word, "enough") && negated;
        if much || little {
            if found.is_some_and(|(_, other)| other != much) || negated && !little {
                return None;
            }
            found = Some((word, much));
        }
    }
    found.map(|(word, much)| (word.to_lowercase(), much))
}

/// The words of a name: `HighCPULoad`, `high_cpu_load`, `High CPU load`.
fn words(name: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let (mut start, mut before_lower) = (0, false);
    let mut letters = name.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        // `CPUHigh`: the last capital of a run begins a word.
        let begins = before_lower || letters.peek().is_some_and(|(_, next)| next.is_lowercase());
        let is_letter = letter.is_alphanumeric();
        if letter.is_uppercase() && begins || !is_letter {
            words.extend(name.get(start..at));
            start = if is_letter { at } else { at + letter.len_utf8() };
        }
        before_lower = letter.is_lowercase() || letter.is_numeric();
    }
    words.extend(name.get(start..));
    words.retain(|word| !word.is_empty());
    words
}

/// Whether something in the expression turns its direction round: a complement, a negative sign, or a metric of which
/// less is worse.
fn turned(cx: &RuleCx<'_, '_>) -> bool {
    let complement = cx.nodes.binaries().any(|(_, _, binary)| {
        matches!(binary.op, BinaryOp::Sub | BinaryOp::Add)
            && (constant(&binary.lhs).is_some() || constant(&binary.rhs).is_none())
    });
    let negative = cx
        .nodes
        .iter()
        .any(|(_, node)| matches!(&node.expr.kind, ExprKind::Unary(unary) if unary.negative));
    complement
        || negative
        || cx.nodes.selectors().any(|(_, _, selector)| {
            let name = selector.metric_name().map_or("", |name| name);
            if name == "ALERTS" {
                return true;
            }
            let labels = selector.matchers.iter().map(|matcher| &*matcher.value);
            // `code=~"2.."` selects what went well.
            labels
                .chain([name])
                .any(|text| left_over(text) || text.starts_with('2') && text.len() <= 3)
        })
        || cx.nodes.calls().any(|(_, _, call)| {
            let name = &*call.name.text;
            matches!(name, "deriv" | "delta" | "predict_linear" | "idelta")
        })
}

fn left_over(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        LEFT_OVER.iter().any(|it| {
            word.eq_ignore_ascii_case(it) || word.len() > 8 && word.to_ascii_lowercase().contains("avail")
        })
    })
}

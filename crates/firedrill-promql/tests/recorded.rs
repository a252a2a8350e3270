//! Gate over recorded verdicts: 8,000 expressions, what promtool says of each, and where.

use firedrill_promql::{Features, parse};
use std::path::{Path, PathBuf};

/// A file of the recordings, if there are any here.
fn recorded(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FIREDRILL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let file = root.join("oracle").join(name);
    file.exists().then_some(file)
}

/// Rows of a CSV text: fields may be quoted, quotes inside are doubled.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    rows
}

/// `1:5` of `1:5: parse error: …`.
fn place(message: &str) -> &str {
    message.split(": ").next().unwrap_or("")
}

#[test]
fn verdict_place_and_words_are_promtools() {
    let Some(file) = recorded("parse.csv") else {
        eprintln!("skipped: no recordings here");
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let rows = rows(&text);
    let features = Features::promtool_default();
    let (mut total, mut rejected, mut verdicts, mut places, mut messages) = (0, 0, 0, 0, 0);
    let mut shown = 0;
    for row in &rows[1..] {
        let [expr, _, verdict, recorded] = row.as_slice() else {
            panic!("row of {} fields", row.len());
        };
        total += 1;
        let found = parse(expr, &features).promtool_message(expr);
        let verdict_agrees = found.is_none() == (verdict == "accept");
        verdicts += usize::from(verdict_agrees);
        let agrees = match &found {
            Some(found) if verdict == "reject" => {
                places += usize::from(place(found) == place(recorded));
                messages += usize::from(found == recorded);
                found == recorded
            }
            _ => verdict_agrees,
        };
        rejected += usize::from(verdict == "reject");
        if !agrees && shown < 20 {
            shown += 1;
            eprintln!(
                "{expr}\n  recorded {recorded}\n  found    {}",
                found.unwrap_or_default()
            );
        }
    }
    eprintln!(
        "{total} expressions: verdict {verdicts}, of {rejected} rejected: place {places}, message {messages}"
    );
    assert_eq!(verdicts, total);
    assert!(places * 1000 >= rejected * 995, "place {places} of {rejected}");
    assert!(
        messages * 1000 >= rejected * 995,
        "message {messages} of {rejected}"
    );
}

#[test]
fn what_is_printed_reads_back_as_itself() {
    let Some(file) = recorded("parse.csv") else {
        eprintln!("skipped: no recordings here");
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let features = Features::promtool_default();
    let mut differing = Vec::new();
    let mut accepted = 0;
    for row in rows(&text).iter().filter(|row| row[2] == "accept") {
        accepted += 1;
        let printed = parse(&row[0], &features).expr.to_string();
        let again = parse(&printed, &features);
        if !again.errors.is_empty() || again.expr.to_string() != printed {
            differing.push(format!(
                "{}\n  printed {printed}\n  again   {}",
                row[0], again.expr
            ));
        }
    }
    for text in differing.iter().take(20) {
        eprintln!("{text}");
    }
    assert!(accepted > 2000);
    assert_eq!(differing.len(), 0, "of {accepted}");
}

/// The expression of a small rule file: the text in double quotes after `expr: `.
fn expression_of(rule_file: &str) -> String {
    let from = rule_file.find("expr: ").expect("a rule with an expression") + "expr: ".len();
    let mut values = serde_json::Deserializer::from_str(&rule_file[from..]).into_iter::<String>();
    values.next().expect("a value").expect("a quoted text")
}

fn features_of(flags: &str) -> Features {
    let list = flags.strip_prefix("--enable-feature=").unwrap_or("");
    Features::from_flags(list.split(','))
}

#[test]
fn every_refused_claim_is_refused_in_the_same_words() {
    let Some(file) = recorded("claims/invalid/EXPECTED.csv") else {
        eprintln!("skipped: no recordings here");
        return;
    };
    let folder = file.parent().unwrap();
    let (mut total, mut differing) = (0, 0);
    for row in rows(&std::fs::read_to_string(&file).unwrap()) {
        let [name, _, _, message, flags] = row.as_slice() else {
            panic!("row of {} fields", row.len());
        };
        if !name.starts_with("promql-") {
            continue;
        }
        let expr = expression_of(&std::fs::read_to_string(folder.join(name)).unwrap());
        let (_, recorded) = message.split_once("could not parse expression: ").unwrap();
        let found = parse(&expr, &features_of(flags))
            .promtool_message(&expr)
            .unwrap_or_default();
        total += 1;
        if found != recorded {
            differing += 1;
            eprintln!("{expr}\n  recorded {recorded}\n  found    {found}");
        }
    }
    eprintln!("{total} refused claims, {differing} differ");
    assert!(total > 150);
    assert_eq!(differing, 0);
}

#[test]
fn claims_are_printed_as_promtool_prints_them() {
    let Some(file) = recorded("claims/promql-format.csv") else {
        eprintln!("skipped: no recordings here");
        return;
    };
    // Longer expressions are broken into lines by the formatter, which is another thing.
    const LONGEST_LINE: usize = 100;
    let (mut total, mut differing) = (0, 0);
    for row in &rows(&std::fs::read_to_string(file).unwrap())[1..] {
        let [expr, recorded, flags] = row.as_slice() else {
            panic!("row of {} fields", row.len());
        };
        if recorded.contains('\n') || recorded.len() > LONGEST_LINE && !recorded.starts_with("0.") {
            continue;
        }
        total += 1;
        let found = parse(expr, &features_of(flags));
        if !found.errors.is_empty() || found.expr.to_string() != *recorded {
            differing += 1;
            eprintln!(
                "{expr}\n  recorded {recorded}\n  found    {} {:?}",
                found.expr, found.errors
            );
        }
    }
    eprintln!("{total} printed claims, {differing} differ");
    assert!(total > 100);
    assert_eq!(differing, 0);
}

/// The texts after `series: ` and `values: ` of the last series of a small test file.
fn last_series(test_file: &str) -> (String, String) {
    let field = |key: &str| {
        let from = test_file.rfind(key).expect("a series with values") + key.len();
        let mut values = serde_json::Deserializer::from_str(&test_file[from..]).into_iter::<String>();
        values.next().expect("a value").expect("a quoted text")
    };
    (field("series: "), field("values: "))
}

#[test]
fn series_are_refused_in_the_same_words() {
    let Some(file) = recorded("claims/invalid/EXPECTED.csv") else {
        eprintln!("skipped: no recordings here");
        return;
    };
    let folder = file.parent().unwrap();
    let (mut total, mut differing) = (0, 0);
    for row in rows(&std::fs::read_to_string(&file).unwrap()) {
        let (name, message) = (&row[0], &row[3]);
        if !name.starts_with("series-") || !message.contains("parse error") {
            continue;
        }
        let (series, values) = last_series(&std::fs::read_to_string(folder.join(name)).unwrap());
        let found = match firedrill_promql::parse_series(&series, &values) {
            // Two lines stand before this series in the text that promtool puts together.
            Err(error) => {
                let (line, column) = error.joined;
                format!(
                    "{}:{}: parse error: {}",
                    line + 3,
                    column + 1,
                    error.error.message
                )
            }
            Ok(_) => String::new(),
        };
        total += 1;
        if found != *message {
            differing += 1;
            eprintln!("{name}: {series} {values}\n  recorded {message}\n  found    {found}");
        }
    }
    eprintln!("{total} refused series, {differing} differ");
    assert!(total > 30);
    assert_eq!(differing, 0);
}

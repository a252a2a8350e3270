//! `promtool test rules --diff`: expected and firing alerts as one JSON list in which the differences are coloured.
//!
//! promtool compares the lists position by position, and every difference is closed before a line ends.

use crate::unit_tests::Pairs;
use firedrill_value::quote;
use std::collections::BTreeMap;

/// What a piece of the text says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    Additional,
    Missing,
    Changed,
}

impl Tone {
    fn begin(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Additional => "\x1b[0;32m",
            Tone::Missing => "\x1b[0;31m",
            Tone::Changed => "\x1b[0;33m",
        }
    }

    fn end(self) -> &'static str {
        if self == Tone::Plain { "" } else { "\x1b[0m" }
    }
}

/// An alert as an object of objects.
type Alert = BTreeMap<&'static str, BTreeMap<String, String>>;

/// The text that follows `diff: `.
pub(crate) fn alerts(expected: &[(&Pairs, &Pairs)], got: &[(&Pairs, &Pairs)]) -> String {
    let (expected, got) = (objects(expected), objects(got));
    let mut page = Page::default();
    page.open("[");
    let count = expected.len().max(got.len());
    for index in 0..count {
        match (expected.get(index), got.get(index)) {
            (Some(expected), Some(got)) => page.both(expected, got),
            (Some(missing), None) => page.whole(missing, Tone::Missing),
            (None, Some(additional)) => page.whole(additional, Tone::Additional),
            (None, None) => {}
        }
        page.separate(index + 1 == count, Tone::Plain);
    }
    page.put("]", Tone::Plain);
    page.text
}

/// promtool puts an alert without labels where there is none.
fn objects(alerts: &[(&Pairs, &Pairs)]) -> Vec<Alert> {
    let object = |pairs: &Pairs| pairs.iter().cloned().collect();
    let alert = |labels: &Pairs, annotations: &Pairs| {
        BTreeMap::from([("Annotations", object(annotations)), ("Labels", object(labels))])
    };
    if alerts.is_empty() {
        return vec![alert(&Vec::new(), &Vec::new())];
    }
    alerts
        .iter()
        .map(|(labels, annotations)| alert(labels, annotations))
        .collect()
}

/// Text under way.
#[derive(Default)]
struct Page {
    text: String,
    level: usize,
}

impl Page {
    fn put(&mut self, text: &str, tone: Tone) {
        self.text.push_str(tone.begin());
        self.text.push_str(text);
        self.text.push_str(tone.end());
    }

    fn newline(&mut self) {
        self.text.push('\n');
        self.text.push_str(&"    ".repeat(self.level));
    }

    fn open(&mut self, bracket: &str) {
        self.put(bracket, Tone::Plain);
        self.level += 1;
        self.newline();
    }

    /// Goes on after an entry: to the next one, or to the closing bracket.
    fn separate(&mut self, last: bool, tone: Tone) {
        if last {
            self.level -= 1;
        } else {
            self.put(",", tone);
        }
        self.newline();
    }

    /// Two alerts, which have the same two keys.
    fn both(&mut self, expected: &Alert, got: &Alert) {
        self.open("{");
        let count = expected.len();
        for (index, ((key, expected), got)) in expected.iter().zip(got.values()).enumerate() {
            self.put(&format!("{}: ", quote(key)), Tone::Plain);
            self.texts(expected, got);
            self.separate(index + 1 == count, Tone::Plain);
        }
        self.put("}", Tone::Plain);
    }

    /// Two maps of texts.
    fn texts(&mut self, expected: &BTreeMap<String, String>, got: &BTreeMap<String, String>) {
        let names: std::collections::BTreeSet<&String> = expected.keys().chain(got.keys()).collect();
        if names.is_empty() {
            self.put("{}", Tone::Plain);
            return;
        }
        self.open("{");
        let count = names.len();
        for (index, name) in names.into_iter().enumerate() {
            let key = quote(name);
            match (expected.get(name), got.get(name)) {
                (Some(expected), Some(got)) if expected == got => {
                    self.put(&format!("{key}: {}", quote(got)), Tone::Plain);
                }
                (Some(expected), Some(got)) => {
                    self.put(&format!("{key}: "), Tone::Plain);
                    self.put(&format!("{} => {}", quote(expected), quote(got)), Tone::Changed);
                }
                (Some(missing), None) => self.put(&format!("{key}: {}", quote(missing)), Tone::Missing),
                (None, Some(got)) => self.put(&format!("{key}: {}", quote(got)), Tone::Additional),
                (None, None) => {}
            }
            self.separate(index + 1 == count, Tone::Plain);
        }
        self.put("}", Tone::Plain);
    }

    /// An alert that only one side has. Its colour is switched off before the end of each line and on after it.
    fn whole(&mut self, alert: &Alert, tone: Tone) {
        self.text.push_str(tone.begin());
        let line = |page: &mut Page, text: &str| {
            page.text.push_str(text);
            page.text.push_str(tone.end());
            page.newline();
            page.text.push_str(tone.begin());
        };
        self.level += 1;
        line(self, "{");
        let count = alert.len();
        for (index, (key, texts)) in alert.iter().enumerate() {
            self.text.push_str(&format!("{}: ", quote(key)));
            if texts.is_empty() {
                self.text.push_str("{}");
            } else {
                self.level += 1;
                line(self, "{");
                for (at, (name, value)) in texts.iter().enumerate() {
                    let last = at + 1 == texts.len();
                    self.text.push_str(&format!("{}: {}", quote(name), quote(value)));
                    self.level -= usize::from(last);
                    line(self, if last { "" } else { "," });
                }
                self.text.push('}');
            }
            let last = index + 1 == count;
            self.level -= usize::from(last);
            line(self, if last { "" } else { "," });
        }
        self.text.push('}');
        self.text.push_str(tone.end());
    }
}

//! Any text as a label or annotation value.

#![no_main]

use firedrill_template::{Context, Data, Sample, Template};
use firedrill_value::Labels;
use libfuzzer_sys::fuzz_target;

struct Answers;

impl Context for Answers {
    fn query(&mut self, expr: &str) -> Result<Vec<Sample>, String> {
        match expr.len() % 3 {
            0 => Err("no".to_owned()),
            1 => Ok(Vec::new()),
            _ => Ok(vec![
                Sample::new(&Labels::from_pairs([("instance", "b")]), 2.0),
                Sample::new(&Labels::empty(), 1.0),
            ]),
        }
    }
}

fuzz_target!(|input: (f64, &str)| {
    let (value, text) = input;
    let inside = |span: firedrill_source::Span| span.end as usize <= text.len();
    match Template::parse(text) {
        Err(error) => {
            assert!(inside(error.span), "{error:?} is outside {text:?}");
            error.render("A");
        }
        Ok(template) => {
            for used in template.uses().labels {
                assert!(inside(used.span), "{used:?}");
            }
            let labels = Labels::from_pairs([("instance", "a:80"), ("job", "x")]);
            let data = Data {
                labels: &labels,
                external_labels: &labels,
                external_url: "http://h/p",
                value,
                histogram: None,
                time: 60_000,
            };
            if let Err(error) = template.expand(&data, &mut Answers) {
                assert!(inside(error.span), "{error:?} is outside {text:?}");
                error.render("A");
            }
        }
    }
});

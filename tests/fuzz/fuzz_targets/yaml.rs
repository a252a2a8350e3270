//! Any bytes as a rule file and as a unit-test file.

#![no_main]

use firedrill_model::{ReadOptions, detect, read_rule_file, read_test_file};
use firedrill_promtool::check::{Options, check_rules, test_file_error};
use firedrill_source::{Diagnostic, FileId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = ReadOptions::default();
    let drop_in = check_rules("", bytes, &Options::default());
    let _ = test_file_error(bytes);
    let Ok(text) = firedrill_yaml::decode(bytes) else {
        assert!(drop_in.result.is_err());
        return;
    };
    let _ = detect(&text);
    let inside = |findings: &[Diagnostic]| {
        for finding in findings {
            let spans = finding.related.iter().map(|label| label.location.span);
            for span in spans.chain([finding.primary.location.span]) {
                assert!(
                    span.end as usize <= text.len() && text.is_char_boundary(span.start as usize),
                    "{finding:?}"
                );
            }
        }
    };
    let rules = read_rule_file(FileId::default(), &text, &options);
    inside(&rules.diagnostics);
    // Manifests are for check alone.
    let manifest = text.contains("kind");
    if !manifest {
        assert_eq!(
            rules.accepted,
            drop_in.result.is_ok(),
            "{:?}\n{:?}",
            drop_in.result,
            rules.diagnostics
        );
    }
    inside(&read_test_file(FileId::default(), &text, &options).diagnostics);
});

//! All lints. Each has its check in `rules/NAME.rs` and its page in `rules/NAME.md`; those without a check are found by
//! whoever reads the file (`firedrill-model`) or finds it, and only have a page.

use crate::lint::{Category, Check, Lint};
use firedrill_model::codes;
use firedrill_source::Severity;

mod aggregation_label_gone;
mod count_equals_zero;
mod counter_without_rate;
mod gauge_function_on_counter;
mod identical_rule;
mod label_not_in_result;
mod nan_comparison;
mod never_true;
mod overlapping_alert_identity;
mod percent_threshold_on_ratio;
mod quantile_missing_le;
mod rate_of_aggregation;
mod rate_on_gauge;
mod set_op_never_matches;
mod value_in_label;

/// A lint whose findings come from reading the file.
macro_rules! read_lints {
    ($($constant:ident = $code:ident, $page:literal, $name:literal, $category:ident, $severity:ident, $summary:literal;)*) => {
        $(static $constant: Lint = Lint {
            code: codes::$code,
            name: $name,
            summary: $summary,
            category: Category::$category,
            severity: Severity::$severity,
            since: "0.1.0",
            page: include_str!($page),
            check: Check::Reader,
        };)*
    };
}

#[rustfmt::skip]
read_lints! {
    YAML_INVALID = YAML_INVALID, "rules/yaml_invalid.md", "yaml-invalid", Files, Error, "the file is not YAML";
    UNKNOWN_FIELD = UNKNOWN_FIELD, "rules/unknown_field.md", "unknown-field", Files, Error, "a key that Prometheus does not know";
    DUPLICATE_KEY = DUPLICATE_KEY, "rules/duplicate_key.md", "duplicate-key", Files, Error, "a key is given twice in one mapping";
    WRONG_VALUE_TYPE = WRONG_VALUE_TYPE, "rules/wrong_value_type.md", "wrong-value-type", Files, Error, "a value of the wrong type";
    RECORD_XOR_ALERT = RECORD_XOR_ALERT, "rules/record_xor_alert.md", "record-xor-alert", Files, Error, "a rule with both or neither of `record` and `alert`";
    MISSING_EXPR = MISSING_EXPR, "rules/missing_expr.md", "missing-expr", Files, Error, "a rule without an expression";
    PROMQL_SYNTAX = PROMQL_SYNTAX, "rules/promql_syntax.md", "promql-syntax", Files, Error, "an expression that is not PromQL";
    PROMQL_TYPE = PROMQL_TYPE, "rules/promql_type.md", "promql-type", Files, Error, "an expression whose parts do not fit together";
    FEATURE_NOT_AVAILABLE = FEATURE_NOT_AVAILABLE, "rules/feature_not_available.md", "feature-not-available", Files, Error, "an expression needs an experimental feature that is off";
    INVALID_NAME = INVALID_NAME, "rules/invalid_name.md", "invalid-name", Files, Error, "a name that Prometheus refuses";
    ALERT_FIELD_ON_RECORDING_RULE = ALERT_FIELD_ON_RECORDING_RULE, "rules/alert_field_on_recording_rule.md", "alert-field-on-recording-rule", Files, Error, "a recording rule with something that only alerts have";
    DUPLICATE_GROUP_NAME = DUPLICATE_GROUP_NAME, "rules/duplicate_group_name.md", "duplicate-group-name", Files, Error, "two groups of one file have the same name";
    IGNORED_DOCUMENT = IGNORED_DOCUMENT, "rules/ignored_document.md", "ignored-document", Files, Warning, "a second YAML document that nothing reads";
    BAD_DURATION = BAD_DURATION, "rules/bad_duration.md", "bad-duration", Files, Error, "a text that is no duration";
    INCOMPLETE_TEST = INCOMPLETE_TEST, "rules/incomplete_test.md", "incomplete-test", Files, Error, "a unit test that lacks what it needs to run";
    TEMPLATE_SYNTAX = TEMPLATE_SYNTAX, "rules/template_syntax.md", "template-syntax", Templates, Error, "a label or annotation that is no valid template";
    UNKNOWN_TEMPLATE_FUNCTION = UNKNOWN_TEMPLATE_FUNCTION, "rules/unknown_template_function.md", "unknown-template-function", Templates, Error, "a function that templates of rules do not have";
    RULE_UNTESTED = RULE_UNTESTED, "rules/rule_untested.md", "rule-untested", Tests, Warning, "no test looks at a rule (only with `--require-tests`)";
    BOUNDARY_UNTESTED = BOUNDARY_UNTESTED, "rules/boundary_untested.md", "boundary-untested", Tests, Info, "tests see one side of a limit only (only with `--coverage`)";
    UNMATCHED_RULE_FILE = NO_RULE_FILE, "rules/unmatched_rule_file.md", "unmatched-rule-file", Tests, Error, "a pattern of `rule_files` that names no file";
}

/// All lints, sorted by code.
#[rustfmt::skip]
pub(crate) static LINTS: &[&Lint] = &[
    &YAML_INVALID,
    &UNKNOWN_FIELD,
    &DUPLICATE_KEY,
    &WRONG_VALUE_TYPE,
    &RECORD_XOR_ALERT,
    &MISSING_EXPR,
    &PROMQL_SYNTAX,
    &PROMQL_TYPE,
    &FEATURE_NOT_AVAILABLE,
    &INVALID_NAME,
    &ALERT_FIELD_ON_RECORDING_RULE,
    &DUPLICATE_GROUP_NAME,
    &IGNORED_DOCUMENT,
    &BAD_DURATION,
    &INCOMPLETE_TEST,
    &rate_on_gauge::LINT,
    &counter_without_rate::LINT,
    &gauge_function_on_counter::LINT,
    &rate_of_aggregation::LINT,
    &quantile_missing_le::LINT,
    &never_true::LINT,
    &percent_threshold_on_ratio::LINT,
    &count_equals_zero::LINT,
    &nan_comparison::LINT,
    &set_op_never_matches::LINT,
    &aggregation_label_gone::LINT,
    &TEMPLATE_SYNTAX,
    &label_not_in_result::LINT,
    &value_in_label::LINT,
    &UNKNOWN_TEMPLATE_FUNCTION,
    &identical_rule::LINT,
    &overlapping_alert_identity::LINT,
    &RULE_UNTESTED,
    &BOUNDARY_UNTESTED,
    &UNMATCHED_RULE_FILE,
];

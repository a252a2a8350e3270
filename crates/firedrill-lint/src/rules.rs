//! All lints. Each has its check in `rules/NAME.rs` and its page in `rules/NAME.md`; those without a check are found by
//! whoever reads the file (`firedrill-model`) or finds it, and only have a page.

use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use firedrill_model::codes;
use firedrill_source::Severity;

mod absent_loses_labels;
mod absent_never_true;
mod absent_without_for;
mod aggregation_label_gone;
mod always_true;
mod arithmetic_never_matches;
mod averaging_quantiles;
mod bool_at_top;
mod chained_comparison;
mod changes_resets_type;
mod comment_swallows_expr;
mod contradictory_matchers;
mod contradictory_selector;
mod count_equals_zero;
mod counter_without_rate;
mod dependency_cycle;
mod deprecated;
mod domain_threshold;
mod for_outlives_signal;
mod for_vs_interval;
mod gauge_function_on_counter;
mod group_label_impossible;
mod humanize_percentage_mismatch;
mod identical_rule;
mod increase_integer_equality;
mod irate_in_alert;
mod label_not_in_result;
mod ladder_inverted;
mod literal_regex;
mod matches_everything;
mod mismatched_ratio_pair;
mod missing_for;
mod missing_group_modifier;
mod mixed_precedence;
mod name_direction_mismatch;
mod name_regex_collision;
mod nan_comparison;
mod never_true;
mod no_condition;
mod or_vector_zero_shape;
mod overlapping_alert_identity;
mod percent_in_denominator;
mod percent_sign_on_ratio;
mod percent_threshold_on_ratio;
mod probable_typo;
mod quantile_bad_aggregation;
mod quantile_missing_le;
mod quantile_of_non_bucket;
mod quantile_parameter_range;
mod quantile_raw_buckets;
mod range_too_short;
mod rate_of_aggregation;
mod rate_of_recorded_aggregation;
mod rate_on_gauge;
mod ratio_threshold_on_percent;
mod raw_float;
mod redundant_anchors;
mod redundant_default;
mod regex_in_equality;
mod required_annotation;
mod required_label;
mod reserved_label;
mod rule_label_in_template;
mod same_record_different_expr;
mod sampled_series_in_alert;
mod self_operand;
mod set_op_never_matches;
mod static_label_collapses_series;
mod sum_equals_zero_of_filter;
mod template_query_broken;
mod template_residue;
mod template_runtime_error;
mod template_syntax;
mod text_duration_drift;
mod text_threshold_drift;
mod timestamp_as_duration;
mod timestamp_scale;
mod undefined_recording_rule;
mod used_before_defined;
mod value_in_label;

pub(crate) use no_condition::is_conditional;
pub(crate) use template_residue::is_word_for_nothing;

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
            needs: Needs::NOTHING,
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
    WRONG_DIALECT = WRONG_DIALECT, "rules/wrong_dialect.md", "wrong-dialect", Files, Error, "a key or function that only a relative of Prometheus understands";
    EMPTY_GROUP = EMPTY_GROUP, "rules/empty_group.md", "empty-group", Files, Warning, "a group without rules";
    INVALID_NAME = INVALID_NAME, "rules/invalid_name.md", "invalid-name", Files, Error, "a name that Prometheus refuses";
    ALERT_FIELD_ON_RECORDING_RULE = ALERT_FIELD_ON_RECORDING_RULE, "rules/alert_field_on_recording_rule.md", "alert-field-on-recording-rule", Files, Error, "a recording rule with something that only alerts have";
    DUPLICATE_GROUP_NAME = DUPLICATE_GROUP_NAME, "rules/duplicate_group_name.md", "duplicate-group-name", Files, Error, "two groups of one file have the same name";
    IGNORED_DOCUMENT = IGNORED_DOCUMENT, "rules/ignored_document.md", "ignored-document", Files, Warning, "a second YAML document that nothing reads";
    BAD_DURATION = BAD_DURATION, "rules/bad_duration.md", "bad-duration", Files, Error, "a text that is no duration";
    INCOMPLETE_TEST = INCOMPLETE_TEST, "rules/incomplete_test.md", "incomplete-test", Files, Error, "a unit test that lacks what it needs to run";
    UNKNOWN_TEMPLATE_FUNCTION = UNKNOWN_TEMPLATE_FUNCTION, "rules/unknown_template_function.md", "unknown-template-function", Templates, Error, "a function that templates of rules do not have";
    BAD_SUPPRESSION = BAD_SUPPRESSION, "rules/bad_suppression.md", "bad-suppression", Tests, Error, "a comment for firedrill that silences nothing because of a mistake in it";
    UNUSED_SUPPRESSION = UNUSED_SUPPRESSION, "rules/unused_suppression.md", "unused-suppression", Tests, Warning, "a comment silences what is not found";
    EXPIRED_SUPPRESSION = EXPIRED_SUPPRESSION, "rules/expired_suppression.md", "expired-suppression", Tests, Warning, "the `until=` of a comment has passed";
    SUPPRESSION_WITHOUT_REASON = SUPPRESSION_WITHOUT_REASON, "rules/suppression_without_reason.md", "suppression-without-reason", Tests, Warning, "a comment silences findings and does not say why (only if asked for)";
    RULE_UNTESTED = RULE_UNTESTED, "rules/rule_untested.md", "rule-untested", Tests, Warning, "no test looks at a rule (only with `--require-tests`)";
    UNMATCHED_RULE_FILE = NO_RULE_FILE, "rules/unmatched_rule_file.md", "unmatched-rule-file", Tests, Error, "a pattern of `rule_files` that names no file";
    VACUOUS_TEST = VACUOUS_TEST, "rules/vacuous_test.md", "vacuous-test", Tests, Error, "a test expects no alert of a rule that reads nothing of the input";
    TEST_OF_UNKNOWN_ALERT = TEST_OF_UNKNOWN_ALERT, "rules/test_of_unknown_alert.md", "test-of-unknown-alert", Tests, Error, "a test is about an alert that no loaded rule defines";
    TEST_INPUT_UNUSED = TEST_INPUT_UNUSED, "rules/test_input_unused.md", "test-input-unused", Tests, Warning, "nothing reads an input series of a test";
    BOUNDARY_UNTESTED = BOUNDARY_UNTESTED, "rules/boundary_untested.md", "boundary-untested", Tests, Info, "the tests see an alert on one side of its threshold or `for` only";
    TEST_TIME_UNREACHABLE = TEST_TIME_UNREACHABLE, "rules/test_time_unreachable.md", "test-time-unreachable", Tests, Warning, "a test at a time without data or without an evaluation";
    SERIES_LIST_CUT = SERIES_LIST_CUT, "rules/series_list_cut.md", "series-list-cut", Tests, Error, "an input series makes promtool drop those behind it";
    DUPLICATE_INPUT_SERIES = DUPLICATE_INPUT_SERIES, "rules/duplicate_input_series.md", "duplicate-input-series", Tests, Warning, "an input series is given twice";
    ONLY_PENDING = ONLY_PENDING, "rules/only_pending.md", "only-pending", Tests, Info, "no alert is expected while the alert is pending";
    NOT_SIMULATED = NOT_SIMULATED, "rules/not_simulated.md", "not-simulated", Tests, Info, "unit tests do not simulate something of a tested alert";
    NOTHING_TESTED = NOTHING_TESTED, "rules/nothing_tested.md", "nothing-tested", Tests, Error, "a file, a test or a selection checks nothing";
    VACUOUS_EXPRESSION = VACUOUS_EXPRESSION, "rules/vacuous_expression.md", "vacuous-expression", Tests, Warning, "nothing is expected of an expression that reads nothing";
    LABEL_RENDERS_EMPTY = LABEL_RENDERS_EMPTY, "rules/label_renders_empty.md", "label-renders-empty", Tests, Info, "a template prints a label that no tested alert has";
    UNDEFINED_TIE = UNDEFINED_TIE, "rules/undefined_tie.md", "undefined-tie", Tests, Warning, "`topk` chooses between equal values";
    UNDEFINED_GROUP_ORDER = UNDEFINED_GROUP_ORDER, "rules/undefined_group_order.md", "undefined-group-order", Tests, Warning, "a verdict depends on the order of groups that nothing defines";
    UNDEFINED_QUERY_ORDER = UNDEFINED_QUERY_ORDER, "rules/undefined_query_order.md", "undefined-query-order", Tests, Warning, "a text depends on the order of the results of a template's query";
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
    &WRONG_DIALECT,
    &INVALID_NAME,
    &ALERT_FIELD_ON_RECORDING_RULE,
    &DUPLICATE_GROUP_NAME,
    &EMPTY_GROUP,
    &IGNORED_DOCUMENT,
    &BAD_DURATION,
    &reserved_label::LINT,
    &comment_swallows_expr::LINT,
    &template_residue::LINT,
    &INCOMPLETE_TEST,
    &rate_on_gauge::LINT,
    &counter_without_rate::LINT,
    &gauge_function_on_counter::LINT,
    &rate_of_aggregation::LINT,
    &rate_of_recorded_aggregation::LINT,
    &irate_in_alert::LINT,
    &increase_integer_equality::LINT,
    &quantile_missing_le::LINT,
    &quantile_of_non_bucket::LINT,
    &quantile_raw_buckets::LINT,
    &quantile_bad_aggregation::LINT,
    &quantile_parameter_range::LINT,
    &averaging_quantiles::LINT,
    &mismatched_ratio_pair::LINT,
    &changes_resets_type::LINT,
    &never_true::LINT,
    &always_true::LINT,
    &percent_threshold_on_ratio::LINT,
    &ratio_threshold_on_percent::LINT,
    &percent_in_denominator::LINT,
    &timestamp_scale::LINT,
    &timestamp_as_duration::LINT,
    &count_equals_zero::LINT,
    &sum_equals_zero_of_filter::LINT,
    &domain_threshold::LINT,
    &nan_comparison::LINT,
    &humanize_percentage_mismatch::LINT,
    &percent_sign_on_ratio::LINT,
    &text_threshold_drift::LINT,
    &text_duration_drift::LINT,
    &name_direction_mismatch::LINT,
    &ladder_inverted::LINT,
    &set_op_never_matches::LINT,
    &arithmetic_never_matches::LINT,
    &contradictory_matchers::LINT,
    &missing_group_modifier::LINT,
    &group_label_impossible::LINT,
    &aggregation_label_gone::LINT,
    &or_vector_zero_shape::LINT,
    &contradictory_selector::LINT,
    &mixed_precedence::LINT,
    &chained_comparison::LINT,
    &bool_at_top::LINT,
    &self_operand::LINT,
    &name_regex_collision::LINT,
    &static_label_collapses_series::LINT,
    &no_condition::LINT,
    &missing_for::LINT,
    &range_too_short::LINT,
    &for_vs_interval::LINT,
    &for_outlives_signal::LINT,
    &absent_without_for::LINT,
    &absent_loses_labels::LINT,
    &absent_never_true::LINT,
    &sampled_series_in_alert::LINT,
    &template_syntax::LINT,
    &template_runtime_error::LINT,
    &label_not_in_result::LINT,
    &rule_label_in_template::LINT,
    &value_in_label::LINT,
    &raw_float::LINT,
    &UNKNOWN_TEMPLATE_FUNCTION,
    &template_query_broken::LINT,
    &undefined_recording_rule::LINT,
    &used_before_defined::LINT,
    &dependency_cycle::LINT,
    &identical_rule::LINT,
    &overlapping_alert_identity::LINT,
    &same_record_different_expr::LINT,
    &required_label::LINT,
    &required_annotation::LINT,
    &probable_typo::LINT,
    &literal_regex::LINT,
    &redundant_anchors::LINT,
    &matches_everything::LINT,
    &regex_in_equality::LINT,
    &deprecated::LINT,
    &redundant_default::LINT,
    &BAD_SUPPRESSION,
    &UNUSED_SUPPRESSION,
    &EXPIRED_SUPPRESSION,
    &SUPPRESSION_WITHOUT_REASON,
    &RULE_UNTESTED,
    &VACUOUS_TEST,
    &TEST_OF_UNKNOWN_ALERT,
    &TEST_INPUT_UNUSED,
    &BOUNDARY_UNTESTED,
    &TEST_TIME_UNREACHABLE,
    &UNMATCHED_RULE_FILE,
    &SERIES_LIST_CUT,
    &DUPLICATE_INPUT_SERIES,
    &ONLY_PENDING,
    &NOT_SIMULATED,
    &NOTHING_TESTED,
    &VACUOUS_EXPRESSION,
    &LABEL_RENDERS_EMPTY,
    &UNDEFINED_TIE,
    &UNDEFINED_GROUP_ORDER,
    &UNDEFINED_QUERY_ORDER,
];

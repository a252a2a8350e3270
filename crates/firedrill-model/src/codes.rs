//! The codes of what can be wrong with a file before any lint looks at it.

use firedrill_source::Code;

/// The file is not YAML.
pub const YAML_INVALID: Code = Code("FD001");
/// A key that does not exist here.
pub const UNKNOWN_FIELD: Code = Code("FD002");
/// A key that is given twice.
pub const DUPLICATE_KEY: Code = Code("FD003");
/// A value of the wrong type.
pub const WRONG_VALUE_TYPE: Code = Code("FD004");
/// A rule with both or neither of `record` and `alert`.
pub const RECORD_XOR_ALERT: Code = Code("FD005");
/// A rule without an expression.
pub const MISSING_EXPR: Code = Code("FD006");
/// An expression that is not PromQL.
pub const PROMQL_SYNTAX: Code = Code("FD007");
/// An expression whose parts do not fit together.
pub const PROMQL_TYPE: Code = Code("FD008");
/// An expression that needs a feature which is off.
pub const FEATURE_NOT_AVAILABLE: Code = Code("FD009");
/// Something that only a relative of Prometheus understands.
pub const WRONG_DIALECT: Code = Code("FD010");
/// A name that Prometheus refuses.
pub const INVALID_NAME: Code = Code("FD011");
/// A recording rule with something that only alerts have.
pub const ALERT_FIELD_ON_RECORDING_RULE: Code = Code("FD012");
/// Two groups of one name.
pub const DUPLICATE_GROUP_NAME: Code = Code("FD013");
/// A group without rules.
pub const EMPTY_GROUP: Code = Code("FD014");
/// A document that nothing reads.
pub const IGNORED_DOCUMENT: Code = Code("FD015");
/// A text that is no duration.
pub const BAD_DURATION: Code = Code("FD016");
/// A unit test that lacks what it needs to run.
pub const INCOMPLETE_TEST: Code = Code("FD021");
/// A text that is no template.
pub const TEMPLATE_SYNTAX: Code = Code("FD501");
/// A function that templates do not have.
pub const UNKNOWN_TEMPLATE_FUNCTION: Code = Code("FD509");
/// A comment for firedrill with a mistake in it.
pub const BAD_SUPPRESSION: Code = Code("FD906");
/// A comment that silences what is not found.
pub const UNUSED_SUPPRESSION: Code = Code("FD907");
/// A comment whose day has passed.
pub const EXPIRED_SUPPRESSION: Code = Code("FD908");
/// A comment that does not say why.
pub const SUPPRESSION_WITHOUT_REASON: Code = Code("FD909");
/// A rule that no test looks at.
pub const RULE_UNTESTED: Code = Code("FD910");
/// A pattern of `rule_files` that names no file.
pub const NO_RULE_FILE: Code = Code("FD918");
/// A test that expects no alert over input that no part of the alert's expression reads.
pub const VACUOUS_TEST: Code = Code("FD911");
/// A test of an alert that no loaded rule defines.
pub const TEST_OF_UNKNOWN_ALERT: Code = Code("FD912");
/// An input series that nothing reads.
pub const TEST_INPUT_UNUSED: Code = Code("FD913");
/// An alert that the tests see on one side only.
pub const BOUNDARY_UNTESTED: Code = Code("FD914");
/// A time at which there is nothing to test, or at which nothing is evaluated.
pub const TEST_TIME_UNREACHABLE: Code = Code("FD916");
/// An input series that drops those behind it.
pub const SERIES_LIST_CUT: Code = Code("FD919");
/// An input series that is given twice.
pub const DUPLICATE_INPUT_SERIES: Code = Code("FD920");
/// An alert that is pending where none is expected.
pub const ONLY_PENDING: Code = Code("FD921");
/// Something of the rules that unit tests do not simulate.
pub const NOT_SIMULATED: Code = Code("FD922");
/// A file, a test or a selection that checks nothing.
pub const NOTHING_TESTED: Code = Code("FD923");
/// An expression that reads nothing, of which nothing is expected.
pub const VACUOUS_EXPRESSION: Code = Code("FD924");
/// A label of a template that the tested alert does not have.
pub const LABEL_RENDERS_EMPTY: Code = Code("FD925");
/// A result that depends on the order of equal values.
pub const UNDEFINED_TIE: Code = Code("FD926");
/// A verdict that depends on an order of groups that nothing defines.
pub const UNDEFINED_GROUP_ORDER: Code = Code("FD927");
/// A text that depends on the order of the results of a template's query.
pub const UNDEFINED_QUERY_ORDER: Code = Code("FD928");

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
/// A name that Prometheus refuses.
pub const INVALID_NAME: Code = Code("FD011");
/// A recording rule with something that only alerts have.
pub const ALERT_FIELD_ON_RECORDING_RULE: Code = Code("FD012");
/// Two groups of one name.
pub const DUPLICATE_GROUP_NAME: Code = Code("FD013");
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
/// A rule that no test looks at.
pub const RULE_UNTESTED: Code = Code("FD910");
/// A limit that no test tries from both sides.
pub const BOUNDARY_UNTESTED: Code = Code("FD914");
/// A pattern of `rule_files` that names no file.
pub const NO_RULE_FILE: Code = Code("FD918");

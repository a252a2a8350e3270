//! Unit-test files in promtool's format.

use super::fields::{Fields, Shape};
use super::labels::Texts;
use super::{Read, ReadOptions, Reader};
use crate::timestamp::parse_timestamp;
use crate::{
    AlertTest, Entry, ExpectedAlert, ExpectedSample, ExpectedState, ExprTest, Expression, InputSeries,
    Looser, Silences, TestFile, TestGroup, codes,
};
use firedrill_promql::{Expr, ExprKind};
use firedrill_source::{FileId, Label, Span, Spanned};
use firedrill_value::{Duration, Timestamp};
use firedrill_yaml::{NodeRef, Scalar, Version};
use rustc_hash::FxHashMap;
use std::sync::Arc;

const VMALERT: &str = "vmalert-tool";

const FILE: Shape = Shape {
    name: "a test file",
    keys: &[
        "rule_files",
        "evaluation_interval",
        "group_eval_order",
        "fuzzy_compare",
        "tests",
    ],
    own: &["definitions"],
    foreign: &[],
};

const GROUP: Shape = Shape {
    name: "a test",
    keys: &[
        "name",
        "interval",
        "input_series",
        "alert_rule_test",
        "promql_expr_test",
        "external_labels",
        "external_url",
        "start_timestamp",
    ],
    own: &["match", "tolerance", "nan_equal"],
    foreign: &[
        ("metricsql_expr_test", VMALERT),
        ("disable_alertgroup_label", VMALERT),
    ],
};

const SERIES: Shape = Shape {
    name: "an input series",
    keys: &["series", "values"],
    own: &[],
    foreign: &[],
};

const ALERT_TEST: Shape = Shape {
    name: "an alert test",
    keys: &["eval_time", "alertname", "exp_alerts"],
    own: &["match", "state", "exp_count"],
    foreign: &[("groupname", VMALERT)],
};

const ALERT: Shape = Shape {
    name: "an expected alert",
    keys: &["exp_labels", "exp_annotations"],
    own: &[],
    foreign: &[],
};

const EXPR_TEST: Shape = Shape {
    name: "an expression test",
    keys: &["expr", "eval_time", "exp_samples"],
    own: &["match", "tolerance", "nan_equal"],
    foreign: &[],
};

const SAMPLE: Shape = Shape {
    name: "an expected sample",
    keys: &["labels", "value", "histogram"],
    own: &[],
    foreign: &[],
};

/// One minute, as promtool has it.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// Reads a unit-test file.
///
/// Whatever is broken is reported and left out; the rest is there. Input series stay in notation and are not checked
/// here. What its comments silence is reported all the same: see [`Silences::settle`].
pub fn read_test_file(file: FileId, text: &str, options: &ReadOptions) -> Read<TestFile> {
    let tree = firedrill_yaml::parse(text);
    let mut reader = Reader::new(&tree, file, text, Version::V2, options);
    reader.syntax_errors(|document| document == 0);
    let mut result = TestFile {
        file,
        rule_files: Vec::new(),
        evaluation_interval: DEFAULT_INTERVAL,
        group_eval_order: Vec::new(),
        fuzzy_compare: false,
        tests: Vec::new(),
        silences: Silences::default(),
    };
    reader.ignored_documents("promtool reads", "a test file", "tests");
    if let Some(fields) = tree.root(0).and_then(|root| reader.fields(root, &FILE)) {
        reader.test_file(&fields, &mut result);
    }
    result.silences = crate::silence::of_tests(&result, tree.comments(), text);
    reader.finish(result)
}

impl<'t> Reader<'t> {
    fn test_file(&mut self, fields: &Fields<'t>, file: &mut TestFile) {
        file.rule_files = self.strings(fields, "rule_files");
        if let Some(interval) = self
            .duration_of(fields, "evaluation_interval")
            .filter(|d| !d.value.is_zero())
        {
            file.evaluation_interval = interval.value;
        }
        file.group_eval_order = self.strings(fields, "group_eval_order");
        self.check_order(&file.group_eval_order);
        if let Some(node) = fields.value("fuzzy_compare") {
            file.fuzzy_compare = self.boolean(node, "fuzzy_compare").unwrap_or(false);
        }
        for item in self.elements(fields, "tests") {
            let interval = file.evaluation_interval;
            file.tests.extend(self.test_group(item, interval));
        }
    }

    fn check_order(&mut self, order: &[Scalar]) {
        let mut seen: FxHashMap<Arc<str>, firedrill_source::Span> = FxHashMap::default();
        for name in order {
            let Some(before) = seen.insert(name.text.clone(), name.used_at) else {
                continue;
            };
            let at = self.location(name.used_at);
            let before = self.location(before);
            let message = format!("the group `{}` is named twice in `group_eval_order`", name.text);
            let mut finding = firedrill_source::Diagnostic::new(
                codes::DUPLICATE_GROUP_NAME,
                firedrill_source::Severity::Error,
                at,
                message,
            )
            .note("promtool refuses to run the file")
            .help("name each group once");
            finding.related.push(Label::new(before, "named here first"));
            self.diagnostics.push(finding);
        }
    }

    fn test_group(&mut self, node: NodeRef<'t>, evaluation_interval: Duration) -> Option<TestGroup> {
        let mut group = TestGroup {
            name: None,
            span: node.span(),
            interval: evaluation_interval,
            input_series: Vec::new(),
            alert_tests: Vec::new(),
            expr_tests: Vec::new(),
            external_labels: Vec::new(),
            external_url: None,
            start: 0,
        };
        let Some(fields) = self.fields(node, &GROUP) else {
            // A null counts as a test without anything in it.
            return self.is_null(node).then_some(group);
        };
        group.name = self
            .scalar_of(&fields, "name")
            .filter(|name| !name.text.is_empty());
        if let Some(interval) = self
            .duration_of(&fields, "interval")
            .filter(|d| !d.value.is_zero())
        {
            group.interval = interval.value;
        }
        for item in self.elements(&fields, "input_series") {
            group.input_series.extend(self.input_series(item));
        }
        let looser = self.looser(&fields, Looser::default());
        for item in self.elements(&fields, "alert_rule_test") {
            group.alert_tests.extend(self.alert_test(item, looser));
        }
        for item in self.elements(&fields, "promql_expr_test") {
            group.expr_tests.extend(self.expr_test(item, looser));
        }
        group.external_labels = self.entries_of(&fields, "external_labels");
        group.external_url = self
            .scalar_of(&fields, "external_url")
            .filter(|url| !url.text.is_empty());
        group.start = self.start(&fields);
        Some(group)
    }

    fn input_series(&mut self, node: NodeRef<'t>) -> Option<InputSeries> {
        let fields = self.fields(node, &SERIES);
        let nothing = nothing_at(node);
        let Some(fields) = fields else {
            let zero = InputSeries {
                series: nothing.clone(),
                values: nothing,
                span: node.span(),
            };
            return self.is_null(node).then_some(zero);
        };
        let series = self.scalar_of(&fields, "series");
        let values = self.scalar_of(&fields, "values");
        Some(InputSeries {
            series: series.unwrap_or_else(|| nothing.clone()),
            values: values.unwrap_or(nothing),
            span: node.span(),
        })
    }

    fn alert_test(&mut self, node: NodeRef<'t>, looser: Looser) -> Option<AlertTest> {
        let fields = self.fields(node, &ALERT_TEST);
        if fields.is_none() && !self.is_null(node) {
            return None;
        }
        let mut test = AlertTest {
            eval_time: Spanned::new(Duration::ZERO, node.used_at()),
            alertname: None,
            expected: Vec::new(),
            looser,
            state: ExpectedState::Firing,
            count: None,
            span: node.span(),
        };
        if let Some(fields) = &fields {
            test.looser = self.looser(fields, looser);
            test.state = self.state(fields);
            test.count = self.count(fields);
            if let Some(time) = self.duration_of(fields, "eval_time") {
                test.eval_time = time;
            }
            test.alertname = self
                .scalar_of(fields, "alertname")
                .filter(|name| !name.text.is_empty());
            for item in self.elements(fields, "exp_alerts") {
                test.expected.extend(self.expected_alert(item));
            }
        }
        let readable = fields
            .as_ref()
            .and_then(|fields| fields.value("alertname"))
            .is_none_or(|name| name.text().is_some());
        if test.alertname.is_none() && readable && !self.tree.is_unfinished(node.id()) {
            let at = fields
                .as_ref()
                .and_then(|fields| fields.get("alertname"))
                .map_or(node, |field| field.key);
            let finding = self.error(
                codes::INCOMPLETE_TEST,
                at,
                "this alert test does not say which alert it is about",
            );
            finding.note = Some("promtool fails the whole test for it".to_owned());
            finding.help = Some("add `alertname:` with the name of the alert".to_owned());
        }
        Some(test)
    }

    fn expected_alert(&mut self, node: NodeRef<'t>) -> Option<ExpectedAlert> {
        let fields = self.fields(node, &ALERT);
        if fields.is_none() && !self.is_null(node) {
            return None;
        }
        let mut entries = |key| {
            fields
                .as_ref()
                .map(|fields| self.entries_of(fields, key))
                .unwrap_or_default()
        };
        Some(ExpectedAlert {
            labels: entries("exp_labels"),
            annotations: entries("exp_annotations"),
            patterns: fields
                .as_ref()
                .map(|fields| self.patterns(fields))
                .unwrap_or_default(),
            span: node.span(),
        })
    }

    fn expr_test(&mut self, node: NodeRef<'t>, looser: Looser) -> Option<ExprTest> {
        let fields = self.fields(node, &EXPR_TEST);
        if fields.is_none() && !self.is_null(node) {
            return None;
        }
        let expr = self.tested_expression(node, fields.as_ref());
        let mut eval_time = Spanned::new(Duration::ZERO, node.used_at());
        let mut expected = Vec::new();
        let mut looser = looser;
        if let Some(fields) = &fields {
            looser = self.looser(fields, looser);
            eval_time = self.duration_of(fields, "eval_time").unwrap_or(eval_time);
            for item in self.elements(fields, "exp_samples") {
                expected.extend(self.expected_sample(item));
            }
        }
        Some(ExprTest {
            // promtool runs a test without an expression, too: it fails with the parser's words.
            expr: expr.unwrap_or_else(|| no_expression(node)),
            eval_time,
            expected,
            looser,
            span: node.span(),
        })
    }

    fn tested_expression(&mut self, node: NodeRef<'t>, fields: Option<&Fields<'t>>) -> Option<Expression> {
        let field = fields.and_then(|fields| fields.get("expr"));
        let nothing = match field {
            None => !self.tree.is_unfinished(node.id()),
            Some(field) => self.is_null(field.value) || field.value.text().is_some_and(str::is_empty),
        };
        if nothing {
            let at = field.map_or(node, |field| field.key);
            let finding = self.error(codes::MISSING_EXPR, at, "this expression test has no expression");
            finding.note = Some("promtool fails the whole test for it".to_owned());
            finding.help = Some("add `expr:` with the PromQL expression to evaluate".to_owned());
            return None;
        }
        self.expression(field?.value, "`expr`")
    }

    fn expected_sample(&mut self, node: NodeRef<'t>) -> Option<ExpectedSample> {
        let fields = self.fields(node, &SAMPLE);
        if fields.is_none() && !self.is_null(node) {
            return None;
        }
        let mut sample = ExpectedSample {
            labels: None,
            value: 0.0,
            histogram: None,
            span: node.span(),
        };
        if let Some(fields) = fields {
            sample.labels = self
                .scalar_of(&fields, "labels")
                .filter(|labels| !labels.text.is_empty());
            sample.value = fields
                .value("value")
                .and_then(|node| self.float(node, "value"))
                .unwrap_or(0.0);
            sample.histogram = self
                .scalar_of(&fields, "histogram")
                .filter(|text| !text.text.is_empty());
        }
        Some(sample)
    }

    fn start(&mut self, fields: &Fields<'t>) -> Timestamp {
        let Some(node) = fields
            .value("start_timestamp")
            .filter(|node| !self.is_null(*node))
        else {
            return 0;
        };
        let Some(text) = self.text(node, "`start_timestamp`") else {
            return 0;
        };
        if let Some(time) = parse_timestamp(&text.text) {
            return time;
        }
        let consequence = self.consequence;
        let message = format!("`start_timestamp`: `{}` is no point in time", text.text);
        let finding = self.error(codes::WRONG_VALUE_TYPE, node, message);
        finding.note = Some(consequence.to_owned());
        finding.help = Some(
            "write seconds since 1970 such as `1700000000`, or a time with its zone such as `2023-11-14T22:13:20Z`"
                .to_owned(),
        );
        0
    }

    pub(super) fn scalar_of(&mut self, fields: &Fields<'t>, key: &str) -> Option<Scalar> {
        fields
            .value(key)
            .and_then(|node| self.text(node, format_args!("`{key}`")))
    }

    fn duration_of(&mut self, fields: &Fields<'t>, key: &str) -> Option<Spanned<Duration>> {
        fields.value(key).and_then(|node| self.duration(node, key))
    }

    fn elements(&mut self, fields: &Fields<'t>, key: &str) -> Vec<NodeRef<'t>> {
        fields
            .value(key)
            .map(|node| self.list(node, key))
            .unwrap_or_default()
    }

    fn strings(&mut self, fields: &Fields<'t>, key: &str) -> Vec<Scalar> {
        let items = self.elements(fields, key);
        items
            .into_iter()
            .filter_map(|item| self.text(item, format_args!("an element of `{key}`")))
            .collect()
    }

    fn entries_of(&mut self, fields: &Fields<'t>, key: &str) -> Vec<Entry> {
        let value = fields.value(key);
        value
            .map(|node| self.texts(node, key, Texts::Expected, false))
            .unwrap_or_default()
    }
}

/// The empty text that stands for a field which is left out.
fn nothing_at(node: NodeRef<'_>) -> Scalar {
    let span = node.span();
    let at = firedrill_source::Span {
        start: span.start,
        end: span.start,
    };
    Scalar {
        text: Arc::from(""),
        style: firedrill_yaml::Style::Plain,
        span: at,
        used_at: at,
    }
}

/// An expression that is not there.
fn no_expression(node: NodeRef<'_>) -> Expression {
    Expression {
        source: nothing_at(node),
        expr: Expr {
            kind: ExprKind::Missing,
            span: Span::default(),
        },
        valid: false,
    }
}

//! The type check: depth-first, in upstream's order and words (`checkAST` of its parser).

use crate::ast::{Aggregate, Binary, Call, Expr, ExprKind, GroupSide, Selector};
use crate::error::{ParseError, ParseErrorKind};
use crate::lex::is_blank;
use firedrill_functions::{Func, Function, ValueType, Variadic};
use firedrill_source::Span;
use firedrill_value::{METRIC_NAME, quote};

/// Adds the type errors of a tree without syntax errors; `text` is what it was parsed from.
pub(crate) fn check(expr: &Expr, text: &str, errors: &mut Vec<ParseError>) {
    Checker { text, errors }.check(expr);
}

struct Checker<'a> {
    text: &'a str,
    errors: &'a mut Vec<ParseError>,
}

impl Checker<'_> {
    #[cold]
    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors
            .push(ParseError::new(ParseErrorKind::Type, span, message));
    }

    /// Checks a node and what is below it; gives its type.
    fn check(&mut self, expr: &Expr) -> ValueType {
        match &expr.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Selector(selector) => {
                self.check_selector(expr, selector, false);
                ValueType::Vector
            }
            ExprKind::Range(range) => {
                self.check(&range.selector);
                ValueType::Matrix
            }
            ExprKind::Subquery(subquery) => {
                let inner = self.check(&subquery.expr);
                if inner != ValueType::Vector {
                    self.error(
                        expr.span,
                        format!(
                            "subquery is only allowed on instant vector, got {} instead",
                            inner.raw()
                        ),
                    );
                }
                ValueType::Matrix
            }
            ExprKind::Call(call) => match call.function {
                Some(function) => self.check_call(expr, call, function),
                None => ValueType::None,
            },
            ExprKind::Aggregate(aggregate) => self.check_aggregate(aggregate),
            ExprKind::Binary(binary) => self.check_binary(expr, binary),
            ExprKind::Unary(unary) => {
                let inner = self.check(&unary.operand);
                if !matches!(inner, ValueType::Scalar | ValueType::Vector) {
                    self.error(
                        expr.span,
                        format!(
                            "unary expression only allowed on expressions of type scalar or instant vector, got {}",
                            quote(inner.documented())
                        ),
                    );
                }
                inner
            }
            ExprKind::Paren(inner) => self.check(inner),
            ExprKind::Missing => ValueType::None,
        }
    }

    fn check_selector(&mut self, expr: &Expr, selector: &Selector, may_be_empty: bool) {
        if let Some(name) = &selector.name {
            for matcher in &selector.matchers {
                if &*matcher.label.text == METRIC_NAME {
                    self.error(
                        expr.span,
                        format!(
                            "metric name must not be set twice: {} or {}",
                            quote(&name.text),
                            quote(&matcher.value)
                        ),
                    );
                }
            }
        } else if !may_be_empty && selector.matchers.iter().all(|matcher| matcher.matches("")) {
            self.error(
                expr.span,
                "vector selector must contain at least one non-empty matcher",
            );
        }
    }

    fn check_aggregate(&mut self, aggregate: &Aggregate) -> ValueType {
        self.expect(&aggregate.expr, ValueType::Vector, || {
            "aggregation expression".to_owned()
        });
        if let (Some(param), Some(wanted)) = (&aggregate.param, aggregate.op.param_type()) {
            self.expect(param, wanted, || "aggregation parameter".to_owned());
        }
        ValueType::Vector
    }

    fn expect(&mut self, expr: &Expr, wanted: ValueType, context: impl FnOnce() -> String) {
        let found = self.check(expr);
        if found != wanted {
            self.wrong_type(expr.span, wanted, found, &context());
        }
    }

    #[cold]
    fn wrong_type(&mut self, span: Span, wanted: ValueType, found: ValueType, context: &str) {
        self.error(span, format!("expected type {wanted} in {context}, got {found}"));
        if let Some(error) = self.errors.last_mut() {
            error.found = Some(found.documented().to_owned());
            error.expected = Some(wanted.documented().to_owned());
            error.help = type_help(wanted, found);
        }
    }

    fn check_call(&mut self, expr: &Expr, call: &Call, function: &'static Function) -> ValueType {
        let found = call.args.len();
        let (least, most) = (function.min_args(), function.max_args());
        let complaint = match function.variadic {
            Variadic::No if found != least => Some(format!("expected {least}")),
            Variadic::No => None,
            _ if found < least => Some(format!("expected at least {least}")),
            _ => most
                .filter(|&most| found > most)
                .map(|most| format!("expected at most {most}")),
        };
        if let Some(complaint) = complaint {
            self.error(
                expr.span,
                format!(
                    "{complaint} argument(s) in call to {}, got {found}",
                    quote(function.name)
                ),
            );
            if let Some(error) = self.errors.last_mut() {
                error.help = Some(format!("the function is {}", function.signature()));
            }
        }
        let context = || format!("call to function {}", quote(function.name));
        let info = function.id == Func::Info;
        if info && found > 1 {
            self.check_info_labels(expr, call, &context());
        }
        for (index, arg) in call.args.iter().enumerate() {
            if index >= function.args.len() && function.variadic == Variadic::No {
                break;
            }
            match &arg.kind {
                // The selector of info() is a bag of matchers: it need not select anything by itself.
                ExprKind::Selector(selector) if info && index == 1 => {
                    self.check_selector(arg, selector, true);
                }
                _ => self.expect(arg, function.arg_type(index), context),
            }
        }
        function.returns
    }

    fn check_info_labels(&mut self, expr: &Expr, call: &Call, context: &str) {
        let Some(labels) = call.args.get(1) else { return };
        let found = labels.value_type();
        if found != ValueType::Vector {
            self.wrong_type(expr.span, ValueType::Vector, found, context);
        } else if let ExprKind::Selector(selector) = &labels.kind {
            if selector.name.is_some() {
                self.error(
                    labels.span,
                    "expected label selectors only, got vector selector instead",
                );
            }
        } else {
            self.error(labels.span, "expected label selectors only");
        }
    }

    fn check_binary(&mut self, expr: &Expr, binary: &Binary) -> ValueType {
        let left = self.check(&binary.lhs);
        let right = self.check(&binary.rhs);
        let op = binary.op;
        let both_scalar = left == ValueType::Scalar && right == ValueType::Scalar;
        if binary.bool_modifier.is_some() && !op.is_comparison() {
            self.error(
                self.operator_span(binary),
                "bool modifier can only be used on comparison operators",
            );
        }
        if op.is_comparison() && binary.bool_modifier.is_none() && both_scalar {
            self.error(
                self.operator_span(binary),
                "comparisons between scalars must use BOOL modifier",
            );
        }
        self.check_group_labels(binary);
        for (side, found) in [(&binary.lhs, left), (&binary.rhs, right)] {
            if !matches!(found, ValueType::Scalar | ValueType::Vector) {
                self.error(
                    side.span,
                    "binary expression must contain only scalar and instant vector types",
                );
                if let Some(error) = self.errors.last_mut() {
                    error.found = Some(found.documented().to_owned());
                    error.help = type_help(ValueType::Vector, found);
                }
            }
        }
        let has_fill = binary.fill.span.is_some();
        if left != ValueType::Vector || right != ValueType::Vector {
            if binary.matching.as_ref().is_some_and(|m| !m.labels.is_empty()) {
                self.error(expr.span, "vector matching only allowed between instant vectors");
            }
            if has_fill {
                self.error(
                    expr.span,
                    "filling in missing series only allowed between instant vectors",
                );
            }
        } else if op.is_set() {
            if binary.group.is_some() {
                let op = quote(op.symbol());
                self.error(expr.span, format!("no grouping allowed for {op} operation"));
                self.error(expr.span, "set operations must always be many-to-many");
            }
            if has_fill {
                self.error(
                    expr.span,
                    "filling in missing series not allowed for set operators",
                );
            }
        }
        if (left == ValueType::Scalar || right == ValueType::Scalar) && op.is_set() {
            let op = quote(op.symbol());
            self.error(
                expr.span,
                format!("set operator {op} not allowed in binary scalar expression"),
            );
        }
        if both_scalar {
            ValueType::Scalar
        } else {
            ValueType::Vector
        }
    }

    fn check_group_labels(&mut self, binary: &Binary) {
        let (Some(matching), Some(group)) = (&binary.matching, &binary.group) else {
            return;
        };
        if !matching.on {
            return;
        }
        for label in &matching.labels {
            for _ in group.labels.iter().filter(|copied| copied.text == label.text) {
                self.error(
                    self.operator_span(binary),
                    format!(
                        "label {} must not occur in ON and GROUP clause at once",
                        quote(&label.text)
                    ),
                );
                let side = match group.side {
                    GroupSide::Left => "group_left",
                    GroupSide::Right => "group_right",
                };
                if let Some(error) = self.errors.last_mut() {
                    error.help = Some(format!(
                        "both sides agree on the labels of `on`: drop it from `{side}`"
                    ));
                }
            }
        }
    }

    /// What stands between the operands, without the blanks around it.
    fn operator_span(&self, binary: &Binary) -> Span {
        let between = Span {
            start: binary.lhs.span.end,
            end: binary.rhs.span.start.max(binary.lhs.span.end),
        };
        let text = between.slice(self.text);
        let start = between.start as usize + text.len() - text.trim_start_matches(is_blank).len();
        Span::new(start, start + text.trim_matches(is_blank).len())
    }
}

/// What to do about a value of the wrong type.
fn type_help(wanted: ValueType, found: ValueType) -> Option<String> {
    let help = match (wanted, found) {
        (ValueType::Matrix, ValueType::Vector) => "add a window such as `[5m]` to the selector",
        (ValueType::Vector, ValueType::Matrix) => {
            "a window is for functions such as `rate(…)` or `max_over_time(…)`: apply one, or drop the brackets"
        }
        (ValueType::Vector, ValueType::Scalar) => "`vector(…)` turns a number into a vector",
        (ValueType::Scalar, ValueType::Vector) => "`scalar(…)` turns a vector of one series into a number",
        _ => return None,
    };
    Some(help.to_owned())
}

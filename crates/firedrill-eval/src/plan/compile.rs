//! From the syntax tree to a plan.

use super::node::{
    AggregateNode, BinaryNode, CallNode, Length, Node, NodeKind, SelectorNode, Shape, SubqueryNode,
    WindowNode,
};
use super::{Plan, PlanOptions, SelectorInfo, proofs};
use crate::arithmetic;
use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{
    Aggregate, At, AtTime, Binary, Call, DurationExpr, Expr, ExprKind, ExtensionKind, MatchOp, Matcher,
    Modifiers, Name, RangeSelector, Selector, Subquery,
};
use firedrill_regex::Regex;
use firedrill_source::Span;
use firedrill_value::METRIC_NAME;
use std::sync::Arc;

pub(super) fn compile(expr: &Expr, options: &PlanOptions) -> Plan {
    let mut compiler = Compiler {
        options,
        selectors: Vec::new(),
        durations: Vec::new(),
        incomplete: false,
        looks_ahead: false,
        has_subquery: false,
        bounds_in_subquery: false,
        joins_infos: false,
        subquery_depth: 0,
        statistics_only: false,
        whole_histograms: false,
    };
    let root = compiler.expr(expr);
    let root = compiler.pin(root);
    // Which info series are looked for depends on all base series that are there: at one step they may be others.
    let stepwise = compiler.bounds_in_subquery || compiler.joins_infos || proofs::order_matters(&root);
    let quiet = !compiler.incomplete && proofs::quiet_without_series(&root);
    Plan {
        root,
        selectors: compiler.selectors,
        durations: compiler.durations,
        incomplete: compiler.incomplete,
        stepwise,
        has_subquery: compiler.has_subquery,
        looks_ahead: compiler.looks_ahead,
        quiet,
    }
}

struct Compiler<'a> {
    options: &'a PlanOptions,
    selectors: Vec<SelectorInfo>,
    durations: Vec<(DurationExpr, bool)>,
    incomplete: bool,
    looks_ahead: bool,
    has_subquery: bool,
    bounds_in_subquery: bool,
    joins_infos: bool,
    subquery_depth: usize,
    /// Only count and sum of histograms are asked for here.
    statistics_only: bool,
    /// Something around needs whole histograms.
    whole_histograms: bool,
}

/// A node and whether it is the same at every step.
struct Compiled {
    node: Node,
    invariant: bool,
    /// Whether it asks for the start or end of the query.
    uses_bounds: bool,
}

impl Compiler<'_> {
    fn expr(&mut self, expr: &Expr) -> Compiled {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(number) => fixed(NodeKind::Number(number.value), span),
            ExprKind::String(text) => fixed(NodeKind::String(text.bytes.clone()), span),
            ExprKind::Selector(selector) => self.selector(selector, span),
            ExprKind::Range(range) => self.window(range, span),
            ExprKind::Subquery(subquery) => self.subquery(subquery, span),
            ExprKind::Call(call) => self.call(call, span),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, span),
            ExprKind::Binary(binary) => self.binary(binary, span),
            ExprKind::Unary(unary) => {
                let operand = self.expr(&unary.operand);
                if !unary.negative {
                    return operand;
                }
                match operand.node.kind {
                    NodeKind::Number(value) if self.options.fold_constants => {
                        fixed(NodeKind::Number(-value), span)
                    }
                    kind => Compiled {
                        node: node(NodeKind::Negate(Box::new(node(kind, operand.node.span))), span),
                        ..operand
                    },
                }
            }
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Missing => self.hole(span),
        }
    }

    /// Stands for a hole in the tree; the plan will refuse to run.
    fn hole(&mut self, span: Span) -> Compiled {
        self.incomplete = true;
        fixed(NodeKind::Number(f64::NAN), span)
    }

    /// Marks a finished subtree as evaluated once, where that saves anything.
    fn pin(&self, compiled: Compiled) -> Node {
        let trivial = matches!(
            compiled.node.kind,
            NodeKind::Number(_) | NodeKind::String(_) | NodeKind::Window(_) | NodeKind::Subquery(_)
        );
        if !compiled.invariant || trivial || !self.options.fold_constants {
            return compiled.node;
        }
        let span = compiled.node.span;
        let kind = NodeKind::Pinned {
            inner: Box::new(compiled.node),
            uses_bounds: compiled.uses_bounds,
        };
        node(kind, span)
    }

    fn selector(&mut self, selector: &Selector, span: Span) -> Compiled {
        let (selector, invariant, uses_bounds) = self.selector_node(selector, span);
        Compiled {
            node: node(NodeKind::Selector(selector), span),
            invariant,
            uses_bounds,
        }
    }

    fn selector_node(&mut self, selector: &Selector, span: Span) -> (SelectorNode, bool, bool) {
        let name = selector.name.iter().map(|name| Matcher {
            label: Name {
                text: METRIC_NAME.into(),
                span: name.span,
            },
            op: MatchOp::Equal,
            value: name.text.clone(),
            value_span: name.span,
            regex: None,
            span: name.span,
        });
        let matchers: Arc<[Matcher]> = name.chain(selector.matchers.iter().cloned()).collect();
        self.selectors.push(SelectorInfo {
            matchers: matchers.clone(),
            span,
        });
        let (offset, at, uses_bounds) = self.modifiers(&selector.modifiers);
        let extension = selector.modifiers.extension.map(|extension| extension.kind);
        self.looks_ahead |= extension == Some(ExtensionKind::Smoothed);
        let selector = SelectorNode {
            matchers,
            offset,
            at,
            extension,
            statistics_only: self.statistics_only,
        };
        (selector, at.is_some(), uses_bounds)
    }

    fn modifiers(&mut self, modifiers: &Modifiers) -> (Length, Option<AtTime>, bool) {
        let offset = match &modifiers.offset {
            None => Length::Millis(0),
            Some(offset) => self.length(&offset.duration, false),
        };
        let at = modifiers.at.map(|At { time, .. }| time);
        self.looks_ahead |= at.is_some() || !matches!(offset, Length::Millis(0..));
        let uses_bounds = matches!(at, Some(AtTime::Start | AtTime::End));
        self.bounds_in_subquery |= uses_bounds && self.subquery_depth > 0;
        (offset, at, uses_bounds)
    }

    fn length(&mut self, duration: &DurationExpr, positive: bool) -> Length {
        match duration.literal() {
            Some(length) => Length::Millis(length.millis()),
            None => {
                self.durations.push((duration.clone(), positive));
                Length::Computed(self.durations.len() - 1)
            }
        }
    }

    fn window(&mut self, range: &RangeSelector, span: Span) -> Compiled {
        let ExprKind::Selector(selector) = &range.selector.kind else {
            return self.hole(span);
        };
        let length = self.length(&range.range, true);
        let (selector, invariant, uses_bounds) = self.selector_node(selector, span);
        let window = WindowNode {
            selector,
            range: length,
        };
        Compiled {
            node: node(NodeKind::Window(Box::new(window)), span),
            invariant,
            uses_bounds,
        }
    }

    fn subquery(&mut self, subquery: &Subquery, span: Span) -> Compiled {
        self.has_subquery = true;
        let range = self.length(&subquery.range, true);
        let step = subquery.step.as_ref().map(|step| self.length(step, true));
        let (offset, at, uses_bounds) = self.modifiers(&subquery.modifiers);
        self.subquery_depth += 1;
        let (statistics, whole) = (self.statistics_only, self.whole_histograms);
        self.statistics_only = false;
        self.whole_histograms = true;
        let inner = self.expr(&subquery.expr);
        (self.statistics_only, self.whole_histograms) = (statistics, whole);
        self.subquery_depth -= 1;
        let expr = self.pin(inner);
        let subquery = SubqueryNode {
            expr,
            range,
            step,
            offset,
            at,
        };
        Compiled {
            node: node(NodeKind::Subquery(Box::new(subquery)), span),
            invariant: at.is_some(),
            uses_bounds,
        }
    }

    fn call(&mut self, call: &Call, span: Span) -> Compiled {
        let Some(function) = call.function else {
            return self.hole(span);
        };
        let func = function.id;
        let around = self.statistics_only;
        self.statistics_only = match func {
            Func::HistogramCount | Func::HistogramSum | Func::HistogramAvg => !self.whole_histograms,
            Func::HistogramQuantile | Func::HistogramQuantiles | Func::HistogramFraction => false,
            _ => around,
        };
        let outer_whole = self.whole_histograms;
        self.whole_histograms |= matches!(
            func,
            Func::HistogramQuantile | Func::HistogramQuantiles | Func::HistogramFraction
        );
        let args: Vec<Compiled> = call.args.iter().map(|arg| self.expr(arg)).collect();
        self.statistics_only = around;
        self.whole_histograms = outer_whole;
        if func == Func::Info {
            self.joins_infos = true;
            self.info_selector(call, span);
        }
        self.bounds_in_subquery |= self.subquery_depth > 0 && matches!(func, Func::Start | Func::End);
        let written_as_selector = |arg: &Expr| matches!(arg.unparenthesised().kind, ExprKind::Selector(_));
        let direct = call.args.first().is_some_and(written_as_selector);
        let own_time = matches!(func, Func::Timestamp | Func::StartTimestamp) && direct;
        let invariant = args.iter().all(|arg| arg.invariant)
            && (own_time || !func.depends_on_time())
            && func != Func::Info;
        let uses_bounds = args.iter().any(|arg| arg.uses_bounds);
        let regex = match args.get(4).map(|arg| &arg.node.kind) {
            Some(NodeKind::String(pattern)) if func == Func::LabelReplace => std::str::from_utf8(pattern)
                .ok()
                .and_then(|pattern| Regex::anchored(pattern).ok()),
            _ => None,
        };
        // What stands directly under timestamp() and info() is looked at as it is.
        let bare = matches!(func, Func::Timestamp | Func::StartTimestamp | Func::Info);
        let args = args.into_iter().map(|arg| {
            if invariant || bare {
                arg.node
            } else {
                self.pin(arg)
            }
        });
        let call = CallNode {
            func,
            args: args.collect(),
            regex,
            direct,
        };
        Compiled {
            node: node(NodeKind::Call(Box::new(call)), span),
            invariant,
            uses_bounds,
        }
    }

    /// What `info()` reads beside its arguments: without a matcher on the name, `target_info`; with negative ones only,
    /// metrics whose names end in `_info`.
    fn info_selector(&mut self, call: &Call, span: Span) {
        let matchers: &[Matcher] = match call.args.get(1).map(|arg| &arg.unparenthesised().kind) {
            Some(ExprKind::Selector(selector)) => &selector.matchers,
            _ => &[],
        };
        if call.args.len() > 1 {
            // The second argument is no selector of its own.
            self.selectors.pop();
        }
        let data = matchers.iter().filter(|m| &*m.label.text != METRIC_NAME).cloned();
        let mut all = crate::info::effective_name_matchers(matchers, span);
        all.extend(data);
        self.selectors.push(SelectorInfo {
            matchers: all.into(),
            span,
        });
    }

    fn aggregate(&mut self, aggregate: &Aggregate, span: Span) -> Compiled {
        let param = aggregate.param.as_ref().map(|param| self.expr(param));
        let expr = self.expr(&aggregate.expr);
        let invariant = expr.invariant && param.as_ref().is_none_or(|param| param.invariant);
        let uses_bounds = expr.uses_bounds || param.as_ref().is_some_and(|param| param.uses_bounds);
        let (without, labels) = match &aggregate.grouping {
            None => (false, Vec::new()),
            Some(grouping) => (grouping.without, sorted(&grouping.labels)),
        };
        let keep = |this: &Self, part: Compiled| if invariant { part.node } else { this.pin(part) };
        let aggregate = AggregateNode {
            op: aggregate.op,
            without,
            labels,
            param: param.map(|param| keep(self, param)),
            expr: keep(self, expr),
        };
        Compiled {
            node: node(NodeKind::Aggregate(Box::new(aggregate)), span),
            invariant,
            uses_bounds,
        }
    }

    fn binary(&mut self, binary: &Binary, span: Span) -> Compiled {
        let (statistics, whole) = (self.statistics_only, self.whole_histograms);
        if binary.op.is_trim() {
            self.statistics_only = false;
            self.whole_histograms = true;
        }
        let lhs = self.expr(&binary.lhs);
        let rhs = self.expr(&binary.rhs);
        (self.statistics_only, self.whole_histograms) = (statistics, whole);
        let scalar = |expr: &Expr| expr.value_type() == ValueType::Scalar;
        let shape = match (scalar(&binary.lhs), scalar(&binary.rhs)) {
            (true, true) => Shape::Scalars,
            (true, false) => Shape::ScalarVector,
            (false, true) => Shape::VectorScalar,
            (false, false) => Shape::Vectors {
                on: binary.matching.as_ref().is_some_and(|matching| matching.on),
                labels: binary.matching.as_ref().map_or(Vec::new(), |m| sorted(&m.labels)),
                group: binary.group.as_ref().map(|group| group.side),
                include: binary
                    .group
                    .iter()
                    .flat_map(|group| group.labels.iter().map(|name| name.text.clone()))
                    .collect(),
                fill: binary.fill,
            },
        };
        if let (Shape::Scalars, NodeKind::Number(a), NodeKind::Number(b), true) = (
            &shape,
            &lhs.node.kind,
            &rhs.node.kind,
            self.options.fold_constants,
        ) {
            return fixed(NodeKind::Number(arithmetic::scalars(binary.op, *a, *b)), span);
        }
        let invariant = lhs.invariant && rhs.invariant;
        let uses_bounds = lhs.uses_bounds || rhs.uses_bounds;
        let keep = |this: &Self, part: Compiled| if invariant { part.node } else { this.pin(part) };
        let binary = BinaryNode {
            op: binary.op,
            bool_modifier: binary.bool_modifier.is_some(),
            shape,
            lhs: keep(self, lhs),
            rhs: keep(self, rhs),
        };
        Compiled {
            node: node(NodeKind::Binary(Box::new(binary)), span),
            invariant,
            uses_bounds,
        }
    }
}

fn node(kind: NodeKind, span: Span) -> Node {
    Node { kind, span }
}

fn fixed(kind: NodeKind, span: Span) -> Compiled {
    Compiled {
        node: node(kind, span),
        invariant: true,
        uses_bounds: false,
    }
}

fn sorted(names: &[Name]) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = names.iter().map(|name| name.text.clone()).collect();
    names.sort();
    names.dedup();
    names
}

//! What follows an operand and binds tightest: brackets, `offset`, `@`, `anchored`, `smoothed`.

use super::{Parser, Tree};
use crate::ast::{
    At, AtTime, DurationExpr, DurationKind, Expr, ExprKind, Extension, ExtensionKind, Modifiers, Offset,
    RangeSelector, Subquery,
};
use crate::lex::{Kind, Token};
use firedrill_source::Span;

impl Parser<'_> {
    /// All modifiers behind an operand.
    pub(super) fn parse_modifiers(&mut self, mut tree: Tree) -> Tree {
        loop {
            let token = self.peek();
            match token.kind {
                Kind::LeftBracket => tree = self.parse_brackets(tree),
                Kind::Offset => self.parse_offset(&mut tree),
                Kind::At => self.parse_at(&mut tree),
                Kind::Anchored | Kind::Smoothed => self.parse_extension(&mut tree),
                _ => return tree,
            }
        }
    }

    /// `[5m]` or `[1h:5m]`; `[` is next.
    fn parse_brackets(&mut self, inner: Tree) -> Tree {
        let open = self.take();
        if let Some((range, end)) = self.parse_usual_window() {
            self.taken_end = end;
            let brackets = self.span_from(open.start);
            let span = self.span_from(inner.expr.span.start);
            return self.build_range(inner, range, brackets, span);
        }
        let range = self.parse_duration(
            "subquery or range selector",
            "number, duration, step(), or range()",
        );
        let mut step = None;
        let mut is_subquery = false;
        match self.peek_kind() {
            _ if range.is_none() => {}
            Kind::Colon => {
                self.take();
                is_subquery = true;
                if self.peek_kind() != Kind::RightBracket {
                    step = self
                        .parse_duration("subquery selector", "number, duration, step(), range(), or \"]\"");
                    if step.is_some() && self.peek_kind() != Kind::RightBracket {
                        self.unexpected("subquery selector", "\"]\"");
                    }
                }
            }
            Kind::RightBracket => {}
            _ => self.unexpected("subquery or range", "\":\" or \"]\""),
        }
        if self.peek_kind() != Kind::RightBracket {
            self.skip_to(Kind::RightBracket);
        }
        self.take_if(Kind::RightBracket);
        let brackets = self.span_from(open.start);
        let span = self.span_from(inner.expr.span.start);
        let range = range.unwrap_or_else(|| broken_duration(brackets));
        if is_subquery {
            let height = inner.height;
            return self.grow(height, |_| Expr {
                kind: ExprKind::Subquery(Box::new(Subquery {
                    expr: inner.expr,
                    range,
                    step,
                    modifiers: Modifiers::default(),
                    brackets,
                })),
                span,
            });
        }
        self.build_range(inner, range, brackets, span)
    }

    fn build_range(&mut self, inner: Tree, range: DurationExpr, brackets: Span, span: Span) -> Tree {
        let message = match &inner.expr.kind {
            ExprKind::Selector(selector) => {
                let modifiers = &selector.modifiers;
                if modifiers
                    .offset
                    .as_ref()
                    .is_some_and(|o| is_set_literal(&o.duration))
                {
                    Some("no offset modifiers allowed before range")
                } else if matches!(
                    modifiers.at,
                    Some(At {
                        time: AtTime::Timestamp(_),
                        ..
                    })
                ) {
                    Some("no @ modifiers allowed before range")
                } else {
                    None
                }
            }
            _ => Some("ranges only allowed for vector selectors"),
        };
        if let Some(message) = message {
            if self.failed_at.is_none() {
                self.error(brackets, message);
            }
            if !matches!(inner.expr.kind, ExprKind::Selector(_)) {
                return Tree::missing(brackets.start);
            }
        }
        let height = inner.height;
        self.grow(height, |spare| Expr {
            kind: ExprKind::Range(spare.ranges.filled(RangeSelector {
                selector: inner.expr,
                range,
                brackets,
            })),
            span,
        })
    }

    fn parse_offset(&mut self, tree: &mut Tree) {
        let keyword = self.take();
        let Some(duration) = self.parse_offset_duration() else {
            return;
        };
        let operand = tree.expr.span;
        let span = self.span_from(keyword.start);
        let Some(modifiers) = modifiers_of(&mut tree.expr) else {
            self.error(
                operand,
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
            );
            return;
        };
        // Nought counts as not set, upstream cannot tell them apart.
        if modifiers.offset.as_ref().is_some_and(|set| is_set(&set.duration)) {
            self.error(operand, "offset may not be set multiple times");
            return;
        }
        modifiers.offset = Some(Box::new(Offset { duration, span }));
        tree.expr.span.end = span.end;
    }

    fn parse_at(&mut self, tree: &mut Tree) {
        let at = self.take();
        let operand = tree.expr.span;
        let time = match self.parse_at_time() {
            Some(Ok(time)) => time,
            Some(Err(seconds)) => {
                self.error(
                    operand,
                    format!("timestamp out of bounds for @ modifier: {}", fixed(seconds)),
                );
                AtTime::Timestamp(0)
            }
            None => return,
        };
        let span = self.span_from(at.start);
        let Some(modifiers) = modifiers_of(&mut tree.expr) else {
            self.error(
                operand,
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
            );
            return;
        };
        if modifiers.at.is_some() {
            self.error(operand, "@ <timestamp> may not be set multiple times");
            return;
        }
        modifiers.at = Some(At { time, span });
        tree.expr.span.end = span.end;
    }

    /// The time after `@`; the inner error is a number of seconds that is out of bounds, `None` was reported.
    fn parse_at_time(&mut self) -> Option<Result<AtTime, f64>> {
        let first = self.peek();
        if matches!(first.kind, Kind::Start | Kind::End) {
            self.take();
            for paren in [Kind::LeftParen, Kind::RightParen] {
                if self.take_if(paren).is_none() {
                    self.unexpected("@", "timestamp");
                    return None;
                }
            }
            return Some(Ok(if first.kind == Kind::Start {
                AtTime::Start
            } else {
                AtTime::End
            }));
        }
        if matches!(first.kind, Kind::Add | Kind::Sub) {
            self.take();
        }
        let token = self.peek();
        if !matches!(token.kind, Kind::Number | Kind::Duration) {
            self.unexpected("@", "timestamp");
            return None;
        }
        self.take();
        let (value, _) = self.literal_value(token);
        let seconds = if first.kind == Kind::Sub { -value } else { value };
        let limit = i64::MAX as f64;
        if seconds.is_nan() || seconds >= limit || seconds <= -limit {
            return Some(Err(seconds));
        }
        Some(Ok(AtTime::Timestamp((seconds * 1000.0).round() as i64)))
    }

    fn parse_extension(&mut self, tree: &mut Tree) {
        let keyword = self.take();
        let (kind, name) = if keyword.kind == Kind::Anchored {
            (ExtensionKind::Anchored, "anchored")
        } else {
            (ExtensionKind::Smoothed, "smoothed")
        };
        let operand = tree.expr.span;
        if !self.features.extended_range_selectors {
            self.feature_error(
                operand,
                "promql-extended-range-selectors",
                format!("{name} modifier is experimental and not enabled"),
            );
        } else if matches!(tree.expr.kind, ExprKind::Subquery(_)) {
            self.error(
                operand,
                format!("{name} modifier is not supported for subqueries"),
            );
        } else if modifiers_of(&mut tree.expr).is_none() {
            self.error(operand, format!("{name} modifier not implemented"));
        }
        self.set_extension(tree, kind, keyword);
    }

    fn set_extension(&mut self, tree: &mut Tree, kind: ExtensionKind, keyword: Token) {
        let operand = tree.expr.span;
        let Some(modifiers) = modifiers_of(&mut tree.expr) else {
            return;
        };
        if modifiers.extension.is_some_and(|set| set.kind != kind) {
            self.error(operand, "anchored and smoothed modifiers cannot be used together");
            return;
        }
        modifiers.extension = Some(Extension {
            kind,
            span: keyword.span(),
        });
        tree.expr.span.end = keyword.end;
    }
}

/// The modifiers of a selector, range selector or subquery; of nothing else.
fn modifiers_of(expr: &mut Expr) -> Option<&mut Modifiers> {
    match &mut expr.kind {
        ExprKind::Selector(selector) => Some(&mut selector.modifiers),
        ExprKind::Range(range) => match &mut range.selector.kind {
            ExprKind::Selector(selector) => Some(&mut selector.modifiers),
            _ => None,
        },
        ExprKind::Subquery(subquery) => Some(&mut subquery.modifiers),
        _ => None,
    }
}

fn is_set(duration: &DurationExpr) -> bool {
    match &duration.kind {
        DurationKind::Literal { .. } => is_set_literal(duration),
        _ => true,
    }
}

fn is_set_literal(duration: &DurationExpr) -> bool {
    matches!(&duration.kind, DurationKind::Literal { duration, .. } if !duration.is_zero())
}

fn broken_duration(span: Span) -> DurationExpr {
    DurationExpr {
        kind: DurationKind::Literal {
            duration: firedrill_value::Duration::from_secs(1),
            seconds: 1.0,
            is_duration: true,
        },
        span,
    }
}

/// Go's `%f`.
fn fixed(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.6}")
    } else {
        firedrill_value::format_f(value)
    }
}

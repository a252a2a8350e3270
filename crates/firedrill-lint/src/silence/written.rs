//! Where orders are written: comments of the YAML, comments inside expressions, annotations.

use firedrill_model::{
    BadOrder, IGNORE_ANNOTATION, Order, Reach, RuleFile, parse_annotation, parse_order,
    parse_promruval_annotation,
};
use firedrill_source::Span;
use firedrill_yaml::Scalar;

/// promruval's annotation for the same purpose.
const PROMRUVAL_ANNOTATION: &str = "disabled_validation_rules";

/// An order, or what was meant to be one.
pub(super) struct Written<'r> {
    pub(super) place: Place<'r>,
    pub(super) order: Result<Order, BadOrder>,
    /// Its length in bytes, which are those of the comment or of the decoded annotation.
    length: usize,
    /// Where its words start.
    start: usize,
}

impl Written<'_> {
    /// All of it, as spans of orders count.
    pub(super) fn all(&self) -> Span {
        Span::new(0, self.length)
    }

    /// All of it but the `#` of a comment.
    pub(super) fn words(&self) -> Span {
        Span::new(self.start, self.length)
    }
}

/// Where an order stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'r> {
    /// A comment of the YAML.
    Comment {
        span: Span,
        /// Whether nothing stands before it on its line.
        own_line: bool,
    },
    /// A comment inside an expression.
    Expression {
        scalar: &'r Scalar,
        /// Where it starts in the decoded text.
        start: usize,
        /// The rule.
        rule: Span,
    },
    /// An annotation of a rule.
    Annotation { scalar: &'r Scalar, rule: Span },
    /// An annotation of a manifest.
    Metadata { scalar: &'r Scalar },
}

impl Place<'_> {
    /// Where a part of the order stands in the file.
    pub(super) fn locate(&self, text: &str, part: Span) -> Span {
        let shifted = |by: usize| Span::new(by + part.start as usize, by + part.end as usize);
        match self {
            Place::Comment { span, .. } => shifted(span.start as usize),
            Place::Expression { scalar, start, .. } => scalar.locate(text, shifted(*start)),
            Place::Annotation { scalar, .. } | Place::Metadata { scalar } => scalar.locate(text, part),
        }
    }
}

/// All orders of a file, in no particular order but that comments come as they stand.
pub(super) fn written<'r>(rules: &'r RuleFile, text: &str) -> Vec<Written<'r>> {
    let mut found = Vec::new();
    for comment in &rules.comments {
        let slice = comment.span.slice(text).trim_end();
        if let Some(order) = parse_order(slice) {
            let place = Place::Comment {
                span: comment.span,
                own_line: comment.own_line,
            };
            found.push(Written {
                place,
                order,
                length: slice.len(),
                start: start_of_words(slice),
            });
        }
    }
    for rule in rules.groups.iter().flat_map(|group| &group.rules) {
        let scalar = &rule.expr.source;
        for comment in comments_of(&scalar.text) {
            let slice = comment.slice(&scalar.text).trim_end();
            if let Some(order) = parse_order(slice) {
                let place = Place::Expression {
                    scalar,
                    start: comment.start as usize,
                    rule: rule.span,
                };
                found.push(Written {
                    place,
                    order,
                    length: slice.len(),
                    start: start_of_words(slice),
                });
            }
        }
        for annotation in &rule.annotations {
            let scalar = &annotation.value;
            let order = match &*annotation.key.text {
                IGNORE_ANNOTATION => parse_annotation(&scalar.text, Reach::Rule),
                PROMRUVAL_ANNOTATION => Ok(parse_promruval_annotation(&scalar.text)),
                _ => continue,
            };
            let place = Place::Annotation {
                scalar,
                rule: rule.span,
            };
            let length = scalar.text.trim_end().len();
            found.push(Written {
                place,
                order,
                length,
                start: 0,
            });
        }
    }
    for scalar in &rules.ignores {
        found.push(Written {
            place: Place::Metadata { scalar },
            order: parse_annotation(&scalar.text, Reach::File),
            length: scalar.text.trim_end().len(),
            start: 0,
        });
    }
    found
}

fn start_of_words(comment: &str) -> usize {
    comment.len() - comment.trim_start_matches('#').trim_start().len()
}

/// The comments of an expression: from a `#` outside of quotes to the end of the line.
fn comments_of(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    if !text.contains('#') {
        return found;
    }
    let (mut quote, mut start, mut escaped) = (None, None, false);
    for (at, c) in text.char_indices() {
        if let Some(from) = start {
            if matches!(c, '\n' | '\r') {
                found.push(Span::new(from, at));
                start = None;
            }
        } else if let Some(open) = quote {
            if escaped {
                escaped = false;
            } else if c == '\\' && open != '`' {
                escaped = true;
            } else if c == open {
                quote = None;
            }
        } else if matches!(c, '"' | '\'' | '`') {
            quote = Some(c);
        } else if c == '#' {
            start = Some(at);
        }
    }
    found.extend(start.map(|from| Span::new(from, text.len())));
    found
}

#[cfg(test)]
mod tests {
    use super::comments_of;

    #[test]
    fn comments_of_expressions_are_told_from_texts() {
        let found = |text: &str| -> Vec<String> {
            let spans = comments_of(text);
            spans.iter().map(|span| span.slice(text).to_owned()).collect()
        };
        assert_eq!(found("up # a\n# b # c\n+ 1"), ["# a", "# b # c"]);
        assert_eq!(found("up{a=\"#\\\"#\", b='#', c=`#\\`} # d"), ["# d"]);
        assert!(found("up").is_empty() && found("up{a=\"#").is_empty());
    }
}

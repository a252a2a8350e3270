//! What the texts of a rule say and read, worked out once for all lints that ask.

use crate::texts::{Claim, claims, prose};
use firedrill_model::{Rule, RuleKind, Templated};
use firedrill_template::{Template, Uses};
use firedrill_yaml::Scalar;
use std::cell::OnceCell;

/// The labels and annotations of one rule.
pub(crate) struct Fields<'a> {
    rule: &'a Rule,
    templates: OnceCell<Vec<Filled<'a>>>,
    claims: OnceCell<Vec<(&'a Scalar, Vec<Claim>)>>,
}

/// A label or annotation that a template fills in.
pub(crate) struct Filled<'a> {
    /// The label or annotation.
    pub(crate) field: &'a Templated,
    /// Its template, in which there is an action.
    pub(crate) template: &'a Template,
    /// What that mentions.
    pub(crate) uses: &'a Uses,
    /// Whether it is a label.
    pub(crate) is_label: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(rule: &'a Rule) -> Fields<'a> {
        Fields {
            rule,
            templates: OnceCell::new(),
            claims: OnceCell::new(),
        }
    }

    /// The fields whose templates can be read and do anything, labels first.
    pub(crate) fn templates(&self) -> &[Filled<'a>] {
        self.templates.get_or_init(|| {
            let labels = self.rule.labels.iter().map(|field| (field, true));
            let all = labels.chain(self.rule.annotations.iter().map(|field| (field, false)));
            let filled = all.filter_map(|(field, is_label)| match &field.template {
                Some(Ok(template)) if !template.is_literal() => Some(Filled {
                    field,
                    template,
                    uses: template.uses(),
                    is_label,
                }),
                _ => None,
            });
            filled.collect()
        })
    }

    /// The texts of an alert that name numbers: those made for people, and last its own name.
    pub(crate) fn claims(&self) -> &[(&'a Scalar, Vec<Claim>)] {
        self.claims.get_or_init(|| {
            if self.rule.kind != RuleKind::Alert {
                return Vec::new();
            }
            let texts = prose(self.rule).map(|annotation| &annotation.value);
            let claimed = texts
                .chain([&self.rule.name])
                .map(|text| (text, claims(&text.text)));
            claimed.filter(|(_, claims)| !claims.is_empty()).collect()
        })
    }
}

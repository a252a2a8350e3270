//! Operators between vectors: which sample meets which. Signatures, pairs and result labels are found once; each step
//! only computes.

use super::Element;
use super::histograms::{self, Operand, Remarks};
use crate::columns;
use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{BinaryNode, Shape};
use crate::value::{ABSENT, Column, Histograms, is_absent};
use firedrill_promql::ast::GroupSide;
use firedrill_source::Span;
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The matching part of label sets, numbered.
pub(super) struct Signatures<'p> {
    on: bool,
    labels: &'p [Arc<str>],
    ids: FxHashMap<Labels, usize>,
}

impl<'p> Signatures<'p> {
    pub(super) fn of(binary: &'p BinaryNode) -> Self {
        let (on, labels): (bool, &[Arc<str>]) = match &binary.shape {
            Shape::Vectors { on, labels, .. } => (*on, labels),
            _ => (false, &[]),
        };
        Signatures {
            on,
            labels,
            ids: FxHashMap::default(),
        }
    }

    /// The labels that are compared.
    fn part(&self, labels: &Labels) -> Labels {
        let listed = |name: &str| self.labels.iter().any(|label| &**label == name);
        if self.on {
            labels.filter(listed)
        } else {
            labels.filter(|name| name != METRIC_NAME && !listed(name))
        }
    }

    /// The number of a label set's signature.
    pub(super) fn id(&mut self, labels: &Labels) -> usize {
        let part = self.part(labels);
        let next = self.ids.len();
        *self.ids.entry(part).or_insert(next)
    }

    /// How many signatures there are.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }
}

/// Numbers and histograms of a result.
type Samples = (Vec<f64>, Option<Histograms>);

/// One side of an operator, by signature.
struct Side {
    columns: Vec<Column>,
    /// The signature of each column.
    ids: Vec<usize>,
    /// The columns of each signature, rising.
    by_id: Vec<Vec<usize>>,
}

impl Side {
    /// The columns of a signature that have a sample at a step.
    fn present(&self, id: usize, step: usize) -> impl Iterator<Item = usize> + '_ {
        let columns = self.by_id[id].iter().copied();
        columns.filter(move |&column| self.columns[column].has(step))
    }

    fn any_at(&self, step: usize) -> bool {
        self.columns.iter().any(|column| column.has(step))
    }
}

/// What is needed to compute pairs and label their results.
struct Matcher<'p> {
    binary: &'p BinaryNode,
    signatures: Signatures<'p>,
    element: Element,
    group: Option<GroupSide>,
    include: &'p [Arc<str>],
    /// What a missing sample of the "many" and of the "one" side counts as.
    fill_many: Option<f64>,
    fill_one: Option<f64>,
    delayed: bool,
}

impl Evaluator<'_> {
    pub(super) fn match_vectors(
        &mut self,
        binary: &BinaryNode,
        lhs: Vec<Column>,
        rhs: Vec<Column>,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let Shape::Vectors {
            group, include, fill, ..
        } = &binary.shape
        else {
            return Err(EvalError::Incomplete);
        };
        if lhs.is_empty() && rhs.is_empty()
            || (lhs.is_empty() || rhs.is_empty()) && fill.left.is_none() && fill.right.is_none()
        {
            return Ok(Vec::new());
        }
        let swapped = *group == Some(GroupSide::Right);
        let mut signatures = Signatures::of(binary);
        let (many, one) = if swapped { (rhs, lhs) } else { (lhs, rhs) };
        let many_ids: Vec<usize> = many.iter().map(|column| signatures.id(&column.labels)).collect();
        let one_ids: Vec<usize> = one.iter().map(|column| signatures.id(&column.labels)).collect();
        let many = side(many, many_ids, signatures.count());
        let one = side(one, one_ids, signatures.count());
        let (fill_many, fill_one) = if swapped {
            (fill.right, fill.left)
        } else {
            (fill.left, fill.right)
        };
        let mut matcher = Matcher {
            binary,
            signatures,
            element: Element::of(binary),
            group: *group,
            include,
            fill_many,
            fill_one,
            delayed: self.options.delayed_name_removal,
        };
        matcher.check_one_side(&many, &one, grid)?;
        let mut remarks = Remarks::new(span, grid.count);
        let mut result = matcher.pairs(&many, &one, grid, &mut remarks)?;
        matcher.fill_missing_many(&many, &one, grid, &mut result, &mut remarks);
        remarks.tell(&mut self.annotations);
        result.retain(|column| !column.is_empty());
        self.unique(result)
    }
}

fn side(columns: Vec<Column>, ids: Vec<usize>, count: usize) -> Side {
    let mut by_id = vec![Vec::new(); count];
    for (column, &id) in ids.iter().enumerate() {
        by_id[id].push(column);
    }
    Side { columns, ids, by_id }
}

impl Matcher<'_> {
    fn swapped(&self) -> bool {
        self.group == Some(GroupSide::Right)
    }

    fn fills(&self) -> bool {
        self.fill_many.is_some() || self.fill_one.is_some()
    }

    /// Refuses two samples of one signature on the "one" side, unless the other side is empty at that step.
    fn check_one_side(&self, many: &Side, one: &Side, grid: &Grid) -> Result<(), EvalError> {
        let crowded: Vec<usize> = (0..one.by_id.len())
            .filter(|&id| one.by_id[id].len() > 1)
            .collect();
        for step in 0..grid.count {
            // The first sample that comes second.
            let pairs = crowded.iter().filter_map(|&id| {
                let mut present = one.present(id, step);
                Some((present.next()?, present.next()?))
            });
            let Some((first, second)) = pairs.min_by_key(|&(_, second)| second) else {
                continue;
            };
            if !self.fills() && !many.any_at(step) {
                continue;
            }
            let newer = &one.columns[second].labels;
            let mut texts = [one.columns[first].labels.to_string(), newer.to_string()];
            texts.sort();
            let [first, second] = texts;
            return Err(EvalError::DuplicateSeries {
                group: self.signatures.part(newer),
                side: if self.swapped() { "left" } else { "right" },
                first,
                second,
            });
        }
        Ok(())
    }

    /// The results of all samples of the "many" side, column after column.
    fn pairs(
        &mut self,
        many: &Side,
        one: &Side,
        grid: &Grid,
        remarks: &mut Remarks,
    ) -> Result<Vec<Column>, EvalError> {
        let mut result: Vec<Column> = Vec::new();
        for (index, column) in many.columns.iter().enumerate() {
            let id = many.ids[index];
            let partners = &one.by_id[id];
            if self.group.is_none() && many.by_id[id].len() > 1 {
                self.check_many_side(many, one, id, grid)?;
            }
            // Which partner is there may change from step to step; only labels taken over depend on which it is.
            for &partner in partners {
                let other = &one.columns[partner];
                let samples = self.all_pairs(column, other, grid, remarks);
                self.push(&mut result, column, Some(&other.labels), other.drop_name, samples);
            }
            if let Some(fill) = self.fill_one {
                let alone = |step: usize| one.present(id, step).next().is_none();
                let filler = (0..grid.count).map(|step| if alone(step) { fill } else { ABSENT });
                let filler = Column::new(Labels::empty(), filler.collect());
                let samples = self.all_pairs(column, &filler, grid, remarks);
                let part = self.signatures.part(&column.labels);
                self.push(&mut result, column, Some(&part), false, samples);
            }
        }
        if self.group.is_some() {
            self.check_groups(many, one, grid)?;
        }
        // Partners that follow one another give columns of the same labels.
        if self.delayed {
            Ok(result)
        } else {
            columns::unify(result)
        }
    }

    fn push(
        &self,
        result: &mut Vec<Column>,
        many: &Column,
        one: Option<&Labels>,
        one_drops: bool,
        (values, histograms): Samples,
    ) {
        let bool_flag = self.delayed && self.element == Element::Bool;
        let arithmetic_flag =
            self.delayed && self.element == Element::Arithmetic && (many.drop_name || one_drops);
        result.push(Column {
            labels: self.result_labels(&many.labels, one),
            drop_name: bool_flag || arithmetic_flag,
            values,
            histograms,
        });
    }

    /// The results for two columns.
    fn all_pairs(&self, many: &Column, one: &Column, grid: &Grid, remarks: &mut Remarks) -> Samples {
        let numbers = many.histograms.is_none() && one.histograms.is_none();
        if numbers && self.element != Element::Trim {
            let values = many.values.iter().zip(&one.values);
            return (values.map(|(&many, &one)| self.value(many, one)).collect(), None);
        }
        let mut result = Column::new(Labels::empty(), vec![ABSENT; grid.count]);
        for step in 0..grid.count {
            if let Some((left, right)) = self.operands(many, one, step) {
                let computed = self
                    .element
                    .compute(self.binary.op, left, right, left, remarks, step);
                computed.store(&mut result, step);
            }
        }
        (result.values, result.histograms)
    }

    /// Left and right sample at a step.
    fn operands<'c>(
        &self,
        many: &'c Column,
        one: &'c Column,
        step: usize,
    ) -> Option<(Operand<'c>, Operand<'c>)> {
        let (many, one) = (Operand::at(many, step)?, Operand::at(one, step)?);
        Some(if self.swapped() { (one, many) } else { (many, one) })
    }

    /// Whether a sample meets one that it does not go together with.
    fn fails(&self, many: &Column, one: &Side, id: usize, step: usize) -> bool {
        if many.histograms.is_none() && one.columns.iter().all(|column| column.histograms.is_none()) {
            return self.element == Element::Trim;
        }
        let partner = one.present(id, step).next();
        let pair = partner.and_then(|partner| self.operands(many, &one.columns[partner], step));
        pair.is_some_and(|(left, right)| match (left, right) {
            (Operand::Number(_), Operand::Number(_)) => self.element == Element::Trim,
            _ => histograms::fails(self.binary.op, left, right),
        })
    }

    /// The result for a pair of samples, absent if one of them is.
    #[inline]
    fn value(&self, many: f64, one: f64) -> f64 {
        if is_absent(many) || is_absent(one) {
            return ABSENT;
        }
        let (left, right) = if self.swapped() { (one, many) } else { (many, one) };
        self.element.apply(self.binary.op, left, right).unwrap_or(ABSENT)
    }

    /// The labels of a result.
    fn result_labels(&self, many: &Labels, one: Option<&Labels>) -> Labels {
        let drops = match self.element {
            Element::Arithmetic => true,
            Element::Bool => !self.delayed,
            Element::Filter | Element::Trim => false,
        };
        let mut labels = if drops {
            columns::without_reserved(many)
        } else {
            many.clone()
        };
        let listed = |name: &str| self.signatures.labels.iter().any(|label| &**label == name);
        if self.group.is_none() {
            labels = if self.signatures.on {
                labels.filter(listed)
            } else {
                labels.filter(|name| !listed(name))
            };
        }
        if self.include.is_empty() {
            return labels;
        }
        let mut builder = labels.to_builder();
        for name in self.include {
            builder.set(name, one.map_or("", |one| one.get(name)));
        }
        builder.build()
    }

    /// One-to-one: refuses a second sample of one signature that finds a partner.
    fn check_many_side(&self, many: &Side, one: &Side, id: usize, grid: &Grid) -> Result<(), EvalError> {
        for step in 0..grid.count {
            let matched = self.fill_one.is_some() || one.present(id, step).next().is_some();
            let going = |column: &usize| !self.fails(&many.columns[*column], one, id, step);
            if matched && many.present(id, step).filter(going).nth(1).is_some() {
                return Err(EvalError::ImplicitManyToOne);
            }
        }
        Ok(())
    }

    /// Many-to-one: refuses two results of one signature with the same labels.
    fn check_groups(&self, many: &Side, one: &Side, grid: &Grid) -> Result<(), EvalError> {
        for (id, members) in many.by_id.iter().enumerate() {
            if members.len() < 2 || (one.by_id[id].is_empty() && self.fill_one.is_none()) {
                continue;
            }
            let empty = Labels::empty();
            let partner = one.by_id[id]
                .first()
                .map_or(&empty, |&column| &one.columns[column].labels);
            // Which partner it is makes no difference: all members meet the same one at a step.
            let mut seen: FxHashMap<Labels, Vec<usize>> = FxHashMap::default();
            for &member in members {
                let labels = self.result_labels(&many.columns[member].labels, Some(partner));
                seen.entry(labels).or_default().push(member);
            }
            for twins in seen.values().filter(|twins| twins.len() > 1) {
                for step in 0..grid.count {
                    let there = |column: &&usize| {
                        let column = &many.columns[**column];
                        column.has(step) && !self.fails(column, one, id, step)
                    };
                    let matched = self.fill_one.is_some() || one.present(id, step).next().is_some();
                    if matched && twins.iter().filter(there).count() > 1 {
                        return Err(EvalError::GroupingNotUnique);
                    }
                }
            }
        }
        Ok(())
    }

    /// Results for samples of the "one" side that nothing on the "many" side matches.
    fn fill_missing_many(
        &self,
        many: &Side,
        one: &Side,
        grid: &Grid,
        result: &mut Vec<Column>,
        remarks: &mut Remarks,
    ) {
        let Some(fill) = self.fill_many else { return };
        for (index, column) in one.columns.iter().enumerate() {
            let id = one.ids[index];
            let alone = |step: usize| many.present(id, step).next().is_none();
            let filler = (0..grid.count).map(|step| if alone(step) { fill } else { ABSENT });
            let filler = Column::new(Labels::empty(), filler.collect());
            let values = self.all_pairs(&filler, column, grid, remarks);
            let stand_in = Column::new(self.signatures.part(&column.labels), Vec::new());
            self.push(result, &stand_in, Some(&column.labels), column.drop_name, values);
        }
    }
}

//! Groups that read each other in an order that nothing defines.

use crate::feeds::Writers;
use crate::schedule::Scheduled;
use firedrill_model::TestFile;

/// A group that reads what another one writes where `group_eval_order` does not say which of them comes first: the names
/// of reader and writer.
pub(crate) fn depends_on_order(file: &TestFile, rules: &[Scheduled<'_>]) -> Option<(String, String)> {
    let order = &file.group_eval_order;
    let place = |name: &str| order.iter().position(|listed| *listed.text == *name).unwrap_or(0);
    let writers = Writers::of(rules);
    for reader in rules {
        let tied = |writer: &usize| {
            let writer = &rules[*writer];
            !std::ptr::eq(reader.group, writer.group)
                && place(&reader.group.name) == place(&writer.group.name)
        };
        let selectors = reader.rule.selectors().iter();
        let first = selectors
            .flat_map(|it| writers.of_selector(it))
            .filter(tied)
            .min();
        if let Some(writer) = first {
            return Some((
                reader.group.name.to_string(),
                rules[writer].group.name.to_string(),
            ));
        }
    }
    None
}

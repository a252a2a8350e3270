//! Groups that read each other in an order that nothing defines.

use crate::schedule::Scheduled;
use firedrill_model::TestFile;

/// A group that reads what another one writes where `group_eval_order` does not say which of them comes first: the names
/// of reader and writer.
pub(crate) fn depends_on_order(file: &TestFile, rules: &[Scheduled<'_>]) -> Option<(String, String)> {
    let order = &file.group_eval_order;
    let place = |name: &str| order.iter().position(|listed| *listed.text == *name).unwrap_or(0);
    for reader in rules {
        for writer in rules {
            let tied = !std::ptr::eq(reader.group, writer.group)
                && place(&reader.group.name) == place(&writer.group.name);
            if tied && reader.rule.selectors().iter().any(|it| writer.rule.may_feed(it)) {
                return Some((reader.group.name.to_string(), writer.group.name.to_string()));
            }
        }
    }
    None
}

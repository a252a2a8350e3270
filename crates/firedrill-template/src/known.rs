//! Templates that occur again and again are parsed once and shared: generated rules repeat their annotations.

use crate::{Template, TemplateError, parse};
use firedrill_value::shared_slot;
use std::cell::RefCell;
use std::sync::Arc;

/// How many templates are remembered at most, a power of two.
const TEMPLATES: usize = 512;
/// Longer texts are hardly written twice.
const LONGEST: usize = 1024;

thread_local! {
    // A newer template takes the place of an older one that happens to share its slot.
    static KNOWN: RefCell<Vec<Option<Template>>> = RefCell::new(vec![None; TEMPLATES]);
}

/// The template of a text with actions, shared with earlier ones of the same text.
pub(crate) fn template(text: &Arc<str>) -> Result<Template, TemplateError> {
    if text.len() > LONGEST {
        return parsed(text);
    }
    KNOWN.with_borrow_mut(|known| match &mut known[shared_slot(text, TEMPLATES)] {
        Some(found) if *found.text == **text => Ok(found.clone()),
        slot => Ok(slot.insert(parsed(text)?).clone()),
    })
}

fn parsed(text: &Arc<str>) -> Result<Template, TemplateError> {
    Ok(Template {
        tree: Some(Arc::new(parse::parse(text)?)),
        text: text.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_shared_and_not_mixed_up() {
        let text = Arc::from("{{ $value }} of {{ $labels.job }}");
        let (first, second) = (template(&text).unwrap(), template(&text).unwrap());
        assert!(Arc::ptr_eq(&first.tree.unwrap(), &second.tree.unwrap()));
        // Far more templates than slots.
        for number in 0..1000 {
            let text = Arc::from(format!("{{{{ $labels.label_{number} }}}}"));
            let found = template(&text).unwrap();
            let uses = found.uses();
            assert_eq!(uses.labels[0].name, format!("label_{number}"));
            let broken: Arc<str> = Arc::from(format!("{{{{ $label_{number} }}}}"));
            assert!(template(&broken).is_err());
        }
    }
}

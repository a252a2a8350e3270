//! What other linters call what our lints find, so that their comments silence ours.

use firedrill_model::Tool;

/// Names of pint's checks, sorted.
const PINT: [(&str, &[&str]); 18] = [
    ("alerts/absent", &["FD408"]),
    ("alerts/annotation", &["FD805"]),
    ("alerts/comparison", &["FD202", "FD401"]),
    ("alerts/for", &["FD821"]),
    (
        "alerts/template",
        &["FD501", "FD502", "FD503", "FD506", "FD509", "FD510"],
    ),
    ("promql/counter", &["FD102"]),
    ("promql/fragile", &["FD412"]),
    (
        "promql/impossible",
        &["FD201", "FD301", "FD302", "FD303", "FD308", "FD315"],
    ),
    ("promql/nan", &["FD214"]),
    ("promql/rate", &["FD101", "FD104", "FD105", "FD403"]),
    ("promql/regexp", &["FD811", "FD812", "FD813", "FD814"]),
    ("promql/series", &["FD601"]),
    ("promql/syntax", &["FD007", "FD008"]),
    (
        "promql/vector_matching",
        &["FD301", "FD302", "FD303", "FD306", "FD307", "FD308"],
    ),
    ("rule/dependency", &["FD601", "FD603", "FD605"]),
    ("rule/duplicate", &["FD606", "FD609"]),
    ("rule/for", &["FD402"]),
    ("rule/label", &["FD804"]),
];

/// Names of promruval's validations, sorted.
const PROMRUVAL: [(&str, &[&str]); 6] = [
    ("expressionDoesNotUseIrate", &["FD107"]),
    ("expressionDoesNotUseRangeShorterThan", &["FD403"]),
    ("hasAnnotations", &["FD805"]),
    ("hasLabels", &["FD804"]),
    ("rateBeforeAggregation", &["FD104"]),
    ("validFunctionsOnCounters", &["FD101", "FD102"]),
];

/// The codes of what another tool calls so; none for what has no counterpart.
pub(crate) fn codes_of(tool: Tool, name: &str) -> &'static [&'static str] {
    let table: &[(&str, &'static [&'static str])] = match tool {
        Tool::Firedrill => &[],
        Tool::Pint => &PINT,
        Tool::Promruval => &PROMRUVAL,
    };
    let row = table.iter().find(|(known, _)| *known == name);
    row.map_or(&[], |(_, codes)| codes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::find;

    #[test]
    fn the_tables_are_sorted_name_lints_and_stand_in_the_docs() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
        let docs = std::fs::read_to_string(docs).expect("docs/policy.md");
        for table in [&PINT[..], &PROMRUVAL[..]] {
            assert!(table.is_sorted_by_key(|(name, _)| *name));
            for (name, codes) in table {
                assert!(codes.iter().all(|code| find(code).is_some()), "{name}");
                let row = format!("| `{name}` | {} |", codes.join(", "));
                assert!(docs.contains(&row), "docs/policy.md lacks\n{row}");
            }
        }
    }
}

//! The built-in catalogue says of every metric what the lists say that it was made from.

use firedrill_facts::{Facts, MetricType, Tier};

#[test]
fn the_catalogue_is_fresh_and_every_row_is_found() {
    let root = xtask::workspace();
    let folder = xtask::shared(&root).join("catalogue");
    let Some((rows, caution)) = xtask::catalogue::read(&folder).expect("readable") else {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    };
    for (name, content) in xtask::catalogue::files(&rows, &caution) {
        let path = root.join("crates/firedrill-facts/src/catalogue").join(name);
        let found = std::fs::read(&path).expect("a file of the catalogue");
        assert!(
            found == content,
            "{name} is stale: run `cargo run -p xtask -- catalogue`"
        );
    }
    let facts = Facts::new();
    let mut wrong = Vec::new();
    let (mut claimed, mut generic) = (0, 0);
    for row in &rows {
        let name = row.name.replace('*', "anything");
        let fact = facts.of(&name).filter(|fact| fact.tier == Tier::Bundled);
        let expected = match row.kind.as_str() {
            _ if row.is_generic() => None,
            "counter" => Some(MetricType::Counter),
            "gauge" | "info" => Some(MetricType::Gauge),
            "histogram" => Some(MetricType::Histogram),
            "summary" => Some(MetricType::Summary),
            _ => None,
        };
        let labels = facts.labels(&name).map(|known| known.value).unwrap_or_default();
        let labels_fit = if row.is_generic() {
            labels.is_empty()
        } else {
            labels
                .iter()
                .map(|it| &**it)
                .eq(row.labels.iter().map(String::as_str))
        };
        let grows = !row.is_generic() && caution.contains(&row.name);
        let source_fits = fact
            .as_ref()
            .is_none_or(|fact| fact.evidence.to_string() == format!("built-in facts, {}", row.project()));
        if fact.map(|fact| fact.metric_type) != expected
            || !labels_fit
            || !source_fits
            || facts.is_cumulative_gauge(&name) != grows
        {
            wrong.push(name);
        }
        claimed += usize::from(!row.is_generic());
        generic += usize::from(row.is_generic());
    }
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
    assert!(
        wrong.is_empty(),
        "{} of {} rows are wrong: {shown}",
        wrong.len(),
        rows.len()
    );
    assert!(
        claimed > 15_000 && generic > 6_000,
        "{claimed} claimed, {generic} generic"
    );
}

#[test]
fn misnamed_metrics_have_no_type_but_their_project_is_known() {
    let facts = Facts::new();
    assert_eq!(facts.of("smartctl_device_critical_warning"), None);
    assert!(facts.labels("smartctl_device_critical_warning").is_some());
}

#[test]
fn names_that_may_be_anybodys_are_left_out() {
    let facts = Facts::new();
    for name in [
        "packets_sent",
        "volume_read_ops",
        "cache_entries",
        "ifHCInOctets",
        "depth",
    ] {
        assert_eq!(facts.of(name), None, "{name}");
    }
    let sentence = facts.of("node_load1").expect("known").sentence("node_load1");
    assert_eq!(
        sentence,
        "`node_load1` is a gauge (built-in facts, node_exporter)"
    );
}

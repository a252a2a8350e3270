//! Functions that only VictoriaMetrics knows, so that a rule written for it is told from a typing error.

/// Whether MetricsQL has a function or aggregation of this name which PromQL lacks.
pub(crate) fn knows(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let families = [
        "rollup", "running_", "range_", "topk_", "bottomk_", "outliers", "bitmap_",
    ];
    NAMES.binary_search(&&*name).is_ok() || families.iter().any(|family| name.starts_with(family))
}

/// Sorted. From MetricsQL's list of functions.
static NAMES: &[&str] = &[
    "aggr_over_time",
    "alias",
    "any",
    "ascent_over_time",
    "buckets_limit",
    "changes_prometheus",
    "count_eq_over_time",
    "count_gt_over_time",
    "count_le_over_time",
    "count_ne_over_time",
    "count_values_over_time",
    "decreases_over_time",
    "default_rollup",
    "delta_prometheus",
    "deriv_fast",
    "descent_over_time",
    "distinct",
    "distinct_over_time",
    "drop_common_labels",
    "drop_empty_series",
    "duration_over_time",
    "geomean",
    "geomean_over_time",
    "histogram",
    "histogram_over_time",
    "histogram_share",
    "increase_prometheus",
    "increase_pure",
    "increases_over_time",
    "integrate",
    "interpolate",
    "iqr_over_time",
    "keep_last_value",
    "keep_next_value",
    "label_copy",
    "label_del",
    "label_graphite_group",
    "label_keep",
    "label_lowercase",
    "label_map",
    "label_match",
    "label_mismatch",
    "label_move",
    "label_set",
    "label_transform",
    "label_uppercase",
    "label_value",
    "labels_equal",
    "lag",
    "lifetime",
    "limit_offset",
    "median",
    "median_over_time",
    "mode",
    "mode_over_time",
    "now",
    "prometheus_buckets",
    "quantiles",
    "quantiles_over_time",
    "rate_over_sum",
    "rate_prometheus",
    "remove_resets",
    "ru",
    "scrape_interval",
    "share",
    "share_eq_over_time",
    "share_gt_over_time",
    "share_le_over_time",
    "smooth_exponential",
    "sort_by_label_numeric",
    "sort_by_label_numeric_desc",
    "stale_samples_over_time",
    "sum2",
    "sum2_over_time",
    "sum_eq_over_time",
    "sum_gt_over_time",
    "sum_le_over_time",
    "tfirst_over_time",
    "timestamp_with_name",
    "timezone_offset",
    "tlast_change_over_time",
    "tlast_over_time",
    "tmax_over_time",
    "tmin_over_time",
    "ttf",
    "union",
    "zscore",
    "zscore_over_time",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_holds_nothing_of_promql() {
        assert!(NAMES.is_sorted());
        let prometheus = |name: &&&str| firedrill_functions::Function::by_name(name).is_some();
        assert_eq!(NAMES.iter().find(prometheus), None);
        assert!(knows("Rollup_Rate") && !knows("rate"));
    }
}

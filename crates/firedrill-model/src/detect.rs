//! What a file is, judged from its text: for walking through directories of mixed YAML.

use crate::read::is_manifest_kind;
use firedrill_source::find_either;
use firedrill_yaml::NodeRef;

/// What a file seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A plain rule file.
    RuleFile,
    /// A Kubernetes manifest that carries rules.
    Manifest,
    /// A unit-test file.
    TestFile,
    /// The configuration of a Prometheus server.
    PrometheusConfig,
    /// A rule, a list of rules or a group without a file around it, as documents quote them.
    Snippet,
    /// PromQL expressions; told by the name of the file.
    Expressions,
    /// Markdown; told by the name of the file.
    Markdown,
    /// Anything else: other YAML, Helm charts, no YAML at all.
    Other,
}

/// Keys that only rules have.
const RULE_KEYS: [&str; 3] = ["alert", "record", "expr"];
/// Keys that only unit tests have.
const TEST_KEYS: [&str; 3] = ["input_series", "alert_rule_test", "promql_expr_test"];
/// Keys of a server's configuration.
const SERVER_KEYS: [&str; 3] = ["global", "scrape_configs", "rule_files"];
/// What only templates of manifests contain.
const TEMPLATE_MARKS: [&str; 6] = [
    ".Values",
    ".Release",
    "nindent",
    "{{- include",
    "{{ include",
    "{{- if",
];

/// Tells what a file is, without parsing it in the usual case.
pub fn detect(text: &str) -> Kind {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let scan = Scan::of(text);
    let mut kind = scan.verdict();
    // Flow notation may have everything on one line.
    let hidden = || scan.flow || (scan.groups && text.contains("rules")) || scan.tests;
    if kind == Kind::Other && hidden() {
        kind = from_tree(text);
    }
    let template = || scan.template_line || has_template_mark(text);
    if kind != Kind::Other && template() && !firedrill_yaml::parse(text).errors().is_empty() {
        return Kind::Other;
    }
    kind
}

/// Whether any of [`TEMPLATE_MARKS`] stands in a text.
fn has_template_mark(text: &str) -> bool {
    const BLOCK: usize = 64;
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    // `R` and `V` differ in one bit.
    let may_start = |a: u8, b: u8, c: u8, d: u8| {
        (a == b'.') & (b | 4 == b'V')
            | (a == b'{') & (b == b'{') & ((c == b'-') | (c == b' ') & (d == b'i'))
            | (a == b'n') & (b == b'i') & (c == b'n') & (d == b'd')
    };
    let is_mark = |at: usize| {
        let rest = bytes.get(at..).unwrap_or(&[]);
        TEMPLATE_MARKS
            .iter()
            .any(|mark| rest.starts_with(mark.as_bytes()))
    };
    let mut at = 0;
    // Without a branch inside a block, so that the compiler can look at many bytes at once.
    while let Some(block) = bytes.get(at..at + BLOCK + 3) {
        let (first, second, third, fourth) = (&block[..BLOCK], &block[1..], &block[2..], &block[3..]);
        let windows = first.iter().zip(second).zip(third.iter().zip(fourth));
        let hit = windows.fold(false, |hit, ((&a, &b), (&c, &d))| hit | may_start(a, b, c, d));
        if hit && (at..at + BLOCK).any(is_mark) {
            return true;
        }
        at += BLOCK;
    }
    (at..bytes.len()).any(|at| may_start(byte(at), byte(at + 1), byte(at + 2), byte(at + 3)) && is_mark(at))
}

/// Tells what YAML is that a document quotes: as [`detect`], and rules without a file around them.
pub fn detect_quoted(text: &str) -> Kind {
    let kind = detect(text);
    let may_be_rules = text.contains("expr") && (text.contains("alert") || text.contains("record"));
    if kind != Kind::Other || !may_be_rules {
        return kind;
    }
    let tree = firedrill_yaml::parse(text);
    let broken = !tree.errors().is_empty();
    if broken && TEMPLATE_MARKS.iter().any(|mark| text.contains(mark)) {
        return Kind::Other;
    }
    // What is broken may have no tree; `- alert:` at the start of a line then says enough.
    let looks_like_rules = || {
        let starts = |line: &str| {
            ["- alert:", "- record:", "alert:", "record:"]
                .iter()
                .any(|key| line.starts_with(key))
        };
        text.lines().any(|line| starts(line.trim_start()))
    };
    let foreign = tree
        .root(0)
        .is_some_and(|root| root.get("apiVersion").is_some() || root.get("tests").is_some());
    let is_snippet = match tree.root(0) {
        Some(root) if holds_rules(root) => true,
        _ => broken && looks_like_rules(),
    };
    if is_snippet && !foreign {
        Kind::Snippet
    } else {
        Kind::Other
    }
}

/// Whether a node is a rule, a group with rules, or a list of either.
fn holds_rules(root: NodeRef<'_>) -> bool {
    let is_rule = |node: NodeRef<'_>| {
        let has = |key| node.get(key).is_some();
        has("expr") && (has("alert") || has("record"))
    };
    let is_group = |node: NodeRef<'_>| {
        let rules = node.get("rules").and_then(NodeRef::items);
        rules.into_iter().flatten().any(is_rule)
    };
    let is_either = |node: NodeRef<'_>| is_rule(node) || is_group(node);
    match root.items() {
        Some(mut items) => items.any(is_either),
        None => is_either(root),
    }
}

/// What stands out when looking at the lines alone.
#[derive(Default)]
struct Scan {
    groups: bool,
    empty_groups: bool,
    rules: bool,
    tests: bool,
    rule_files: bool,
    /// `global:` or `scrape_configs:`; Alertmanager has the former, too.
    server: bool,
    /// What only Alertmanager's configuration has.
    alertmanager: bool,
    api_version: bool,
    manifest_kind: bool,
    list_kind: bool,
    rule_key: bool,
    test_key: bool,
    /// The first content is `{`: everything may stand on one line.
    flow: bool,
    /// A line at the margin starts with `{{`.
    template_line: bool,
    /// The indentation of the outermost keys, known from the first content on.
    margin: Option<usize>,
}

impl Scan {
    /// Looks at a text line by line.
    fn of(text: &str) -> Self {
        let mut scan = Scan::default();
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut skipped = false;
        while at <= bytes.len() {
            // Nothing but a key at the margin can still show that it is no rule file.
            if scan.is_rule_file_so_far() {
                skipped = true;
                at = next_at_margin(bytes, at);
            }
            let end = find_either(bytes, at, b'\n', b'\r');
            scan.line(&text[at..end]);
            at = end + 1;
        }
        if skipped && !scan.is_rule_file_so_far() {
            scan = Scan::default();
            text.split(['\n', '\r']).for_each(|line| scan.line(line));
        }
        scan
    }

    /// Whether all marks of a plain rule file without indentation were found, and none of anything else.
    fn is_rule_file_so_far(&self) -> bool {
        self.groups
            && self.rules
            && self.rule_key
            && self.margin == Some(0)
            && !self.tests
            && !self.api_version
    }

    fn line(&mut self, line: &str) {
        let indent = leading(line, |byte| matches!(byte, b' ' | b'\t'));
        let body = &line[indent..];
        if body.is_empty() || body.starts_with('#') || body.starts_with("---") {
            return;
        }
        if body.starts_with("{{") {
            self.template_line |= indent == 0;
            return;
        }
        self.flow |= self.margin.is_none() && body.starts_with('{');
        if *self.margin.get_or_insert(indent) == indent {
            self.top_level(body);
        }
        let body = &body[leading(body, |byte| matches!(byte, b'-' | b' ' | b'?'))..];
        if !self.may_tell(body) {
            return;
        }
        let Some((key, value)) = split_key(body) else {
            return;
        };
        self.rules |= key == "rules";
        self.rule_key |= RULE_KEYS.contains(&key);
        self.test_key |= TEST_KEYS.contains(&key);
        // Manifests inside a `kind: List` are indented.
        self.manifest_kind |= key == "kind" && is_manifest_kind(value);
    }

    /// Whether the key of a line may tell something that is not known yet, going by its first letter.
    fn may_tell(&self, body: &str) -> bool {
        match body.as_bytes().first() {
            Some(b'r') => !self.rules || !self.rule_key,
            Some(b'e') => !self.rule_key,
            Some(b'a') => !self.rule_key || (!self.test_key && body.starts_with("alert_rule_test")),
            Some(b'i' | b'p') => !self.test_key,
            Some(b'k') => !self.manifest_kind,
            // Quotes, and blanks of all sorts, which do not count before a key.
            Some(byte) => !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\''),
            None => false,
        }
    }

    fn top_level(&mut self, line: &str) {
        let Some((key, value)) = split_key(line) else {
            return;
        };
        match key {
            "groups" => {
                self.groups = true;
                self.empty_groups = matches!(value, "[]" | "~" | "null");
            }
            "tests" => self.tests = true,
            "rule_files" => self.rule_files = true,
            "global" | "scrape_configs" | "scrape_config_files" => {
                self.server |= value.is_empty() || value.starts_with(['[', '{', '&']);
            }
            "route" | "receivers" => self.alertmanager = true,
            "apiVersion" => self.api_version = true,
            "kind" => self.list_kind |= value.ends_with("List"),
            _ => {}
        }
    }

    fn verdict(&self) -> Kind {
        if self.api_version {
            // Grafana's provisioning files have `apiVersion: 1` and no kind.
            return if self.manifest_kind {
                Kind::Manifest
            } else {
                Kind::Other
            };
        }
        if self.tests && (self.test_key || self.rule_files) {
            Kind::TestFile
        } else if self.groups && ((self.rules && self.rule_key) || self.empty_groups) {
            Kind::RuleFile
        } else if !self.groups && !self.tests && !self.alertmanager && (self.server || self.rule_files) {
            Kind::PrometheusConfig
        } else {
            Kind::Other
        }
    }
}

/// Where the next line starts that is neither indented nor empty, at or behind the start of a line.
fn next_at_margin(bytes: &[u8], from: usize) -> usize {
    const BLOCK: usize = 64;
    let starts_line = |before: u8| (before == b'\n') | (before == b'\r');
    let is_content = |byte: u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    // Fewer comparisons; what comes through is looked at again.
    let may_be_content = |byte: u8| (byte != b' ') & (byte != b'\n');
    if bytes.get(from).is_none_or(|&byte| is_content(byte)) {
        return from;
    }
    let first_in = |part: &[u8]| {
        let mut pairs = part.windows(2);
        pairs.position(|pair| starts_line(pair[0]) && is_content(pair[1]))
    };
    let mut at = from;
    // Without a branch inside a block, so that the compiler can look at many bytes at once.
    while let Some(block) = bytes.get(at..=at + BLOCK) {
        let pairs = block[..BLOCK].iter().zip(&block[1..]);
        let hit = pairs.fold(false, |hit, (&before, &byte)| {
            hit | (starts_line(before) & may_be_content(byte))
        });
        if hit && let Some(index) = first_in(block) {
            return at + index + 1;
        }
        at += BLOCK;
    }
    first_in(&bytes[at..]).map_or(bytes.len(), |index| at + index + 1)
}

/// How many bytes of a kind stand at the start.
fn leading(text: &str, kind: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| kind(byte)).count()
}

/// `key: value` of a line, quotes removed.
fn split_key(line: &str) -> Option<(&str, &str)> {
    let at = line.find(':')?;
    let (key, value) = (&line[..at], &line[at + 1..]);
    if !value.is_empty() && !value.starts_with([' ', '\t']) {
        return None;
    }
    let bare = |text: &str| -> usize { text.find(" #").unwrap_or(text.len()) };
    let value = value[..bare(value)].trim();
    Some((unquoted(key.trim()), unquoted(value)))
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

/// For JSON and flow notation: looks at the tree.
fn from_tree(text: &str) -> Kind {
    let tree = firedrill_yaml::parse(text);
    let Some(root) = tree.root(0) else {
        return Kind::Other;
    };
    if crate::read::is_manifest_tree(&tree) {
        return Kind::Manifest;
    }
    let has = |key| root.get(key).is_some();
    if has("apiVersion") {
        Kind::Other
    } else if has("tests") && (has("rule_files") || first_has(root, "tests", &TEST_KEYS)) {
        Kind::TestFile
    } else if has("groups") && first_has(root, "groups", &["rules"]) {
        Kind::RuleFile
    } else if SERVER_KEYS.iter().any(|key| has(key))
        && !["groups", "tests", "route", "receivers"]
            .iter()
            .any(|key| has(key))
    {
        Kind::PrometheusConfig
    } else {
        Kind::Other
    }
}

fn first_has(root: NodeRef<'_>, list: &str, keys: &[&str]) -> bool {
    let items = root.get(list).and_then(NodeRef::items);
    let mut items = items.into_iter().flatten();
    items.any(|item| keys.iter().any(|key| item.get(key).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_are_told_apart() {
        for (text, kind) in [
            ("- alert: A\n  expr: up == 0\n", Kind::Snippet),
            ("- expr: up == 0\n  alert: A\n", Kind::Snippet),
            ("{record: a, expr: b}\n", Kind::Snippet),
            ("- alert: A\n  expr: \"up\n", Kind::Snippet),
            (
                "groups: [{name: g, rules: [{record: a, expr: b}]}]",
                Kind::RuleFile,
            ),
            (
                "- alert: A\n  expr: {{ .Values.expr }}: x\n  {{- end }}\n",
                Kind::Other,
            ),
            ("record: true\nexpression: none\n", Kind::Other),
            ("rules:\n- apiGroups: [expr]\n  record: x\n", Kind::Other),
            (
                "route: {receiver: a}\nreceivers:\n- name: alert expr\n",
                Kind::Other,
            ),
            ("global: {scrape_interval: 15s}\n", Kind::PrometheusConfig),
            (
                "services:\n  prometheus:\n    image: prom/prometheus\n",
                Kind::Other,
            ),
        ] {
            assert_eq!(detect_quoted(text), kind, "{text}");
        }
    }

    /// Marks are found wherever they stand, and nothing that is like one is taken for it.
    #[test]
    fn marks_of_templates_are_found_at_any_place() {
        for length in 0..140 {
            let filler = "n.R {{ ind ".repeat(13);
            for mark in TEMPLATE_MARKS {
                let text = format!("{}{mark}", &filler[..length]);
                assert!(has_template_mark(&text), "{text}");
                assert!(has_template_mark(&format!("{text}{filler}")), "{text}");
                let cut = &text[..text.len() - 1];
                let found = TEMPLATE_MARKS.iter().any(|mark| cut.contains(mark));
                assert_eq!(has_template_mark(cut), found, "{cut}");
            }
            assert!(!has_template_mark(&filler[..length]));
        }
    }

    #[test]
    fn lines_at_the_margin_are_found_wherever_they_start() {
        for length in 0..140 {
            for (end, line) in [("\n", "x"), ("\r", "#"), ("\r\n", "- x"), ("\n\n", "é")] {
                let before = format!(" {}{end}", " y\n  z"[..length % 7].repeat(length / 7));
                let text = format!("{before}{line}\n  more\n");
                assert_eq!(next_at_margin(text.as_bytes(), 0), before.len(), "{text:?}");
                assert_eq!(
                    next_at_margin(text.as_bytes(), before.len()),
                    before.len(),
                    "{text:?}"
                );
                let indented = format!("{before} {line}");
                assert_eq!(
                    next_at_margin(indented.as_bytes(), 0),
                    indented.len(),
                    "{indented:?}"
                );
            }
        }
    }

    /// What stands far behind the first rule counts as well.
    #[test]
    fn keys_behind_many_rules_are_seen() {
        let rules = "- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n".repeat(9);
        let file = format!("groups:\n{rules}");
        assert_eq!(detect(&file), Kind::RuleFile);
        for (last, kind) in [
            ("apiVersion: v1\n", Kind::Other),
            ("apiVersion: v1\nkind: PrometheusRule\n", Kind::Manifest),
            ("kind: PrometheusRule\napiVersion: v1\n", Kind::Manifest),
            ("tests:\n- promql_expr_test: []\n", Kind::TestFile),
            ("tests:\n- interval: 1m\n", Kind::RuleFile),
            ("rule_files: []\ntests: []\n", Kind::TestFile),
            ("{{ end }}\n", Kind::Other),
            ("# the end", Kind::RuleFile),
        ] {
            assert_eq!(detect(&format!("{file}{last}")), kind, "{last}");
        }
        let nested = format!("{file}x:\n  kind: PrometheusRule\n  input_series: []\n");
        assert_eq!(detect(&format!("{nested}apiVersion: v1\n")), Kind::Manifest);
        assert_eq!(detect(&format!("{nested}tests: []\n")), Kind::TestFile);
    }

    #[test]
    fn files_are_told_apart() {
        for (text, kind) in [
            (
                "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n",
                Kind::RuleFile,
            ),
            ("groups: []\n", Kind::RuleFile),
            (
                "# rules\n\"groups\":\n  - {name: g, rules: [{record: a, expr: b}]}\n",
                Kind::RuleFile,
            ),
            ("{\"groups\": [{\"name\": \"g\", \"rules\": []}]}", Kind::RuleFile),
            (
                "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups: []\n",
                Kind::Manifest,
            ),
            (
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: monitoring.coreos.com/v1\n  kind: PrometheusRule\n",
                Kind::Manifest,
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: rules}\n",
                Kind::Other,
            ),
            (
                "apiVersion: 1\ngroups:\n- name: grafana\n  rules:\n  - uid: x\n    data: [{expr: up}]\n",
                Kind::Other,
            ),
            ("rule_files: [a.yml]\ntests:\n- interval: 1m\n", Kind::TestFile),
            (
                "rule_files: [a.yml]\nscrape_configs: []\n",
                Kind::PrometheusConfig,
            ),
            ("global:\n  scrape_interval: 15s\n", Kind::PrometheusConfig),
            (
                "{\"scrape_configs\": [{\"job_name\": \"api\"}]}",
                Kind::PrometheusConfig,
            ),
            (
                "global:\n  resolve_timeout: 5m\nroute:\n  receiver: a\n",
                Kind::Other,
            ),
            ("global: yes\n", Kind::Other),
            ("groups:\n- docker\n- wheel\n", Kind::Other),
            (
                "{{- if .Values.rules }}\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: up{job=\"{{ .Values.job }}\"}\n{{- end }}\n",
                Kind::Other,
            ),
            (
                "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n      d: |\n        {{ $labels.x }} and {{ .Values }}\n",
                Kind::RuleFile,
            ),
            ("", Kind::Other),
            ("\u{0}\u{1}binary: {", Kind::Other),
        ] {
            assert_eq!(detect(text), kind, "{text}");
        }
    }
}

//! The configuration of the server that will run the rules: which file it is, and the rule files it names.

use crate::config::Config;
use crate::files::{self, Text};
use crate::glob::{BadPattern, rule_paths};
use firedrill_model::{Kind, PrometheusConfig, codes, read_prometheus_config};
use firedrill_source::{Diagnostic, Location, Severity, Sources};
use std::path::PathBuf;

/// What is known of the server.
#[derive(Debug, Default)]
pub(crate) struct Server {
    /// Its configuration; `None` where none is known, or several could be meant.
    pub(crate) config: Option<PrometheusConfig>,
    /// What is wrong with the configurations that were read.
    pub(crate) findings: Vec<Diagnostic>,
    /// The rule files that configurations name which the user gave by name, in order.
    pub(crate) rule_files: Vec<PathBuf>,
}

/// Takes the configurations of servers out of what was found and reads the one that counts: the one of `firedrill.toml`,
/// else one that the user named, else the only `prometheus.yml` that was come upon, else the only one that a document quotes.
///
/// # Errors
/// If the file that `firedrill.toml` names cannot be read.
pub(crate) fn take(texts: &mut Vec<Text>, config: &Config, sources: &mut Sources) -> Result<Server, String> {
    let mut server = Server::default();
    let configured = config.prometheus_config();
    let mut named = Vec::new();
    let mut met = Vec::new();
    let mut quoted = Vec::new();
    for text in std::mem::take(texts) {
        match text.kind {
            Kind::PrometheusConfig if text.quoted => quoted.push(text),
            Kind::PrometheusConfig if text.explicit => named.push(text),
            Kind::PrometheusConfig => met.push(text),
            _ => texts.push(text),
        }
    }
    let mut configs: Vec<PrometheusConfig> = Vec::new();
    for text in &named {
        let config = server.read(text, sources);
        server.find_rule_files(&config, text);
        configs.push(config);
    }
    if let Some(path) = configured {
        let known = named.iter().position(|text| text.path.as_ref() == Some(&path));
        server.config = Some(match known {
            Some(at) => configs.swap_remove(at),
            None => {
                let text = files::read(&path)?;
                server.read(&text, sources)
            }
        });
        return Ok(server);
    }
    if named.is_empty() {
        met.retain(is_called_prometheus);
        let known = if met.is_empty() { &quoted } else { &met };
        if let [only] = known.as_slice() {
            let config = server.read(only, sources);
            server.config = Some(config);
        }
    } else if configs.len() == 1 {
        server.config = configs.pop();
    }
    Ok(server)
}

fn is_called_prometheus(text: &Text) -> bool {
    let name = text.path.as_ref().and_then(|path| path.file_name());
    name.is_some_and(|name| name == "prometheus.yml" || name == "prometheus.yaml")
}

impl Server {
    fn read(&mut self, text: &Text, sources: &mut Sources) -> PrometheusConfig {
        let id = sources.add(text.source.clone());
        let (config, findings) = read_prometheus_config(id, text.source.text());
        match text.no_text(id) {
            Some(finding) => self.findings.push(finding),
            None => self.findings.extend(findings),
        }
        config
    }

    fn find_rule_files(&mut self, config: &PrometheusConfig, text: &Text) {
        for pattern in &config.rule_files {
            let at = Location::new(config.file, pattern.span);
            let finding = match rule_paths(text.path.as_deref(), &pattern.text) {
                Ok(paths) if paths.is_empty() => Diagnostic::new(
                    codes::NO_RULE_FILE,
                    Severity::Warning,
                    at,
                    format!("no file matches {}", pattern.text),
                )
                .note("Prometheus starts without these rules and says nothing")
                .help("rule_files are relative to the directory of the configuration"),
                Ok(paths) => {
                    self.rule_files.extend(paths);
                    continue;
                }
                Err(BadPattern) => Diagnostic::new(
                    codes::NO_RULE_FILE,
                    Severity::Error,
                    at,
                    format!("{}: syntax error in pattern", pattern.text),
                ),
            };
            self.findings.push(finding);
        }
    }
}

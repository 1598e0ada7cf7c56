//! Reports on what was judged: for people, for programs, and as SARIF for tools that gather findings.

use super::{Audit, FORMULA, Finding, Rules, Severity};
use serde_json::{Value, json};

/// How many findings there are of each severity, the worst first.
fn counts<'a>(audits: impl IntoIterator<Item = &'a Audit>) -> [(Severity, usize); 4] {
    let mut counts = Severity::ALL.map(|severity| (severity, 0));
    for finding in audits.into_iter().flat_map(Audit::counted) {
        counts.iter_mut().filter(|(severity, _)| *severity == finding.severity).for_each(|(_, count)| *count += 1);
    }
    counts
}

/// The report for people: each object with its score and its findings, the worst object first.
pub fn plain(audits: &[Audit]) -> String {
    let mut report = String::new();
    for audit in audits {
        report.push_str(&format!("{} {}  score {}\n", audit.kind.name(), audit.name, audit.score()));
        audit.findings.iter().for_each(|finding| report.push_str(&lines(finding)));
        report.push('\n');
    }
    let counted: Vec<String> = counts(audits).iter().map(|(severity, count)| format!("{count} {severity}")).collect();
    report.push_str(&format!("{} checked: {}\n", audits.len(), counted.join(", ")));
    report
}

fn lines(finding: &Finding) -> String {
    let cis = if finding.cis.is_empty() { String::new() } else { format!("  CIS {}", finding.cis) };
    let shown = if finding.shown.is_empty() { String::new() } else { format!(" ({})", finding.shown) };
    let head = format!("  {:<8}  {}{shown}  [{}{cis}]\n", finding.severity.name(), finding.title, finding.rule);
    match &finding.waived {
        Some(reason) => format!("{head}            waived: {reason}\n"),
        None => format!("{head}            {}\n            mend: {}\n", finding.means, finding.mend),
    }
}

/// The report for programs: one document.
pub fn json(audits: &[Audit]) -> Value {
    let counts: serde_json::Map<String, Value> =
        counts(audits).into_iter().map(|(severity, count)| (severity.name().to_string(), json!(count))).collect();
    json!({
        "score_formula": FORMULA,
        "findings": counts,
        "checked": audits.iter().map(object).collect::<Vec<_>>(),
    })
}

fn object(audit: &Audit) -> Value {
    json!({
        "kind": audit.kind.name(),
        "name": audit.name,
        "id": audit.id,
        "project": audit.project,
        "score": audit.score(),
        "findings": audit.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "cis": finding.cis,
        "severity": finding.severity.name(),
        "title": finding.title,
        "means": finding.means,
        "mend": finding.mend,
        "shown": finding.shown,
        "waived": finding.waived,
    })
}

/// The report as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>): one run, a result for each finding. What is
/// judged is no file: it is a logical location.
pub fn sarif(rules: &Rules, audits: &[Audit]) -> Value {
    let rules: Vec<Value> = rules
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.means },
                "help": { "text": rule.mend },
                "properties": { "tags": ["security"], "cis": rule.cis, "severity": rule.severity.name() },
            })
        })
        .collect();
    let results: Vec<Value> =
        audits.iter().flat_map(|audit| audit.findings.iter().map(|finding| result(audit, finding))).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "bowline", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn result(audit: &Audit, finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    };
    let shown = if finding.shown.is_empty() { String::new() } else { format!(" ({})", finding.shown) };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level,
        "message": { "text": format!("{} {}: {}{shown}. {}", audit.kind.name(), audit.name, finding.title, finding.means) },
        "locations": [{ "logicalLocations": [{ "name": audit.name, "kind": audit.kind.name(), "fullyQualifiedName": audit.id }] }],
    });
    if let Some(reason) = &finding.waived {
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

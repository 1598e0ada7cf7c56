//! `[[graphs]]`: the graphs of an operator's own.

use crate::app::unknown_name;
use crate::model::{GRAPH_FIGURES, Graph, GraphFigure, GraphSource, Keep, LogNumber, NamePattern};
use serde::{Deserialize, Deserializer, de::Error};

/// A graph as the file says it.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphSetting(pub Graph);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    container: Option<String>,
    image: Option<String>,
    #[serde(default, deserialize_with = "figure")]
    figure: Option<&'static GraphFigure>,
    log: Option<String>,
    #[serde(default, deserialize_with = "keep")]
    keep: Option<Keep>,
    #[serde(default, deserialize_with = "per")]
    per: Option<bool>,
    unit: Option<String>,
}

impl<'de> Deserialize<'de> for GraphSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        graph(Entry::deserialize(deserializer)?).map(GraphSetting).map_err(D::Error::custom)
    }
}

fn graph(entry: Entry) -> Result<Graph, String> {
    let name = entry.name.trim();
    if name.is_empty() {
        return Err("a graph needs a name".into());
    }
    let of_log = entry.keep.is_some() || entry.per.is_some() || entry.unit.is_some();
    let (source, unit) = match (entry.figure, entry.log) {
        (Some(_), None) if of_log => {
            return Err(format!("graph '{name}': keep, per and unit are for a log; a figure has its own"));
        }
        (Some(figure), None) => (GraphSource::Figure(figure), figure.unit.to_string()),
        (None, Some(pattern)) => {
            let number = LogNumber::new(&pattern, entry.keep.unwrap_or_default(), entry.per.unwrap_or_default());
            let number = number.map_err(|why| format!("graph '{name}': {why}"))?;
            (GraphSource::Log(number), entry.unit.unwrap_or_default())
        }
        (None, None) => {
            let figures: Vec<&str> = GRAPH_FIGURES.iter().map(|figure| figure.name).collect();
            let sentence = format!(
                "graph '{name}' shows nothing: give it a figure ({}) or a log pattern with a group for the number",
                figures.join(", ")
            );
            return Err(sentence);
        }
        (Some(_), Some(_)) => return Err(format!("graph '{name}' has a figure and a log pattern: choose one")),
    };
    let pattern = |text: Option<String>| text.map(|text| NamePattern::new(&text));
    Ok(Graph { name: name.to_string(), container: pattern(entry.container), image: pattern(entry.image), source, unit })
}

fn figure<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'static GraphFigure>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let known = || unknown_name(&name, GRAPH_FIGURES.iter().map(|figure| figure.name));
    GraphFigure::named(&name).map(Some).ok_or_else(known)
}

fn keep<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Keep>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let keep = Keep::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, keep)| keep);
    keep.map(Some).ok_or_else(|| unknown_name(&name, Keep::NAMES.into_iter().map(|(known, _)| known)))
}

fn per<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "line" => Ok(Some(false)),
        "second" => Ok(Some(true)),
        other => Err(unknown_name(other, ["line", "second"].into_iter())),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;
    use crate::model::{GraphSource, Keep};

    fn sentence(text: &str) -> String {
        parse(text).expect_err("this must be refused").to_string()
    }

    #[test]
    fn graphs_are_figures_or_numbers_of_logs() {
        let text = "[[graphs]]\nname = \"in\"\nfigure = \"net-in\"\n\
                    [[graphs]]\nname = \"took\"\nlog = 'took=(\\d+)ms'\nunit = \"ms\"\ncontainer = \"api-*\"\n\
                    [[graphs]]\nname = \"errors\"\nlog = 'error'\nkeep = \"count\"\nper = \"second\"\n";
        let graphs = parse(text).expect("it is right").graphs;
        assert!(matches!(graphs[0].0.source, GraphSource::Figure(figure) if figure.unit == "bytes/s"));
        assert!(graphs[1].0.unit == "ms" && graphs[1].0.container.is_some());
        assert!(
            matches!(&graphs[2].0.source, GraphSource::Log(number) if number.keep == Keep::Count && number.per_second)
        );
    }

    #[test]
    fn what_is_wrong_with_a_graph_is_told_with_the_nearest_name() {
        let head = "[[graphs]]\nname = \"x\"\n";
        for (rest, mend) in [
            ("figure = \"net_in\"", "3: unknown figure 'net_in'; did you mean 'net-in'?"),
            ("keep = \"hihgest\"\nlog = '(a)'", "3: unknown choice for keep 'hihgest'; did you mean 'highest'?"),
            ("per = \"hour\"\nlog = '(a)'", "3: unknown choice for per 'hour'; expected one of line, second"),
            ("lgo = '(a)'", "3: unknown entry in [[graphs]] 'lgo'; did you mean 'log'?"),
        ] {
            assert_eq!(sentence(&format!("{head}{rest}")), mend);
        }
        for (rest, part) in [
            ("", "graph 'x' shows nothing: give it a figure (net-in, net-out,"),
            ("log = 'took'", "graph 'x': 'took' has no group for the number"),
            ("log = '('", "graph 'x': '(' is no regular expression: unclosed group"),
            ("figure = \"pids\"\nlog = '(a)'", "has a figure and a log pattern: choose one"),
            ("figure = \"pids\"\nunit = \"x\"", "keep, per and unit are for a log"),
        ] {
            let told = sentence(&format!("{head}{rest}"));
            assert!(told.contains(part) && told.starts_with("1: "), "{told}");
        }
        assert_eq!(sentence("[[graphs]]\nfigure = \"pids\""), "1: [[graphs]] needs a name");
        assert_eq!(sentence("graphs = 1"), "1: 'graphs' is a list of sections: write [[graphs]]");
        assert_eq!(sentence("[graphs]\nname = \"x\""), "1: 'graphs' is a list of sections: write [[graphs]]");
    }
}

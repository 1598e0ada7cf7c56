//! `.dockerignore`: which files of a folder are not sent to the engine.
//!
//! The rules are those of the Docker client (moby `patternmatcher` and `dockerignore`): rooted at the folder, `**` for any
//! depth, `!` takes back, the last rule that says anything wins, and a rule on a folder is one on all that is in it.
//! They differ from git's in just these points, so each rule becomes one expression here, as it does there.

use regex::Regex;

/// The rules of one folder.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    expression: Regex,
    takes_back: bool,
}

impl Rules {
    /// Reads the text of a `.dockerignore`. What the build itself needs, `needed`, is never left out.
    ///
    /// # Errors
    /// A sentence that names the rule.
    pub fn read(text: &str, needed: &[&str]) -> Result<Rules, String> {
        let mut rules = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines().filter(|line| !line.starts_with('#')) {
            let line = line.trim();
            let (takes_back, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            if pattern.is_empty() && !takes_back {
                continue;
            }
            if pattern.is_empty() {
                return Err("a .dockerignore rule is only '!'".into());
            }
            let cleaned = clean(pattern);
            let pattern = cleaned.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&cleaned);
            rules.push(Rule::new(pattern, takes_back)?);
        }
        let mut rules = Rules { rules };
        for name in needed {
            if rules.leaves_out(name) {
                rules.rules.push(Rule::new(&literal(name), true)?);
            }
        }
        Ok(rules)
    }

    /// True if a path, from the folder and with slashes, is not sent.
    pub fn leaves_out(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(end, _)| &path[..end]);
        let prefixes: Vec<&str> = above.chain([path]).collect();
        let mut out = false;
        for rule in &self.rules {
            if rule.takes_back == out && prefixes.iter().any(|prefix| rule.expression.is_match(prefix)) {
                out = !rule.takes_back;
            }
        }
        out
    }

    /// True if a folder that is left out need not be looked into.
    pub fn is_closed(&self, folder: &str) -> bool {
        let inside = format!("{folder}/");
        !self.rules.iter().any(|rule| rule.takes_back && format!("{}/", rule.pattern).starts_with(&inside))
    }
}

impl Rule {
    fn new(pattern: &str, takes_back: bool) -> Result<Rule, String> {
        let expression =
            Regex::new(&expression(pattern)).map_err(|_| format!("the .dockerignore rule '{pattern}' is not valid"))?;
        Ok(Rule { pattern: pattern.to_string(), expression, takes_back })
    }
}

/// The shortest path of the same meaning (Go's `filepath.Clean`).
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

/// A name in which nothing has a meaning.
fn literal(name: &str) -> String {
    name.chars().flat_map(|c| if "*?[]\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// One rule as an expression (moby `Pattern.compile`).
fn expression(pattern: &str) -> String {
    let mut expression = String::from("(?s)^");
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                if rest.peek() == Some(&'/') {
                    rest.next();
                }
                expression.push_str(if rest.peek().is_none() { ".*" } else { "(?:.*/)?" });
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '\\' => {
                let escaped = rest.next().unwrap_or('\\');
                expression.push_str(&regex::escape(&escaped.to_string()));
            }
            '[' | ']' | '^' | '-' => expression.push(c),
            c => expression.push_str(&regex::escape(&c.to_string())),
        }
    }
    expression.push('$');
    expression
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, out: &[&str], sent: &[&str]) {
        let rules = Rules::read(text, &[]).unwrap();
        for path in out {
            assert!(rules.leaves_out(path), "{text:?} leaves out {path}");
        }
        for path in sent {
            assert!(!rules.leaves_out(path), "{text:?} sends {path}");
        }
    }

    #[test]
    fn rules_are_rooted_and_the_last_word_counts() {
        check("a\n", &["a", "a/b", "a/b/c"], &["b/a", "ab"]);
        check("/a/\n./b\nc/../d", &["a", "a/x", "b", "d"], &["c", "x/a"]);
        check("*.log", &["x.log"], &["d/x.log", "xlog"]);
        check("**/*.log", &["x.log", "d/x.log", "d/e/x.log"], &["d/xlog"]);
        check("*/temp*", &["d/temp", "d/temps/x"], &["temp", "d/e/temp"]);
        check("*/*/temp", &["d/e/temp"], &["d/temp", "d/e/f/temp"]);
        check("temp?", &["tempa", "tempb/x"], &["temp", "tempab"]);
        check("**", &["a", "a/b"], &[]);
        check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["a", "z"]);
        check("[a-c]x", &["ax", "cx"], &["dx"]);
        check("a.b", &["a.b"], &["axb"]);
        check("x{y}+(z)|$", &["x{y}+(z)|$"], &["xy"]);
        check("\\*\\!\n\\#x", &["*!", "#x"], &["ab"]);
    }

    #[test]
    fn exceptions_take_back_and_may_be_taken_back() {
        check("*\n!src\n!README.md", &["x", "x/y"], &["src", "src/a", "README.md"]);
        check("*.md\n!README.md", &["a.md"], &["README.md"]);
        check("*.md\n!README*.md\nREADME-secret.md", &["README-secret.md"], &["README-x.md"]);
        check("!README.md\n*.md", &["README.md"], &[]);
        check("a/b\n!a", &[], &["a/b/c"]);
        check("a\n!a/keep\n", &["a/x", "a"], &["a/keep", "a/keep/x"]);
    }

    #[test]
    fn comments_blanks_and_marks_of_order_mean_nothing() {
        check("\u{feff}a\r\n# b\n\n   c   \n! d\n", &["a", "c"], &["b", "d", "# b"]);
        assert!(Rules::read("!", &[]).unwrap_err().contains("only '!'"));
        assert!(Rules::read("[", &[]).unwrap_err().contains("'['"));
    }

    #[test]
    fn what_the_build_needs_is_sent() {
        let rules = Rules::read("*\n", &["Dockerfile", ".dockerignore"]).unwrap();
        assert!(!rules.leaves_out("Dockerfile") && !rules.leaves_out(".dockerignore") && rules.leaves_out("x"));
        let rules = Rules::read("**", &["build/[x]*.docker"]).unwrap();
        assert!(!rules.leaves_out("build/[x]*.docker") && rules.leaves_out("build/xx.docker"));
    }

    #[test]
    fn folders_without_an_exception_are_closed() {
        let rules = Rules::read("node_modules\nsrc\n!src/keep/x", &[]).unwrap();
        assert!(rules.is_closed("node_modules") && !rules.is_closed("src") && !rules.is_closed("src/keep"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in any::<String>(), path in "[a-z/.]{0,12}") {
            if let Ok(rules) = Rules::read(&text, &["Dockerfile"]) {
                prop_assert!(!rules.leaves_out("Dockerfile"));
                rules.leaves_out(&path);
            }
        }
    }
}

//! A wish for one or many things, and what came of it.

use crate::model::{Id, Operation, OperationId, OperationKind, Problem, Timestamp};

/// One wish for one or many containers, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkResult {
    /// The wish.
    pub id: OperationId,
    /// What was asked for.
    pub kind: OperationKind,
    /// When.
    pub since: Timestamp,
    /// Each target with its result, none while pending.
    pub targets: Vec<(Operation, Option<Result<String, Problem>>)>,
    /// What failed has been asked for again.
    pub retried: bool,
    /// How many of the targets each wave has; one begins when all before it have ended.
    pub waves: Vec<usize>,
    /// The project of each target, by its engine and name.
    pub(super) projects: Vec<Option<Id>>,
    /// Up to where the targets have been begun.
    pub(super) begun_to: usize,
}

impl BulkResult {
    /// Targets without a result.
    pub fn pending(&self) -> usize {
        self.targets.iter().filter(|(_, result)| result.is_none()).count()
    }

    /// Targets that failed.
    pub fn failed(&self) -> usize {
        self.targets.iter().filter(|(_, result)| matches!(result, Some(Err(_)))).count()
    }

    /// How many are done, in words: `2 of 4 done, 1 failed, 1 under way`.
    pub fn standing(&self) -> String {
        let (all, failed, pending) = (self.targets.len(), self.failed(), self.pending());
        let mut words = format!("{} of {all} done", all - failed - pending);
        for (count, what) in [(failed, "failed"), (pending, "running")] {
            if count > 0 {
                words.push_str(&format!(", {count} {what}"));
            }
        }
        words
    }

    /// There is something to ask for again.
    pub fn can_retry(&self) -> bool {
        self.failed() > 0 && !self.retried && self.kind.spec().can_retry
    }

    /// What begins now that a target has its result: the wave behind one whose targets all have theirs. Where one failed the
    /// later ones of its project are told as not begun; others do not hang on it.
    pub(super) fn next_wave(&mut self) -> Vec<Operation> {
        let mut end = 0;
        for wave in 0..self.waves.len() {
            let start = end;
            end = (end + self.waves[wave]).min(self.targets.len());
            if self.targets[start..end].iter().any(|(_, result)| result.is_none()) {
                return Vec::new();
            }
            if self.begun_to > end {
                continue;
            }
            self.give_up_behind(end);
            let next = self.waves.get(wave + 1).copied().unwrap_or(0);
            self.begun_to = (end + next).min(self.targets.len());
            let begin = self.targets[end..self.begun_to].iter().filter(|(_, result)| result.is_none());
            let begin: Vec<Operation> = begin.map(|(operation, _)| operation.clone()).collect();
            if !begin.is_empty() {
                return begin;
            }
        }
        Vec::new()
    }

    /// What is behind this target and of a project in which one before it failed is not begun.
    fn give_up_behind(&mut self, end: usize) {
        let is_failed = |at: &usize| matches!(self.targets[*at].1, Some(Err(_)));
        let failed: Vec<Id> = (0..end).filter(is_failed).filter_map(|at| self.projects.get(at)?.clone()).collect();
        for (at, (operation, result)) in self.targets.iter_mut().enumerate().skip(end) {
            let project = self.projects.get(at).and_then(Option::as_ref);
            if result.is_none() && project.is_some_and(|project| failed.contains(project)) {
                let during = format!("{} {}", self.kind.spec().word, operation.name);
                *result = Some(Err(Problem::new(during, "not started: an earlier one failed", "")));
            }
        }
    }

    /// How many failed in each wave and are to be tried again, without waves in which none is.
    pub(super) fn failed_waves(&self, again: impl Fn(&Operation) -> bool) -> Vec<usize> {
        let mut rest = self.targets.as_slice();
        let mut failed = Vec::new();
        for wave in &self.waves {
            let (of, later) = rest.split_at((*wave).min(rest.len()));
            failed.push(
                of.iter().filter(|(operation, result)| matches!(result, Some(Err(_))) && again(operation)).count(),
            );
            rest = later;
        }
        failed.retain(|count| *count > 0);
        failed
    }

    pub(super) fn summary(&self) -> String {
        match self.targets.as_slice() {
            [(operation, Some(Ok(word)))] if !word.is_empty() && *word != operation.name => {
                format!("{} {}: {word}", self.kind.spec().done, operation.name)
            }
            [(act, _)] => format!("{} {}", self.kind.spec().done, act.name),
            many if self.failed() == 0 => {
                format!("{} {}", self.kind.spec().done, self.kind.spec().kind.count(many.len()))
            }
            many => {
                let done = many.len() - self.failed();
                format!("{} {done} of {}, {} failed", self.kind.spec().done, many.len(), self.failed())
            }
        }
    }
}

//! The figures of a synthetic container: pure functions of (seed, how long it has run).

use super::load_curve::LoadCurve;
use super::rng::{Rng, mix};

/// What a container has used at one moment. The first five only grow while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Figures {
    pub(crate) cpu_ns: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// With `cache`, bytes.
    pub(crate) memory: u64,
    /// Page cache that can be dropped, bytes.
    pub(crate) cache: u64,
    pub(crate) pids: u64,
}

impl Figures {
    /// The same, nothing lower than in an earlier reading of the same run.
    pub(crate) fn at_least(self, earlier: Figures) -> Figures {
        Figures {
            cpu_ns: self.cpu_ns.max(earlier.cpu_ns),
            read: self.read.max(earlier.read),
            written: self.written.max(earlier.written),
            ..self
        }
    }
}

/// How much a synthetic container uses on the average.
#[derive(Debug, Clone)]
pub(crate) struct ResourceProfile {
    pub(crate) seed: u64,
    /// Processors.
    pub(crate) cpu: f64,
    /// Bytes.
    pub(crate) memory: u64,
    /// Bytes a second.
    pub(crate) net: f64,
    /// Bytes a second.
    pub(crate) disk: f64,
    pub(crate) pids: u64,
    /// Processors it may use; 0 for no limit.
    cap: f64,
    /// Since when, seconds of running, the cap holds, and the CPU time used until then.
    capped: (f64, f64),
}

impl ResourceProfile {
    pub(crate) fn new(seed: u64, cpu: f64, memory: u64, net: f64, disk: f64, pids: u64) -> Self {
        ResourceProfile { seed, cpu, memory, net, disk, pids, cap: 0.0, capped: (0.0, 0.0) }
    }

    /// From `t` seconds of running on it may use `cap` processors (0: any number). What it used before stays used.
    pub(crate) fn limit(&mut self, cap: f64, t: f64) {
        self.capped = (t, self.cpu_seconds(t));
        self.cap = cap;
    }

    /// A new run begins: the counters are back at nothing, the cap stays.
    pub(crate) fn begin(&mut self) {
        self.capped = (0.0, 0.0);
    }

    fn cpu_seconds(&self, t: f64) -> f64 {
        let curve = LoadCurve::new(mix(self.seed, 1), self.cpu);
        let share = if self.cap > 0.0 { (self.cap / curve.peak().max(1e-9)).min(1.0) } else { 1.0 };
        self.capped.1 + share * (curve.total(t) - curve.total(self.capped.0)).max(0.0)
    }

    /// What it has used `t` seconds into its run, under a memory limit (0: none).
    pub(crate) fn at(&self, t: f64, memory_limit: u64) -> Figures {
        let total = |salt: u64, mean: f64| LoadCurve::new(mix(self.seed, salt), mean).total(t).max(0.0) as u64;
        let mean = self.memory as f64;
        let fill = 1.0 - 0.5 * (-t / 20.0).exp();
        let wave = LoadCurve::new(mix(self.seed, 6), mean * 0.25).at(t / 3.0);
        let saw = mean * 0.12 * (t / Rng::new(mix(self.seed, 7)).between(25.0, 70.0)).fract();
        let ceiling = if memory_limit > 0 { memory_limit as f64 * 0.985 } else { f64::MAX };
        let working = ((mean * 0.7 * fill) + wave + saw).min(ceiling);
        let cache = LoadCurve::new(mix(self.seed, 8), mean * 0.3).at(t / 10.0).min(ceiling - working).max(0.0);
        let sway = LoadCurve::new(mix(self.seed, 9), 1.0).at(t) * self.pids as f64 * 0.1;
        Figures {
            cpu_ns: (self.cpu_seconds(t).max(0.0) * 1e9) as u64,
            received: total(2, self.net),
            sent: total(3, self.net * 0.6),
            read: total(4, self.disk * 0.4),
            written: total(5, self.disk),
            memory: (working + cache) as u64,
            cache: cache as u64,
            pids: (self.pids.max(1) as f64 * 0.95 + sway).max(1.0) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appetite() -> ResourceProfile {
        ResourceProfile::new(4, 0.5, 200 << 20, 10_000.0, 5_000.0, 12)
    }

    #[test]
    fn a_seed_says_it_all_and_counters_only_grow() {
        assert_eq!(appetite().at(77.7, 0), appetite().at(77.7, 0));
        let mut last = Figures::default();
        for i in 0..1000 {
            let now = appetite().at(f64::from(i) * 0.7, 256 << 20);
            assert!(now.cpu_ns >= last.cpu_ns && now.received >= last.received && now.written >= last.written);
            assert!(now.memory <= 256 << 20 && now.cache <= now.memory && now.pids > 0);
            last = now;
        }
    }

    #[test]
    fn a_cap_holds_and_takes_nothing_back() {
        let mut capped = appetite();
        let before = capped.at(100.0, 0).cpu_ns;
        capped.limit(0.1, 100.0);
        assert_eq!(capped.at(100.0, 0).cpu_ns, before);
        for i in 100..400 {
            let t = f64::from(i);
            let used = capped.at(t + 1.0, 0).cpu_ns - capped.at(t, 0).cpu_ns;
            assert!(used <= 100_001_000, "{used}");
        }
    }
}

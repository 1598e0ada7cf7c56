//! Smooth, seeded curves whose running total has a closed form: a figure at any moment costs the same,
//! however long ago the last one was asked for.

use super::rng::Rng;

/// A rate over time: a floor, slow waves, and a burst that comes by now and then. Never negative.
#[derive(Debug, Clone)]
pub(crate) struct LoadCurve {
    floor: f64,
    waves: [Wave; 3],
    burst: Wave,
}

#[derive(Debug, Clone, Copy)]
struct Wave {
    height: f64,
    omega: f64,
    phase: f64,
}

impl Wave {
    fn throw(rng: &mut Rng, height: f64, periods: (f64, f64)) -> Self {
        Wave {
            height,
            omega: std::f64::consts::TAU / rng.between(periods.0, periods.1),
            phase: rng.between(0.0, std::f64::consts::TAU),
        }
    }

    fn sine(self, t: f64) -> f64 {
        self.height * (self.omega * t + self.phase).sin()
    }

    /// ∫ height · sin(ωt + φ) from 0.
    fn sine_total(self, t: f64) -> f64 {
        self.height / self.omega * (self.phase.cos() - (self.omega * t + self.phase).cos())
    }

    /// A narrow hill, height · sin⁴: mostly low, high for a moment.
    fn hill(self, t: f64) -> f64 {
        self.height * (self.omega * t + self.phase).sin().powi(4)
    }

    /// ∫ height · sin⁴(ωt + φ) from 0, by sin⁴x = (3 − 4 cos 2x + cos 4x) / 8.
    fn hill_total(self, t: f64) -> f64 {
        let upto = |x: f64| (3.0 * x - 2.0 * (2.0 * x).sin() + (4.0 * x).sin() / 4.0) / 8.0;
        self.height / self.omega * (upto(self.omega * t + self.phase) - upto(self.phase))
    }
}

impl LoadCurve {
    /// A curve with a mean of about `mean`.
    pub(crate) fn new(seed: u64, mean: f64) -> Self {
        let mut rng = Rng::new(seed);
        let mean = mean.max(0.0);
        LoadCurve {
            floor: mean * 0.7,
            waves: [
                Wave::throw(&mut rng, mean * 0.15, (7.0, 20.0)),
                Wave::throw(&mut rng, mean * 0.2, (45.0, 120.0)),
                Wave::throw(&mut rng, mean * 0.3, (400.0, 1500.0)),
            ],
            burst: Wave::throw(&mut rng, mean * 0.8, (90.0, 260.0)),
        }
    }

    /// The rate `t` seconds in.
    pub(crate) fn at(&self, t: f64) -> f64 {
        self.floor + self.waves.iter().map(|wave| wave.sine(t)).sum::<f64>() + self.burst.hill(t)
    }

    /// What has come together from 0 to `t` seconds. Never falls.
    pub(crate) fn total(&self, t: f64) -> f64 {
        self.floor * t + self.waves.iter().map(|wave| wave.sine_total(t)).sum::<f64>() + self.burst.hill_total(t)
    }

    /// The highest rate it can reach.
    pub(crate) fn peak(&self) -> f64 {
        self.floor + self.waves.iter().map(|wave| wave.height).sum::<f64>() + self.burst.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_integral() {
        let curve = LoadCurve::new(11, 0.5);
        let (step, mut sum) = (0.01, 0.0);
        for i in 0..50_000 {
            sum += curve.at((i as f64 + 0.5) * step) * step;
        }
        assert!((sum - curve.total(500.0)).abs() < 1e-3, "{sum} {}", curve.total(500.0));
    }

    #[test]
    fn never_negative_never_falls_never_above_its_peak() {
        for seed in 0..50 {
            let curve = LoadCurve::new(seed, 1.0);
            let mut last = 0.0;
            for i in 0..2000 {
                let t = i as f64 * 1.7;
                assert!(curve.at(t) >= 0.0 && curve.at(t) <= curve.peak());
                assert!(curve.total(t) >= last);
                last = curve.total(t);
            }
        }
    }

    #[test]
    fn a_seed_says_it_all_and_the_mean_holds() {
        assert_eq!(LoadCurve::new(5, 1.0).at(12.3), LoadCurve::new(5, 1.0).at(12.3));
        assert_ne!(LoadCurve::new(5, 1.0).at(12.3), LoadCurve::new(6, 1.0).at(12.3));
        let mean = LoadCurve::new(5, 1.0).total(100_000.0) / 100_000.0;
        assert!((0.9..1.1).contains(&mean), "{mean}");
    }
}

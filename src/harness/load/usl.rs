//! The universal scalability law, fitted to measured throughputs. Pure.
//!
//! N. J. Gunther, *Guerrilla Capacity Planning* (Springer, 2007), chapters 4 and 5, and *A General Theory of Computational
//! Scalability Based on Rational Functions* (arXiv:0808.1431): a system that does λ operations a second for one client
//! does
//!
//! > X(N) = λN / (1 + σ(N−1) + κN(N−1))
//!
//! for N of them. σ (contention) is the share of the work that only one can do at a time, κ (coherency) what each pays
//! to agree with every other. With κ > 0 throughput has a peak, at N = √((1−σ)/κ), and falls behind it.
//!
//! Divided by, N/X(N) = a + b(N−1) + cN(N−1) with a = 1/λ, b = σ/λ, c = κ/λ, which is linear in its coefficients: least
//! squares have one solution and need no first guess. Each level is weighted with its own throughput, so that it is the
//! relative error of each that is made small: an error of a tenth counts as much at 1 client as at 512.

/// The law, fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// λ: operations a second of one client, as the curve has it.
    pub lambda: f64,
    /// σ: contention, from 0.
    pub sigma: f64,
    /// κ: coherency, from 0.
    pub kappa: f64,
    /// The root of the mean of the squared relative errors: by how much the law misses what was measured.
    pub error: f64,
    /// At how many different numbers of clients it was measured. Of three the curve, which has three coefficients,
    /// goes through every point: that says nothing of how well the law describes the system.
    pub levels: usize,
}

/// The fewest numbers of clients that three coefficients can be found from.
pub const LEAST_LEVELS: usize = 3;

impl Law {
    /// Fits the law to pairs of clients and operations a second. `None` for less than [`LEAST_LEVELS`] different numbers of clients,
    /// or where the throughputs are no positive numbers.
    ///
    /// σ and κ are no less than 0: one that would be (throughput that grows faster than the clients do) is left out, and
    /// the others are fitted without it.
    pub fn fit(points: &[(u64, f64)]) -> Option<Law> {
        if points.iter().any(|&(clients, rate)| clients == 0 || !rate.is_finite() || rate <= 0.0) {
            return None;
        }
        let mut levels: Vec<u64> = points.iter().map(|&(clients, _)| clients).collect();
        levels.sort_unstable();
        levels.dedup();
        if levels.len() < LEAST_LEVELS {
            return None;
        }
        // A row of the system is scaled with X/N, so that the right side is 1 and a residual is a relative error.
        let rows: Vec<[f64; 3]> = points
            .iter()
            .map(|&(clients, rate)| {
                let n = clients as f64;
                let weight = rate / n;
                [weight, weight * (n - 1.0), weight * n * (n - 1.0)]
            })
            .collect();
        let candidates = [&[0, 1, 2][..], &[0, 1], &[0, 2], &[0]];
        let fits = candidates.iter().filter_map(|used| {
            let coefficients = least_squares(&rows, used)?;
            let sound = coefficients[0] > 0.0 && coefficients[1] >= 0.0 && coefficients[2] >= 0.0;
            sound.then(|| (coefficients, squares(&rows, &coefficients)))
        });
        let best = fits.min_by(|left, right| left.1.total_cmp(&right.1))?;
        let ([a, b, c], squares) = best;
        Some(Law {
            lambda: 1.0 / a,
            sigma: b / a,
            kappa: c / a,
            error: (squares / points.len() as f64).sqrt(),
            levels: levels.len(),
        })
    }

    /// Operations a second of so many clients.
    pub fn throughput(&self, clients: f64) -> f64 {
        let others = clients - 1.0;
        self.lambda * clients / (1.0 + self.sigma * others + self.kappa * clients * others)
    }

    /// With how many clients throughput is highest, and how high; `None` where it never falls. A system whose clients
    /// but hinder one another has its peak at 1.
    pub fn peak(&self) -> Option<(f64, f64)> {
        if self.kappa <= f64::EPSILON {
            return None;
        }
        let clients = ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt().max(1.0);
        Some((clients, self.throughput(clients)))
    }

    /// What throughput comes near to and never reaches, where it has no peak; `None` where it has one, or no bound.
    pub fn ceiling(&self) -> Option<f64> {
        (self.kappa <= f64::EPSILON && self.sigma > f64::EPSILON).then(|| self.lambda / self.sigma)
    }
}

/// The sum of the squares of what these coefficients leave of a right side of ones.
fn squares(rows: &[[f64; 3]], coefficients: &[f64; 3]) -> f64 {
    let left = |row: &[f64; 3]| 1.0 - row.iter().zip(coefficients).map(|(x, c)| x * c).sum::<f64>();
    rows.iter().map(left).map(|left| left * left).sum()
}

/// The coefficients of the columns `used`, 0 for all others, that leave least of a right side of ones.
///
/// Columns are brought to one length first: N(N−1) is a million times larger than 1. What is left is made orthogonal one
/// after the other (the modified method of Gram and Schmidt), which loses half as many digits as normal equations do.
fn least_squares(rows: &[[f64; 3]], used: &[usize]) -> Option<[f64; 3]> {
    let dot = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(l, r)| l * r).sum::<f64>();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut lengths = Vec::new();
    for &at in used {
        let column: Vec<f64> = rows.iter().map(|row| row[at]).collect();
        let length = dot(&column, &column).sqrt();
        if length <= 0.0 {
            return None;
        }
        columns.push(column.iter().map(|x| x / length).collect());
        lengths.push(length);
    }
    let count = columns.len();
    let mut upper = vec![vec![0.0; count]; count];
    let mut right = vec![0.0; count];
    let mut left = vec![1.0; rows.len()];
    for at in 0..count {
        let norm = dot(&columns[at], &columns[at]).sqrt();
        if norm < 1e-9 {
            return None;
        }
        upper[at][at] = norm;
        columns[at].iter_mut().for_each(|x| *x /= norm);
        for later in at + 1..count {
            let share = dot(&columns[at], &columns[later]);
            upper[at][later] = share;
            let (head, tail) = columns.split_at_mut(later);
            tail[0].iter_mut().zip(&head[at]).for_each(|(x, q)| *x -= share * q);
        }
        right[at] = dot(&columns[at], &left);
        left.iter_mut().zip(&columns[at]).for_each(|(x, q)| *x -= right[at] * q);
    }
    let mut found = vec![0.0; count];
    for at in (0..count).rev() {
        let known: f64 = (at + 1..count).map(|later| upper[at][later] * found[later]).sum();
        found[at] = (right[at] - known) / upper[at][at];
    }
    let mut coefficients = [0.0; 3];
    for (at, column) in used.iter().enumerate() {
        coefficients[*column] = found[at] / lengths[at];
    }
    Some(coefficients)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(law: Law, levels: &[u64]) -> Vec<(u64, f64)> {
        levels.iter().map(|&n| (n, law.throughput(n as f64))).collect()
    }

    fn law(lambda: f64, sigma: f64, kappa: f64) -> Law {
        Law { lambda, sigma, kappa, error: 0.0, levels: 0 }
    }

    fn close(left: f64, right: f64, within: f64) -> bool {
        (left - right).abs() <= within * right.abs().max(1e-6)
    }

    #[rehearsal::test]
    fn a_curve_of_the_law_gives_its_coefficients_back() {
        let levels = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
        for (lambda, sigma, kappa) in [
            (1_000.0, 0.0, 0.0),
            (1_000.0, 0.05, 0.0),
            (995.65, 0.026_72, 0.000_769),
            (2.5e6, 0.3, 1e-5),
            (3.0, 0.9, 0.01),
            (1e7, 0.0, 0.002),
        ] {
            let fit = Law::fit(&measured(law(lambda, sigma, kappa), &levels)).expect("ten levels");
            assert!(close(fit.lambda, lambda, 1e-6), "{fit:?}");
            assert!(close(fit.sigma, sigma, 1e-3), "{fit:?}, wanted {sigma}");
            assert!(close(fit.kappa, kappa, 1e-3), "{fit:?}, wanted {kappa}");
            assert!(fit.error < 1e-6, "{fit:?}");
        }
    }

    /// Of the book's own example, a benchmark of a ray tracer on 1 to 64 processors of an Origin 2000: it has the
    /// coefficients 0.0500 and 0.000005, and says that throughput peaks far beyond what was measured.
    #[rehearsal::test]
    fn the_books_example_is_fitted_as_the_book_has_it() {
        let points = [
            (1, 20.0),
            (4, 78.0),
            (8, 130.0),
            (12, 170.0),
            (16, 190.0),
            (20, 200.0),
            (24, 210.0),
            (28, 230.0),
            (32, 260.0),
            (48, 280.0),
            (64, 310.0),
        ];
        let fit = Law::fit(&points).expect("eleven levels");
        assert!((0.035..0.065).contains(&fit.sigma), "{fit:?}");
        assert!(fit.kappa < 0.000_1, "{fit:?}");
        assert!((18.0..22.5).contains(&fit.lambda), "{fit:?}");
        assert!(fit.error < 0.1, "{fit:?}");
    }

    /// Each throughput off by up to 3 %, in turn up and down.
    #[rehearsal::test]
    fn noise_moves_the_peak_a_little() {
        let truth = law(50_000.0, 0.04, 0.000_4);
        let mut points = measured(truth, &[1, 2, 4, 8, 16, 32, 64, 128]);
        for (at, point) in points.iter_mut().enumerate() {
            point.1 *= [1.03, 0.98, 1.01, 0.97][at % 4];
        }
        let fit = Law::fit(&points).expect("eight levels");
        let (peak, height) = fit.peak().expect("a peak");
        let (true_peak, true_height) = truth.peak().expect("a peak");
        assert!(close(peak, true_peak, 0.15), "{peak} instead of {true_peak}");
        assert!(close(height, true_height, 0.05), "{height} instead of {true_height}");
        assert!((0.005..0.04).contains(&fit.error), "{fit:?}");
    }

    #[rehearsal::test]
    fn growth_beyond_the_number_of_clients_is_no_negative_contention() {
        let points = [(1, 100.0), (2, 230.0), (4, 500.0), (8, 1_100.0)];
        let fit = Law::fit(&points).expect("four levels");
        assert_eq!((fit.sigma, fit.kappa), (0.0, 0.0), "{fit:?}");
        assert_eq!((fit.peak(), fit.ceiling()), (None, None));
    }

    #[rehearsal::test]
    fn peaks_and_ceilings() {
        for (sigma, kappa, peak, ceiling) in [
            (0.02, 0.0005, Some(44.27), None),
            (0.0, 0.01, Some(10.0), None),
            (2.0, 0.01, Some(1.0), None),
            (0.0, 4.0, Some(1.0), None),
            (0.1, 0.0, None, Some(10_000.0)),
            (0.0, 0.0, None, None),
        ] {
            let law = law(1_000.0, sigma, kappa);
            let found = law.peak().map(|(clients, _)| (clients * 100.0).round() / 100.0);
            assert_eq!(found, peak, "σ {sigma}, κ {kappa}");
            assert_eq!(law.ceiling(), ceiling, "σ {sigma}, κ {kappa}");
        }
    }

    #[rehearsal::test]
    fn what_cannot_be_fitted_is_not() {
        for points in [
            &[][..],
            &[(1, 10.0)],
            &[(1, 10.0), (2, 19.0)],
            &[(1, 10.0), (2, 19.0), (2, 19.5), (1, 9.9)],
            &[(1, 10.0), (2, 0.0), (4, 30.0)],
            &[(1, 10.0), (2, f64::NAN), (4, 30.0)],
            &[(0, 10.0), (2, 20.0), (4, 30.0)],
        ] {
            assert_eq!(Law::fit(points), None, "{points:?}");
        }
        let fit = Law::fit(&[(1, 10.0), (2, 18.0), (4, 25.0)]).expect("three levels");
        assert!(fit.levels == 3 && fit.error < 1e-9, "{fit:?}");
    }
}

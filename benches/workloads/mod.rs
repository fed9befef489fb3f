//! The workloads K1 … K7: their data, what is computed, and what must come out.
//!
//! | id | workload (`f64`, one thread) |
//! |---|---|
//! | K1 | gradient of a quadratic loss, A w − b |
//! | K2 | gradient of a tanh net, mean of ½ ‖residual‖² over N examples |
//! | K3hvp, K3mod | Hessian–vector product along the gradient; modified field g + (ε/2) H g, ε = 0.1 |
//! | K4 | minibatch modified field ⟨g_k⟩ + (ε/2) ⟨H_k g_k⟩ over 8 minibatches |
//! | K5 | mean end point over all m! orders of one epoch, 4 examples a minibatch, step size 0.05 |
//! | K6 | flow from 0 to 1 at tolerance 1e-12: gf gradient flow, mf modified flow with ε = 0.1 |
//! | K7 | 100,000 steps of gradient descent of step size 0.05 |
//!
//! K5 to K7 run the net 2-16-16-1, K6 and K7 on 32 examples. All data come from splitmix64, so a
//! program in another language gets the same bits. The checksums were computed with JAX in 64-bit
//! arithmetic on the same data; those of K6 with the solver Dopri8 of diffrax.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::flow::{Along, BatchPenalty, Flow, GradientFlow, GradientPenalty};
use shadowflow::integrate::Dop853;
use shadowflow::loss::{Examples, Mlp, Oracle, Quadratic};
use shadowflow::optimizer::{GradientDescent, Optimizer, State, Steps};
use shadowflow::sampling::{MeanMethod, RandomReshuffling, block_mean};

/// What a checksum may be off by, relative to its size.
const TOLERANCE: f64 = 1e-11;

/// The modified flow of gradient descent.
const PENALTY: GradientPenalty =
    GradientPenalty { coefficient: shadowflow::scalar::Ratio::new(1, 4) };

/// The step size of the modified fields.
const EPS: f64 = 0.1;

/// The step size of the iterations, K5 and K7.
const STEP: f64 = 0.05;

/// The steps of K7.
const STEPS: usize = 100_000;

const SMALL: &str = "2-16-16-1";

/// Computes a row's result and writes it over the vector, which has `dim` entries.
type Run = Box<dyn FnMut(&mut [f64])>;

/// One workload at one size.
pub struct Row {
    /// K1, K2, K3hvp, K3mod, K4, K5, K6 or K7.
    pub workload: &'static str,
    /// The size, as the id names it after the slash.
    pub size: &'static str,
    /// The sum of the result's entries and the sum of their squares.
    checksum: [f64; 2],
}

/// A row ready to run.
pub struct Prepared {
    run: Run,
    result: Vec<f64>,
}

impl Prepared {
    /// Computes the row once.
    pub fn run(&mut self) -> &[f64] {
        (self.run)(&mut self.result);
        &self.result
    }
}

impl Row {
    /// Sets the row up, runs it once and checks what comes out.
    ///
    /// # Panics
    /// If the result does not have the row's checksum.
    pub fn prepare(&self) -> Prepared {
        let (dim, run) = match self.workload {
            "K1" => quadratic_gradient(number_after(self.size, "n=")),
            "K2" => net_gradient(self.size),
            "K3hvp" => hessian_vector(self.size),
            "K3mod" => field(self.size, 1, &PENALTY),
            "K4" => field(self.size, 8, &BatchPenalty { substeps: 1 }),
            "K5" => mean_over_orders(number_after(self.size, "m=")),
            "K6" if self.size == "gf" => reference_flow(&GradientFlow, 1.0),
            "K6" => reference_flow(&PENALTY, EPS / 4.0),
            "K7" => trajectory(),
            other => panic!("there is no workload {other}"),
        };
        let mut prepared = Prepared { run, result: vec![f64::NAN; dim] };
        let result = prepared.run();
        let found = [result.iter().sum::<f64>(), result.iter().map(|x| x * x).sum()];
        for (found, known) in found.iter().zip(&self.checksum) {
            let error = (found - known).abs() / known.abs();
            assert!(
                error <= TOLERANCE,
                "{}/{}: the checksum is {found}, not {known}: off by {error:.1e}",
                self.workload,
                self.size
            );
        }
        prepared
    }
}

/// Entries 1 … `count` of splitmix64 from `seed`, uniform in ±1.
pub fn uniform(seed: u64, count: usize) -> Vec<f64> {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    (1..=count as u64)
        .map(|i| {
            let z = seed.wrapping_add(i.wrapping_mul(GOLDEN));
            let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let z = z ^ (z >> 31);
            2.0 * ((z >> 11) as f64 * 2f64.powi(-53)) - 1.0
        })
        .collect()
}

/// The weights a net of `layers` is evaluated at: uniform in ±1/√inputs, biases in ±0.1.
pub fn weights(layers: &[usize]) -> Vec<f64> {
    let mut w = Vec::new();
    for (layer, pair) in layers.windows(2).enumerate() {
        let (seed, root) = (1000 + 2 * layer as u64, (pair[0] as f64).sqrt());
        w.extend(uniform(seed, pair[0] * pair[1]).iter().map(|x| x / root));
        w.extend(uniform(seed + 1, pair[1]).iter().map(|x| 0.1 * x));
    }
    w
}

/// The net of `layers` on `examples` examples, in minibatches of consecutive ones.
pub fn net(layers: &[usize], examples: usize, batches: usize) -> Mlp {
    let (features, outputs) = (layers[0], layers[layers.len() - 1]);
    let x = DMatrix::from_row_slice(examples, features, &uniform(7000, examples * features));
    let y = DMatrix::from_row_slice(examples, outputs, &uniform(7001, examples * outputs));
    let size = examples / batches;
    let deal: Vec<_> = (0..batches).map(|k| (k * size..(k + 1) * size).collect()).collect();
    Mlp::new(layers, Examples::new(&x, &y, &deal).unwrap()).unwrap()
}

/// ½ (w − A⁻¹ b)ᵀ A (w − A⁻¹ b), whose gradient is A w − b, and w: A is symmetric with eigenvalues
/// around 2.
pub fn quadratic(n: usize) -> (Quadratic, Vec<f64>) {
    let m = DMatrix::from_row_slice(n, n, &uniform(5000 + n as u64, n * n));
    let symmetric = (&m + m.transpose()) / 2.0;
    let a: DMatrix<f64> = symmetric / (n as f64).sqrt() + DMatrix::identity(n, n) * 2.0;
    let b = DVector::from_vec(uniform(6000 + n as u64, n));
    let minimum = a.clone().lu().solve(&b).unwrap();
    (Quadratic::new(vec![a], vec![minimum]).unwrap(), uniform(7000 + n as u64, n))
}

fn number_after(size: &str, prefix: &str) -> usize {
    size.strip_prefix(prefix).unwrap().parse().unwrap()
}

/// The net and the weights that a size like `2-16-16-1 N=32` names.
fn named_net(size: &str, batches: usize) -> (Mlp, Vec<f64>) {
    let (layers, examples) = size.split_once(" N=").unwrap();
    let layers: Vec<usize> = layers.split('-').map(|n| n.parse().unwrap()).collect();
    (net(&layers, examples.parse().unwrap(), batches), weights(&layers))
}

fn quadratic_gradient(n: usize) -> (usize, Run) {
    let (loss, w) = quadratic(n);
    let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
    (n, Box::new(move |out| loss.gradient(0, &w, out)))
}

fn net_gradient(size: &str) -> (usize, Run) {
    let (loss, w) = named_net(size, 1);
    let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
    (w.len(), Box::new(move |out| loss.gradient(0, &w, out)))
}

fn hessian_vector(size: &str) -> (usize, Run) {
    let (loss, w) = named_net(size, 1);
    let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
    let mut g = vec![0.0; w.len()];
    loss.gradient(0, &w, &mut g);
    (w.len(), Box::new(move |out| loss.hessian_vector(0, &w, &g, out)))
}

/// Minus the field of `flow`: flows descend.
fn field(size: &str, batches: usize, flow: &'static dyn Flow<Numeric<f64>>) -> (usize, Run) {
    let (loss, w) = named_net(size, batches);
    let mut a = Numeric::new(Arc::new(loss));
    let dim = w.len();
    let run = move |out: &mut [f64]| {
        let field = flow.field(&mut a, &[EPS / 4.0], &0.0, &w);
        for (out, &f) in out.iter_mut().zip(&field) {
            *out = -f;
        }
        a.recycle(field);
    };
    (dim, Box::new(run))
}

fn mean_over_orders(m: usize) -> (usize, Run) {
    let (loss, w) = named_net(&format!("{SMALL} N={}", 4 * m), m);
    let mut a = Numeric::new(Arc::new(loss));
    let start = State { w, memory: Vec::new(), steps: Steps::default() };
    let dim = start.w.len();
    let run = move |out: &mut [f64]| {
        let (scheme, method) = (&RandomReshuffling, MeanMethod::Tree);
        let end = block_mean(&mut a, &GradientDescent.into(), scheme, method, STEP, &start);
        out.copy_from_slice(&end.w);
        a.recycle(end.w);
    };
    (dim, Box::new(run))
}

fn reference_flow(flow: &'static dyn Flow<Numeric<f64>>, coefficient: f64) -> (usize, Run) {
    let (loss, w) = named_net(&format!("{SMALL} N=32"), 1);
    let mut along = Along::new(flow, Arc::new(loss), vec![coefficient], 1.0);
    let dim = w.len();
    let solver = Dop853 { tolerance: 1e-12 };
    let run = move |out: &mut [f64]| {
        out.copy_from_slice(&solver.integrate(&mut along, &w, 1.0).unwrap());
    };
    (dim, Box::new(run))
}

fn trajectory() -> (usize, Run) {
    let (loss, w) = named_net(&format!("{SMALL} N=32"), 1);
    let mut a = Numeric::new(Arc::new(loss));
    let dim = w.len();
    let run = move |out: &mut [f64]| {
        let mut state = State { w: w.clone(), memory: Vec::new(), steps: Steps::default() };
        for _ in 0..STEPS {
            GradientDescent.step(&mut a, &STEP, Batch::Full, &mut state);
            state.steps.advance();
        }
        out.copy_from_slice(&state.w);
    };
    (dim, Box::new(run))
}

const fn row(workload: &'static str, size: &'static str, checksum: [f64; 2]) -> Row {
    Row { workload, size, checksum }
}

/// Every row, in the order of the ids.
pub const ROWS: &[Row] = &[
    row("K1", "n=16", [0.4615197805276787, 21.27693110897874]),
    row("K1", "n=64", [-9.06137596416401, 113.2294108696283]),
    row("K1", "n=256", [21.75603636733879, 401.4157078098651]),
    row("K1", "n=1024", [-36.66559932305293, 1886.245843233864]),
    row("K2", "2-16-16-1 N=32", [0.23534254900211796, 0.06322539347347338]),
    row("K2", "2-16-16-1 N=256", [0.2163443581709656, 0.04663974307628933]),
    row("K2", "2-16-16-1 N=1024", [0.2649952790290335, 0.07095199807859301]),
    row("K2", "8-64-64-1 N=32", [0.05371808426507389, 0.10157688704055856]),
    row("K2", "8-64-64-1 N=256", [0.19101746310042617, 0.018479851384458058]),
    row("K2", "8-64-64-1 N=1024", [0.2816568992911229, 0.027937841566504935]),
    row("K2", "64-256-256-10 N=32", [-2.3980890258339707, 2.031120223785209]),
    row("K2", "64-256-256-10 N=256", [-1.3984411715578564, 0.30885932364523]),
    row("K2", "64-256-256-10 N=1024", [-0.4529457048673657, 0.15240186783631135]),
    row("K3hvp", "2-16-16-1 N=32", [0.4245405044675453, 0.15863288377671173]),
    row("K3hvp", "2-16-16-1 N=256", [0.3255484503605528, 0.09891679009337233]),
    row("K3hvp", "2-16-16-1 N=1024", [0.4039365558127289, 0.1575615032876183]),
    row("K3hvp", "8-64-64-1 N=32", [0.23037068636385655, 0.07999301245403607]),
    row("K3hvp", "8-64-64-1 N=256", [0.31203826988272, 0.02431996378438585]),
    row("K3hvp", "8-64-64-1 N=1024", [0.4276069421476214, 0.041365851232701555]),
    row("K3hvp", "64-256-256-10 N=32", [-4.3388087108981495, 7.081331364238482]),
    row("K3hvp", "64-256-256-10 N=256", [-0.6120469137276681, 0.6161544931474261]),
    row("K3hvp", "64-256-256-10 N=1024", [-0.12409497491060943, 0.48664978264903347]),
    row("K3mod", "2-16-16-1 N=32", [0.2565695742254953, 0.07339527378032491]),
    row("K3mod", "2-16-16-1 N=256", [0.23262178068899325, 0.05334490641078092]),
    row("K3mod", "2-16-16-1 N=1024", [0.2851921068196701, 0.08147626380668581]),
    row("K3mod", "8-64-64-1 N=32", [0.06523661858326682, 0.10984318618488773]),
    row("K3mod", "8-64-64-1 N=256", [0.2066193765945622, 0.02046041443443995]),
    row("K3mod", "8-64-64-1 N=1024", [0.303037246398504, 0.03117407428601081]),
    row("K3mod", "64-256-256-10 N=32", [-2.615029461378878, 2.3273545287911204]),
    row("K3mod", "64-256-256-10 N=256", [-1.42904351724424, 0.3411550231433506]),
    row("K3mod", "64-256-256-10 N=1024", [-0.4591504536128962, 0.17508843183074077]),
    row("K4", "2-16-16-1 N=32", [0.2620663609642005, 0.075061295885978]),
    row("K4", "2-16-16-1 N=256", [0.2334413301447521, 0.053519921652715075]),
    row("K4", "2-16-16-1 N=1024", [0.28534466649639634, 0.08162190660755891]),
    row("K4", "8-64-64-1 N=32", [0.09233620620139053, 0.12591299100340253]),
    row("K4", "8-64-64-1 N=256", [0.20751568085162952, 0.02064770899417036]),
    row("K4", "8-64-64-1 N=1024", [0.30371282970004393, 0.03126584012193419]),
    row("K4", "64-256-256-10 N=32", [-2.7606238485238963, 3.5177116868577656]),
    row("K4", "64-256-256-10 N=256", [-1.4841419333130443, 0.3646698312342171]),
    row("K4", "64-256-256-10 N=1024", [-0.4633108443046965, 0.17794335778689835]),
    row("K5", "m=6", [-0.3837957925066353, 11.178445621270066]),
    row("K5", "m=8", [-0.3901902178515171, 11.167843969500064]),
    row("K6", "gf", [-0.42927573297722654, 11.17368806667518]),
    row("K6", "mf", [-0.43331735334418564, 11.172996516785235]),
    row("K7", "1e5 steps", [7.300402024216984, 103.82285114056461]),
];

//! Problems by name, and random ones of their kinds: one list.

mod presets;
mod random;

pub use presets::{RIDGE, needs_all_rows, rows_used};

use nalgebra::DVector;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{
    BilinearGame, Game, Problem, ProblemError, Table, TwoMinima, TwoProfiles, Valley, suggestion,
};

type Made = Result<Problem, ProblemError>;

/// A family of losses: the problem that bears its name, and random members.
struct Family {
    name: &'static str,
    /// A line of description.
    about: &'static str,
    /// The minibatches where none are asked for.
    batches: usize,
    /// Whether it is made of a table if one is given.
    takes_table: bool,
    /// Another family whose theorems speak of this one too.
    kin: Option<&'static str>,
    named: fn(&str, usize, Option<&Table>, u64) -> Made,
    random: Option<fn(&str, &mut ChaCha8Rng) -> Made>,
}

impl Family {
    const fn new(
        name: &'static str,
        about: &'static str,
        batches: usize,
        named: fn(&str, usize, Option<&Table>, u64) -> Made,
    ) -> Self {
        Family { name, about, batches, takes_table: false, kin: None, named, random: None }
    }

    const fn on_tables(self) -> Self {
        Family { takes_table: true, ..self }
    }

    const fn like(self, kin: &'static str) -> Self {
        Family { kin: Some(kin), ..self }
    }

    const fn drawn(self, random: fn(&str, &mut ChaCha8Rng) -> Made) -> Self {
        Family { random: Some(random), ..self }
    }
}

/// All families, in the order they are listed in. To add one is one entry here.
const FAMILIES: &[Family] = &[
    Family::new(
        "quadratic",
        "a convex quadratic in 4 dimensions, minibatch Hessians that do not commute",
        3,
        |name, m, _, seed| presets::quadratic(name, &[0.3, 0.7, 1.2, 2.0], m, seed),
    )
    .drawn(|name, random| random::quadratic(name, random, 0.1, None)),
    Family::new(
        "quadratic-ill-conditioned",
        "a convex quadratic in 4 dimensions with condition number 1000",
        3,
        |name, m, _, seed| presets::quadratic(name, &[0.002, 0.02, 0.2, 2.0], m, seed),
    )
    .drawn(|name, random| random::quadratic(name, random, 2e-3, None)),
    Family::new(
        "quadratic-indefinite",
        "a quadratic saddle in 4 dimensions",
        3,
        |name, m, _, seed| presets::quadratic(name, &[-0.5, 0.4, 1.0, 1.6], m, seed),
    ),
    Family::new(
        "quadratic-one-hessian",
        "a convex quadratic in 2 dimensions, minibatches with one Hessian and different minima",
        4,
        |name, m, _, seed| presets::quadratic_of_one_hessian(name, &[0.7, 1.3], m, seed),
    ),
    Family::new(
        "factorisation",
        "½(y − abx)² in two parameters, one data point a minibatch",
        3,
        |name, m, _, _| presets::factorisation(name, m),
    )
    .drawn(random::factorisation),
    Family::new(
        "linear",
        "ridge regression on 30 rows of a table (without one: of the irises)",
        3,
        presets::linear,
    )
    .on_tables()
    .like("quadratic"),
    Family::new(
        "logistic",
        "logistic regression with a ridge on 30 rows of a table (without one: of two iris species)",
        3,
        presets::logistic,
    )
    .on_tables()
    .drawn(random::logistic),
    Family::new(
        "mlp",
        "a tanh net with two hidden layers on 30 rows of a table (without one: 24 irises)",
        3,
        presets::mlp,
    )
    .on_tables()
    .drawn(|name, random| random::net(name, random, &[2, 3, 2, 1], 9, 3)),
    Family::new(
        "two-minima",
        "two equal minima in one dimension; the minibatches disagree at the right one",
        4,
        |name, m, _, _| Ok(Problem::new(name, TwoMinima::new(m)?, DVector::from_vec(vec![1.5]))),
    )
    .drawn(random::two_minima),
    Family::new(
        "valley",
        "a flat valley in two dimensions; the minibatches agree at its middle",
        4,
        |name, m, _, _| Ok(Problem::new(name, Valley::new(m)?, DVector::from_vec(vec![0.8, 0.4]))),
    ),
    Family::new(
        "game",
        "two players with two parameters each, either with a loss of its own",
        2,
        |name, m, _, _| {
            let start = DVector::from_vec(vec![0.9, -0.6, 0.5, 0.8]);
            Ok(Problem::new(name, Game::new(m)?, start))
        },
    ),
    Family::new(
        "bilinear-game",
        "two players whose losses are bilinear and pull against each other: the flow turns for ever",
        2,
        |name, m, _, _| {
            let start = DVector::from_vec(vec![0.9, -0.6, 0.5, 0.8]);
            Ok(Problem::new(name, BilinearGame::new(m)?, start))
        },
    ),
    Family::new(
        "two-profile-valley",
        "a flat valley in three dimensions; the minibatches disagree in two ways beside it",
        3,
        |name, m, _, _| {
            Ok(Problem::new(name, TwoProfiles::new(m)?, DVector::from_vec(vec![0.8, 0.25, -0.25])))
        },
    ),
    Family::new(
        "tiny-net",
        "a tanh net with 4 parameters and 2 minibatches, for enumerating paths",
        2,
        |name, m, _, _| presets::small_net(name, &[1, 1, 1], vec![-0.375, 0.375, -1.125, 1.25], m),
    )
    .drawn(|name, random| random::net(name, random, &[1, 1, 1], 6, 2)),
    Family::new(
        "wide-net",
        "a two-layer tanh net on 6 points; the kernel limit widens it from 32 to 2048 units",
        3,
        |name, m, _, _| {
            let start = (0..97).map(|i| f64::from(i * 37 % 97 - 48) / 144.0).collect();
            presets::small_net(name, &[1, 32, 1], start, m)
        },
    ),
    Family::new(
        "quadratic-examples",
        "a quadratic of 6 one-example components, for new batches every epoch",
        6,
        |name, m, _, seed| presets::quadratic(name, &[0.5, 1.0, 1.8], m, seed),
    )
    .drawn(|name, random| random::quadratic(name, random, 0.3, Some(4))),
    Family::new(
        "net-examples",
        "a tanh net with 7 parameters on 6 single examples, for new batches every epoch",
        6,
        |name, m, _, _| {
            let start = vec![-1.0, 0.625, 0.375, 0.125, -0.375, -0.25, 0.875];
            presets::small_net(name, &[1, 2, 1], start, m)
        },
    )
    .drawn(|name, random| random::net(name, random, &[1, 2, 1], 4, 4)),
];

fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}

/// The names of all problems, each with a line of description.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    FAMILIES.iter().map(|family| (family.name, family.about))
}

/// The names of the problems that are made of a table if one is given.
pub fn on_tables() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().filter(|family| family.takes_table).map(|family| family.name)
}

/// The problems on tables of which a theorem about the problem `name` speaks: itself, if it is one, and
/// its kin.
pub fn kin_on_tables(name: &str) -> impl Iterator<Item = &'static str> {
    let akin = move |family: &&Family| family.name == name || family.kin == Some(name);
    FAMILIES.iter().filter(|family| family.takes_table).filter(akin).map(|family| family.name)
}

/// The problem `name` with `batches` minibatches (by default what suits it), on `table` where it
/// uses one (by default the irises), everything random in it drawn from `seed`.
///
/// Starts are where gradients and curvatures are of order 1 and the minibatch gradients differ.
///
/// # Errors
/// [`ProblemError`] if there is no such problem, or `batches` or `table` does not suit it.
pub fn preset(
    name: &str,
    batches: Option<usize>,
    table: Option<&Table>,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let Some(family) = family(name) else {
        let known = || names().map(|(known, _)| known);
        let all = || format!("known are {}", known().collect::<Vec<_>>().join(", "));
        let hint = suggestion(name, known(), all);
        return Err(ProblemError::Unknown { name: name.to_owned(), hint });
    };
    if table.is_some() && !family.takes_table {
        let known = on_tables().collect::<Vec<_>>();
        let (last, others) = known.split_last().unwrap_or((&"none", &[]));
        let known = format!("{} and {last}", others.join(", "));
        return Err(ProblemError::TakesNoTable { name: name.to_owned(), known });
    }
    (family.named)(name, batches.unwrap_or(family.batches), table, seed)
}

/// A random problem of the family that the named problem `name` belongs to; `None` if that problem
/// has no family.
///
/// Dimensions, minibatches, spectra (log-uniform), data, parameters and the start are all drawn.
///
/// # Errors
/// [`ProblemError`] if the draw is no problem (labels of one class, say): draw again.
pub fn random_problem(name: &str, seed: u64) -> Option<Result<Problem, ProblemError>> {
    let draw = family(name)?.random?;
    Some(draw(name, &mut ChaCha8Rng::seed_from_u64(seed)))
}

//! Is it the optimizer it says it is? A black box, of which nothing is known but what it does, against a register
//! of methods.
//!
//! The box is run on a few problems and its iterates are kept. Every method of the register, those that a program
//! has added too, then takes the same steps, with its settings open: they are fitted to the first steps, exact
//! transient and all, each is replaced by the simplest fraction within its bar, and the result is held against runs that no
//! setting has seen: further starts, further step sizes, many more steps, and, if there are several, a problem of
//! its own. What agrees there but for round-off is that method. If nothing does, each method is tried with
//! [changes](Change), as well-known bugs and conventions make them. What is left is unknown, and if its steps are made of
//! the gradient and its derivatives alone, the coefficients of its modified flow are measured.
//!
//! ```
//! use shadowflow::identify::{Answer, Gradient, black_box, identify, problems};
//! use shadowflow::prelude::*;
//!
//! let mine = black_box(
//!     |w: &[f64]| vec![0.0; w.len()],
//!     |eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], v: &mut Vec<f64>| {
//!         let g = gradient(batch, w);
//!         for i in 0..w.len() {
//!             v[i] = 0.9 * v[i] + g[i];
//!             w[i] -= eps * v[i];
//!         }
//!     },
//! );
//! let answer = identify(&mine, &problems()?, &Methods::standard())?;
//! assert_eq!(answer.name(), Some("heavy-ball"));
//! assert_eq!(answer.setting("beta").and_then(|beta| beta.exact), Some(Ratio::new(9, 10)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod at_a_point;
mod black_box;
mod candidate;
mod change;
mod claim;
mod display;
mod error;
mod experiment;
mod feed;
mod field;
mod fit;
mod fraction;
mod model;
mod parameter;
mod search;
mod told;
mod watch;

pub use answer::{Alias, Answer, Found, Parting, Resembling};
pub use at_a_point::{MeasuredField, NoField, fading, measured_field, settled};
pub use black_box::{AnyBox, BlackBox, Gradient, Running, black_box};
pub use change::{Change, DecayPlace, Start};
pub use claim::{Coefficient, Coefficients};
pub use error::IdentifyError;

use experiment::Data;
use search::{Register, Search};

use crate::loss::{Problem, ProblemError, preset};
use crate::method::Methods;

/// Small problems that tell methods apart: of several dimensions, with matrices of parameters, with two and three
/// minibatches that disagree, quadratic and not.
///
/// # Errors
/// None that can come: these problems are made of what this crate ships.
pub fn problems() -> Result<Vec<Problem>, ProblemError> {
    ["factorisation", "tiny-net", "quadratic", "net-examples"]
        .into_iter()
        .map(|name| preset(name, (name == "net-examples").then_some(3), None, 1))
        .collect()
}

/// What `black_box` is, of the methods of `register`, as far as `problems` show.
///
/// The first three problems at most are fitted to, the last of several is held out. A problem of one parameter
/// cannot tell methods apart that differ between coordinates, and one without minibatches none that differ by them.
///
/// The answer does not depend on the number of threads.
///
/// # Errors
/// [`IdentifyError`] if there is nothing to run it on or to compare it with, or if it panics, asks for what there is not,
/// leaves the numbers at every step size, repeats nothing, or does not look at the gradient.
pub fn identify(
    black_box: &dyn AnyBox,
    problems: &[Problem],
    register: &Methods,
) -> Result<Answer, IdentifyError> {
    if register.iter().next().is_none() {
        return Err(IdentifyError::NoMethods);
    }
    let data = Data::of(black_box, problems)?;
    let fed = data.taken.as_ref().map(|taken| feed::recognise(taken, register));
    let register = Register { methods: register, data: &data, fed: fed.as_ref() };
    match register.search() {
        Search::Done(answer) => Ok(*answer),
        Search::Nothing(nearest) => {
            let (coefficients, no_coefficients) = match field::measured(black_box, &data) {
                Ok(coefficients) => (Some(coefficients), None),
                Err(reason) => (None, Some(reason)),
            };
            Ok(Answer::Unknown { coefficients, no_coefficients, nearest })
        }
    }
}

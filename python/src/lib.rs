//! The native half of the Python package: what the library offers, behind the interpreter's door.
//!
//! No method, no verdict and no sentence about one is made here.

mod arithmetic;
mod boxed;
mod check;
mod derive;
mod fault;
mod identify;
mod loss;
mod maps;
mod method;
mod numbers;
mod outcome;
mod waiting;
mod written;

use pyo3::prelude::*;

/// The native half of `shadowflow`.
#[pymodule]
fn _shadowflow(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let all_returned = wrap_pyfunction!(waiting::all_returned, module)?;
    let _ = module.py().import("atexit")?.call_method1("register", (all_returned,))?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("Refused", module.py().get_type::<fault::Refused>())?;
    module.add_class::<check::Claim>()?;
    module.add_class::<check::Proved>()?;
    module.add_class::<derive::Field>()?;
    module.add_class::<loss::Loss>()?;
    module.add_class::<outcome::Outcome>()?;
    module.add_class::<identify::Identity>()?;
    module.add_class::<identify::Measured>()?;
    module.add_class::<method::Method>()?;
    module.add_class::<method::GradientCall>()?;
    module.add_class::<arithmetic::Ticket>()?;
    module.add_class::<arithmetic::Vector>()?;
    module.add_class::<arithmetic::Number>()?;
    module.add_class::<arithmetic::StepsTaken>()?;
    module.add_class::<arithmetic::Drawn>()?;
    module.add_class::<written::StateGiven>()?;
    module.add_class::<written::WrittenMethod>()?;
    module.add_class::<written::NativeFlow>()?;
    module.add_function(wrap_pyfunction!(check::check, module)?)?;
    module.add_function(wrap_pyfunction!(check::prove, module)?)?;
    module.add_function(wrap_pyfunction!(check::theorems, module)?)?;
    module.add_function(wrap_pyfunction!(check::losses, module)?)?;
    module.add_function(wrap_pyfunction!(check::methods_listed, module)?)?;
    module.add_function(wrap_pyfunction!(derive::derive, module)?)?;
    module.add_function(wrap_pyfunction!(identify::identify_method, module)?)?;
    module.add_function(wrap_pyfunction!(identify::derive_method, module)?)?;
    module.add_function(wrap_pyfunction!(method::tracks_claim, module)?)?;
    module.add_function(wrap_pyfunction!(method::tracks_field, module)?)?;
    module.add_function(wrap_pyfunction!(method::tracks_found, module)?)?;
    module.add_function(wrap_pyfunction!(method::tracks_own, module)?)?;
    module.add_function(wrap_pyfunction!(written::written_tracks_claim, module)?)?;
    module.add_function(wrap_pyfunction!(written::written_tracks_own, module)?)?;
    module.add_function(wrap_pyfunction!(written::written_tracks_flow, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::table_of, module)?)
}

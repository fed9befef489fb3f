//! Modified fields of the library's methods.

use pyo3::prelude::*;
use shadowflow::expansion::Expander;
use shadowflow::loss::Problem;
use shadowflow::method::Made;
use shadowflow::report::{
    Derivation, PointField, derivation_json, derivation_latex, derivation_table, expansion_json,
    expansion_table,
};
use shadowflow::scalar::{DoubleDouble, Scalar};
use shadowflow::series::{Effort, derive_exactly};
use shadowflow::theorem::method_named;

use crate::check::{On, methods};
use crate::fault::{caught, refused, value};
use crate::waiting::worked;
use crate::written::{Written, WrittenMethod};

/// A derived field: as the command writes it.
#[pyclass(frozen, name = "NativeField", module = "shadowflow._shadowflow")]
pub(crate) struct Field {
    text: String,
    json: String,
    latex: Option<String>,
    fields: Vec<Vec<f64>>,
}

#[pymethods]
impl Field {
    /// The field as the command writes it.
    fn json(&self) -> &str {
        &self.json
    }

    /// For papers; none at a point.
    #[getter]
    fn latex(&self) -> Option<&str> {
        self.latex.as_deref()
    }

    /// f₀, f₁, … at the point; empty in trees.
    #[getter]
    fn fields(&self) -> Vec<Vec<f64>> {
        self.fields.clone()
    }

    fn __str__(&self) -> &str {
        &self.text
    }
}

/// A method of the register, or one that is written over an arithmetic.
#[derive(FromPyObject)]
pub(crate) enum Called<'py> {
    Name(String),
    Written(PyRef<'py, WrittenMethod>),
}

/// The largest processor time that is foreseen, in seconds, unless said otherwise.
const BUDGET: f64 = 30.0;

/// Derives the field of a method of the register: in trees, or in numbers on a loss.
#[pyfunction]
#[pyo3(signature = (method, settings, *, loss, at, order, sampling, batches, seed))]
#[expect(clippy::too_many_arguments)] // what a person may choose
pub(crate) fn derive(
    py: Python<'_>,
    method: Called<'_>,
    settings: Vec<String>,
    loss: Option<On<'_>>,
    at: Option<Vec<f64>>,
    order: Option<usize>,
    sampling: Option<String>,
    batches: Option<usize>,
    seed: u64,
) -> PyResult<Field> {
    let (mut method, written) = match method {
        Called::Name(name) => (method_named(methods(), &name).map_err(value)?.clone(), None),
        Called::Written(own) => (own.method(), Some(own.written.clone())),
    };
    let raised = || written.as_ref().and_then(Written::raised);
    // What was raised before, elsewhere, is none of this question.
    let _ = raised();
    let named = |error: PyErr| raised().unwrap_or(error);
    if let Some(sampling) = &sampling {
        method = method.fed_by(sampling).map_err(value)?;
    }
    let values = method.values(&settings).map_err(value)?;
    if order == Some(0) {
        return Err(value("an order is at least 1, not 0"));
    }
    let Some(loss) = loss else {
        let made = caught(|| method.made(&values, batches)).map_err(named)?.map_err(value)?;
        let order = order.unwrap_or(4);
        return worked(py, None, move || in_trees(method.name(), &made, order))
            .map_err(named)?
            .map_err(|why| raised().unwrap_or_else(|| refused(why)));
    };
    let problem = loss.problem(batches, None, seed)?;
    let batches = Some(problem.batches());
    let made = caught(|| method.made(&values, batches)).map_err(named)?.map_err(value)?;
    let problem = ridged(problem, &made)?;
    let point = at.unwrap_or_else(|| problem.start().iter().copied().collect());
    let sampling = method.sampling().to_owned();
    let name = method.name().to_owned();
    let terms = order.unwrap_or(3);
    worked(py, None, move || at_a_point(&name, &made, &problem, &point, terms, &sampling))
        .map_err(named)?
        .map_err(|why| {
            let told = format!("{name}: {why}", name = method.name());
            raised().unwrap_or_else(|| refused(told))
        })
}

fn ridged(problem: Problem, made: &Made) -> PyResult<Problem> {
    if made.ridge.is_zero() {
        return Ok(problem);
    }
    let told = format!("{} is known in f64 only, and takes no ridge", problem.name());
    problem.ridged(made.ridge).ok_or_else(|| refused(told))
}

fn in_trees(name: &str, made: &Made, order: usize) -> Result<Field, String> {
    let Some(optimizer) = &made.series else {
        return Err(format!(
            "{name} looks at coordinates otherwise than through a smooth map, and has no exact series; \
             loss= gives its field in numbers"
        ));
    };
    let effort = Effort::to_derive(&**optimizer, &*made.sampling, order, made.batches);
    effort.expect_within_bounds().map_err(|fault| fault.to_string())?;
    if effort.seconds > BUDGET {
        return Err(format!(
            "order {order} with {} minibatches is foreseen to take {:.0} s of processor time, more than {BUDGET} s; \
             take a lower order or fewer batches",
            made.batches, effort.seconds
        ));
    }
    let field = derive_exactly(&**optimizer, &*made.sampling, order, made.batches)
        .map_err(|fault| fault.to_string())?;
    let derivation = Derivation {
        method: name,
        settings: &made.settings,
        batches: field.colours(),
        ridge: made.ridge,
        field: &field,
    };
    Ok(Field {
        text: derivation_table(&derivation),
        json: derivation_json(&derivation).map_err(|fault| fault.to_string())?,
        latex: Some(derivation_latex(&derivation)),
        fields: Vec::new(),
    })
}

fn at_a_point(
    name: &str,
    made: &Made,
    problem: &Problem,
    point: &[f64],
    terms: usize,
    sampling: &str,
) -> Result<Field, String> {
    let told = |why: shadowflow::expansion::Refusal| why.to_string();
    let wide: Vec<DoubleDouble> = point.iter().map(|&x| DoubleDouble::from_f64(x)).collect();
    let expander = Expander::new(&made.optimizer, made.sampling.clone(), problem).map_err(told)?;
    let expansion = expander.expand(&wide, terms).map_err(told)?;
    let gradient = expander.gradients(&wide, terms).map_err(told)?;
    let written: Vec<String> = point.iter().map(f64::to_string).collect();
    let field = PointField {
        method: name,
        settings: &made.settings,
        sampling,
        loss: problem.name(),
        batches: problem.batches(),
        point: &written,
        fields: &expansion.fields,
        digits: expansion.digits,
        gradient: &gradient,
    };
    let narrow = |f: &Vec<DoubleDouble>| f.iter().map(|x| x.leading()).collect();
    Ok(Field {
        text: expansion_table(&field),
        json: expansion_json(&field).map_err(|fault| fault.to_string())?,
        latex: None,
        fields: expansion.fields.iter().map(narrow).collect(),
    })
}

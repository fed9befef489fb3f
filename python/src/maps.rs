//! The maps of the library by name.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use shadowflow::arithmetic::Arithmetic;
use shadowflow::arithmetic::maps::{Direction, Factored, FromDual, Ones, Scaled, Square, ToDual};
use shadowflow::scalar::Ratio;

use crate::fault::value;
use crate::numbers::ratio;

/// A map of the library: one symbol in series, whoever applies it.
pub(crate) enum Named {
    Square,
    Scaled(Scaled),
    Factored(Factored),
    Direction(Direction),
    FromDual(FromDual),
    ToDual(ToDual),
    Ones,
}

/// What there is, as it is said to somebody who asks for something else.
const KNOWN: &str =
    "square, scaled, factored, sign, unit, clip, orthogonal, from_dual, to_dual, ones";

impl Named {
    /// # Errors
    /// A ValueError for a name that there is not, a TypeError for parameters that the map does not take.
    pub(crate) fn of(name: &str, given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut given = Parameters { map: name, given, read: 0 };
        let found = match name {
            "square" => Named::Square,
            "scaled" => Named::Scaled(Scaled {
                stabiliser: given.positive("stabiliser")?,
                inside: given.switch("inside", true)?,
            }),
            "factored" => Named::Factored(Factored { stabiliser: given.positive("stabiliser")? }),
            "sign" => {
                Named::Direction(Direction::Sign { stabiliser: given.positive("stabiliser")? })
            }
            "unit" => Named::Direction(Direction::Normalised {
                stabiliser: given.positive("stabiliser")?,
            }),
            "clip" => {
                Named::Direction(Direction::Clipped { threshold: given.positive("threshold")? })
            }
            "orthogonal" => Named::Direction(Direction::Orthogonalised {
                stabiliser: given.positive("stabiliser")?,
                shape: None,
            }),
            "from_dual" => Named::FromDual(FromDual { scale: given.positive("scale")? }),
            "to_dual" => Named::ToDual(ToDual { scale: given.positive("scale")? }),
            "ones" => Named::Ones,
            other => return Err(value(format!("there is no map '{other}'; there are {KNOWN}"))),
        };
        given.expect_read().map(|()| found)
    }

    /// The number of vectors that it takes.
    pub(crate) fn inputs(&self) -> usize {
        match self {
            Named::Scaled(_) | Named::Factored(_) => 2,
            _ => 1,
        }
    }

    /// Its derivative in these directions, itself without any.
    pub(crate) fn applied<A: Arithmetic>(
        &self,
        a: &mut A,
        inputs: &[&A::Vector],
        directions: &[(usize, &A::Vector)],
    ) -> A::Vector {
        match self {
            Named::Square => a.apply_derivative(&Square, inputs, directions),
            Named::Scaled(map) => a.apply_derivative(map, inputs, directions),
            Named::Factored(map) => a.apply_derivative(map, inputs, directions),
            Named::Direction(map) => a.apply_derivative(map, inputs, directions),
            Named::FromDual(map) => a.apply_derivative(map, inputs, directions),
            Named::ToDual(map) => a.apply_derivative(map, inputs, directions),
            Named::Ones => a.apply_derivative(&Ones, inputs, directions),
        }
    }
}

/// The parameters of a map, each read once.
struct Parameters<'a, 'py> {
    map: &'a str,
    given: Option<&'a Bound<'py, PyDict>>,
    read: usize,
}

impl<'py> Parameters<'_, 'py> {
    fn get(&mut self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(given) = self.given else { return Ok(None) };
        let found = given.get_item(name)?;
        self.read += usize::from(found.is_some());
        Ok(found)
    }

    fn positive(&mut self, name: &str) -> PyResult<Ratio> {
        let Some(given) = self.get(name)? else {
            let told = format!("the map {} needs {name}, a number above 0", self.map);
            return Err(PyTypeError::new_err(told));
        };
        let found = ratio(&given, name)?;
        if found > Ratio::new(0, 1) {
            return Ok(found);
        }
        Err(value(format!("{name} of the map {} is above 0, not {found}", self.map)))
    }

    fn switch(&mut self, name: &str, otherwise: bool) -> PyResult<bool> {
        self.get(name)?.map_or(Ok(otherwise), |given| {
            given.extract().map_err(|_| PyTypeError::new_err(format!("{name} is True or False")))
        })
    }

    fn expect_read(&self) -> PyResult<()> {
        let there = self.given.map_or(0, PyDictMethods::len);
        if there == self.read {
            return Ok(());
        }
        let keys = self.given.map_or_else(Vec::new, |given| {
            given.keys().iter().map(|key| key.to_string()).collect()
        });
        let told = format!("the map {} does not take all of {}", self.map, keys.join(", "));
        Err(PyTypeError::new_err(told))
    }
}

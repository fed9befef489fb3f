//! What a black box is found to be.

use super::change::{Change, Start};
use super::claim::Coefficients;
use crate::scalar::Ratio;

/// The answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It is a method of the register: all iterates agree, those held out from the fit too, but for round-off.
    Named {
        /// Its name: of all that do the same, the one with the fewest settings away from their defaults.
        method: String,
        /// Its settings.
        settings: Vec<Found>,
        /// The sampling that it follows of its own accord; none if it takes the minibatches that it is given.
        sampling: Option<String>,
        /// Whether its memory starts as the register's does.
        start: Start,
        /// What else does the same.
        aliases: Vec<Alias>,
        /// Where it parts from the method of that name with its switches, its start or its order as they are by default,
        /// if it differs in these.
        parts_at: Option<Parting>,
        /// The largest distance of the iterates, relative to how far a run goes.
        error: f64,
    },
    /// It is a method of the register with a change that is known: all iterates agree but for round-off if that is made.
    Nearest {
        /// The method's name.
        method: String,
        /// Its settings.
        settings: Vec<Found>,
        /// The sampling that it follows of its own accord.
        sampling: Option<String>,
        /// Whether its memory starts as the register's does.
        start: Start,
        /// What is changed, with the number that comes with it.
        changes: Vec<(Change, Option<Found>)>,
        /// Where it parts from that method.
        parts_at: Parting,
        /// What else does the same.
        aliases: Vec<Alias>,
        /// The largest distance of the iterates from those of the changed method, relative to how far a run goes.
        error: f64,
    },
    /// It is none of the register, nor one with a change that is known.
    Unknown {
        /// The coefficients of its modified flow, if it is made of the gradient and its derivatives alone.
        coefficients: Option<Coefficients>,
        /// Why there are none.
        no_coefficients: Option<String>,
        /// The method that comes nearest, which it is *not*, and where it parts from it.
        nearest: Option<Resembling>,
    },
}

/// A setting that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The setting.
    pub name: String,
    /// The value as it is written: a fraction, if one as simple as that lies within the bar.
    pub text: String,
    /// The value as a number; none for a switch, an order or a shape.
    pub value: Option<f64>,
    /// Its bar: what round-off leaves open; infinite if the value has no influence.
    pub bar: f64,
    /// The simplest fraction within the bar, if it is one.
    pub exact: Option<Ratio>,
    /// Whether it is what the setting is by default.
    pub usual: bool,
}

/// Another name for the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// The method.
    pub method: String,
    /// Its settings.
    pub settings: Vec<Found>,
}

/// Where iterates part.
#[derive(Clone, Debug, PartialEq)]
pub struct Parting {
    /// That from which they part: a method, or a sampling.
    pub from: String,
    /// The first step, counted from 1, after which they differ.
    pub step: usize,
    /// The part of the method in which they do, in words.
    pub term: String,
    /// How far apart they are there, relative to the length of that step.
    pub by: f64,
}

/// A method that comes near.
#[derive(Clone, Debug, PartialEq)]
pub struct Resembling {
    /// The method.
    pub method: String,
    /// Its settings that come nearest.
    pub settings: Vec<Found>,
    /// Where they part.
    pub parts_at: Parting,
}

impl Answer {
    /// The name of the method that it is, if it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Answer::Named { method, .. } => Some(method),
            _ => None,
        }
    }

    /// The method that it is or comes nearest to.
    pub fn method(&self) -> Option<&str> {
        match self {
            Answer::Named { method, .. } | Answer::Nearest { method, .. } => Some(method),
            Answer::Unknown { nearest, .. } => nearest.as_ref().map(|near| near.method.as_str()),
        }
    }

    /// The setting of this name, or the number of this name that comes with a change.
    pub fn setting(&self, name: &str) -> Option<&Found> {
        let (settings, changes): (&[Found], &[(Change, Option<Found>)]) = match self {
            Answer::Named { settings, .. } => (settings, &[]),
            Answer::Nearest { settings, changes, .. } => (settings, changes),
            Answer::Unknown { .. } => (&[], &[]),
        };
        let of_changes = changes.iter().filter_map(|(_, found)| found.as_ref());
        settings.iter().chain(of_changes).find(|found| found.name == name)
    }

    /// Where it parts from its namesake.
    pub fn parts_at(&self) -> Option<&Parting> {
        match self {
            Answer::Named { parts_at, .. } => parts_at.as_ref(),
            Answer::Nearest { parts_at, .. } => Some(parts_at),
            Answer::Unknown { nearest, .. } => nearest.as_ref().map(|near| &near.parts_at),
        }
    }
}

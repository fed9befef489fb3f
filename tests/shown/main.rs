//! What a person sees: the command, tables, pages, figures and demonstrations.

#![allow(missing_docs)] // the names of the tests say what they check

mod command;
mod demos;
mod drawings;
mod report;

//! Answers as a person reads them.

use std::fmt;

use super::answer::{Alias, Answer, Found, Parting};
use super::change::Start;

impl fmt::Display for Found {
    /// "beta = 9/10 ± 3e-14".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.text)?;
        match self.value {
            None => Ok(()),
            Some(_) if self.bar.is_infinite() => {
                f.write_str(" (or any other: it has no influence)")
            }
            Some(_) if self.bar <= 0.0 => Ok(()),
            Some(_) => write!(f, " ± {:.0e}", self.bar),
        }
    }
}

impl fmt::Display for Parting {
    /// "from adam at step 1, by 3 % of the step's length, in: …".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "from {} at step {}", self.from, self.step)?;
        match self.by {
            by if !by.is_finite() => {}
            by if by >= 10.0 => write!(f, ", by {by:.0} times the step's length")?,
            by if by >= 1e-3 => write!(f, ", by {:.2} % of the step's length", 100.0 * by)?,
            by => write!(f, ", by {by:.1e} of the step's length")?,
        }
        write!(f, ", in: {}", self.term)
    }
}

fn listed(settings: &[Found]) -> String {
    // What is off, as it is by default, says nothing.
    let off = |found: &&Found| found.usual && found.exact.is_some_and(|ratio| ratio.is_zero());
    let shown: Vec<String> = settings.iter().filter(|s| !off(s)).map(ToString::to_string).collect();
    if shown.is_empty() { String::new() } else { format!(" with {}", shown.join(", ")) }
}

fn aliases(f: &mut fmt::Formatter, aliases: &[Alias]) -> fmt::Result {
    if aliases.is_empty() {
        return Ok(());
    }
    let brief = |alias: &Alias| {
        let texts: Vec<String> = (alias.settings.iter())
            .filter(|found| !found.usual)
            .map(|found| format!("{} = {}", found.name, found.text))
            .collect();
        if texts.is_empty() {
            alias.method.clone()
        } else {
            format!("{} with {}", alias.method, texts.join(", "))
        }
    };
    write!(
        f,
        "\nThe same by other names: {}.",
        aliases.iter().map(brief).collect::<Vec<_>>().join("; ")
    )
}

fn fed(sampling: &Option<String>) -> String {
    sampling.as_ref().map_or_else(String::new, |name| format!(", fed by {name}"))
}

fn agreeing(error: f64) -> String {
    match error {
        error if error > 0.0 => format!(" to {error:.0e} of how far a run goes"),
        _ => " to the last digit".to_owned(),
    }
}

fn starting(start: Start) -> &'static str {
    match start {
        Start::Registered => "",
        Start::Rest => ", from rest",
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Answer::Named {
                method,
                settings,
                sampling,
                start,
                aliases: others,
                parts_at,
                error,
            } => {
                let (with, fed, from) = (listed(settings), fed(sampling), starting(*start));
                writeln!(f, "{method}{with}{fed}{from}.")?;
                write!(f, "All iterates agree{}.", agreeing(*error))?;
                if let Some(parting) = parts_at {
                    write!(f, "\nIt parts {parting}.")?;
                }
                aliases(f, others)
            }
            Answer::Nearest {
                method,
                settings,
                sampling,
                start,
                parts_at,
                aliases: others,
                error,
                ..
            } => {
                let (with, fed, from) = (listed(settings), fed(sampling), starting(*start));
                writeln!(f, "{method} but for one thing{with}{fed}{from}.")?;
                writeln!(f, "It parts {parts_at}.")?;
                write!(f, "With that, all iterates agree{}.", agreeing(*error))?;
                aliases(f, others)
            }
            Answer::Unknown { coefficients, no_coefficients, nearest } => {
                f.write_str(
                    "Unknown: no method of the register, with or without a change that is known.",
                )?;
                if let Some(near) = nearest {
                    let with = listed(&near.settings);
                    write!(f, "\nNearest is {}{with}; it parts {}.", near.method, near.parts_at)?;
                }
                if let Some(coefficients) = coefficients {
                    write!(f, "\n{coefficients}")?;
                }
                if let Some(reason) = no_coefficients {
                    write!(f, "\nNo modified flow: {reason}.")?;
                }
                Ok(())
            }
        }
    }
}

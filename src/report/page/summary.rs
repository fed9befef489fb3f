//! The head of the page: what was found, what is in it, and how it is read.

use maud::{Markup, html};

use crate::figure::Role;
use crate::record::Record;
use crate::report::drawing::role_name;
use crate::theorem::{Catalogue, Verdict};

/// How many of `records` have this verdict.
fn count<'a>(records: impl IntoIterator<Item = &'a Record>, verdict: Verdict) -> usize {
    records.into_iter().filter(|record| record.verdict == verdict).count()
}

/// The word and the style class of a verdict.
pub(super) fn word(verdict: Verdict) -> &'static str {
    verdict.name()
}

/// What the colours stand for.
const ROLES: [(Role, &str); 7] = [
    (Role::GradientFlow, "the gradient flow of C"),
    (Role::ModifiedFlow, "the modified flow of a method"),
    (Role::ShuffledFlow, "that of shuffled descent"),
    (Role::Iterates, "what a method did"),
    (Role::Sample, "single random paths"),
    (Role::Mean, "means and recovered values"),
    (Role::Control, "sabotaged twins and methods that do not follow the claim"),
];

/// The verdicts counted, and what is needed to repeat them.
pub(super) fn head(records: &[Record]) -> Markup {
    let seconds: f64 = records.iter().filter_map(|record| record.run.seconds).sum();
    let each = |value: fn(&Record) -> Option<String>| {
        let mut values: Vec<String> = Vec::new();
        for value in records.iter().filter_map(value) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values.join(", ")
    };
    let machine = each(|record| record.run.machine.clone());
    html! {
        h1 { "Checked theorems about optimizers" }
        p {
            "Iterates of optimizers against the modified flows that backward error analysis claims for \
             them: orders fitted over ladders of step sizes, coefficients recovered from the errors \
             alone, and sabotaged twins of every claim, which must be refuted."
        }
        ul.tally {
            @for verdict in Verdict::ALL {
                li class=(word(verdict)) { strong { (count(records, verdict)) } " " (word(verdict)) }
            }
        }
        dl.facts {
            div { dt { "checks" } dd { (records.len()) " (theorem × loss)" } }
            div { dt { "seed" } dd { (each(|record| Some(record.seed.to_string()))) } }
            div { dt { "shadowflow" } dd { (each(|record| Some(record.version.clone()))) } }
            div { dt { "result schema" } dd { (each(|record| Some(record.schema.to_string()))) } }
            @if !machine.is_empty() { div { dt { "machine" } dd { (machine) } } }
            div { dt { "time of all checks" } dd { (format!("{seconds:.1} s")) } }
        }
    }
}

/// The theorems with their verdicts.
pub(super) fn contents(ids: &[&str], records: &[Record], catalogue: &Catalogue) -> Markup {
    html! {
        h2 id="contents" { "Contents" }
        div.scroll {
            table {
                thead { tr { th { "theorem" } th { "claim" } th { "verdicts" } } }
                tbody {
                    @for id in ids {
                        tr {
                            td { a href=(format!("#{id}")) { (id) } }
                            td { (catalogue.theorem(id).map_or("", |theorem| theorem.summary())) }
                            td { (tally(id, records)) }
                        }
                    }
                }
            }
        }
    }
}

fn tally(id: &str, records: &[Record]) -> Markup {
    let own = || records.iter().filter(|record| record.theorem == id);
    html! {
        @for verdict in Verdict::ALL {
            @let found = count(own(), verdict);
            @if found > 0 { span.verdict.(word(verdict)) { (found) " " (word(verdict)) } " " }
        }
    }
}

/// What the words and the colours mean, and what is not claimed.
pub(super) fn reading() -> Markup {
    html! {
        section id="reading" {
            h2 { "How to read it" }
            p {
                "A " em { "ladder" } " of step sizes ε is declared before anything is measured. The "
                em { "order" } " is the slope of the error as ε goes to 0, with a bar that covers what the \
                 extrapolation left open; a number in brackets is the uncertainty of the last digit, 1.998(4) for 1.998 ± 0.004. A "
                em { "coefficient" } " is read off the errors and extrapolated to ε = 0. A "
                em { "control" } " is the same check on a claim known to be false: a term left out, \
                 negated or multiplied by 1.01, a term of 1 % that the claim does not name, a clock that \
                 runs 1 % fast, a wrong sampling. The " em { "remainder" } " is what the claim leaves of \
                 the error below its order, relative to what it names there; it must vanish. A theorem \
                 is confirmed only if every leg holds, every coefficient and every remainder lies in its \
                 bar and every control is refuted; it is " em { "partial" } " where one of its legs could \
                 not be measured."
            }
            p {
                "In the figures of orders a dot is the measured error at one step size; it is open where \
                 the point is dropped, because it lies less than 100 times above the floor of round-off \
                 and reference. The line through the dots has the measured order, the triangle the \
                 claimed slope. One colour is one thing everywhere: "
                @for (role, means) in ROLES { span class=(role_name(role)) { (means) } ", " }
                "and grey what is only for reference. The gradient flow is the claim with its terms in ε \
                 left out."
            }
            p {
                "Not claimed: " em { "confirmed" } " is a measurement on concrete losses, starts and \
                 horizons; " em { "proved" } " is an identity of formal series up to the claimed order. \
                 Most theorems speak of small steps and a fixed time T, which is T/ε steps; those of longer \
                 times say so. Of generalisation no more is said than what leaving out a minibatch costs, \
                 and what is said of stochastic descent is said of the mean over orders, unless it is \
                 said of its spread. The detection limit: a listed coefficient that is off by more would \
                 not be confirmed, by more than twice as much it would be refuted."
            }
        }
    }
}

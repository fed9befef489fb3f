//! Two players, each with a loss of its own.

use crate::flow::PlayersFlow;
use crate::optimizer::{Turns, TwoPlayers};
use crate::scalar::Ratio;
use crate::theorem::{Theorem, Tracking, Turning};

const ROSCA: &str = "Rosca, Wu, Dherin & Barrett 2021, Discretization drift in two-player games, arXiv 2105.13922 \
                     (equal rates); also derived here";
/// Rates that differ, so that it is seen whose rate stands where.
const RATES: [Ratio; 2] = [Ratio::new(1, 1), Ratio::new(1, 2)];

fn two(players: usize) -> Result<(), String> {
    match players {
        2 => Ok(()),
        _ => Err(format!("two players have two components, and not {players}")),
    }
}

fn players(id: &str, turns: Turns, flow: fn([Ratio; 2]) -> PlayersFlow, twin: Turns) -> Theorem {
    let name = match twin {
        Turns::Simultaneous => "let both move at once",
        Turns::Alternating => "let the second see where the first has gone",
        Turns::Extragradient => "let both see where both would be",
        Turns::Optimistic => "let both be optimistic",
    };
    let tracking = Tracking::new(TwoPlayers { rates: RATES, turns }, flow(RATES)).global(2);
    // With a memory a first step is no later one.
    let remembers = turns == Turns::Optimistic;
    let tracking = if remembers { tracking.formal(3) } else { tracking.local(3) };
    let tracking = tracking
        .twin_optimizer(name, TwoPlayers { rates: RATES, turns: twin })
        .where_components(two);
    Theorem::new(id)
        .stating(tracking)
        .with_orders(if remembers { "fixed time 2" } else { "one step 3, fixed time 2" })
        .with_losses(["game"], "a game is a loss of two components, one a player")
        .with_source(ROSCA)
}

pub(super) fn theorems() -> Vec<Theorem> {
    vec![
        players(
            "simultaneous-descent",
            Turns::Simultaneous,
            PlayersFlow::simultaneous,
            Turns::Alternating,
        )
        .with_summary("two players who move at once track F − (ε/2) F′F: the rates of both stand in what they see of each other"),
        players(
            "alternating-descent",
            Turns::Alternating,
            PlayersFlow::alternating,
            Turns::Simultaneous,
        )
        .with_summary("two players in turns: what the second sees of the first has turned its sign"),
        players(
            "extragradient-game",
            Turns::Extragradient,
            PlayersFlow::extragradient,
            Turns::Simultaneous,
        )
        .with_summary("two players who both look ahead track F + (ε/2) F′F: what turns about an equilibrium is drawn to it")
        .with_source("Korpelevich 1976 (the method); also derived here"),
        players(
            "optimistic-game",
            Turns::Optimistic,
            PlayersFlow::extragradient,
            Turns::Simultaneous,
        )
        .with_summary("two players along twice their gradient less the last one follow the extragradient's flow, with one gradient each")
        .with_source("Daskalakis et al. 2018, arXiv 1711.00141 (the method); also derived here"),
        Theorem::new("bilinear-game")
            .stating(Turning { rates: RATES })
            .with_summary("on f = φᵀBθ = −h one step changes E = λ‖φ‖² + α‖θ‖² by +ε²E(Aw) at once, by −ε²E(Aw) + ε⁴E(A²w) ahead, by εαλΔf in turns")
            .with_orders("identity of one step")
            .with_losses(["bilinear-game"], "the losses of both players must be bilinear")
            .with_source("Daskalakis et al. 2018, arXiv 1711.00141 (that simultaneous steps leave); also derived here"),
    ]
}

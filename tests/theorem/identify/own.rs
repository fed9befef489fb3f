//! A register of somebody's own, aliases, and answers that do not depend on how they are reached.

use shadowflow::identify::{Answer, black_box, identify, problems};
use shadowflow::prelude::*;

use super::boxes::{ADAM, Adam, heavy_ball};
use super::{asked, expect};

/// w ← w − ε g(w + ρ ε² g(w)): a method that this crate does not ship.
struct SlowClimb {
    rho: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for SlowClimb {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut ahead = s.w.clone();
        let uphill = a.gradient(batch, &s.w);
        a.axpy(&(a.ratio(self.rho) * eps.clone() * eps.clone()), &uphill, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

#[test]
fn a_method_that_a_program_registers_is_a_candidate() {
    let mine = super::boxes::from_rest(|eps, batch, gradient, w, _| {
        let g = gradient(batch, w);
        let ahead: Vec<f64> = w.iter().zip(&g).map(|(w, g)| w + 0.7 * eps * eps * g).collect();
        let g = gradient(batch, &ahead);
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * g);
    });
    assert!(asked(&mine).name().is_none());
    let mut register = Methods::standard();
    let rho = Setting::ratio("climb", (1, 2), Range::any());
    let method =
        Method::new("slow-climb", [rho], |values| Ok(SlowClimb { rho: values.ratio("climb") }));
    register.push(method).unwrap();
    let answer = identify(&mine, &problems().unwrap(), &register).unwrap();
    expect(&answer, true, "slow-climb", &[("climb", 0.7)]);
    assert_eq!(answer.setting("climb").unwrap().exact, Some(Ratio::new(7, 10)));
}

#[test]
fn of_aliases_the_name_with_the_fewest_settings_away_from_their_defaults() {
    let others = |answer: &Answer| match answer {
        Answer::Named { aliases, .. } => {
            aliases.iter().map(|alias| alias.method.clone()).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    let adamw = asked(&Adam { decay: 0.3, ..ADAM });
    assert_eq!((adamw.name(), others(&adamw)), (Some("adamw"), vec!["adam".to_owned()]));
    let adam = asked(&ADAM);
    assert_eq!((adam.name(), others(&adam)), (Some("adam"), vec!["adamw".to_owned()]));
    let rmsprop = asked(&Adam { beta1: 0.0, ..ADAM });
    assert_eq!(rmsprop.name(), Some("rmsprop"));
    assert!(others(&rmsprop).contains(&"adam".to_owned()), "{rmsprop}");
    let descent = asked(&heavy_ball(0.0));
    assert_eq!(descent.name(), Some("gradient-descent"));
    assert!(others(&descent).contains(&"heavy-ball".to_owned()), "{descent}");
}

#[test]
fn decay_inside_the_gradient_is_the_ridge() {
    let coupled = black_box(
        |w: &[f64]| vec![0.0; w.len()],
        |eps: f64,
         batch: &[usize],
         gradient: &mut shadowflow::identify::Gradient,
         w: &mut [f64],
         v: &mut Vec<f64>| {
            let g = gradient(batch, w);
            for i in 0..w.len() {
                v[i] = 0.9 * v[i] + g[i] + 0.02 * w[i];
                w[i] -= eps * v[i];
            }
        },
    );
    expect(&asked(&coupled), true, "heavy-ball", &[("beta", 0.9), ("l2", 0.02)]);
}

#[test]
fn answers_do_not_depend_on_threads() {
    let answer = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| format!("{:?}", asked(&Adam { corrected: (true, false), ..ADAM })))
    };
    assert_eq!(answer(1), answer(3));
}

#[test]
fn an_answer_is_read_as_sentences() {
    let text = asked(&Adam { inside: false, ..ADAM }).to_string();
    assert!(text.starts_with("adam with beta1 = 9/10 ± "), "{text}");
    assert!(text.contains("It parts from adam by default at step 1, by "), "{text}");
    assert!(text.contains("The same by other names: adamw with "), "{text}");
    let text = asked(&Adam { late: 1, ..ADAM }).to_string();
    assert!(text.starts_with("adam but for one thing with "), "{text}");
    assert!(text.contains("in: bias correction: the bias correction is off by one step"), "{text}");
}

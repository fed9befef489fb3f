//! What the second moments of minibatches do: the penalty they add, their feedback on the mean, and the
//! stochastic equation that has them.

mod exact_moments;
mod feedback;
mod modified_equation;
mod variance;

pub use exact_moments::ExactMoments;
pub use feedback::CovarianceFeedback;
pub use modified_equation::StochasticModifiedEquation;
pub use variance::VarianceDecomposition;

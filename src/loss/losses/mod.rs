//! Losses, one a file.

mod bilinear_game;
mod factorisation;
mod game;
mod linear_regression;
mod logistic_regression;
mod mlp;
mod quadratic;
mod tilt;
mod two_minima;
mod two_profiles;
mod valley;

pub use bilinear_game::BilinearGame;
pub use factorisation::Factorisation;
pub use game::Game;
pub use linear_regression::LinearRegression;
pub use logistic_regression::LogisticRegression;
pub use mlp::Mlp;
pub use quadratic::Quadratic;
pub use two_minima::TwoMinima;
pub use two_profiles::TwoProfiles;
pub use valley::Valley;

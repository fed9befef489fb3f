//! Losses: what they are, what their derivatives are, and the data they are made of.

mod derivatives;
mod oracle;
mod presets;
mod tables;

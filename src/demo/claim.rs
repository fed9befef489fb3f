//! What a demonstration sets out to show, and who says it.

/// What is to be seen, in a sentence, by whom it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The source reports it.
    Reported(&'static str),
    /// It follows from the theory of the source, on a loss chosen here.
    Theory(&'static str),
}

impl Claim {
    /// The sentence.
    pub fn sentence(self) -> &'static str {
        let (Claim::Reported(said) | Claim::Theory(said)) = self;
        said
    }

    /// One word for who says it: "reported" or "theory".
    pub fn word(self) -> &'static str {
        match self {
            Claim::Reported(_) => "reported",
            Claim::Theory(_) => "theory",
        }
    }
}

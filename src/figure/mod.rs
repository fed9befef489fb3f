//! Figures as data: panels of curves and points, each with the role it plays. How they are drawn is
//! the report's concern; here stands what is shown.

/// One figure: panels side by side under one caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// A short name, fit for a file or an anchor: lower case and hyphens.
    pub id: String,
    /// What it is, in a few words.
    pub title: String,
    /// What a reader should see in it, in one or two sentences.
    pub caption: String,
    /// The panels, from left to right.
    pub panels: Vec<Panel>,
}

/// One pair of axes and what lies in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What distinguishes it from its neighbours; may be empty.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Whether a unit is equally long on both axes, as in a plane of parameters.
    pub equal_units: bool,
    /// The layers, from back to front.
    pub layers: Vec<Layer>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The quantity, with its unit if it has one.
    pub label: String,
    /// How values are spaced.
    pub scale: Scale,
}

/// The spacing of values along an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences.
    Linear,
    /// Equal ratios; values must be positive.
    Logarithmic,
    /// Named rows below each other, for a vertical axis only: the first is at 0, the next at 1.
    Rows(Vec<Row>),
}

/// One row of a panel that reads like a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is written to the left of the axes.
    pub name: String,
    /// What is written to the right of the axes; may be empty.
    pub value: String,
}

/// One curve or set of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What is written beside it; `None` for what needs no name.
    pub label: Option<String>,
    /// What it stands for, which decides its colour in every figure.
    pub role: Role,
    /// How its points are shown.
    pub mark: Mark,
    /// The points, as (x, y).
    pub points: Vec<[f64; 2]>,
}

/// What a layer stands for. The same role has the same colour in every figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The gradient flow of C, and the loss C.
    GradientFlow,
    /// The modified flow of gradient descent, and its loss C̃_GD.
    ModifiedFlow,
    /// The modified flow of shuffled SGD, and its loss C̃_SGD.
    ShuffledFlow,
    /// What a method actually did: iterates, measured errors, measured shares.
    Iterates,
    /// One random path, or one of many sample points.
    Sample,
    /// A mean over paths.
    Mean,
    /// A sabotaged twin, or a method that does not follow the claim.
    Control,
    /// Reference lines and contours: slopes, level sets, zero lines.
    Reference,
}

/// How the points of a layer are shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Joined by a solid line.
    Line,
    /// Joined by a broken line.
    Dashes,
    /// A filled dot at each.
    Dots,
    /// An open circle at each: measured, but not used.
    Hollow,
    /// A star at each.
    Star,
    /// A vertical bar of this half-width at each, in the units of y.
    Bars(Vec<f64>),
    /// A horizontal bar of this half-width at each, in the units of x.
    HorizontalBars(Vec<f64>),
    /// The area between the points and these upper values of y at the same x.
    Band(Vec<f64>),
}

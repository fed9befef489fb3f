//! The colours: those of Okabe and Ito, which colour-blind readers can tell apart, with darker
//! shades of them for text and lighter ones for dark pages.

use plotters::style::RGBColor;

use crate::figure::Role;

/// A colour on white, and its counterpart on a dark page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour {
    light: [u8; 3],
    dark: [u8; 3],
}

impl Colour {
    const fn new(light: [u8; 3], dark: [u8; 3]) -> Self {
        Colour { light, dark }
    }

    pub(super) fn hex(self) -> String {
        hex(self.light)
    }

    pub(super) fn rgb(self) -> RGBColor {
        let [r, g, b] = self.light;
        RGBColor(r, g, b)
    }
}

/// What lies behind everything.
pub(super) const PAPER: Colour = Colour::new([0xFF, 0xFF, 0xFF], [0x16, 0x18, 0x1C]);
/// Axes and their labels.
pub(super) const INK: Colour = Colour::new([0x22, 0x22, 0x22], [0xE6, 0xE6, 0xE6]);
/// Grid lines.
pub(super) const GRID: Colour = Colour::new([0xE7, 0xE7, 0xE7], [0x33, 0x36, 0x3C]);

/// The colour of a role's lines and points.
pub(super) const fn mark(role: Role) -> Colour {
    match role {
        Role::GradientFlow => Colour::new([0xE6, 0x9F, 0x00], [0xF0, 0xB4, 0x2E]),
        Role::ModifiedFlow => Colour::new([0x00, 0x72, 0xB2], [0x6C, 0xA6, 0xFF]),
        Role::ShuffledFlow => Colour::new([0x00, 0x9E, 0x73], [0x2F, 0xC7, 0x9A]),
        Role::Iterates => Colour::new([0x11, 0x11, 0x11], [0xF4, 0xF4, 0xF4]),
        Role::Sample => Colour::new([0x56, 0xB4, 0xE9], [0x4B, 0x93, 0xB8]),
        Role::Mean => Colour::new([0xD5, 0x5E, 0x00], [0xFF, 0x8A, 0x3D]),
        Role::Control => Colour::new([0xCC, 0x79, 0xA7], [0xE3, 0x9B, 0xC4]),
        Role::Reference => Colour::new([0x77, 0x77, 0x77], [0x98, 0x9B, 0xA1]),
    }
}

/// The colour of a role's labels: as its marks, but with enough contrast for small letters.
pub(super) const fn letters(role: Role) -> Colour {
    match role {
        Role::GradientFlow => Colour::new([0x8F, 0x62, 0x00], [0xF0, 0xB4, 0x2F]),
        Role::ModifiedFlow => Colour::new([0x00, 0x5F, 0x95], [0x6C, 0xA6, 0xFE]),
        Role::ShuffledFlow => Colour::new([0x00, 0x75, 0x55], [0x2F, 0xC7, 0x9B]),
        Role::Sample => Colour::new([0x2B, 0x74, 0x9C], [0x6F, 0xB4, 0xD6]),
        Role::Mean => Colour::new([0xB0, 0x4E, 0x00], [0xFF, 0x8A, 0x3E]),
        Role::Control => Colour::new([0x9C, 0x47, 0x77], [0xE3, 0x9B, 0xC5]),
        Role::Reference => Colour::new([0x5C, 0x5C, 0x5C], [0xA8, 0xAB, 0xB0]),
        Role::Iterates => mark(Role::Iterates),
    }
}

const ROLES: [Role; 8] = [
    Role::GradientFlow,
    Role::ModifiedFlow,
    Role::ShuffledFlow,
    Role::Iterates,
    Role::Sample,
    Role::Mean,
    Role::Control,
    Role::Reference,
];

/// The class of text in the colour of a role.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::GradientFlow => "gradient-flow",
        Role::ModifiedFlow => "modified-flow",
        Role::ShuffledFlow => "shuffled-flow",
        Role::Iterates => "iterates",
        Role::Sample => "sample",
        Role::Mean => "mean",
        Role::Control => "control",
        Role::Reference => "reference",
    }
}

/// The rules of a style sheet that colour text beside drawings by the classes of roles.
pub fn light_style() -> String {
    let rule = |role| format!(".{}{{color:{}}}\n", role_name(role), letters(role).hex());
    ROLES.map(rule).concat()
}

/// The rules of a style sheet that recolour every drawing, and the classes of roles, on a dark page.
pub fn dark_style() -> String {
    let roles = ROLES.iter().flat_map(|&role| [mark(role), letters(role)]);
    let mut colours: Vec<Colour> = Vec::new();
    for colour in [PAPER, INK, GRID].into_iter().chain(roles) {
        if !colours.contains(&colour) {
            colours.push(colour);
        }
    }
    let rule = |Colour { light, dark }: &Colour| {
        let (light, dark) = (hex(*light), hex(*dark));
        format!("svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}\n")
    };
    let text = |role| format!(".{}{{color:{}}}\n", role_name(role), hex(letters(role).dark));
    colours.iter().map(rule).chain(ROLES.map(text)).collect()
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.1.
    fn luminance(rgb: [u8; 3]) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    }

    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn letters_can_be_read_on_both_papers() {
        for colour in ROLES.map(letters).into_iter().chain([INK]) {
            assert!(contrast(colour.light, PAPER.light) >= 4.5, "{colour:?}");
            assert!(contrast(colour.dark, PAPER.dark) >= 4.5, "{colour:?}");
        }
    }

    #[test]
    fn one_light_colour_has_one_dark_one() {
        let all: Vec<Colour> = ROLES.iter().flat_map(|&r| [mark(r), letters(r)]).collect();
        for a in &all {
            for b in &all {
                assert!(a.light != b.light || a.dark == b.dark, "{a:?} {b:?}");
            }
        }
    }
}

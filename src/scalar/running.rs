//! The one list of scalars that run: what optimizers, flows and losses are erased through.

/// Declares a trait that is another one in every scalar of a role, the way from an object of it back to one
/// scalar, and what holds either such an object or one that is known in `f64` only.
///
/// The list of scalars that run stands here and nowhere else; to add one is one line in it. A role is what
/// is done in a scalar:
///
/// * `iterated`: optimizers take their steps in it;
/// * `followed`: losses are evaluated and flows are integrated in it.
///
/// A method is compiled once for each of them and never for each loss: losses stand behind
/// [`Oracle`](crate::loss::Oracle), which is erased by the same macro.
macro_rules! erase {
    (iterated: $($rest:tt)+) => {
        $crate::scalar::running::erase! {
            @declare [
                f64,
                $crate::scalar::Lanes,
                $crate::scalar::DoubleDouble,
                $crate::scalar::Jet<$crate::scalar::DoubleDouble>,
                $crate::scalar::Enclosure,
            ] $($rest)+
        }
    };
    (followed: $($rest:tt)+) => {
        $crate::scalar::running::erase! {
            @declare [
                f64,
                $crate::scalar::DoubleDouble,
                $crate::scalar::Jet<f64>,
                $crate::scalar::Jet<$crate::scalar::DoubleDouble>,
                $crate::scalar::Enclosure,
            ] $($rest)+
        }
    };
    (@declare [$($scalar:ty),+ $(,)?]
        $(#[$everywhere_doc:meta])* $everywhere:ident = $one:ident<$wrapped:ident<_>>,
        $(#[$view_doc:meta])* $view:ident::$see:ident,
        $(#[$any_doc:meta])* $any:ident $(,)?
    ) => {
        $(#[$everywhere_doc])*
        pub trait $everywhere: $($one<$wrapped<$scalar>> +)+ {}

        impl<T> $everywhere for T where T: $($one<$wrapped<$scalar>> +)+ {}

        $(#[$view_doc])*
        pub trait $view: $crate::scalar::Scalar + 'static {
            /// The same object, seen in this scalar alone.
            fn $see(
                everywhere: std::sync::Arc<dyn $everywhere>,
            ) -> std::sync::Arc<dyn $one<$wrapped<Self>>>;
        }

        $(impl $view for $scalar {
            fn $see(
                everywhere: std::sync::Arc<dyn $everywhere>,
            ) -> std::sync::Arc<dyn $one<$wrapped<Self>>> {
                everywhere
            }
        })+

        $(#[$any_doc])*
        #[derive(Clone)]
        pub enum $any {
            /// In every scalar that runs.
            Everywhere(std::sync::Arc<dyn $everywhere>),
            /// In `f64` alone.
            FloatOnly(std::sync::Arc<dyn $one<$wrapped<f64>>>),
        }

        impl $any {
            /// One that is known in `f64` only: it can be measured, but in no other arithmetic.
            pub fn float_only(known: impl $one<$wrapped<f64>> + 'static) -> Self {
                $any::FloatOnly(std::sync::Arc::new(known))
            }

            /// Whether it is known in `f64` only.
            pub fn is_float_only(&self) -> bool {
                matches!(self, $any::FloatOnly(_))
            }

            /// It in the scalar `S`, if it is known there.
            pub fn seen<S: $view>(&self) -> Option<std::sync::Arc<dyn $one<$wrapped<S>>>> {
                match self {
                    $any::Everywhere(everywhere) => {
                        Some(S::$see(std::sync::Arc::clone(everywhere)))
                    }
                    $any::FloatOnly(known) => {
                        let known: &dyn std::any::Any = known;
                        known.downcast_ref::<std::sync::Arc<dyn $one<$wrapped<S>>>>().cloned()
                    }
                }
            }

            /// It in `f64`.
            pub fn float(&self) -> std::sync::Arc<dyn $one<$wrapped<f64>>> {
                match self {
                    $any::Everywhere(everywhere) => f64::$see(std::sync::Arc::clone(everywhere)),
                    $any::FloatOnly(known) => std::sync::Arc::clone(known),
                }
            }
        }

        impl<T: $everywhere + 'static> From<T> for $any {
            fn from(everywhere: T) -> Self {
                $any::Everywhere(std::sync::Arc::new(everywhere))
            }
        }
    };
}

pub(crate) use erase;

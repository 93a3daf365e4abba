//! Enums whose variants have one name each: in JSON, in lessons, on the command line and on the screen the same.

/// Defines such an enum, with `ALL` in the order of the variants, `name()`, `Display` and serde by name; with
/// `as "a sink"`, what one of them is, also `FromStr`.
macro_rules! named {
    ($(#[$about:meta])* pub enum $Enum:ident $(as $what:literal)? { $($(#[$of:meta])* $Variant:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $Enum {
            $($(#[$of])* #[serde(rename = $name)] $Variant,)+
        }

        impl $Enum {
            /// All of them, in order.
            pub const ALL: [$Enum; [$($name),+].len()] = [$($Enum::$Variant),+];

            /// Its name, in JSON and for people.
            pub fn name(self) -> &'static str {
                match self {
                    $($Enum::$Variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        $(impl std::str::FromStr for $Enum {
            type Err = String;

            fn from_str(text: &str) -> Result<$Enum, String> {
                let known = $Enum::ALL.into_iter().find(|known| known.name() == text);
                known.ok_or_else(|| {
                    let names = $Enum::ALL.map($Enum::name).join(", ");
                    format!("'{text}' is not {}: there are {names}", $what)
                })
            }
        })?
    };
}

pub(crate) use named;

//! What types have in common that hold a text or a secret.

/// `as_str`, `Display` and, by the type's own `parse`, `FromStr` for a type that holds a text.
macro_rules! text_type {
    ($type:ident, $error:ty) => {
        impl $type {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }
    };
}
pub(crate) use text_type;

/// Has a secret print as `[redacted]`.
#[macro_export]
macro_rules! redacted {
    ($type:ident) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[redacted]")
            }
        }
    };
}
pub(crate) use redacted;

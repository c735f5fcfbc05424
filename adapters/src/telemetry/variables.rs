//! `OTEL_*` variables that OpenTelemetry's libraries would pass over in silence, or with another value
//! than was asked for.

use std::env;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
/// The samplers that there are; those of a ratio take it as their argument.
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];
/// The certificate of a collector, or ours for it.
const CERTIFICATES: [&str; 3] = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"];

/// Errors: a variable can't be followed; the text says which, and what is allowed.
pub(super) fn check() -> Result<(), String> {
    check_by(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

fn check_by(variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let sampler = variable(SAMPLER);
    if let Some(sampler) = &sampler
        && !SAMPLERS.contains(&sampler.as_str())
    {
        return Err(format!("{SAMPLER} must be one of {}", SAMPLERS.join(", ")));
    }
    if sampler.is_some_and(|sampler| sampler.ends_with("traceidratio"))
        && let Some(ratio) = variable(ARGUMENT)
        && !ratio.parse().is_ok_and(|ratio| (0.0..=1.0).contains(&ratio))
    {
        return Err(format!("{ARGUMENT} must be a number from 0 to 1, such as 0.1"));
    }
    for signal in ["", "TRACES_", "METRICS_", "LOGS_"] {
        for what in CERTIFICATES {
            let name = format!("OTEL_EXPORTER_OTLP_{signal}{what}");
            if variable(&name).is_some() {
                return Err(format!(
                    "{name} is not supported: the system's certificates are trusted, or those of the \
                     file that SSL_CERT_FILE names"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

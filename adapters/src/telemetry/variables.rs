//! Refuses `OTEL_*` variables whose values OpenTelemetry's libraries would silently ignore or replace.

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

const COMPRESSIONS: [&str; 2] = ["gzip", "none"];
/// Milliseconds and counts.
const NUMBERS: [&str; 12] = [
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BLRP_MAX_QUEUE_SIZE",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
];

/// The value of a variable; an empty one counts as none.
pub(super) fn read(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Errors: a variable can't be followed; the text says which, and what is allowed.
pub(super) fn check(variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
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
        let exporter_variable = |what: &str| {
            let name = format!("OTEL_EXPORTER_OTLP_{signal}{what}");
            variable(&name).map(|value| (name, value))
        };
        for what in CERTIFICATES {
            if let Some((name, _)) = exporter_variable(what) {
                return Err(format!(
                    "{name} is not supported: the system's certificates are trusted, or those of the \
                     file that SSL_CERT_FILE names"
                ));
            }
        }
        if let Some((name, way)) = exporter_variable("COMPRESSION")
            && !COMPRESSIONS.contains(&way.as_str())
        {
            return Err(format!("{name} must be one of {}", COMPRESSIONS.join(", ")));
        }
        if let Some((name, milliseconds)) = exporter_variable("TIMEOUT") {
            check_number(&name, &milliseconds)?;
        }
        if let Some((name, headers)) = exporter_variable("HEADERS")
            && !headers.split(',').all(|header| header.trim().is_empty() || header.contains('='))
        {
            // Its value may be a secret.
            return Err(format!("{name} must be a list such as name=value,other=value"));
        }
    }
    NUMBERS
        .into_iter()
        .try_for_each(|name| variable(name).map_or(Ok(()), |value| check_number(name, &value)))
}

fn check_number(name: &str, value: &str) -> Result<(), String> {
    let parsed = value.parse::<u64>().map(drop);
    parsed.map_err(|_| format!("{name} must be a whole number, such as 5000"))
}

#[cfg(test)]
mod tests;

use super::*;

fn check(variables: &[(&str, &str)]) -> Result<(), String> {
    let find = |wanted: &str| variables.iter().find(|(name, _)| *name == wanted);
    super::check(|name| find(name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn samplers_that_there_are_are_taken() {
    assert_eq!(check(&[]), Ok(()));
    for sampler in SAMPLERS {
        assert_eq!(check(&[(SAMPLER, sampler), (ARGUMENT, "0.1")]), Ok(()));
        assert_eq!(check(&[(SAMPLER, sampler)]), Ok(()));
    }
    assert_eq!(check(&[(SAMPLER, "always_on"), (ARGUMENT, "of another")]), Ok(()));
}

#[test]
fn a_sampler_that_is_not_there_and_a_ratio_that_is_none_are_refused() {
    for unknown in ["jaeger_remote", "xray", "Always_On", "0.1"] {
        let refused = check(&[(SAMPLER, unknown)]).unwrap_err();
        assert!(refused.starts_with("OTEL_TRACES_SAMPLER must be one of always_on"), "{refused}");
    }
    for ratio in ["10 %", "1.1", "-0.1", "NaN"] {
        let variables = [(SAMPLER, "parentbased_traceidratio"), (ARGUMENT, ratio)];
        let refused = check(&variables).unwrap_err();
        assert!(refused.contains("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1"));
    }
}

#[test]
fn certificates_are_refused_with_another_way() {
    for name in ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY"] {
        let refused = check(&[(name, "ca.pem")]).unwrap_err();
        assert!(refused.contains(name) && refused.contains("SSL_CERT_FILE"), "{refused}");
    }
}

#[test]
fn numbers_that_are_none_and_ways_that_are_not_there_are_refused() {
    for (name, right, wrong) in [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2048", "many"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "60000", "1m"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10000", "-1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1", "10s"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "zstd"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none", "GZIP"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=4711, tenant=a", "api-key 4711"),
    ] {
        assert_eq!(check(&[(name, right)]), Ok(()), "{name}");
        let refused = check(&[(name, wrong)]).unwrap_err();
        assert!(refused.starts_with(name) && !refused.contains("4711"), "{refused}");
    }
}

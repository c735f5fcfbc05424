use super::*;

fn read(
    signal: Signal,
    endpoint: Option<&str>,
    variables: &[(&str, &str)],
) -> Result<Option<Destination>, String> {
    let find = |wanted: &str| variables.iter().find(|(name, _)| *name == wanted);
    Destination::find(signal, endpoint, |name| find(name).map(|(_, value)| (*value).to_owned()))
}

fn to(protocol: Protocol, url: Option<&str>) -> Result<Option<Destination>, String> {
    Ok(Some(Destination { protocol, url: url.map(str::to_owned) }))
}

#[test]
fn without_an_endpoint_nothing_goes_out() {
    assert_eq!(read(Signal::Traces, None, &[]), Ok(None));
}

#[test]
fn the_port_of_grpc_means_grpc_and_any_other_http() {
    let grpc = Some("http://collector:4317");
    assert_eq!(read(Signal::Traces, grpc, &[]), to(Protocol::Grpc, grpc));
    let http = Some("https://collector.example.com/otlp/");
    let metrics = Some("https://collector.example.com/otlp/v1/metrics");
    assert_eq!(read(Signal::Metrics, http, &[]), to(Protocol::Http, metrics));
}

#[test]
fn the_variables_win_and_one_of_a_signal_over_the_general_one() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:4317"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4318/v1/traces"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/protobuf"),
    ];
    let here = Some("http://here:4318");
    assert_eq!(read(Signal::Traces, here, &variables), to(Protocol::Http, None));
    assert_eq!(read(Signal::Metrics, here, &variables), to(Protocol::Grpc, None));
    assert_eq!(read(Signal::Logs, here, &variables), to(Protocol::Http, None));
}

#[test]
fn a_signal_can_be_asked_for_or_left_out() {
    let here = Some("http://here:4317");
    assert_eq!(read(Signal::Logs, here, &[("OTEL_LOGS_EXPORTER", "none")]), Ok(None));
    assert_eq!(read(Signal::Logs, here, &[("OTEL_SDK_DISABLED", "true")]), Ok(None));
    assert_eq!(
        read(Signal::Logs, None, &[("OTEL_LOGS_EXPORTER", "otlp")]),
        to(Protocol::Http, None)
    );
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let unknown = read(Signal::Traces, None, &[("OTEL_TRACES_EXPORTER", "zipkin")]);
    assert!(unknown.unwrap_err().contains("OTEL_TRACES_EXPORTER must be otlp or none"));
    let protocol = [("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon")];
    let unknown = read(Signal::Traces, Some("http://here:4317"), &protocol);
    assert!(unknown.unwrap_err().contains("grpc or http/protobuf"));
}

//! The log on stderr. A line that belongs to a span says to which.

use std::{fmt, io};

use opentelemetry::{Context, trace::TraceContextExt};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people, perhaps in colours.
    Text {
        /// Whether a terminal shows it, and is to show it in colours.
        colours: bool,
    },
    /// For machines: one JSON object per line.
    Json,
}

pub(super) fn layer<S>(log_format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match log_format {
        LogFormat::Text { colours } => Box::new(layer.with_ansi(colours).with_timer(TimeAndSpan)),
        LogFormat::Json => {
            Box::new(layer.json().event_format(WithSpan(format::json().flatten_event(true))))
        }
    }
}

/// Which span a line belongs to: that of a request or a delivery.
fn ids() -> Option<(impl fmt::Display, impl fmt::Display)> {
    let context = Context::current();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| (span.trace_id(), span.span_id()))
}

struct TimeAndSpan;

impl FormatTime for TimeAndSpan {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        SystemTime.format_time(writer)?;
        match ids() {
            Some((trace, span)) => write!(writer, " trace_id={trace} span_id={span}"),
            None => Ok(()),
        }
    }
}

struct WithSpan<F>(F);

impl<S, N, F> FormatEvent<S, N> for WithSpan<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some((trace, span)) = ids() else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let rest = line.strip_prefix('{').unwrap_or(&line);
        write!(writer, r#"{{"trace_id":"{trace}","span_id":"{span}",{rest}"#)
    }
}

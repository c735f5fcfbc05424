//! The benchmark: what an installation does in a second and what it takes for that, beside the limits of
//! what it stands on, measured in the same run.
//!
//! `docs/performance.md` says what each figure means.

use std::fs;

use null_mail_server::NullMailServer;
use report::{Machine, Report};

mod chart;
mod generator;
mod growth;
mod http1;
mod http2;
mod installation;
mod mails;
mod meter;
mod null_mail_server;
mod people;
mod postgres_limit;
mod processor;
mod psql;
mod reads;
mod registrations;
mod report;
mod seeded_sessions;
mod send;
mod senders;
mod settings;
mod sign_ins;
mod sqlite_limit;
mod start;
mod statements;
mod table;

use installation::Place;
pub use settings::{Kind, Part, Settings};

/// Measures what is asked for, prints it, and writes `performance.json` and, of sends, `performance.svg`.
pub async fn run(settings: &Settings) {
    let seconds = settings.time.as_secs_f64();
    let mut report = Report { machine: machine(), seconds, ..Report::default() };
    let Machine { processors, model, memory_gib } = &report.machine;
    println!("{processors} processors ({model}), {memory_gib:.0} GiB; {seconds} s a row");
    for kind in settings.databases.iter().copied() {
        let place = Place::new(kind);
        for part in settings.parts.iter().copied() {
            measure(part, &place, settings, &mut report).await;
        }
    }
    fs::create_dir_all(&settings.out).unwrap();
    let json = serde_json::to_string_pretty(&report).unwrap();
    let chart = (!report.sends.is_empty()).then(|| ("performance.svg", chart::draw(&report)));
    for (name, text) in [("performance.json", json)].into_iter().chain(chart) {
        let file = settings.out.join(name);
        fs::write(&file, text).unwrap();
        println!("\n{}", file.display());
    }
}

async fn measure(part: Part, place: &Place, settings: &Settings, report: &mut Report) {
    let name = place.kind.name();
    match part {
        Part::Send => send::measure(place, settings, report).await,
        Part::Reads => {
            let mut installation = place.installation(settings);
            installation.start().await;
            let row = reads::measure(&installation, settings).await;
            println!("\n{name}\n{}\n{}", table::ACTIONS, table::action("signed-in reads", &row));
            report.reads.push(row);
        }
        Part::Registrations => {
            let server = NullMailServer::closed();
            let mut installation = send::mailing_to(place.installation(settings), &server);
            installation.start().await;
            let row = registrations::measure(&installation, settings).await;
            println!("\n{name}\n{}\n{}", table::ACTIONS, table::action("registrations", &row));
            report.registrations.push(row);
        }
        Part::SignIns => {
            let (rows, names) = sign_ins::measure(place, settings).await;
            report.sign_ins.extend(rows);
            report.login_names.push(names);
        }
        Part::Mails => {
            let server = NullMailServer::closed();
            let mut installation = send::mailing_to(place.installation(settings), &server);
            installation.start().await;
            let row = mails::measure(&installation, &server, settings).await;
            println!("\n{name}: {}", table::mails(&row));
            report.mails.push(row);
        }
        Part::Start => {
            let row = start::measure(&mut place.installation(settings), settings).await;
            println!("\n{name}: {}", table::start(&row));
            report.starts.push(row);
        }
        Part::Growth => {
            println!("\n{name}\n{}", table::GROWTH);
            for users in settings.growth {
                let row = growth::measure(place, users, settings).await;
                println!("{}", table::growth(&row));
                report.growth.push(row);
            }
        }
    }
}

fn machine() -> Machine {
    let memory = fs::read_to_string("/proc/meminfo").unwrap();
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap();
    let kib: f64 = total.split_whitespace().next().unwrap().parse().unwrap();
    let processors = std::thread::available_parallelism().unwrap().get();
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let model = model.trim_start_matches([':', ' ', '\t']).to_owned();
    Machine { processors, model, memory_gib: kib / 1024.0 / 1024.0 }
}

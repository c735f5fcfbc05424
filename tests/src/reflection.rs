//! What a server says that it offers, by gRPC reflection.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorProto};

use crate::{Call, Located, Protocol, rpc::field};

/// Numbers of fields in `ServerReflectionRequest`.
const FILE_OF_NAME: u8 = 3;
const FILE_OF_SYMBOL: u8 = 4;
const LIST_SERVICES: u8 = 7;

/// `ServerReflectionResponse`.
#[derive(Clone, PartialEq, Message)]
struct Told {
    #[prost(message, optional, tag = "4")]
    files: Option<Files>,
    #[prost(message, optional, tag = "6")]
    services: Option<Services>,
}

/// `FileDescriptorResponse`.
#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(message, repeated, tag = "1")]
    files: Vec<FileDescriptorProto>,
}

/// `ListServiceResponse`.
#[derive(Clone, PartialEq, Message)]
struct Services {
    #[prost(message, repeated, tag = "1")]
    services: Vec<Service>,
}

/// `ServiceResponse`.
#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
}

async fn ask(passlink: &impl Located, number: u8, what: &str) -> Told {
    let call = Call {
        rpc: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        proto: field(number, what.as_bytes()),
        ..Call::send_link()
    };
    let outcome = Protocol::Grpc.call(passlink, None, &call).await;
    assert_eq!(outcome.code, 0, "{what}: {outcome:?}");
    Told::decode(&outcome.message[..]).unwrap()
}

/// Every method of every service, as `/<package>.<Service>/<Method>`.
pub async fn methods(passlink: &impl Located) -> BTreeSet<String> {
    let mut methods = BTreeSet::new();
    for Service { name } in ask(passlink, LIST_SERVICES, "").await.services.unwrap().services {
        let told = ask(passlink, FILE_OF_SYMBOL, &name).await.files.expect(&name);
        let is_it = |package: &str, service: &str| format!("{package}.{service}") == name;
        let service = told.files.iter().find_map(|file| {
            file.service.iter().find(|service| is_it(file.package(), service.name()))
        });
        let service = service.expect(&name);
        assert!(!service.method.is_empty(), "{name}");
        methods.extend(service.method.iter().map(|it| format!("/{name}/{}", it.name())));
    }
    methods
}

/// Every message of the files of our services and of what they import, by its full name, with the names that
/// its fields have in JSON.
pub async fn messages(passlink: &impl Located) -> BTreeMap<String, BTreeSet<String>> {
    let services = ask(passlink, LIST_SERVICES, "").await.services.unwrap().services;
    let mut open: Vec<_> = services.into_iter().map(|it| (FILE_OF_SYMBOL, it.name)).collect();
    let (mut seen, mut messages) = (BTreeSet::new(), BTreeMap::new());
    while let Some((number, what)) = open.pop() {
        for file in ask(passlink, number, &what).await.files.expect(&what).files {
            if !seen.insert(file.name().to_owned()) {
                continue;
            }
            open.extend(file.dependency.iter().map(|name| (FILE_OF_NAME, name.clone())));
            add(&mut messages, file.package(), &file.message_type);
        }
    }
    messages
}

/// Adds messages that stand in a package or another message, and those in them, but for the entries of maps.
fn add(known: &mut BTreeMap<String, BTreeSet<String>>, within: &str, messages: &[DescriptorProto]) {
    for message in
        messages.iter().filter(|it| !it.options.as_ref().is_some_and(|it| it.map_entry()))
    {
        let full = format!("{within}.{}", message.name());
        add(known, &full, &message.nested_type);
        let names = message.field.iter().map(|field| field.json_name().to_owned());
        known.insert(full, names.collect());
    }
}

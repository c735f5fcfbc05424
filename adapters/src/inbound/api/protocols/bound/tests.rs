use std::collections::BTreeSet;

use prost::Message;
use prost_types::FileDescriptorSet;

use super::BINDINGS;
use crate::inbound::api::{proto::DESCRIPTORS, services::health::SERVICES};

/// Each method of a service of ours, with the fields of its request.
fn methods() -> Vec<(String, BTreeSet<String>)> {
    let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
    let fields = |name: &str| -> BTreeSet<String> {
        let mut messages = files.iter().flat_map(|file| {
            file.message_type.iter().map(move |message| (file.package(), message))
        });
        let found = messages
            .find(|(package, message)| name == format!(".{package}.{}", message.name()))
            .expect(name);
        found.1.field.iter().map(|field| field.name().to_owned()).collect()
    };
    let services = files
        .iter()
        .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
        .filter(|(package, _)| !package.starts_with("grpc."));
    services
        .flat_map(|(package, service)| {
            service.method.iter().map(move |method| {
                (format!("/{package}.{}/{}", service.name(), method.name()), method.input_type())
            })
        })
        .map(|(method, input)| (method, fields(input)))
        .collect()
}

#[test]
fn each_method_has_one_rest_path_whose_names_are_fields_of_its_request() {
    let methods = methods();
    let mut bound: Vec<&str> = BINDINGS.iter().map(|binding| binding.rpc).collect();
    bound.sort_unstable();
    let mut known: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    known.sort_unstable();
    assert_eq!(bound, known);
    for binding in BINDINGS {
        let (_, fields) = methods.iter().find(|(method, _)| method == binding.rpc).unwrap();
        let named = binding.path.split('/').filter_map(|part| part.strip_prefix('{'));
        for name in named.map(|name| name.trim_end_matches('}')) {
            assert!(fields.contains(name), "{}: {name} is none of {fields:?}", binding.path);
        }
    }
}

#[test]
fn health_knows_each_service_of_ours() {
    let services: BTreeSet<String> = methods()
        .into_iter()
        .map(|(method, _)| method.trim_start_matches('/').split('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(services, SERVICES.iter().map(ToString::to_string).collect());
}

//! The calls that the reference shows: each method with its binding, its example and its errors.

use std::error::Error;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MethodDescriptor, ServiceDescriptor};
use serde_json::Value;

use crate::{
    bindings::{BINDINGS, Binding, Verb},
    comments,
    error_rows::Row,
    examples::{Example, Examples},
    methods::{self, Access},
};

pub struct Service {
    pub descriptor: ServiceDescriptor,
    pub about: String,
    pub calls: Vec<Call>,
}

pub struct Call {
    pub method: MethodDescriptor,
    pub binding: &'static Binding,
    /// What it is called: the first paragraph of its comment.
    pub title: String,
    /// What it does: the rest of the comment.
    pub about: String,
    pub access: Access,
    pub example: Example,
    /// In the order of the error table.
    pub errors: Vec<&'static Row>,
}

/// Those of our services, as they stand in the table of bindings.
///
/// Errors: anything is missing.
pub fn all(pool: &DescriptorPool) -> Result<Vec<Service>, Box<dyn Error>> {
    let mut examples = Examples::read()?;
    let mut services: Vec<Service> = Vec::new();
    for binding in BINDINGS {
        let (service, method) = described(pool, binding)
            .ok_or_else(|| format!("{} is bound, and is no method", binding.rpc))?;
        let call = Call::new(method, binding, &mut examples)?;
        match services.iter_mut().find(|known| known.descriptor == service) {
            Some(known) => known.calls.push(call),
            None => services.push(Service {
                about: comments::at(&service.parent_file(), service.path()),
                descriptor: service,
                calls: vec![call],
            }),
        }
    }
    examples.end()?;
    let ours = pool.services().filter(|service| !service.full_name().starts_with("grpc."));
    let methods: usize = ours.map(|service| service.methods().len()).sum();
    match services.iter().map(|service| service.calls.len()).sum::<usize>() {
        bound if bound == methods => Ok(services),
        bound => Err(format!("bindings.rs has {bound} of {methods} methods").into()),
    }
}

fn described(
    pool: &DescriptorPool,
    binding: &Binding,
) -> Option<(ServiceDescriptor, MethodDescriptor)> {
    let (service, method) = binding.rpc.strip_prefix('/')?.split_once('/')?;
    let service = pool.get_service_by_name(service)?;
    let method = service.methods().find(|known| known.name() == method)?;
    Some((service, method))
}

impl Call {
    fn new(
        method: MethodDescriptor,
        binding: &'static Binding,
        examples: &mut Examples,
    ) -> Result<Self, Box<dyn Error>> {
        let (access, errors) = methods::of(method.name())?;
        let comment = comments::at(&method.parent_file(), method.path());
        let (title, about) = comment
            .split_once("\n\n")
            .ok_or_else(|| format!("{}: its comment needs a title and a text", binding.rpc))?;
        Ok(Self {
            title: title.trim_end_matches('.').to_owned(),
            about: about.to_owned(),
            access,
            example: examples.take(&method)?,
            errors,
            method,
            binding,
        })
    }

    /// The fields that stand in the path, and those that do not.
    pub fn fields(&self) -> (Vec<FieldDescriptor>, Vec<FieldDescriptor>) {
        let is_in_path = |field: &FieldDescriptor| {
            self.binding.path.split('/').any(|part| part == format!("{{{}}}", field.name()))
        };
        self.method.input().fields().partition(is_in_path)
    }

    /// Whether HTTP gives a body of it a meaning (RFC 9110, section 9.3).
    fn has_body(&self) -> bool {
        matches!(self.binding.verb, Verb::Post | Verb::Patch)
    }

    /// The fields that REST takes in the query: single values where a call has no body.
    pub fn in_query(&self) -> Vec<FieldDescriptor> {
        let is_single =
            |it: &FieldDescriptor| !it.is_list() && !matches!(it.kind(), Kind::Message(_));
        match self.has_body() {
            true => Vec::new(),
            false => self.fields().1.into_iter().filter(is_single).collect(),
        }
    }

    /// The value of a field in the example of a request.
    pub fn value(&self, field: &FieldDescriptor) -> Option<&str> {
        self.example.request.json.get(field.json_name())?.as_str()
    }

    /// The example of a body: the message without what stands in the path. None where a body means nothing.
    pub fn body(&self) -> Option<Value> {
        if !self.has_body() {
            return None;
        }
        let mut body = self.example.request.json.clone();
        for field in self.fields().0 {
            body.as_object_mut().map(|body| body.shift_remove(field.json_name()));
        }
        Some(body)
    }
}

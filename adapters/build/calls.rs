//! The calls that the reference shows: each method with its binding, its example and its errors.

use std::error::Error;

use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use crate::{
    bindings::{BINDINGS, Binding},
    comments,
    error_rows::{self, Row},
    examples::{Example, Examples},
    refusals,
};

pub struct Service {
    pub descriptor: ServiceDescriptor,
    pub about: String,
    pub calls: Vec<Call>,
}

pub struct Call {
    pub method: MethodDescriptor,
    pub binding: &'static Binding,
    pub about: String,
    pub access: Access,
    pub example: Example,
    /// In the order of the error table.
    pub errors: Vec<&'static Row>,
}

/// What a caller has to show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Token,
    Code,
    TokenOrCode,
}

/// Those of our services, as they stand in the table of bindings. An error if anything is missing.
pub fn all(pool: &DescriptorPool) -> Result<Vec<Service>, Box<dyn Error>> {
    let mut examples = Examples::read()?;
    let mut services: Vec<Service> = Vec::new();
    for binding in BINDINGS {
        let (service, method) = described(pool, binding)
            .ok_or_else(|| format!("{} is bound, and is no method", binding.rpc))?;
        let call = call(method, binding, &mut examples)?;
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
    Ok(services)
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

fn call(
    method: MethodDescriptor,
    binding: &'static Binding,
    examples: &mut Examples,
) -> Result<Call, Box<dyn Error>> {
    let name = method.name();
    let ids = refusals::of(name).ok_or_else(|| format!("{name} has no list of errors"))?;
    if let Some(id) = ids.iter().find(|id| error_rows::ALL.iter().all(|row| row.id != **id)) {
        return Err(format!("{name}: {id} is no error").into());
    }
    // A wrong method is no answer of the call's.
    let own = |row: &&Row| row.status != 405 && ids.contains(&row.id);
    Ok(Call {
        about: comments::at(&method.parent_file(), method.path()),
        access: match (ids.contains(&"AUTH-Missing"), ids.contains(&"LINK-CodeInvalid")) {
            (_, false) => Access::Token,
            (false, true) => Access::Code,
            (true, true) => Access::TokenOrCode,
        },
        example: examples.take(&method)?,
        errors: error_rows::ALL.iter().filter(own).collect(),
        method,
        binding,
    })
}

impl Call {
    /// The fields that the path names.
    pub fn in_path(&self) -> impl Iterator<Item = &str> {
        let parts = self.binding.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The fields that a body can hold; none where HTTP gives it no meaning (RFC 9110, section 9.3.5).
    pub fn has_body(&self) -> bool {
        self.binding.verb.name() == "POST"
    }
}

// Elements of the page, made one by one: no text ever becomes markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with these properties and children. */
export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** An SVG element with these attributes and children. */
export function drawing(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/** A text with its values, each kept from turning the direction of what stands around it. */
export function paragraph(text, values, className = "") {
  return element("p", { className }, ...worded(text, values));
}

/** The same for a link that leads away. */
export function wayOn(href, text, values) {
  return element("a", { className: "button", href, rel: "noreferrer" }, ...worded(text, values));
}

function worded(text, values) {
  return text.split(/\{(\w+)\}/).map((part, index) =>
    index % 2 ? element("bdi", { textContent: values[part]() }) : part,
  );
}

// `/docs`: finds calls, copies samples, and sends calls with the reader's token. All else is there
// without it.

import { element } from "./element.js";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 35_000;
/** How long a button says that it has copied, in milliseconds. */
const COPIED = 2_000;

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const token = document.querySelector("#token");
const words = document.querySelector("#words");
const calls = all(".call");
const contents = new Map(all("#contents a").map((link) => [link.hash.slice(1), link]));

/** Chooses the same language or media type for all calls. */
document.addEventListener("change", ({ target }) => {
  if (target.type === "radio") {
    const top = target.getBoundingClientRect().top;
    for (const other of all(`.tabs input[value="${target.value}"]`)) {
      other.checked = true;
    }
    // What stands above may have become longer or shorter.
    scrollBy({ top: target.getBoundingClientRect().top - top, behavior: "instant" });
  }
});

// Only a page over an encrypted connection, or of the machine itself, can copy.
for (const button of navigator.clipboard ? all(".copy") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.nextElementSibling.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), COPIED);
  });
}

/** Shows the calls that speak of each word. */
function search() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const call of calls) {
    const text = call.querySelector(".told").textContent.toLowerCase() + call.id.toLowerCase();
    const fits = wanted.every((word) => text.includes(word));
    call.hidden = !fits;
    contents.get(call.id).parentElement.hidden = !fits;
    found += fits;
  }
  for (const section of all(".text, .service > .text")) {
    section.hidden = wanted.length > 0;
  }
  const counted = found === 1 ? "1 call" : `${found} calls`;
  document.querySelector("#found").textContent = wanted.length > 0 ? `${counted} found` : "";
}

words.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  const writes = event.target.matches("input:not([type=radio]), textarea");
  if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    words.focus();
  }
});
// A link to what the search has hidden shows it.
addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.closest("[hidden]")) {
    words.value = "";
    search();
    target.scrollIntoView();
  }
});

/** Marks where the reader is in the contents. */
const reading = new IntersectionObserver(
  (entries) => {
    const { target } = entries.find((entry) => entry.isIntersecting) ?? {};
    if (target) {
      for (const [id, link] of contents) {
        link.toggleAttribute("aria-current", id === target.id);
      }
    }
  },
  { rootMargin: "-20% 0px -70%" },
);
for (const id of contents.keys()) {
  reading.observe(document.getElementById(id));
}

for (const form of all(".try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector(":scope > button");
    button.disabled = true;
    const answer = await send(form).catch(noAnswer);
    form.querySelector(".answer").replaceChildren(...answer);
    button.disabled = false;
  });
}

/** Makes the call of a form; what came back, as elements. */
async function send(form) {
  const given = new FormData(form);
  const path = form.dataset.path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(given.get(name)),
  );
  const headers = {};
  if (given.has("body")) {
    headers["content-type"] = "application/json";
  }
  if ("token" in form.dataset && token.value.trim()) {
    headers.authorization = `Bearer ${token.value.trim()}`;
  }
  const began = performance.now();
  const response = await fetch(new URL(path.slice(1), location.href), {
    method: form.dataset.verb,
    headers,
    body: given.get("body") ?? undefined,
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const text = await response.text();
  return told(response, text, Math.round(performance.now() - began));
}

function told(response, text, took) {
  const { status, statusText, headers } = response;
  const fields = [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const tone = element("b", { textContent: `${status} ${statusText}`.trim() });
  tone.dataset.tone = response.ok ? "good" : "bad";
  return [
    element("p", {}, tone, ` in ${took} ms`),
    element("h4", { textContent: "Headers" }),
    code(fields),
    element("h4", { textContent: "Body" }),
    code(pretty(text)),
  ];
}

function code(text) {
  return element("pre", { tabIndex: 0 }, element("code", { textContent: text }));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function noAnswer() {
  const textContent = "No answer came. Is the server running, and can this page reach it?";
  return [element("p", { textContent })];
}

// `/docs`: finds what the reader looks for, copies samples, and sends calls with the reader's token. All
// else is there without it.

import { element } from "./element.js";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 35_000;
/** How long a button says that it has copied, in milliseconds. */
const COPIED = 2_000;
/** What a token is made of (RFC 6750, section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const token = document.querySelector("#token");
const words = document.querySelector("#words");
const links = all("#contents a");

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

/** Shows the calls and sections that hold each word. */
function search() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const part of all(".call, .text")) {
    const text = `${part.id} ${said(part)}`.toLowerCase();
    part.hidden = !wanted.every((word) => text.includes(word));
    found += !part.hidden;
  }
  for (const link of links) {
    link.hidden = document.getElementById(link.hash.slice(1)).hidden;
  }
  const told = found === 1 ? "1 place" : `${found} places`;
  document.querySelector("#found").textContent = wanted.length > 0 ? `${told} found` : "";
}

/** What a part says; of a call, neither samples nor errors, which are much the same for all. */
function said(part) {
  const told = part.querySelector(".told");
  return [...(told ?? part).children]
    .filter((child) => !child.matches(".errors"))
    .map((child) => child.textContent)
    .join(" ");
}

words.addEventListener("input", search);
words.addEventListener("keydown", ({ key }) => {
  const first = document.querySelector(".call:not([hidden]), .text:not([hidden])");
  if (key === "Enter" && first) {
    location.hash = first.id;
  }
});
document.addEventListener("keydown", (event) => {
  const writes = event.target.matches("input:not([type=radio]), textarea");
  if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    words.focus();
  }
});

/** Shows what a link leads to, also where the search has hidden it. */
function reveal(hash) {
  const target = document.getElementById(hash.slice(1));
  if (target?.closest("[hidden]")) {
    words.value = "";
    search();
    target.scrollIntoView();
  }
}

addEventListener("hashchange", () => reveal(location.hash));
document.addEventListener("click", ({ target }) => reveal(target.closest("a")?.hash ?? ""));

/** Marks where the reader is in the contents. */
const reading = new IntersectionObserver(
  (entries) => {
    const { target } = entries.find((entry) => entry.isIntersecting) ?? {};
    for (const link of target ? links : []) {
      if (link.hash.slice(1) === target.id) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    }
  },
  { rootMargin: "-20% 0px -70%" },
);
for (const { hash } of links) {
  reading.observe(document.getElementById(hash.slice(1)));
}

// A browser may keep the page, to show it again as it was.
addEventListener("pagehide", () => {
  token.value = "";
  for (const answer of all(".answer")) {
    answer.replaceChildren();
  }
});

for (const form of all(".try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector(":scope > button");
    if (button.ariaDisabled) {
      return;
    }
    button.ariaDisabled = "true";
    const answer = await send(form).catch(noAnswer);
    form.querySelector(".answer").replaceChildren(...answer);
    button.ariaDisabled = null;
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
  const bearer = token.value.trim().replace(/^bearer\s+/i, "");
  if ("token" in form.dataset && bearer) {
    if (!TOKEN.test(bearer)) {
      return [element("p", { textContent: "The token holds a character that no token has." })];
    }
    headers.authorization = `Bearer ${bearer}`;
  }
  const began = performance.now();
  const url = new URL(path.slice(1), location.href);
  for (const { name, value } of all("[data-query]", form)) {
    if (value) {
      url.searchParams.set(name, value);
    }
  }
  const response = await fetch(url, {
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
  const unknown = status === 401 && !token.value.trim();
  const hint = unknown ? ". Put a token into the field at the top." : "";
  return [
    element("p", {}, tone, ` in ${took} ms${hint}`),
    element("h4", { textContent: "Headers" }),
    code(fields),
    element("h4", { textContent: "Body" }),
    code(pretty(text)),
  ];
}

function code(text) {
  return element("pre", { tabIndex: 0 }, element("code", { textContent: text }));
}

/** JSON in lines, unless something of it would get lost. */
function pretty(text) {
  try {
    const json = JSON.parse(text);
    return JSON.stringify(json) === text ? JSON.stringify(json, null, 2) : text;
  } catch {
    return text;
  }
}

function noAnswer({ name }) {
  const textContent =
    name === "TimeoutError"
      ? `No answer came within ${PATIENCE / 1000} s.`
      : "No answer came. Is the server running, and can this page reach it?";
  return [element("p", { textContent })];
}

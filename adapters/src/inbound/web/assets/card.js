// The card in the middle of the page. It shows one state at a time.

import { drawing, element, paragraph, wayOn } from "./element.js";
import { offerLanguages } from "./language.js";
import { said } from "./texts.js";

const card = document.getElementById("card");
const announcement = document.getElementById("announcement");
const site = document.title;
/** Where people go on when they are done, if the site has such a place. */
const { home } = document.body.dataset;
const showLanguage = offerLanguages(() => showAgain());
let showAgain = () => {};
/** The longest name that a passkey can have, in characters as the server counts them. */
const LONGEST_NAME = 200;

/**
 * Shows a state, by the key of its texts: `heading`, `text`, `button`, `note`, where it has them.
 *
 * `values` stand in the texts, made by functions, as each language has its own; `tone` chooses the
 * icon, `account` is shown as whom this is about, `name` is what the field for a name holds at
 * first, `choice` is the key of what a box to tick says, and `action` is what the button does; it is
 * given the name in the field, or whether the box is ticked. `facts` are pairs of a label's key and
 * what makes its value, and `more` makes what stands below it all. Where the page is `done`, a link
 * leads on to the site.
 */
export function show(state, options = {}) {
  fill(state, options).focus();
  announcement.textContent = "";
}

/** Fills the card, and answers its heading. */
function fill(state, options) {
  const { values = {}, tone = "plain", account, facts, name, choice, ticked, action } = options;
  const { heading, text, button, note } = said(state);
  const title = element("h1", { textContent: heading, tabIndex: -1 });
  const words = element("div", { id: "words" }, ...(text ? [paragraph(text, values)] : []));
  title.setAttribute("aria-describedby", facts ? "facts words" : "words");

  const form = element("form", { noValidate: true });
  const field = name === undefined ? undefined : nameField(name);
  if (field) {
    form.append(...field.parts);
  }
  const box = choice && choiceBox(choice, ticked);
  if (box) {
    form.append(box.label);
  }
  if (button && action) {
    form.append(element("button", { textContent: button }));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field && !field.isGood()) {
      field.input.focus();
      return;
    }
    action?.(box ? box.input.checked : field?.input.value.trim());
  });

  card.dataset.state = state;
  card.dataset.tone = tone;
  card.replaceChildren(icon(tone), title);
  if (account) {
    card.append(accountBox(account));
  }
  if (facts) {
    card.append(factList(facts));
  }
  card.append(words);
  if (form.hasChildNodes()) {
    card.append(form);
  }
  if (options.done && home) {
    card.append(wayOn(home, said("labels.continue"), { site: () => site }));
  }
  if (note) {
    card.append(paragraph(note, values, "note"));
  }
  if (options.more) {
    card.append(options.more());
  }
  document.title = `${heading} · ${site}`;
  showLanguage();
  showAgain = () => {
    fill(state, { ...options, name: field?.input.value, ticked: box?.input.checked });
    announcement.textContent = "";
  };
  return title;
}

/** Says something below the card, also to those who don't see it, and leaves the state as it is. */
export function announce(text) {
  announcement.textContent = text;
}

/**
 * The field for the passkey's name, with its label, what the name is good for, and what is wrong with
 * it. A name that is too long is told and not cut: people who paste one would not see what is lost.
 */
function nameField(name) {
  const input = element("input", {
    id: "name",
    value: name,
    dir: "auto",
    autocomplete: "off",
    spellcheck: false,
  });
  input.setAttribute("aria-describedby", "fault hint");
  const label = element("label", { htmlFor: "name", textContent: said("labels.name") });
  const fault = element("p", { id: "fault", role: "alert" });
  const hint = element("p", { id: "hint", textContent: said("labels.name_hint") });
  const isGood = () => [...input.value.trim()].length <= LONGEST_NAME;
  const tell = () => {
    const good = isGood();
    input.ariaInvalid = good ? null : "true";
    const words = good ? "" : said("labels.name_too_long").replace("{n}", LONGEST_NAME);
    if (fault.textContent !== words) {
      fault.textContent = words;
    }
  };
  input.addEventListener("input", tell);
  tell();
  return { input, isGood, parts: [label, input, fault, hint] };
}

/** A box to tick, with what that means. */
function choiceBox(key, ticked = false) {
  const input = element("input", { type: "checkbox", checked: ticked });
  const words = element("span", { textContent: said(key) });
  return { input, label: element("label", { className: "choice" }, input, words) };
}

/** Whom this is about: by name and address, or by the address alone where that is the name. */
function accountBox({ displayName, maskedEmail = "" }) {
  const name = displayName || maskedEmail;
  const initial = element("span", { className: "initial", textContent: [...name][0] ?? "" });
  initial.ariaHidden = "true";
  const who = element("p", {}, element("bdi", { className: "who", textContent: name }));
  if (displayName) {
    who.append(element("bdi", { className: "address", textContent: maskedEmail }));
  }
  const box = element("section", { className: "account" }, initial, who);
  box.ariaLabel = said("labels.account");
  return box;
}

/** What there is to know, one line each. */
function factList(facts) {
  const lines = facts.map(([label, value]) => {
    const words = element("bdi", { textContent: value() });
    const term = element("dt", { textContent: said(label) });
    return element("div", {}, term, element("dd", {}, words));
  });
  return element("dl", { id: "facts" }, ...lines);
}

function icon(tone) {
  const use = drawing("use", { href: `#icon-${tone}` });
  return drawing("svg", { class: "icon", "aria-hidden": "true" }, use);
}

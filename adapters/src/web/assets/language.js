// The choice of another language, below the card: a browser knows what its owner reads, and
// Passlink what the user does, but not always.

import { languages, said, speak } from "./texts.js";

/** Offers all languages, and runs `changed` for who chooses one. Answers what shows the present one. */
export function offerLanguages(changed) {
  const offer = document.getElementById("languages");
  const choice = document.getElementById("language");
  choice.append(...languages.map(option));
  choice.addEventListener("change", async () => {
    await speak(choice.value, { chosen: true });
    changed();
  });
  return () => {
    offer.hidden = false;
    choice.value = document.documentElement.lang;
    choice.labels[0].textContent = said("labels.language");
  };
}

/** A language by the name that its readers have for it. */
function option(tag) {
  const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
  const [first, ...rest] = name;
  const made = new Option([first.toLocaleUpperCase(tag), ...rest].join(""), tag);
  made.lang = tag;
  return made;
}

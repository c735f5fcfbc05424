// The choice of another language, below the card: a browser knows what its owner reads, and
// Passlink what the user does, but not always.

import { said, speak } from "./texts.js";

/** Offers all languages, and runs `changed` for who chooses one. Answers what shows the present one. */
export function offerLanguages(changed) {
  const offer = document.getElementById("languages");
  const choice = document.getElementById("language");
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

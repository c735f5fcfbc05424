// What stands below the card. There is the choice of another language: a browser knows what its owner
// reads, and Passlink what the user does, but not always.

import { said, speak } from "./texts.js";

/** Offers all languages, and runs `changed` for who chooses one. Answers what shows the present one. */
export function offerLanguages(changed) {
  const offer = document.getElementById("languages");
  const choice = document.getElementById("language");
  const support = document.getElementById("support");
  choice.addEventListener("change", async () => {
    await speak(choice.value, { chosen: true });
    changed();
  });
  return () => {
    offer.hidden = false;
    choice.value = document.documentElement.lang;
    choice.labels[0].textContent = said("labels.language");
    if (support) {
      support.textContent = said("labels.support");
    }
  };
}

// A page that asks once, and then does what its link is for.

import { call } from "./api.js";
import { show } from "./card.js";
import { explain } from "./explain.js";
import { takeLink } from "./link.js";

/**
 * Asks, and on the button's word posts the code. `idName` is the parameter that says what the code
 * is for, `pathOf` makes the path of that, and `states` are `ask`, `done` and `invalid`.
 *
 * `look` is asked first, where there is something to know before the question is put: it is given id
 * and code, and answers the options that the question is shown with, of which `choice` is told to
 * the API under the name `choiceName`.
 */
export function confirm(idName, pathOf, states, { look, choiceName } = {}) {
  const link = takeLink(idName);
  if (!link) {
    show("common.incomplete", { tone: "bad" });
    return;
  }
  const id = encodeURIComponent(link.id);
  const attempt = async (step) => {
    show("common.loading", { tone: "busy" });
    try {
      await step();
    } catch (error) {
      if (error.id === "LINK-CodeInvalid") {
        show(states.invalid, { tone: "bad" });
      } else {
        explain(error, () => attempt(step));
      }
    }
  };
  const act = async (choice) => {
    await call(pathOf(id), { code: link.code, ...(choice && { [choiceName]: true }) });
    show(states.done, { tone: "good" });
  };
  const ask = async () => {
    const options = await look?.(id, link.code);
    show(states.ask, { ...options, action: (choice) => attempt(() => act(choice)) });
  };
  if (look) {
    attempt(ask);
  } else {
    ask();
  }
}

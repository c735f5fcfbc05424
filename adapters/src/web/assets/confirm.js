// A page that asks once, and then does what its link is for.

import { call } from "./api.js";
import { show } from "./card.js";
import { explain } from "./explain.js";
import { takeLink } from "./link.js";

/**
 * Asks, and on the button's word posts the code. `idName` is the parameter that says what the code
 * is for, `pathOf` makes the path of that, and `states` are `ask`, `done` and `invalid`.
 */
export function confirm(idName, pathOf, states) {
  const link = takeLink(idName);
  if (!link) {
    show("common.incomplete", { tone: "bad" });
    return;
  }
  const act = async () => {
    show("common.loading", { tone: "busy" });
    try {
      await call(pathOf(encodeURIComponent(link.id)), { code: link.code });
      show(states.done, { tone: "good" });
    } catch (error) {
      if (error.id === "LINK-CodeInvalid") {
        show(states.invalid, { tone: "bad" });
      } else {
        explain(error, act);
      }
    }
  };
  show(states.ask, { action: act });
}

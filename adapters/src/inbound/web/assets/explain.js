// What any call can run into.

import { show } from "./card.js";

/** Shows why a call failed, with `again` as the way on. */
export function explain(error, again) {
  switch (error.id) {
    case "REQUEST-TooMany":
      return show("common.too_many", { tone: "bad", action: again });
    default:
      console.error(error);
      return show("common.unreachable", { tone: "bad", action: again });
  }
}

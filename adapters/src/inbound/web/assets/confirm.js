// A page that asks once, and then does what its link is for.

import { call } from "./api.js";
import { show } from "./card.js";
import { explain } from "./explain.js";
import { takeLink } from "./link.js";
import { speak } from "./texts.js";

/**
 * Looks at what the link is for, asks, and on the button's word posts the code.
 *
 * `idName` is the parameter that says what the code is for, `inspect` and `act` make paths of that,
 * and `done` and `invalid` are states. `view` makes the state and its options of what was seen; with
 * a button, `orders` says what is posted beside the code, and is given whether the box is ticked.
 * `facts` name what the link ends, and `until` is what is only told as long as that can be done.
 * `ended` is given the id of what the link has ended.
 */
export function confirm(idName, { inspect, act, done, invalid, view, ended }) {
  const link = takeLink(idName);
  if (!link) {
    show("common.incomplete", { tone: "bad" });
    return;
  }
  const id = encodeURIComponent(link.id);
  const { code } = link;
  let named;

  const attempt = async (step, cancels) => {
    const stop = new AbortController();
    show("common.loading", { tone: "busy", action: cancels && (() => stop.abort()) });
    try {
      await step(stop.signal);
    } catch (error) {
      if (stop.signal.aborted || (error.id === "LINK-CodeInvalid" && step !== look)) {
        // It may be done already: looking tells.
        attempt(look);
      } else if (error.id === "LINK-CodeInvalid") {
        show(invalid, { tone: "bad" });
      } else {
        explain(error, () => attempt(step, cancels));
      }
    }
  };
  const look = async () => {
    const answer = await call(inspect(id), { code });
    await speak(answer.language);
    const { state, orders, until = [], ...options } = view(answer, link.id);
    named = { account: (answer.displayName || answer.maskedEmail) && answer, facts: options.facts };
    const facts = [...options.facts, ...until];
    const action = orders && ((ticked) => attempt((signal) => end(orders(ticked), signal), true));
    show(state, { ...named, ...options, facts, action });
  };
  const end = async (orders, signal) => {
    await call(act(id), { code, ...orders }, signal);
    ended?.(link.id);
    show(done, { tone: "good", ...named, done: true });
  };
  attempt(look);
}

"use strict";

// Looks for new mail, and shows it: the list always, the open mail only on the page of the newest.
(() => {
  const EVERY = 1500;
  // The last two are for browsers that have no data for their own language: digits, and 24 hours.
  const LANGUAGES = [navigator.language, "de", "sv"];
  const FOCUSABLE = "a, iframe, [tabindex]";
  const { path } = document.body.dataset;
  const state = document.getElementById("state");
  const waiting = state.textContent;
  let { arrived } = document.body.dataset;

  const localTimes = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const date = new Date(time.dateTime);
      time.textContent = date.toLocaleString(LANGUAGES, { dateStyle: "medium", timeStyle: "medium" });
    }
  };

  const get = async (url) => {
    const answer = await fetch(url, { cache: "no-store" });
    if (!answer.ok) {
      throw new Error(`${answer.status}`);
    }
    return answer.text();
  };

  // Says something once: what is said already is not said again.
  const say = (text) => {
    if (state.textContent !== text) {
      state.textContent = text;
    }
  };

  // Puts a part of a newer page in the place of the old one. What had the keyboard's focus has it
  // again, or what stands in its place.
  const take = (page, id) => {
    const old = document.getElementById(id);
    const part = document.importNode(page.getElementById(id), true);
    localTimes(part);
    const focused = [...old.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    old.replaceWith(part);
    if (focused >= 0) {
      const places = part.querySelectorAll(FOCUSABLE);
      places[Math.min(focused, places.length - 1)]?.focus({ preventScroll: true });
    }
  };

  const link = (item) => item.querySelector("a");

  // Adds the mails that are new to the list, and leaves the others where they are. Answers the new.
  const takeMails = (page) => {
    const list = document.querySelector("#mails ol");
    const newer = [...page.querySelectorAll("#mails li")];
    if (!list) {
      take(page, "mails");
      return newer;
    }
    const hrefs = new Map(newer.map((item) => [link(item).getAttribute("href"), item]));
    for (const item of [...list.children]) {
      const href = link(item).getAttribute("href");
      const now = hrefs.get(href);
      if (!now) {
        item.remove();
        continue;
      }
      link(item).toggleAttribute("aria-current", false);
      if (link(now).hasAttribute("aria-current")) {
        link(item).setAttribute("aria-current", "true");
      }
      hrefs.delete(href);
    }
    const added = [...hrefs.values()].map((item) => document.importNode(item, true));
    added.forEach(localTimes);
    list.prepend(...added);
    return added;
  };

  const look = async () => {
    try {
      const now = await get(`${path}arrived`);
      if (now !== arrived) {
        const page = new DOMParser().parseFromString(await get(location.href), "text/html");
        const added = takeMails(page);
        if (document.body.classList.contains("follows")) {
          take(page, "mail");
        }
        arrived = now;
        const [first] = added;
        const part = (selector) => first?.querySelector(selector).textContent;
        const what = added.length === 1 ? part(".subject") : `${added.length} mails`;
        say(`New at ${part("time")}: ${what}`);
      } else if (state.dataset.away) {
        say(waiting);
      }
      delete state.dataset.away;
    } catch {
      state.dataset.away = "true";
      say("Passlink does not answer. Is it still running?");
    }
    setTimeout(look, EVERY);
  };

  localTimes(document);
  setTimeout(look, EVERY);
})();

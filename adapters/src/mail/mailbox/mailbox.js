"use strict";

// Looks for new mail, and shows it: the list always, the open mail only on the page of the newest.
(() => {
  const EVERY = 1500;
  const { path } = document.body.dataset;
  const state = document.getElementById("state");
  const waiting = state.textContent;
  let { arrived } = document.body.dataset;

  const localTimes = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const date = new Date(time.dateTime);
      time.textContent = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
    }
  };

  const get = async (url) => {
    const answer = await fetch(url, { cache: "no-store" });
    if (!answer.ok) {
      throw new Error(`${answer.status}`);
    }
    return answer.text();
  };

  const take = (page, id) => {
    const part = document.importNode(page.getElementById(id), true);
    localTimes(part);
    document.getElementById(id).replaceWith(part);
  };

  const look = async () => {
    try {
      const now = await get(`${path}arrived`);
      if (now !== arrived) {
        const page = new DOMParser().parseFromString(await get(location.href), "text/html");
        take(page, "mails");
        if (document.body.classList.contains("follows")) {
          take(page, "mail");
        }
        arrived = now;
      }
      state.textContent = waiting;
    } catch {
      state.textContent = "Passlink does not answer. Is it still running?";
    }
    setTimeout(look, EVERY);
  };

  localTimes(document);
  setTimeout(look, EVERY);
})();

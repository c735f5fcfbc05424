// The way into another browser, for a link that is of no use in this one.

import { announce } from "./card.js";
import { drawing, element, paragraph } from "./element.js";
import { openedOutside, surroundingApp, wayOut } from "./inapp.js";
import { qrCode } from "./qr.js";
import { said } from "./texts.js";

/** What has to be light around a QR code, in modules. */
const MARGIN = 4;

/** The way out of the app around this page, and the link to copy, or to scan as a `short` one. */
export function elsewhere(url, short) {
  const parts = [...outOfApp(url), ...linkField(url), ...scannable(short)];
  const box = element("section", { className: "elsewhere" }, ...parts);
  box.ariaLabel = said("labels.link");
  return box;
}

/** The way out of the app alone, in small, where this browser may do as well. */
export function wayOutOfApp(url) {
  return element("div", { className: "elsewhere note" }, ...outOfApp(url));
}

/** What the way out of the app is, and a button where the app has one; nothing outside of apps. */
function outOfApp(url) {
  const app = surroundingApp();
  if (app === undefined) {
    return [];
  }
  const words = said(app ? "labels.in_app" : "labels.in_an_app");
  const { text, sign } = wayOut(app);
  const parts = [paragraph(words, { app: () => app }), paragraph(said(text), { sign: () => sign })];
  const outside = openedOutside(app, url);
  if (outside) {
    const open = element("button", { type: "button", textContent: said("labels.open_browser") });
    open.addEventListener("click", () => location.assign(outside));
    parts.push(open);
  }
  return parts;
}

/** The link in a field, and a button that copies it. */
function linkField(url) {
  const field = element("input", { id: "link", value: url, readOnly: true, dir: "ltr" });
  field.addEventListener("focus", () => field.select());
  const label = element("label", { htmlFor: "link", textContent: said("labels.link") });
  const copy = element("button", { type: "button", textContent: said("labels.copy") });
  copy.addEventListener("click", async () => {
    if (await copied(url, field)) {
      announce(said("labels.copied"));
    } else {
      field.focus();
      announce(said("labels.copy_yourself"));
    }
  });
  return [label, field, copy];
}

/** Copies the link, by the old way where the new one is missing or refused. */
async function copied(url, field) {
  try {
    await navigator.clipboard.writeText(url);
    return true;
  } catch {
    field.select();
    return document.execCommand("copy");
  }
}

/** The link as a QR code with its caption; nothing for a link that is too long for one. */
function scannable(url) {
  const rows = qrCode(url);
  if (!rows) {
    return [];
  }
  const size = rows.length + 2 * MARGIN;
  const runs = rows.flatMap((row, y) =>
    Array.from(row.join("").matchAll(/1+/g), ({ 0: { length }, index }) =>
      `M${index} ${y}h${length}v1h-${length}z`,
    ),
  );
  const path = drawing("path", { d: runs.join("") });
  const view = `-${MARGIN} -${MARGIN} ${size} ${size}`;
  const code = drawing("svg", { class: "code", viewBox: view, role: "img" }, path);
  const words = said("labels.scan");
  code.setAttribute("aria-label", words);
  return [element("p", { className: "note", textContent: words }), code];
}

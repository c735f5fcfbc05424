// What this browser added by which link, so that each of its tabs can say so when the link is opened
// again. No code is kept, and nothing that tells whose account it is.

const PREFIX = "passkey-added:";
/** As long as the mail about a passkey can remove it again, in milliseconds: `UNDO_FOR` of the domain. */
const LIFETIME = 7 * 24 * 60 * 60 * 1000;

drop(({ until }) => !(until > Date.now()));

/** Keeps what the link of this id added, as far as the browser lets a page keep anything. */
export function keepAdded(linkId, { passkeyId, name, language }) {
  const entry = { passkeyId, name, language, until: Date.now() + LIFETIME };
  try {
    localStorage.setItem(PREFIX + linkId, JSON.stringify(entry));
  } catch {
    // This tab still knows it.
  }
}

/** What the link of this id added in this browser; `undefined` if that isn't known. */
export function addedBy(linkId) {
  return entries().find(([key]) => key === PREFIX + linkId)?.[1];
}

/** Drops what is kept of a passkey that is gone. */
export function dropAdded(passkeyId) {
  drop((entry) => entry.passkeyId === passkeyId);
}

function drop(isOver) {
  for (const [key] of entries().filter(([, entry]) => isOver(entry))) {
    localStorage.removeItem(key);
  }
}

/** All that is kept, by its keys; nothing where the browser refuses that. */
function entries() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    return keys.map((key) => [key, parsed(localStorage.getItem(key))]);
  } catch {
    return [];
  }
}

/** An entry; an empty one, which is over, for what is none. */
function parsed(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

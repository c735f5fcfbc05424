// The link that led to this page: whose it is, and the code that opens it.

/**
 * Takes the link out of the address bar, where it would be shared, bookmarked and looked at.
 *
 * It moves into the state of this entry of the tab's history: a reload finds it there, and no other
 * page, tab or store does. `sessionStorage` would do as well, but goes along into windows that are
 * opened from here, and has to be cleared.
 *
 * `idName` is the parameter that names what the code is for. Answers `undefined` when a part of the
 * link is missing.
 */
export function takeLink(idName) {
  const given = linkInAddressBar(idName);
  // What is known of a link besides stays with it, whether it was put back or not.
  const link = given && given.code !== history.state?.code ? given : history.state;
  history.replaceState(link, "", location.pathname);
  // Where only the fragment differs, a link that is pasted over another does not load the page.
  addEventListener("hashchange", () => linkInAddressBar(idName) && location.reload());
  return link?.id && link?.code ? link : undefined;
}

/** The link as far as it is there; `undefined` without a code. */
function linkInAddressBar(idName) {
  const { search, hash } = location;
  // Some mail programs encode the `#`, and some take the full stop behind a link for a part of it.
  const given = new URLSearchParams(`${search.slice(1)}&${hash.slice(1)}`.replaceAll("%23", "&"));
  const code = given.get("code")?.match(/^[\w-]+/)?.[0];
  return code && { id: given.get(idName), code, query: search };
}

/** The id in the address bar, whether a code is there or not. */
export function idInAddressBar(idName) {
  return new URLSearchParams(location.search).get(idName);
}

/** Keeps something beside the link, for when this entry of the tab's history is shown again. */
export function remember(more) {
  history.replaceState({ ...history.state, ...more }, "");
}

/** The whole link again, for another browser: with all that came with it. */
export function wholeLink(idName, { id, code, query = "" }) {
  const url = new URL(location.pathname, location.href);
  // The code belongs behind the `#`, also where a mail program has moved it.
  url.search = query.replaceAll("%23code=", "&code=");
  url.searchParams.delete("code");
  url.searchParams.set(idName, id);
  url.hash = `code=${code}`;
  return url;
}

/** As little of a whole link as its page needs, for a QR code that is easy to read. */
export function shortened(idName, link) {
  const url = new URL(link);
  url.search = new URLSearchParams({ [idName]: url.searchParams.get(idName) });
  return url;
}

/** Puts the whole link back into the address bar, from where apps hand it to a browser. */
export function putBack(idName, link) {
  history.replaceState(history.state, "", wholeLink(idName, link));
}

/** Puts its id there alone, which opens nothing: by it, the page of a used link is found again. */
export function showId(idName, id) {
  const url = new URL(location.pathname, location.href);
  url.searchParams.set(idName, id);
  history.replaceState(history.state, "", url);
}

/** Takes it out again. */
export function takeOut() {
  history.replaceState(history.state, "", location.pathname);
}

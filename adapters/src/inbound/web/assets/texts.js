// The texts of one language.

const root = document.documentElement;

/**
 * Dates and times where the browser has no data for a language: digits, in the order of most of
 * Europe, and 24 hours. Without one of these, it would take its own language for that.
 */
const PLAIN = ["de", "sv"];
/** The tags of all languages that there are texts in. */
export const languages = Array.from(document.querySelectorAll("#language option"), (it) => it.value);

let language = root.lang;
let texts = await load(language);
let isChosen = false;

/**
 * Speaks the language of this tag from now on, or goes on as before where its texts can't be had,
 * or the reader has `chosen` another.
 */
export async function speak(tag, { chosen = false } = {}) {
  const wanted = chosen || !isChosen ? nearest(tag) : language;
  isChosen ||= chosen;
  const loaded = wanted && wanted !== language && (await load(wanted).catch(() => {}));
  if (loaded) {
    texts = loaded;
    language = wanted;
    root.lang = wanted;
    root.dir = texts.direction;
  }
}

/** What is said under a key, such as `labels.name` or `register.ready`. */
export function said(key) {
  return key.split(".").reduce((part, name) => part[name], texts);
}

/** An instant as a time of day, such as `14:30`; with the day, unless that is today. */
export function timeOf(instant) {
  const at = new Date(instant);
  const today = at.toDateString() === new Date().toDateString();
  return formatted(at, { dateStyle: today ? undefined : "medium", timeStyle: "short" });
}

/** An instant as day and time. */
export function dateOf(instant) {
  return formatted(new Date(instant), { dateStyle: "medium", timeStyle: "short" });
}

/** So many seconds from now, in whole minutes, such as `in 5 min`. */
export function fromNow(seconds) {
  return said("labels.in_minutes").replace("{n}", Math.max(1, Math.ceil(seconds / 60)));
}

function formatted(at, styles) {
  return new Intl.DateTimeFormat([language, ...PLAIN], styles).format(at);
}

async function load(language) {
  const response = await fetch(new URL(`texts/${language}.json`, import.meta.url));
  if (!response.ok) {
    throw new Error(`no texts in ${language}`);
  }
  return response.json();
}

/** `de` for `de-CH`, `he` for the old `iw`; nothing for what is no language tag. */
function nearest(tag) {
  try {
    const { baseName, language } = new Intl.Locale(tag);
    return [baseName, language].find((name) => languages.includes(name));
  } catch {
    return undefined;
  }
}

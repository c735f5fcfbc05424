// The texts of one language.

const root = document.documentElement;
const languages = root.dataset.languages.split(" ");

let language = root.lang;
let texts = await load(language);

/** Speaks the language of this tag from now on, or goes on as before where there are no texts. */
export async function speak(tag) {
  const wanted = nearest(tag);
  if (wanted && wanted !== language) {
    texts = await load(wanted);
    language = wanted;
    root.lang = wanted;
    root.dir = texts.direction;
  }
}

/** What is said under a key, such as `labels.name` or `register.ready`. */
export function said(key) {
  return key.split(".").reduce((part, name) => part[name], texts);
}

/** The time of day of an instant, such as `14:30`. */
export function timeOfDay(instant) {
  return new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(new Date(instant));
}

/** So many seconds from now, in whole minutes, such as `in 5 minutes`. */
export function fromNow(seconds) {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return new Intl.RelativeTimeFormat(language).format(minutes, "minute");
}

async function load(language) {
  const response = await fetch(new URL(`texts/${language}.json`, import.meta.url));
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

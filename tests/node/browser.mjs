// Drives Chromium for `tests/src/browser.rs`: each line of stdin is a request, each line of stdout
// its answer. Prints `ready` first.
//
// A request `{page, options}` opens a page in a profile of its own; `{page, code, args}` runs the
// body of an async function that is given `page`, `context`, `devtools` (a DevTools session of the
// page), `log`, `axe` and `args`, and answers what it returns.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const AsyncFunction = (async () => {}).constructor;
/** How long Chromium or a page may take for what a request waits for, in milliseconds. */
const PATIENCE = 120_000;

const browser = await chromium.launch({
  timeout: PATIENCE,
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    // Names of hosts that no browser takes for secure.
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const pages = new Map();

/** The script of axe-core, which knows the rules for accessibility. */
const axe = () => readFile(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

async function open(options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(tellViolations);
  const page = await context.newPage();
  return { page, context, devtools: await context.newCDPSession(page), log: logOf(page) };
}

/** Runs in the page: what its Content-Security-Policy forbids is said on the console. */
function tellViolations() {
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
    console.error(`forbidden by ${effectiveDirective}: ${blockedURI}`),
  );
}

/** What the page says on its console, and errors that nobody caught. */
function logOf(page) {
  const log = [];
  page.on("console", (message) => log.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => log.push(`uncaught: ${error}`));
  return log;
}

async function answer({ page: id, options, code, args }) {
  if (code === undefined) {
    pages.set(id, await open(options));
    return null;
  }
  const { page, context, devtools, log } = pages.get(id);
  const run = new AsyncFunction("page", "context", "devtools", "log", "axe", "args", code);
  return (await run(page, context, devtools, log, axe, args)) ?? null;
}

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line)).then(
    (result) => ({ result }),
    (error) => ({ error: String(error.stack ?? error) }),
  );
  console.log(JSON.stringify(reply));
}
await browser.close();

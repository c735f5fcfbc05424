// Serves a page that calls an API of another origin, at http://localhost:PORT, until stdin ends:
// page_server.mjs PORT. Prints `ready` when it listens.

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const bundle = await build({
  entryPoints: [fileURLToPath(new URL("page.mjs", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
});
const script = bundle.outputFiles[0].text;
const page = '<!doctype html><title>Another app</title><script type="module" src="/page.js"></script>';

const server = createServer((request, response) => {
  const [type, body] = request.url === "/page.js" ? ["text/javascript", script] : ["text/html", page];
  response.setHeader("content-type", `${type}; charset=utf-8`).end(body);
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
process.stdin.on("end", () => process.exit()).resume();

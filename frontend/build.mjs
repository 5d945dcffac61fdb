// Builds ../static from src: one stylesheet, one script, the worker, one sprite of icons, the pictures and the app's icons.
import { build, transform } from "esbuild";
import { Resvg } from "@resvg/resvg-js";
import { compile } from "sass";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const out = new URL("../static/", import.meta.url);
mkdirSync(out, { recursive: true });

const { css } = compile("src/styles/tidu.scss", {
  loadPaths: ["node_modules"],
  quietDeps: true,
  silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
});
const styles = await transform(css, { loader: "css", minify: true, target: ["chrome109", "firefox115", "safari16"] });
writeFileSync(new URL("tidu.css", out), `/*! With parts of Bootstrap 5.3, MIT licence, © The Bootstrap Authors */\n${styles.code}`);

await build({
  entryPoints: ["src/scripts/tidu.js"],
  outfile: new URL("tidu.js", out).pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome109", "firefox115", "safari16"],
  legalComments: "none",
  banner: { js: "/*! With htmx 2, Zero-Clause BSD licence */" },
});

await build({
  entryPoints: ["src/worker.js"],
  outfile: new URL("worker.js", out).pathname,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome109", "firefox115", "safari16"],
  legalComments: "none",
});

const symbols = Object.entries(JSON.parse(readFileSync("icons.json"))).map(([name, tabler]) => {
  const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${tabler}.svg`, "utf8");
  const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "").replace(/<path stroke="none"[^>]*>/, "").replace(/\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
});
const brand = readFileSync("src/images/brand.svg", "utf8").replace(/<svg[^>]*viewBox="([^"]*)"[^>]*>/, '<symbol id="brand" viewBox="$1">').replace("</svg>", "</symbol>").trim();
writeFileSync(new URL("icons.svg", out), `<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Tabler Icons, MIT licence, © Paweł Kuna -->\n${symbols.join("\n")}\n${brand}\n</svg>\n`);

for (const picture of ["favicon.svg", "hill.svg"]) copyFileSync(`src/images/${picture}`, new URL(picture, out));

// The installed app. A maskable icon is cut to any shape: its ground goes to the edge, its steps stand in the middle.
const mark = readFileSync("src/images/brand.svg", "utf8");
const ground = mark.match(/<rect[^>]*fill="([^"]+)"/)[1];
const steps = mark.replace(/^[\s\S]*?<rect[^>]*>|<\/svg>\s*$/g, "");
const maskable = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="${ground}"/><g transform="translate(4.8 4.8) scale(.7)">${steps}</g></svg>`;
for (const [name, picture, size] of [["icon", mark, 192], ["icon", mark, 512], ["maskable", maskable, 512], ["touch", maskable, 180]]) {
  const png = new Resvg(picture, { fitTo: { mode: "width", value: size } }).render().asPng();
  writeFileSync(new URL(`${name}-${size}.png`, out), png);
}

let sum = 0;
for (const name of readdirSync(out)) {
  const packed = gzipSync(readFileSync(new URL(name, out))).length;
  sum += packed;
  console.log(`${name.padEnd(14)} ${statSync(new URL(name, out)).size} bytes, ${packed} compressed`);
}
console.log(`together ${sum} compressed`);

// [data-picture="title"] inside a figure: saves its picture as PNG with title, legend and a line below (data-note).
import { text } from "./texts.js";

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "text-decoration-line"];
const SCALE = 2;
const EDGE = 24;
const LINE = 24;

export function pictures(root) {
  for (const button of root.querySelectorAll("[data-picture]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await save(button.closest("figure"), button.dataset.picture, button.dataset.note || "");
      } finally {
        button.disabled = false;
      }
    });
  }
}

async function save(figure, title, note) {
  const svg = [...figure.querySelectorAll("svg.chart__picture")].find((each) => each.getClientRects().length);
  const { width, height } = svg.viewBox.baseVal;
  const scale = Math.max(1, 720 / width); // no picture is smaller than a slide wants
  const picture = await load(standing(svg, width * scale, height * scale));
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const family = getComputedStyle(figure).fontFamily;
  const sheetWidth = width * scale + 2 * EDGE;
  const write = (size, weight) => { pen.font = `${weight} ${size}px ${family}`; };
  write(15, 400);
  const keys = lay(pen, [...figure.querySelectorAll(".chart__legend > *")], sheetWidth - 2 * EDGE);
  const legend = keys.length ? (keys.at(-1).row + 1) * LINE : 0;
  canvas.width = sheetWidth * SCALE;
  canvas.height = (EDGE + 40 + height * scale + 12 + legend + LINE + EDGE) * SCALE;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const ink = getComputedStyle(document.body).color;
  pen.fillStyle = ink;
  pen.textBaseline = "middle";
  write(20, 700);
  pen.fillText(title, EDGE, EDGE + 12, sheetWidth - 2 * EDGE);
  pen.drawImage(picture, EDGE, EDGE + 40, width * scale, height * scale);
  const below = EDGE + 40 + height * scale + 12;
  write(15, 400);
  for (const { x, row, words, colour } of keys) {
    const y = below + row * LINE + LINE / 2;
    if (colour) {
      pen.fillStyle = colour;
      pen.fillRect(x, y - 7, 14, 14);
    }
    pen.fillStyle = ink;
    pen.fillText(words, x + (colour ? 20 : 0), y);
  }
  const today = new Date().toLocaleDateString(document.documentElement.lang);
  write(13, 400);
  pen.fillText([note, text("saved_on", { day: today })].filter(Boolean).join(" · "), EDGE, below + legend + LINE / 2, sheetWidth - 2 * EDGE);
  download(await new Promise((resolve) => canvas.toBlob(resolve, "image/png")), `${title}.png`);
}

// The legend's entries in rows no wider than the picture.
function lay(pen, entries, room) {
  let x = EDGE, row = 0;
  return entries.map((entry) => {
    const words = entry.textContent.trim();
    const shown = getComputedStyle(entry, "::before");
    const dashed = shown.borderTopStyle === "dashed" ? shown.borderTopColor : null;
    const colour = shown.content === "none" ? null : dashed || shown.backgroundColor;
    const wide = pen.measureText(words).width + (colour ? 20 : 0) + 20;
    if (x > EDGE && x + wide > room + EDGE) {
      x = EDGE;
      row += 1;
    }
    const key = { x, row, words, colour };
    x += wide;
    return key;
  });
}

// A copy of the picture that needs no stylesheet.
function standing(svg, width, height) {
  const copy = svg.cloneNode(true);
  const originals = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, place) => {
    const styles = getComputedStyle(originals[place]);
    // As attributes: a style attribute would be refused by the content policy.
    for (const name of STYLES) {
      const value = styles.getPropertyValue(name);
      if (value) element.setAttribute(name === "text-decoration-line" ? "text-decoration" : name, value);
    }
    element.removeAttribute("class");
    element.removeAttribute("href");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  return copy;
}

function load(svg) {
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
  const picture = new Image();
  return new Promise((resolve, reject) => {
    picture.onload = () => resolve(picture);
    picture.onerror = reject;
    picture.src = address;
  }).finally(() => URL.revokeObjectURL(address));
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

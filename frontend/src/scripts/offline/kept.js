// What is ready for the way without network, said on the day and beside what is unsent; and the firms to pick from there.
import { able, clock, keptAt } from "./device.js";
import { available } from "./pages.js";
import { onNews } from "./strip.js";
import { text } from "../texts.js";

export function keptPages() {
  if (!able) return;
  const place = document.querySelector("[data-keeping]");
  if (place) {
    onNews((news) => {
      if (news.keeping) say(place, text("keeping", news.keeping));
      else if (news.kept) ready(place);
    });
    ready(place);
  }
  const firms = document.querySelector("[data-firms-to-pick]");
  if (firms && keptAt) pick(firms);
}

async function ready(place) {
  const at = (await available())?.at;
  say(place, at ? text("kept_ready", { at: clock(at) }) : "");
}

function say(place, words) {
  place.textContent = words;
  place.hidden = !words;
}

// A copy of the page lists more firms than are kept, and searches the server: instead, those whose form opens here.
async function pick(place) {
  const firms = ((await available())?.firms || []).filter(({ form }) => form);
  if (!firms.length) return;
  document.querySelector("[data-needs-network]").hidden = true;
  const list = document.getElementById("kept-firms").content.firstElementChild.cloneNode(true);
  const line = list.querySelector("li");
  line.replaceWith(...firms.map(({ name, form }) => {
    const each = line.cloneNode(true);
    each.querySelector("a").href = form;
    each.querySelector("[data-name]").textContent = name;
    return each;
  }));
  place.replaceChildren(list);
}

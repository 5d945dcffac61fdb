// Where a page offers to write what is written already and waits on this device: that is said, and opened instead.
import { CHANGED } from "./send.js";
import { text } from "../texts.js";

const before = new WeakMap(); // link → as the page came

export function markWritten(mine) {
  for (const link of document.querySelectorAll('#main a.btn[href*="/visits/new"]:not([data-open])')) {
    if (!before.has(link)) before.set(link, { address: link.pathname + link.search, inside: [...link.childNodes] });
    const { address, inside } = before.get(link);
    const waiting = mine.findLast((form) => form.address === address && form.state !== CHANGED);
    link.href = waiting ? `${waiting.page}#unsent-${waiting.key}` : address;
    link.replaceChildren(...(waiting ? [text("written")] : inside));
  }
}

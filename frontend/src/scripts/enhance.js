/** Run `work(root)` on the page now, and on every part that htmx puts into it later. */
export function enhance(work) {
  work(document);
  document.addEventListener("htmx:load", (event) => event.target !== document.body && work(event.target));
}

// htmx: our CSRF token on every request, and a sentence when one fails. Its settings are in the page's meta tag.
import "htmx.org/dist/htmx.esm.js";
import { plain, say } from "./messages.js";
import { text } from "./texts.js";

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});

// 422: the fragment with the form's errors takes its place. Any other error leaves the page as it is.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status === 422) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  const html = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
  const page = html && new DOMParser().parseFromString(xhr.responseText, "text/html");
  say((page && page.querySelector(".notice")) || plain(text("failed")));
});
document.addEventListener("htmx:sendError", () => say(plain(text("offline"))));
document.addEventListener("htmx:timeout", () => say(plain(text("offline"))));

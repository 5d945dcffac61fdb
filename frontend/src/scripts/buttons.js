// Small buttons that only make sense with scripts: hidden in the page, shown here.
import { text } from "./texts.js";

export function buttons(root) {
  const reveal = (selector, possible, act) => {
    if (possible) for (const button of root.querySelectorAll(selector)) {
      button.hidden = false;
      button.addEventListener("click", () => act(button));
    }
  };
  reveal("[data-copy]", navigator.clipboard, copy);
  reveal("[data-back]", history.length > 1, () => history.back());
  reveal("[data-print]", true, () => print());

  for (const box of root.querySelectorAll("[data-check-all]")) {
    box.addEventListener("change", () => {
      for (const other of box.form.elements) if (other.type === "checkbox" && other.name === box.dataset.checkAll && !other.disabled) {
        other.checked = box.checked;
        if (box.checked) other.closest(".fold")?.setAttribute("open", ""); // nothing is ticked unseen
      }
    });
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const before = button.getAttribute("aria-label");
  button.classList.add("is-copied");
  button.setAttribute("aria-label", text("copied"));
  button.title = text("copied");
  setTimeout(() => {
    button.classList.remove("is-copied");
    button.setAttribute("aria-label", before);
    button.removeAttribute("title");
  }, 2000);
}

// On paper nothing can be opened.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll(".fold, .chart + .disclosure")) fold.open = true;
});

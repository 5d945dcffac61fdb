/** What is pushed sideways inside a page can be reached, and is named, by the keyboard too. */
export function pushed(root) {
  for (const box of root.querySelectorAll("[data-pushed]")) {
    if (box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", box.dataset.pushed);
  }
}

// In a part that was closed it had no width.
document.addEventListener("toggle", ({ target }) => target.open && pushed(target), true);

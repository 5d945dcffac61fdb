// The search box of every page: what it may mean comes by htmx while one types, chosen by keyboard, mouse or finger.
const box = document.querySelector("[data-search]");
if (box) {
  const found = document.getElementById("search-found");
  const said = document.getElementById("search-said");
  const options = () => [...found.querySelectorAll("[role=option]")];
  let chosen = null;

  const choose = (option) => {
    chosen?.setAttribute("aria-selected", "false");
    chosen = option || null;
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) box.setAttribute("aria-activedescendant", chosen.id);
    else box.removeAttribute("aria-activedescendant");
  };
  const show = (open) => {
    found.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    choose(null);
    if (!open) said.textContent = "";
  };

  // An answer that comes after the box was left or emptied is not shown.
  document.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target !== found) return;
    const list = found.querySelector("[role=listbox]");
    show(Boolean(list) && document.activeElement === box && box.value.trim() !== "");
    if (!found.hidden) said.textContent = list.dataset.said;
  });
  // Suggestions that do not come are no error to speak of: Enter still searches.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    box.addEventListener(name, (event) => {
      event.stopPropagation();
      show(false);
    });
  }

  box.addEventListener("input", () => {
    choose(null);
    if (box.value.trim() === "") show(false);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = options();
    if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      event.stopPropagation();
      show(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length && box.value.trim() !== "") {
      event.preventDefault();
      if (found.hidden) show(true);
      const here = all.indexOf(chosen);
      const step = event.key === "ArrowDown" ? here + 1 : here < 0 ? all.length - 1 : here - 1;
      choose(all[step]);  // past an end: back to what was typed
    } else if (event.key === "Enter" && chosen && !found.hidden) {
      event.preventDefault();
      chosen.click();
    }
  });
  found.addEventListener("mousedown", (event) => event.preventDefault());  // the box keeps the focus
  box.form.addEventListener("focusout", ({ relatedTarget }) => {
    if (box.form.contains(relatedTarget)) return;
    show(false);
    box.form.classList.remove("is-open");
  });

  // On a phone the box opens over the bar.
  document.querySelector("[data-search-open]")?.addEventListener("click", (event) => {
    event.preventDefault();
    box.form.classList.add("is-open");
    box.focus();
    box.select();
  });
}

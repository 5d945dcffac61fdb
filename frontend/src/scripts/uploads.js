// [data-upload] around a file input: shows what was chosen, with photos small, and takes files dropped on it.

export function uploads(root) {
  for (const area of root.querySelectorAll("[data-upload]")) {
    const input = area.querySelector("input[type=file]");
    for (const chosen of ["change", "shrunk"]) input.addEventListener(chosen, () => list(area, input.files));
    area.addEventListener("dragover", (event) => {
      event.preventDefault();
      area.classList.add("is-over");
    });
    for (const end of ["dragleave", "drop"]) area.addEventListener(end, () => area.classList.remove("is-over"));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      const files = new DataTransfer();
      for (const file of [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1)) files.items.add(file);
      input.files = files.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

function list(area, files) {
  const place = area.querySelector("[data-upload-list]");
  place.hidden = !files.length;
  place.replaceChildren(...[...files].map(line));
}

function line(file) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = file.name;
  const size = document.createElement("small");
  size.textContent = file.size < 1048576 ? `${Math.max(1, Math.round(file.size / 1024))} KB` : `${(file.size / 1048576).toFixed(1)} MB`;
  item.append(picture(file), name, size);
  return item;
}

function picture(file) {
  if (/^image\/(jpeg|png|webp|gif)$/.test(file.type)) {
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    return image;
  }
  const kind = document.createElement("span");
  kind.className = "upload__kind";
  kind.textContent = file.name.includes(".") ? file.name.split(".").pop().slice(0, 4).toUpperCase() : "";
  return kind;
}

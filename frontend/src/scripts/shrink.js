// [data-shrink]: photos are made smaller when they are chosen, so that several fit into one form. Drawn anew, they no
// longer say where they were taken.
const LONGEST = 2000;
const underway = new Map();

export function shrinking(root) {
  for (const input of root.querySelectorAll("input[data-shrink]")) {
    input.addEventListener("change", () => {
      const work = shrink(input).finally(() => underway.get(input) === work && underway.delete(input));
      underway.set(input, work);
    });
  }
}

// Sent while photos are still being drawn: wait for them, then send.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const work = [...underway].filter(([input]) => form.contains(input)).map(([, each]) => each);
  if (!work.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await Promise.all(work);
  form.requestSubmit(submitter);
}, true);

async function shrink(input) {
  const chosen = [...input.files];
  const files = new DataTransfer();
  // One at a time: a phone holds one large drawing, not ten.
  for (const file of chosen) files.items.add(await smaller(file));
  const same = input.files.length === chosen.length && chosen.every((file, place) => file === input.files[place]);
  if (!same) return; // chosen anew meanwhile
  input.files = files.files;
  input.dispatchEvent(new Event("shrunk", { bubbles: true }));
}

async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    const context = canvas.getContext("2d");
    context.fillStyle = "white"; // where a picture is transparent
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!drawn || (file.type !== "image/jpeg" && drawn.size >= file.size)) return file;
    return new File([drawn], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file; // no picture that this browser can draw: the server judges it
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

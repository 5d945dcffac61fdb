// Files that the server would refuse for their size are not sent: what was typed stays on the page.
import { plain, say } from "./messages.js";
import { text } from "./texts.js";

const most = Number(document.querySelector('meta[name="upload-most"]')?.content || Infinity);

document.addEventListener("submit", (event) => {
  const files = [...event.target.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total <= most) return;
  event.preventDefault();
  say(plain(text("oversize", { total: megabytes(total), most: megabytes(most) })));
});

function megabytes(bytes) {
  return (bytes / 1048576).toFixed(1);
}

// A sentence at the head of the page, where screen readers hear it too.
export function say(notice) {
  const messages = document.getElementById("messages");
  if (!messages) return;
  messages.replaceChildren(notice);
  messages.scrollIntoView({ block: "nearest" });
}

export function plain(sentence) {
  const notice = document.createElement("p");
  notice.className = "notice notice--bad";
  notice.textContent = sentence;
  return notice;
}

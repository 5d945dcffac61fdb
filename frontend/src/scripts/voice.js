// [data-voice="id of a text field"]: what is said is written into it, where the browser can listen. Hidden where it cannot.
const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

export function voice(root) {
  if (!Recognition) return;
  for (const place of root.querySelectorAll("[data-voice]")) listenAt(place);
}

function listenAt(place) {
  const field = document.getElementById(place.dataset.voice);
  const button = place.querySelector("button");
  const status = place.querySelector("[role=status]");
  let ear = null;
  place.hidden = false;
  button.addEventListener("click", () => (ear ? ear.stop() : start()));

  function start() {
    const before = field.value && !/\s$/.test(field.value) ? `${field.value}\n` : field.value;
    ear = new Recognition();
    ear.lang = document.documentElement.lang === "en" ? "en-US" : "zh-CN";
    ear.continuous = ear.interimResults = true;
    ear.onresult = ({ results }) => {
      field.value = before + [...results].map((result) => result[0].transcript).join("");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    ear.onerror = ({ error }) => say({ "not-allowed": "refused", "service-not-allowed": "refused", "no-speech": "unheard" }[error] || "failed");
    ear.onend = () => {
      ear = null;
      button.setAttribute("aria-pressed", "false");
      if (status.textContent === place.dataset.listening) status.textContent = "";
    };
    button.setAttribute("aria-pressed", "true");
    say("listening");
    ear.start();
  }

  function say(name) {
    status.textContent = place.dataset[name];
  }
}

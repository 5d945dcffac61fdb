// [data-position]: a button takes the phone's position into the hidden fields beside it. Never by itself.
export function position(root) {
  if (!navigator.geolocation) return;
  for (const place of root.querySelectorAll("[data-position]")) takeAt(place);
}

function takeAt(place) {
  const [latitude, longitude, accuracy] = ["latitude", "longitude", "accuracy"].map((name) => place.querySelector(`[name=${name}]`));
  const take = place.querySelector("[data-take]");
  const clear = place.querySelector("[data-clear]");
  take.hidden = false;
  clear.hidden = !latitude.value;
  const form = place.closest("form");
  form.addEventListener("input", ({ target }) => {
    if (target !== form) return;
    // A draft was put back into the form.
    clear.hidden = !latitude.value;
    if (latitude.value) say("taken");
  });

  take.addEventListener("click", () => {
    say("asking");
    take.setAttribute("aria-disabled", "true");
    navigator.geolocation.getCurrentPosition(taken, refused, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  });
  clear.addEventListener("click", () => {
    fill("", "", "");
    say("cleared");
    take.focus();
  });

  function taken({ coords }) {
    fill(coords.latitude.toFixed(6), coords.longitude.toFixed(6), Math.ceil(coords.accuracy));
    say("taken");
  }

  function refused({ code, PERMISSION_DENIED }) {
    take.removeAttribute("aria-disabled");
    say(code === PERMISSION_DENIED ? "refused" : "failed");
  }

  function fill(...values) {
    [latitude.value, longitude.value, accuracy.value] = values;
    clear.hidden = !latitude.value;
    take.removeAttribute("aria-disabled");
    latitude.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function say(name) {
    place.querySelector("[role=status]").textContent = place.dataset[name].replace("{accuracy}", accuracy.value);
  }
}

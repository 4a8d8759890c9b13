// Follows the page's stream of changes, and says so when there is none.
import { morph } from "./morph.js";

const LATE_MS = 5000;
const AGAIN_MS = 10000;
const HIDDEN_MS = 30000;
const WORDS = { live: "Live", late: "Late", waiting: "Not live" };

export function follow(redraw) {
  let source = null;
  let newest = 0;
  let hiddenSince = 0;
  let timer = 0;

  function show(state) {
    const shown = document.getElementById("live-state");
    if (shown.dataset.state === state) return;
    shown.dataset.state = state;
    shown.textContent = WORDS[state];
  }

  function open() {
    clearTimeout(timer);
    source = new EventSource(location.href);
    source.addEventListener("regions", (event) => {
      newest = Date.now();
      apply(JSON.parse(event.data));
      redraw();
      show("live");
    });
    source.addEventListener("over", () => {
      close();
      location.reload();
    });
    source.addEventListener("error", () => {
      show("waiting");
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
    });
  }

  function close() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  function look() {
    if (source && newest && Date.now() - newest > LATE_MS && source.readyState === EventSource.OPEN) show("late");
    if (document.hidden && source && Date.now() - hiddenSince > HIDDEN_MS) {
      close();
      show("waiting");
    }
  }

  document.addEventListener("visibilitychange", () => {
    hiddenSince = Date.now();
    if (!document.hidden && !source) open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted && !source) open();
  });
  setInterval(look, 1000);
  open();
}

function apply(regions) {
  const before = countHarmful();
  for (const [id, html] of Object.entries(regions)) {
    const region = document.getElementById(id);
    if (region) morph(region, html);
  }
  const now = countHarmful();
  if (now === before) return;
  const said = now === 0 ? "No harmful findings any more." : `${now} harmful finding${now === 1 ? "" : "s"}.`;
  document.getElementById("said").textContent = said;
}

function countHarmful() {
  const pulse = document.querySelector("[data-harmful]");
  return pulse ? Number(pulse.dataset.harmful) : 0;
}

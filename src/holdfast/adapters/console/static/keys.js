// Everything by keyboard: rows, pages, search.

const GO_MS = 1500;
const PAGES = { o: "/", i: "/incidents", s: "/services", f: "/findings", m: "/mitigations", r: "/ready", v: "/failover", d: "/spool", h: "/history", l: "/ledger", p: "/plan", e: "/explain" };

export function addKeys() {
  const brand = document.querySelector(".brand");
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const root = brand.getAttribute("href").replace(/\/$/, "");
  let goSince = 0;

  function press(key) {
    if (Date.now() - goSince < GO_MS && key in PAGES) {
      location.assign(root + PAGES[key]);
      return true;
    }
    goSince = 0;
    if (key === "g") goSince = Date.now();
    else if (key === "/") search(root);
    else if (key === "?") dialog.showModal();
    else if (key === "j") moveRow(1);
    else if (key === "k") moveRow(-1);
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || isTyping(event.target)) return;
    if (press(event.key)) event.preventDefault();
  });
}

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

function search(root) {
  const field = document.getElementById("search");
  if (field) field.select();
  else location.assign(`${root}/services#search`);
}

function moveRow(step) {
  const links = [...document.querySelectorAll("tbody th a, .finding h3 a, .mitigation h3 a, .incident h2 a, .history a")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
}

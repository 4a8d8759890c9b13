// Forms show what belongs to what is chosen, and read files; lists sort when that is chosen.

export function addForms() {
  const form = document.querySelector("[data-kind-form]");
  if (form) {
    form.addEventListener("change", () => showDetails(form));
    showDetails(form);
  }
  for (const field of document.querySelectorAll("[data-submits]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
  for (const label of document.querySelectorAll("[data-reads]")) readFiles(label);
  for (const form of document.querySelectorAll("[data-busy]")) form.addEventListener("submit", () => wait(form));
  if (location.hash === "#search") document.getElementById("search")?.focus();
}

function showDetails(form) {
  const kind = new FormData(form).get("kind");
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== kind;
}

function readFiles(label) {
  const field = document.getElementById(label.dataset.reads);
  const read = async (file) => {
    if (file) field.value = await file.text();
  };
  label.hidden = false;
  document.querySelector("[data-reads-hint]").hidden = false;
  label.querySelector("input").addEventListener("change", (event) => read(event.target.files[0]));
  field.addEventListener("dragover", (event) => {
    event.preventDefault();
    field.classList.add("over");
  });
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    field.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    read(event.dataTransfer.files[0]);
  });
}

function wait(form) {
  const button = form.querySelector("button.main");
  button.disabled = true;
  button.textContent = form.dataset.busy;
}

// Forms show what belongs to what is chosen, and lists sort when that is chosen.

export function addForms() {
  const form = document.querySelector("[data-kind-form]");
  if (form) {
    form.addEventListener("change", () => showDetails(form));
    showDetails(form);
  }
  for (const field of document.querySelectorAll("[data-submits]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
  if (location.hash === "#search") document.getElementById("search")?.focus();
}

function showDetails(form) {
  const kind = new FormData(form).get("kind");
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== kind;
}

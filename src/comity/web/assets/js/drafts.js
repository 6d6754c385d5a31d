// What was typed survives a reload, a sign-out and an error: <form data-draft="KEY"> is kept for this tab until it
// was accepted. Passwords, files and hidden fields are never kept.
(() => {
  "use strict";
  const kept = 'input:not([type="password"], [type="file"], [type="hidden"], [type="submit"]), textarea, select';
  const key = (form) => `draft:${document.body.dataset.person ?? ""}:${form.dataset.draft || location.pathname}`;
  const fields = (form) => [...form.querySelectorAll(kept)].filter((field) => field.name && !field.matches("[autocomplete^=cc-], [autocomplete=one-time-code]"));
  const read = (form) => {
    try {
      return JSON.parse(sessionStorage.getItem(key(form)) ?? "null");
    } catch {
      return null;
    }
  };
  const save = (form) => {
    const values = fields(form).map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? field.checked : field.value]);
    try {
      sessionStorage.setItem(key(form), JSON.stringify(values));
    } catch { /* A full storage costs the draft, not the form. */ }
  };
  const restore = (form) => {
    const values = read(form);
    const all = fields(form);
    if (!values || form.hasAttribute("data-bound") || values.length !== all.length) return;
    all.forEach((field, index) => {
      const [name, value] = values[index];
      if (field.name !== name) return;
      if (typeof value === "boolean") field.checked = value;
      else field.value = value;
    });
  };
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-draft]")) save(form);
  });
  // The message after an accepted form names its key (extra_tags): messages.success(request, text, extra_tags=KEY).
  for (const accepted of document.querySelectorAll("[data-accepted-draft]")) {
    sessionStorage.removeItem(`draft:${document.body.dataset.person ?? ""}:${accepted.dataset.acceptedDraft}`);
  }
  const start = (root) => root.querySelectorAll?.("form[data-draft]").forEach(restore);
  start(document);
  document.addEventListener("htmx:after:swap", (event) => start(event.target));
})();

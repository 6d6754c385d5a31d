// What was sent in vain is not lost: a form whose answer was "sign in first", "this page is too old" or nothing at all
// finds its fields as they were. They are kept in this tab, for this person, from the moment of sending until an
// ordinary page answers. Passwords, files and hidden fields are never kept.
(() => {
  "use strict";
  const PREFIX = "unsent:";
  const person = document.body.dataset.person ?? "";
  const kept = 'input:not([type="password"], [type="file"], [type="hidden"], [type="submit"], [autocomplete="one-time-code"]), textarea, select';
  const fields = (form) => [...form.querySelectorAll(kept)].filter((field) => field.name);
  const place = (form) => `${PREFIX}${person}:${location.pathname} ${form.getAttribute("action") ?? ""} ${form.id}`;
  const entries = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? "null");
  const write = (key, entry) => {
    try {
      sessionStorage.setItem(key, JSON.stringify(entry));
    } catch { /* A full storage costs the copy, not the form. */ }
  };
  const value = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.multiple ? [...field.options].map((one) => one.selected) : field.value);
  const fill = (field, given) => {
    if (typeof given === "boolean") field.checked = given;
    else if (Array.isArray(given)) [...field.options].forEach((one, at) => { one.selected = given[at]; });
    else field.value = given;
  };
  const keepsAll = "keepsUnsent" in document.body.dataset; // the sign-in pages and those that say what went wrong
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (keepsAll || form.method !== "post" || !fields(form).length) return;
    write(place(form), { sent: true, values: fields(form).map((field) => [field.name, value(field)]) });
  });
  // Which way this page was come to: back or reloaded, what was sent may not have arrived.
  const way = performance.getEntriesByType("navigation")[0]?.type;
  for (const key of entries()) {
    const entry = read(key);
    const own = key.startsWith(`${PREFIX}${person}:`);
    if (keepsAll) write(key, { ...entry, sent: false });
    else if (!own || (entry.sent && way === "navigate")) sessionStorage.removeItem(key);
  }
  const restore = (form) => {
    const key = place(form);
    const entry = read(key);
    const all = fields(form);
    const isFilled = form.hasAttribute("data-bound") || form.querySelector('[aria-invalid="true"]');
    if (!entry || isFilled || entry.values.length !== all.length) return;
    if (all.some((field, at) => field.name !== entry.values[at][0])) return;
    const differs = all.some((field, at) => JSON.stringify(value(field)) !== JSON.stringify(entry.values[at][1]));
    all.forEach((field, at) => fill(field, entry.values[at][1]));
    sessionStorage.removeItem(key);
    const said = document.getElementById("unsent-restored");
    if (differs && said) form.prepend(said.content.cloneNode(true));
  };
  document.addEventListener("htmx:after:swap", () => entries().forEach((key) => read(key)?.sent && sessionStorage.removeItem(key)));
  if (!keepsAll) document.querySelectorAll('form[method="post"]').forEach(restore);
  // Without a connection nothing is sent: the page stays as it is, and says so.
  document.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    const lost = document.getElementById("connection-lost");
    lost?.removeAttribute("hidden");
    lost?.scrollIntoView({ block: "nearest" });
  }, true);
})();

// The palette: Ctrl or ⌘ K opens it, arrows move, Enter opens, Escape closes. Lines come by htmx; what is opened is noted.
(() => {
  "use strict";
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const options = () => [...dialog.querySelectorAll("[role=option]")];
  const current = () => dialog.querySelector('[role=option][aria-selected="true"]');
  const choose = (option) => {
    current()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    if (!dialog.open) dialog.showModal();
    field.select();
    field.dispatchEvent(new Event("palette"));
  };
  document.addEventListener("comity:palette", open);
  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-opens="palette"]')) open();
    const option = event.target.closest("#palette [data-note]");
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (option) fetch(option.dataset.note, { method: "POST", keepalive: true, headers: { "X-CSRFToken": token } });
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  dialog.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(current());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(all.at((at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1)) % all.length));
      event.preventDefault();
    } else if (event.key === "Enter" && current()) {
      current().click();
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:after:swap", () => choose(field.value ? options()[0] : null));
})();

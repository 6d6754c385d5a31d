// The keyboard on lists: j k to move, Enter to open, x to select, / to search, Esc to leave, ? for the sheet.
(() => {
  "use strict";
  const typing = (element) => element?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("table[data-keys] > tbody > tr, ol[data-keys] > li")];
  const cursor = () => document.querySelector("[data-cursor]");
  const place = (row) => {
    cursor()?.removeAttribute("data-cursor");
    if (!row) return;
    row.dataset.cursor = "";
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(cursor());
    place(all[Math.min(all.length - 1, Math.max(0, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))]);
  };
  const leave = (event) => {
    const panel = document.querySelector(".panel [data-closes]");
    if (typing(event.target)) event.target.blur();
    else if (panel) panel.click();
    else place(null);
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    s: () => {
      const form = cursor()?.querySelector("[data-puts-off]");
      if (!form) return;
      form.open = true;
      form.querySelector("input:not([type=hidden])")?.focus();
    },
    x: () => cursor()?.querySelector("input[type=checkbox]")?.click(),
    "/": () => {
      const field = document.querySelector("[data-search], input[type=search]");
      if (field) field.focus();
      else document.dispatchEvent(new CustomEvent("comity:palette"));
    },
    "?": () => document.getElementById("shortcuts")?.showModal(),
  };
  // A table that is wider than the page can be scrolled by keyboard, too.
  const reach = () => {
    for (const frame of document.querySelectorAll(".ledger-frame")) {
      if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
      else frame.removeAttribute("tabindex");
    }
  };
  window.addEventListener("resize", reach);
  document.addEventListener("htmx:after:swap", reach);
  reach();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return leave(event);
    if (typing(event.target)) return;
    if (event.key === "Enter" && event.target.matches("[data-cursor]")) {
      event.target.querySelector("[data-open], th a, td a")?.click();
    } else if (keys[event.key]) {
      keys[event.key]();
      event.preventDefault();
    }
  });
})();

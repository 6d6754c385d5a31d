// Partners: `l` logs, wherever the page offers it. The quick log is ready to type in when it was asked for.
(() => {
  "use strict";
  const typing = (element) => element?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const log = () => document.querySelector("[data-log]");
  if (new URLSearchParams(location.search).has("log")) log()?.focus();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || typing(event.target)) return;
    if (event.key !== "l") return;
    const place = log() ?? document.querySelector('[data-key="l"]');
    if (!place) return;
    event.preventDefault();
    if (place.matches("a, button")) place.click();
    else place.focus();
  });
})();

// The list: choose all, count what is chosen, let j and k move the panel, and take a change back for ten seconds.
(() => {
  "use strict";
  const boxes = () => [...document.querySelectorAll('tbody input[name="ids"]')];
  const count = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    for (const output of document.querySelectorAll("[data-chosen]")) output.value = `${chosen} ${output.dataset.chosen}`;
    const all = document.querySelector("input[data-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes().length;
      all.indeterminate = chosen > 0 && !all.checked;
    }
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches('input[data-all], input[name="ids"]')) count();
  });
  // Below 960 px a partner is a page of its own.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-open][data-page]");
    if (!opener || innerWidth >= 960 || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    location.assign(opener.dataset.page);
  }, true);
  // Enter shows the row beside the list, rather than following its first link.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.("tr[data-cursor]")) return;
    const opener = event.target.querySelector("[data-open]");
    if (!opener) return;
    event.stopImmediatePropagation();
    opener.click();
  }, true);
  let waiting;
  document.addEventListener("keydown", (event) => {
    if (!["j", "k"].includes(event.key) || !document.querySelector(".list-with-panel[data-panel]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => document.querySelector("tr[data-cursor]:not([aria-selected]) [data-open]")?.click(), 180);
  });
  const swapped = () => {
    count();
    const row = document.querySelector('tr[aria-selected="true"]');
    if (row && !document.querySelector("tr[data-cursor]") && !document.activeElement?.closest("form, .panel")) {
      row.dataset.cursor = "";
      row.tabIndex = -1;
      row.focus({ preventScroll: true });
    }
    const form = document.querySelector(".cell-form");
    if (form && !form.contains(document.activeElement)) form.querySelector("select, input:not([type=hidden])")?.focus();
    for (const undo of document.querySelectorAll(".cell-undo:not([data-runs])")) {
      undo.dataset.runs = "";
      setTimeout(() => undo.remove(), Number(undo.dataset.undo) * 1000);
    }
  };
  document.addEventListener("htmx:after:swap", swapped);
  swapped();
})();

// One key for one action of a page: a button or menu with data-key="a" is pressed by that letter, outside of fields.
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || event.key.length !== 1) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("details")) {
      found.open = true;
      found.querySelector("select, textarea, input:not([type=hidden])")?.focus();
    } else found.click();
  });
})();

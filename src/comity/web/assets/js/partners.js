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

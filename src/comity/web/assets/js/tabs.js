// Tabs that do not fit are scrolled sideways; the current one is brought into view.
(() => {
  "use strict";
  for (const current of document.querySelectorAll('.tab-bar [aria-current="page"]')) {
    const bar = current.closest(".tab-bar");
    const beyond = current.getBoundingClientRect().right - bar.getBoundingClientRect().right;
    if (beyond > 0) bar.scrollLeft += beyond;
  }
})();

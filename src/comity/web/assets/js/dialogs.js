// <button data-opens="ID"> opens the dialog ID; data-closes closes the dialog or panel around it.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog?.showModal) {
        dialog.showModal();
        event.preventDefault();
      }
    }
    const closer = event.target.closest("[data-closes]");
    if (closer) {
      const dialog = closer.closest("dialog");
      if (dialog) {
        dialog.close();
        event.preventDefault();
      } else if (closer.tagName !== "A") closer.closest(".panel")?.remove();
    }
    if (event.target.matches?.("dialog.modal") && !inside(event, event.target)) event.target.close();
  });
  // A click on the backdrop is reported on the dialog itself, outside of its box.
  const inside = (event, dialog) => {
    const box = dialog.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  };
})();

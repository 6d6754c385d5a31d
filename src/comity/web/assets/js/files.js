// A file drop shows the name of what was chosen and lights up under a dragged file; the input itself does the rest.
(() => {
  "use strict";
  const drop = (event) => event.target.closest?.(".file-drop");
  document.addEventListener("change", (event) => {
    const box = drop(event);
    const output = box?.querySelector("output");
    if (output) output.value = [...event.target.files].map((file) => `${file.name} (${Math.ceil(file.size / 1024).toLocaleString()} kB)`).join(", ");
  });
  for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => drop(event)?.setAttribute("data-over", ""));
  for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => drop(event)?.removeAttribute("data-over"));
  // Filters apply at once where scripts run; the button beside them serves where they do not.
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-auto-submit] select, form[data-auto-submit] input[type=checkbox]")) event.target.form.requestSubmit();
  });
})();

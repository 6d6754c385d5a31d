// htmx: send Django's CSRF token with what changes something; announce a failure instead of keeping silent.
(() => {
  "use strict";
  document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token && !/^(GET|HEAD)$/i.test(request.method)) request.headers["X-CSRFToken"] = token;
  });
  const fail = () => document.querySelector("#connection-lost")?.removeAttribute("hidden");
  document.addEventListener("htmx:error", fail);
  addEventListener("offline", fail);
  addEventListener("online", () => document.querySelector("#connection-lost")?.setAttribute("hidden", ""));
})();

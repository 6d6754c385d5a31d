// htmx: send Django's CSRF token with what changes something; say what waits; announce a failure instead of keeping silent.
(() => {
  "use strict";
  document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token && !/^(GET|HEAD)$/i.test(request.method)) request.headers["X-CSRFToken"] = token;
  });
  // What is fetched anew says that it waits (and is drawn so after a moment); what only looks again each second does not.
  const waits = ({ target, sourceElement, request }) => /^GET$/i.test(request.method) && !sourceElement.getAttribute("hx-trigger")?.startsWith("every") && target;
  document.addEventListener("htmx:before:request", (event) => waits(event.detail.ctx)?.setAttribute?.("aria-busy", "true"));
  document.addEventListener("htmx:finally:request", (event) => event.detail.ctx.target?.removeAttribute?.("aria-busy"));
  const fail = () => document.querySelector("#connection-lost")?.removeAttribute("hidden");
  document.addEventListener("htmx:error", fail);
  addEventListener("offline", fail);
  addEventListener("online", () => document.querySelector("#connection-lost")?.setAttribute("hidden", ""));
})();

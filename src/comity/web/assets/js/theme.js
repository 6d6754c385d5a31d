// Light or dark, and the sidebar's width: kept in cookies, so that the next page starts as the last one ended.
(() => {
  "use strict";
  const page = document.documentElement;
  const remember = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  const describe = () => {
    const collapsed = page.dataset.sidebar === "collapsed";
    for (const button of document.querySelectorAll("[data-sidebar-toggle]")) {
      button.setAttribute("aria-expanded", String(!collapsed));
    }
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(page.classList.contains("dark")));
    }
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) {
      const dark = page.classList.toggle("dark");
      remember("theme", dark ? "dark" : "light");
      document.dispatchEvent(new CustomEvent("comity:theme"));
      describe();
    }
    if (event.target.closest("[data-sidebar-toggle]")) {
      const collapse = page.dataset.sidebar !== "collapsed";
      if (collapse) page.dataset.sidebar = "collapsed";
      else delete page.dataset.sidebar;
      remember("sidebar", collapse ? "collapsed" : "open");
      describe();
    }
  });
  describe();
})();

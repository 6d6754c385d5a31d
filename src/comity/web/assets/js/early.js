// Runs before the first paint, from the head: it sets what would otherwise flash (dark colours, collapsed sidebar).
(() => {
  "use strict";
  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.split("=")[1];
  const page = document.documentElement;
  const theme = cookie("theme");
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  page.classList.toggle("dark", dark);
  if (cookie("sidebar") === "collapsed") page.dataset.sidebar = "collapsed";
})();

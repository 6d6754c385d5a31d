// The styleguide shows hover and focus at rest: whatever stands in [data-shown="hover"] or [data-shown="focus"] gets the
// rules that the pages use for :hover and :focus, taken from the style sheet itself.
(() => {
  "use strict";
  const reached = "a, button, input, select, textarea, summary, tr[data-cursor], .file-drop";
  const stands = {
    ":hover": ':is([data-shown="hover"] *)',
    ":focus-within": `:is([data-shown="focus"] :is(${reached}))`,
    ":focus-visible": `:is([data-shown="focus"] :is(${reached}))`,
    ":focus": `:is([data-shown="focus"] :is(${reached}))`,
  };
  const shown = (selector) => selector.split(/(:not\([^)]*\))/).map((part) => (part.startsWith(":not(") ? part : part.replace(/:hover|:focus-within|:focus-visible|:focus/g, (found) => stands[found]))).join("");
  const copy = (holder) => {
    for (let at = holder.cssRules.length - 1; at >= 0; at -= 1) {
      const rule = holder.cssRules[at];
      if (rule.cssRules?.length) copy(rule);
      const selector = rule.selectorText && shown(rule.selectorText);
      if (selector && selector !== rule.selectorText) holder.insertRule(`${selector} { ${rule.style.cssText} }`, at + 1);
    }
  };
  [...document.styleSheets].forEach(copy);
})();

// Tabs whose panels are all here: a click shows one and hides its brothers. Without scripts the link loads the page anew.
"use strict";
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-panel]");
  const panel = tab && document.getElementById(tab.dataset.panel);
  if (!panel || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of tab.parentElement.querySelectorAll("[data-panel]")) {
    other.toggleAttribute("aria-current", false);
    document.getElementById(other.dataset.panel).hidden = other !== tab;
  }
  tab.setAttribute("aria-current", "true");
});

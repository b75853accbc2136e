// Light, dark or what the system says: a cookie the server writes on <html>, changed here without a reload.
"use strict";
(() => {
  function choose(theme) {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
    for (const button of document.querySelectorAll("[data-theme-choice] button"))
      button.setAttribute("aria-pressed", String(button.value === theme));
    document.dispatchEvent(new Event("themechange"));
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-choice]")) return;
    event.preventDefault();
    choose(event.submitter?.value ?? "system");
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("themechange")));

  window.polymeterTheme = {
    flip() {
      const dark = document.documentElement.dataset.theme
        ? document.documentElement.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      choose(dark ? "light" : "dark");
    },
  };
})();

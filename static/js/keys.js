// Single keys, as listed under "?". Never while typing, never with a modifier; can be switched off in this browser.
"use strict";
(() => {
  const OFF = "keys-off";
  let waiting = false;

  const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  const off = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
  const press = (selector) => document.querySelector(selector)?.click();

  function rows() { return [...document.querySelectorAll("main .table tbody tr")].filter((row) => row.querySelector("a")); }
  function step(by) {
    const all = rows();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement.closest?.("tr"));
    all[Math.max(0, Math.min(all.length - 1, here + by))].querySelector("a").focus();
  }

  function openCommands() {
    const dialog = document.getElementById("commands");
    dialog?.showModal();
    dialog?.querySelector("input").select();
  }

  // An id of a call, pasted, is a place to go to; anything else narrows the list of pages.
  const command = document.getElementById("command");
  command?.addEventListener("input", () => {
    const call = document.getElementById("command-call");
    const id = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.exec(command.value.trim())?.[0];
    call.hidden = !id;
    if (id) call.href = `/p/${document.body.dataset.project}/calls/${id.toLowerCase()}/`;
  });
  command?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    document.querySelector("#command-call:not([hidden]), #command-list > li:not([hidden]) a")?.click();
  });

  const actions = {
    "?": () => document.getElementById("keys")?.showModal(),
    "/": openCommands,
    f: () => press("[data-key-press=f]"),
    c: () => press("[data-key-press=c]"),
    e: () => press("[data-key-press=e]"),
    ".": () => press("[data-key-press='.']"),
    d: () => window.polymeterTheme?.flip(),
    t: () => press("[data-period=today]"),
    w: () => press("[data-period='7d']"),
    m: () => press("[data-period=mtd]"),
    q: () => press("[data-period='90d']"),
    j: () => step(1),
    k: () => step(-1),
    u: () => history.back(),
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") { event.preventDefault(); return void openCommands(); }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]") || off()) return;
    if (waiting) {
      waiting = false;
      const link = document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") { waiting = true; setTimeout(() => { waiting = false; }, 1200); return; }
    if (event.key === "Escape" && !document.querySelector(":popover-open")) return void press("[data-key-press=clear]");
    const act = actions[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  const box = document.querySelector("[data-keys-off]");
  if (box) {
    box.checked = off();
    box.addEventListener("change", () => { try { localStorage.setItem(OFF, box.checked ? "1" : "0"); } catch { /* private window */ } });
  }
})();

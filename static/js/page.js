// Dialogs, copy buttons, toasts, narrowing lists, and what happens when a fragment fails. Links work without this file.
"use strict";
(() => {
  function toast(text) {
    const box = document.createElement("div");
    box.className = "toast";
    box.textContent = text;
    const close = document.createElement("button");
    close.textContent = "×";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => box.remove());
    box.append(close);
    let timer = setTimeout(() => box.remove(), 6000);
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", () => { timer = setTimeout(() => box.remove(), 3000); });
    document.getElementById("toasts")?.append(box);
  }
  window.polymeterToast = toast;

  async function copy(button) {
    const text = button.dataset.copy || button.closest(".code")?.querySelector("code")?.textContent || "";
    const absolute = button.hasAttribute("data-copy-link") ? new URL(text, location.href).href : text;
    try {
      await navigator.clipboard.writeText(absolute);
      toast("Copied");
    } catch {
      toast("This browser does not let a page copy. Select the text and copy it.");
    }
  }

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) return void copy(copier);
    const folder = event.target.closest("[data-unfolds]");
    if (folder) {
      const open = document.getElementById(folder.dataset.unfolds).classList.toggle("open");
      return void folder.setAttribute("aria-expanded", String(open));
    }
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    else if (event.target.matches("dialog[open]")) event.target.close();
  });

  // A list in a menu is narrowed by typing; what does not match is hidden.
  document.addEventListener("input", (event) => {
    const list = event.target.dataset.narrows && document.getElementById(event.target.dataset.narrows);
    if (!list) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(wanted);
  });

  // Where CSS cannot place a popover at its button, do it here.
  if (!CSS.supports("position-area", "bottom")) {
    document.addEventListener("toggle", (event) => {
      if (event.newState !== "open" || !event.target.matches(".menu")) return;
      const button = document.querySelector(`[popovertarget="${event.target.id}"]`)?.getBoundingClientRect();
      if (!button) return;
      const box = event.target.getBoundingClientRect();
      const below = button.bottom + box.height < innerHeight;
      event.target.style.top = `${below ? button.bottom : Math.max(8, button.top - box.height)}px`;
      event.target.style.left = `${Math.max(8, Math.min(button.left, innerWidth - box.width - 8))}px`;
    }, true);
  }

  // Forms: a second press of the same button does nothing.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    if (event.target.dataset.sent) return void event.preventDefault();
    event.target.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    document.querySelector("[data-focus]")?.focus();
  });

  // One place decides about answers that are not 200: marked fragments are shown where they belong, others as a toast.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400) return;
    const shown = xhr.status === 422 || xhr.getResponseHeader("X-Fragment") === "error";
    event.detail.shouldSwap = shown;
    event.detail.isError = !shown;
  });
  document.addEventListener("htmx:responseError", () => toast("The server did not answer as it should. Reload the page to try again."));
  document.addEventListener("htmx:sendError", () => {
    const loaded = new Date(performance.timeOrigin).toTimeString().slice(0, 5);
    toast(`You are offline. Showing what was loaded at ${loaded}.`);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const words = event.target.querySelector?.("[data-announce]")?.textContent;
    const live = document.getElementById("live");
    if (words && live) live.textContent = words.trim();
    // The link that was pressed is gone with the old results: go on from their heading.
    if (document.activeElement === document.body) event.target.querySelector?.("h1[tabindex]")?.focus({ preventScroll: true });
  });
})();

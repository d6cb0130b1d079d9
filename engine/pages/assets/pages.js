// Theme, tabs, search and copying: pages are whole without this script. It is loaded in the head, so that the theme is
// that of the reader before anything is drawn.
(() => {
  "use strict";

  const kept = {
    read(name) {
      try { return localStorage.getItem(name); } catch { return null; } // a browser may forbid it for files
    },
    write(name, value) {
      try { localStorage.setItem(name, value); } catch { /* it is kept for this page only */ }
    },
  };

  // Theme
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = kept.read("theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  function prepareTheme() {
    for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
      const show = () => toggle.setAttribute("aria-pressed", String(isDark()));
      toggle.hidden = false;
      toggle.addEventListener("click", () => {
        root.dataset.theme = isDark() ? "light" : "dark";
        kept.write("theme", root.dataset.theme);
        show();
      });
      system.addEventListener("change", show);
      show();
    }
  }

  // Tabs (WAI-ARIA Authoring Practices, "Tabs"): the language that a reader chooses is shown everywhere.
  const groups = [];

  function select(group, heading) {
    const index = group.findIndex((tab) => tab.heading === heading);
    if (index < 0) return;
    group.forEach((tab, at) => {
      tab.button.setAttribute("aria-selected", String(at === index));
      tab.button.tabIndex = at === index ? 0 : -1;
      tab.panel.hidden = at !== index;
    });
  }

  function choose(button, heading) {
    const before = button.getBoundingClientRect().top;
    kept.write("language", heading);
    for (const group of groups) select(group, heading);
    window.scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" }); // what is above may grow
  }

  function prepareTabs(box, number) {
    const samples = [...box.querySelectorAll(":scope > [data-tab]")];
    if (samples.length < 2) return;
    const list = document.createElement("div");
    list.className = "tablist";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", box.getAttribute("aria-label"));
    const group = samples.map((panel, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `tab-${number}-${index}`;
      panel.id = `panel-${number}-${index}`;
      button.textContent = panel.dataset.tab;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", () => choose(button, panel.dataset.tab));
      list.append(button);
      return { heading: panel.dataset.tab, button, panel };
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const current = group.findIndex((tab) => tab.button === document.activeElement);
      const next = event.key === "Home" ? 0 : event.key === "End" ? group.length - 1
        : step ? (current + step + group.length) % group.length : -1;
      if (next < 0) return;
      event.preventDefault();
      group[next].button.focus();
      choose(group[next].button, group[next].heading);
    });
    box.classList.add("tabbed");
    box.prepend(list);
    groups.push(group);
    select(group, group[0].heading);
    select(group, kept.read("language"));
  }

  // Search: every word must be in what is known of an operation.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const holds = (text, words) => words.every((word) => text.includes(word));
  const wordsOf = (input) => plain(input.value).split(/\s+/).filter(Boolean);
  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  function prepareSearch() {
    for (const box of document.querySelectorAll("[data-search]")) box.hidden = false;
    const count = document.querySelector("[data-search-count]");
    const pageInput = document.querySelector("[data-search-input]");
    const indexInput = document.querySelector("[data-index-input]");
    if (pageInput) prepareInput(pageInput, searchOfPage(pageInput, count));
    if (indexInput) prepareInput(indexInput, searchOfIndex(indexInput, count));
  }

  function searchOfPage(input, count) {
    const rows = [...document.querySelectorAll("[data-side] [data-words]")];
    const texts = rows.map((row) => plain(row.dataset.words));
    const contents = document.querySelector("[data-contents]");
    return () => {
      const words = wordsOf(input);
      let matching = 0;
      rows.forEach((row, index) => {
        row.hidden = !holds(texts[index], words);
        matching += row.hidden ? 0 : 1;
      });
      for (const list of document.querySelectorAll("[data-side] ul.operations")) {
        list.previousElementSibling.hidden = !list.querySelector("li:not([hidden])");
      }
      if (words.length) contents.open = true;
      count.textContent = words.length ? counted(matching, "operation") : "";
      return () => rows.find((row) => !row.hidden)?.querySelector("a");
    };
  }

  function searchOfIndex(input, count) {
    const cards = [...document.querySelectorAll("#connectors > li")];
    const texts = cards.map((card) => plain(card.dataset.words));
    const known = new Map((window.operationsOfPages ?? []).map((entry) => [entry.page, entry.operations]));
    const operations = cards.map((card) => (known.get(card.dataset.page) ?? [])
      .map((row) => ({ row, text: plain(`${row[0]} ${row[1]}`) })));
    return () => {
      const words = wordsOf(input);
      let matching = 0;
      cards.forEach((card, index) => {
        const matches = words.length
          ? operations[index].filter((each) => holds(`${texts[index]} ${each.text}`, words)
            && words.some((word) => each.text.includes(word)))
          : [];
        matches.sort((left, right) => holds(right.text, words) - holds(left.text, words)); // the best first
        card.hidden = !holds(texts[index], words) && !matches.length;
        matching += matches.length;
        const list = card.querySelector(".matches");
        list.hidden = !matches.length;
        list.replaceChildren(...matches.slice(0, 8).map(({ row }) => {
          const link = document.createElement("a");
          link.href = `${card.dataset.page}#${row[2]}`;
          link.textContent = row[0];
          const item = document.createElement("li");
          item.append(link);
          return item;
        }));
      });
      const shown = cards.filter((card) => !card.hidden).length;
      count.textContent = words.length ? `${counted(shown, "connector")}, ${counted(matching, "operation")}` : "";
      const first = cards.find((card) => !card.hidden);
      return () => first?.querySelector(".matches a") ?? first?.querySelector("h2 a");
    };
  }

  function prepareInput(input, search) {
    let first = () => undefined;
    input.addEventListener("input", () => { first = search(); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && input.value) first()?.click();
      if (event.key === "ArrowDown") { event.preventDefault(); (first() ?? input).focus(); }
      if (event.key === "Escape") { input.value = ""; first = search(); }
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      input.focus();
    });
    if (input.value) first = search(); // a browser restores what was typed
  }

  // Where the reader is
  function prepareContents() {
    const contents = document.querySelector("[data-contents]");
    if (!contents) return;
    const narrow = matchMedia("(max-width: 860px)");
    const fold = () => { contents.open = !narrow.matches; };
    narrow.addEventListener("change", fold);
    fold();
    const links = new Map([...document.querySelectorAll("[data-side] a[href^='#']")]
      .map((link) => [link.getAttribute("href").slice(1), link]));
    let current = null;
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
        current?.removeAttribute("aria-current");
        current = links.get(entry.target.id);
        current.setAttribute("aria-current", "location");
        const side = document.querySelector("[data-side]"), top = current.offsetTop;
        if (!narrow.matches && (top < side.scrollTop || top > side.scrollTop + side.clientHeight - 40)) {
          side.scrollTop = top - side.clientHeight / 3;
        }
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    for (const id of links.keys()) {
      const target = document.getElementById(id);
      if (target) observer.observe(target);
    }
  }

  function prepareCopying() {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      const label = button.firstChild;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.previousElementSibling.textContent);
        label.data = "Copied";
        setTimeout(() => { label.data = "Copy"; }, 1500);
      });
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    prepareTheme();
    document.querySelectorAll("[data-tabs]").forEach(prepareTabs);
    prepareSearch();
    prepareContents();
    prepareCopying();
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView(); // tabs have changed heights
  });
})();

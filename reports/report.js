"use strict";
/* The page is complete without this. It adds: filters that live in the address, opening what a link points at,
   shortcuts, copied links, and unfolding for print in browsers that do not unfold by style. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const many = ["severity", "new"];
  const rank = { certain: "0", high: "1", medium: "2", low: "3" };
  const roots = $$("[data-findings]").filter((root) => $("[data-filters]", root));
  const cards = new Map(roots.map((root) => [root, $$(".finding", root)]));
  const text = new WeakMap();
  let keys = true;
  let state = new URLSearchParams();

  /* The fragment is "anchor", "?filters" or "anchor?filters". */
  const readFragment = () => {
    const raw = location.hash.slice(1);
    const cut = raw.indexOf("?");
    const anchor = cut < 0 ? raw : raw.slice(0, cut);
    let id = anchor;
    try { id = decodeURIComponent(anchor); } catch { /* a fragment that is no URI names nothing */ }
    return { id, filters: cut < 0 ? null : new URLSearchParams(raw.slice(cut + 1)) };
  };
  const writeFragment = (id) => {
    const query = state.toString();
    const hash = query ? `#${id}?${query}` : id ? `#${id}` : "";
    if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
  };

  const searchable = (card) => {
    if (!text.has(card)) text.set(card, card.textContent.toLowerCase());
    return text.get(card);
  };
  const matches = (card) => {
    const severities = state.getAll("severity");
    if (severities.length && !severities.includes(card.dataset.severity)) return false;
    for (const name of ["check", "trigger", "reach", "new"]) {
      const wanted = state.get(name);
      if (wanted && card.dataset[name] !== wanted) return false;
    }
    const words = (state.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    return words.every((word) => searchable(card).includes(word));
  };

  const homes = new Map();
  for (const root of roots) {
    for (const card of cards.get(root)) homes.set(card, card.parentElement);
  }
  const order = (left, right) => left.dataset.order - right.dataset.order;
  const key = (card, sort) => (sort === "confidence" ? rank[card.dataset.confidence] : card.dataset[sort]);
  const sorted = (list) => {
    const sort = state.get("sort");
    if (!sort) return list.slice().sort(order);
    return list.slice().sort((left, right) => {
      const a = key(left, sort) || "", b = key(right, sort) || "";
      return a < b ? -1 : a > b ? 1 : order(left, right);
    });
  };
  const made = (title, count) => {
    const section = document.createElement("section");
    section.className = "group";
    section.dataset.made = "";
    const head = document.createElement("h3");
    head.textContent = title;
    const note = document.createElement("span");
    note.className = "muted";
    note.textContent = count === 1 ? "1 finding" : `${count} findings`;
    head.append(" ", note);
    section.append(head);
    return section;
  };
  const arrange = (root) => {
    const list = $("[data-list]", root);
    const open = cards.get(root).filter((card) => !homes.get(card).classList.contains("waived"));
    const group = state.get("group") || (state.get("sort") && state.get("sort") !== "package" ? "none" : "");
    const shown = open.filter((card) => !card.hidden);
    const focused = document.activeElement;
    $$("[data-made]", list).forEach((section) => { $$(".finding", section).forEach((card) => homes.get(card).append(card)); section.remove(); });
    const groups = $$(":scope > [data-group]", list);
    if (group) {
      const buckets = new Map();
      for (const card of sorted(shown)) {
        const name = group === "rule" ? card.dataset.rule : "";
        if (!buckets.has(name)) buckets.set(name, []);
        buckets.get(name).push(card);
      }
      for (const [name, members] of buckets) {
        const section = made(name || "All findings", members.length);
        section.append(...members);
        list.append(section);
      }
      groups.forEach((section) => { section.hidden = true; });
    } else {
      const first = new Map();
      groups.forEach((section) => {
        const members = sorted($$(":scope > .finding", section));
        section.append(...members);
        const visible = members.filter((card) => !card.hidden);
        section.hidden = visible.length === 0;
        first.set(section, (visible[0] || members[0]));
      });
      const lead = groups.slice().sort((left, right) => {
        const a = first.get(left), b = first.get(right);
        return a && b ? sorted([a, b])[0] === a ? -1 : 1 : 0;
      });
      list.append(...lead);
    }
    const accepted = $(":scope > .waived", root);
    if (accepted) accepted.hidden = $$(".finding", accepted).every((card) => card.hidden);
    if (focused && focused !== document.activeElement && root.contains(focused)) focused.focus({ preventScroll: true });
  };
  /* As delivered, the page is already in the order that no filter asks for: nothing is moved until one does. */
  let touched = false;
  const apply = () => {
    touched = touched || state.toString() !== "";
    for (const root of roots) {
      let shown = 0;
      for (const card of cards.get(root)) {
        card.hidden = !matches(card);
        if (!card.hidden) shown += 1;
      }
      if (touched) arrange(root);
      const total = cards.get(root).length;
      $("[data-count]", root).textContent = shown === total ? `All ${total} findings shown` : `${shown} of ${total} findings shown`;
    }
  };

  const toForms = () => {
    for (const root of roots) {
      for (const field of $$("[name]", $("[data-filters]", root))) {
        const values = state.getAll(field.name);
        if (field.type === "checkbox") field.checked = values.includes(field.value);
        else field.value = values[0] || "";
        if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
      }
    }
  };
  const fromForm = (form) => {
    const next = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) next.append(name, value);
    if (!keys) next.set("keys", "off");
    return next;
  };
  const change = (next, id = readFragment().id) => {
    state = next;
    toForms();
    apply();
    writeFragment(id);
  };

  const reveal = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    const card = target.closest(".finding");
    if (card && card.hidden) change(keys ? new URLSearchParams() : new URLSearchParams("keys=off"), id);
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    const own = $(":scope > details", target);
    if (own && target.classList.contains("finding")) own.open = true;
    const summary = card && $("summary", card);
    if (summary && target === card) summary.focus({ preventScroll: true });
    else if (target.tabIndex >= -1 && target.hasAttribute("tabindex")) target.focus({ preventScroll: true });
    target.scrollIntoView();
  };
  const arrive = () => {
    const { id, filters } = readFragment();
    if (filters) {
      keys = filters.get("keys") !== "off";
      $$("[data-keys]").forEach((box) => { box.checked = keys; });
      change(filters, id);
    } else if (state.toString()) writeFragment(id);
    reveal(id);
  };

  let waiting = 0;
  for (const root of roots) {
    const form = $("[data-filters]", root);
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => change(fromForm(form)), 80);
    });
    form.addEventListener("reset", (event) => { event.preventDefault(); change(keys ? new URLSearchParams() : new URLSearchParams("keys=off")); });
    const fold = (open) => cards.get(root).filter((card) => !card.hidden).forEach((card) => { $("details", card).open = open; });
    $("[data-open]", form).addEventListener("click", () => fold(true));
    $("[data-close]", form).addEventListener("click", () => fold(false));
  }

  for (const button of $$("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const link = location.href.split("#")[0] + "#" + button.closest(".finding").id;
      try {
        await navigator.clipboard.writeText(link);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed here";
      }
      setTimeout(() => { button.textContent = "Copy link"; }, 2000);
    });
  }

  const help = $("#help");
  const showHelp = () => { if (help.showModal && !help.open) help.showModal(); };
  $$(".toc-help").forEach((part) => { part.hidden = false; });
  $$("[data-help]").forEach((button) => button.addEventListener("click", showHelp));
  $("[data-dismiss]").addEventListener("click", () => help.close());
  $$("[data-keys]").forEach((box) => box.addEventListener("change", () => {
    keys = box.checked;
    if (keys) state.delete("keys"); else state.set("keys", "off");
    writeFragment(readFragment().id);
  }));

  const visible = () => roots.flatMap((root) => $$(".finding", root)).filter((card) => !card.hidden && !card.closest("[hidden]"));
  const step = (by) => {
    const all = visible();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement.closest(".finding"));
    const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? 0 : here + by))];
    $("summary", next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (!keys || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const where = event.target;
    if (where.closest("input:not([type=checkbox]), select, textarea")) return;
    const acts = {
      "/": () => { const box = $("[data-filters] [name=q]"); if (box) box.focus(); },
      "j": () => step(1),
      "k": () => step(-1),
      "o": () => { const card = where.closest(".finding"); if (card) $("details", card).open = !$("details", card).open; },
      "v": () => { const top = $(".verdict"); if (top) { top.focus(); top.scrollIntoView(); } },
      "?": showHelp,
    };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = $$("details:not([open])");
    folded.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => { folded.forEach((part) => { part.open = false; }); folded = []; });

  addEventListener("hashchange", arrive);
  apply();
  arrive();
  document.documentElement.dataset.ready = "yes";
})();

// Writing: what is still missing, how many words, how it will read, and the examples of a few-shot prompt.
attune.onSheet((sheet, { on, find, all }) => {
  const words = sheet.dataset;
  const form = find("form.sheet");
  const text = find("#text");
  const panel = find("#instructions");
  const opener = find("[data-toggle]");
  const pairs = find("[data-pairs]");
  const preview = find("#preview");
  const previewer = find("[data-preview]");
  const dialog = (name) => find(`#${name}-dialog`);
  const isBlank = (field) => !(field.matches("textarea") ? field.value.trim() : field.querySelector(":checked"));
  const isFewShot = () => Boolean(find("[value=few_shot]:checked"));

  function reach(field) {
    (field.querySelector(":checked") ?? field.querySelector("input, textarea") ?? field).focus();
    field.scrollIntoView({ block: "nearest" });
  }

  // What is missing, and how much there is

  function missing() {
    const examples = isFewShot() ? all(".pair").filter((pair, n) => n < pairs.dataset.fewest || !all("textarea", pair).every(isBlank)) : [];
    const asked = all("[data-required]").filter((field) => field !== text || !isFewShot());
    return [...asked, ...examples.flatMap((pair) => all("textarea", pair))].filter(isBlank);
  }

  const nameOf = (field) => field.dataset.name ?? field.labels[0].textContent;

  function button(field) {
    return Object.assign(document.createElement("button"), { type: "button", textContent: nameOf(field), onclick: () => reach(field) });
  }

  function count() {
    const gaps = missing();
    const more = gaps.length > 2 ? ` +${gaps.length - 2}` : "";
    find("[data-missing]").replaceChildren(gaps.length ? words.wMissing : words.wComplete, ...gaps.slice(0, 2).map(button), more);
    find("[data-count]").textContent = attune.fill(words.wCount, { n: text.value.split(/\s+/).filter(Boolean).length });
    for (const field of all("[aria-invalid]")) if (!isBlank(field)) field.removeAttribute("aria-invalid");
  }
  on(form, "input", count);
  on(form, "change", count);

  // How it will read: rendered by the server, whose sanitiser is the one that counts

  let latest = 0;
  let timer;

  async function render() {
    const mine = ++latest;
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? form.elements.csrfmiddlewaretoken.value;
    let html;
    try {
      const answer = await fetch(previewer.formAction, {
        method: "POST", body: new URLSearchParams({ do: "render", text: text.value }), headers: { "X-CSRFToken": token },
      });
      if (answer.ok && !answer.redirected) html = await answer.text();
    } catch { /* said below */ }
    if (mine !== latest) return;
    if (html === undefined) find("[data-rendered]").textContent = words.wUnrendered;
    else find("[data-rendered]").innerHTML = html;
  }

  function togglePreview() {
    preview.hidden = !preview.hidden;
    previewer.setAttribute("aria-expanded", !preview.hidden);
    if (!preview.hidden) render();
  }

  on(text, "input", () => {
    clearTimeout(timer);
    if (!preview.hidden) timer = setTimeout(render, 500);
  });

  // The examples are numbered from 1 without gaps: removing one moves those after it up.

  function changed() {
    const number = all(".pair").length;
    find("[data-add]").disabled = number >= pairs.dataset.most;
    for (const one of all("[data-remove]")) one.hidden = number <= pairs.dataset.fewest;
    form.elements.revision.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function add() {
    const html = find("[data-blank]").innerHTML.replaceAll("{n}", all(".pair").length + 1);
    find("[data-add]").insertAdjacentHTML("beforebegin", html);
    changed();
  }

  function remove(pair) {
    const after = all(".pair");
    after.slice(after.indexOf(pair)).forEach((one, n, rest) => {
      all("textarea", one).forEach((field, part) => { field.value = rest[n + 1] ? all("textarea", rest[n + 1])[part].value : ""; });
    });
    after.at(-1).remove();
    changed();
    reach(pair.isConnected ? pair : after.at(-2));
  }

  // A draft in this browser may hold more examples than the server knows of.
  sheet.attune.grow = (data) => {
    while (pairs && data.has(`example-${all(".pair").length + 1}-query`)) add();
  };

  // Clicks

  on(sheet, "click", (event) => {
    const at = (selector) => event.target.closest(selector);
    if (at("[data-add]")) { add(); reach(all(".pair").at(-1)); }
    else if (at("[data-remove]")) remove(at(".pair"));
    else if (at("[data-preview]")) togglePreview();
    else if (at("[data-dialog]")) dialog(at("[data-dialog]").dataset.dialog).showModal();
    else if (at("[data-toggle]")) instructions();
    else if (at("[data-summary] a")) reach(document.getElementById(at("a").hash.slice(1)) ?? form);
    else return;
    event.preventDefault();
  });

  function openPanel(open) {
    panel?.classList.toggle("is-open", open);
    opener?.setAttribute("aria-expanded", open);
    attune.remember("instructions", open);
  }

  function instructions() {
    openPanel(opener?.ariaExpanded === "false");
    (opener?.ariaExpanded === "true" ? panel : opener)?.focus();
  }

  // Keys: none while a syllable is being composed, and no bare one inside a text.
  on(document, "keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.altKey || document.querySelector("dialog[open]")) return;
    const { target, key, code } = event;
    const enter = code === "Enter" || code === "NumpadEnter";
    if (event.ctrlKey || event.metaKey) {
      const submit = form.querySelector(".primary");
      if (!enter) return;
      event.preventDefault();
      return submit.disabled || form.requestSubmit(submit);
    }
    if (target.closest("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    // A bare Enter in a radio would submit the form.
    if (enter && target.matches("input")) event.preventDefault();
    if (code === "Space" && target.matches("a[role=button]")) return event.preventDefault() ?? target.click();
    if (!find("[data-keys]").checked) return;
    if (key === "?") dialog("shortcuts").showModal();
    else if (code === "Slash") instructions();
    else return;
    event.preventDefault();
  });

  // What this browser remembers

  for (const [name, usual] of [["plain", false], ["keys", true]]) {
    const box = find(`[data-${name}]`);
    if (!box) continue;
    box.checked = attune.recall(name, String(usual)) === "true";
    on(box, "change", () => attune.remember(name, box.checked));
  }
  if (attune.recall("instructions") === "true") openPanel(true);
  for (const one of all("[data-remove]")) one.hidden = all(".pair").length <= pairs.dataset.fewest;

  count();
  const wrong = find("[data-summary] a");
  const first = missing()[0];
  if (wrong) wrong.click();
  else if (first && matchMedia("(pointer: fine)").matches) reach(first);
  attune.say(find("#said").textContent.trim());
});

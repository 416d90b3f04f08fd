// The ranking: the selects hold the truth, the strip of letters shows it and changes it.
attune.onSheet((sheet, signal) => {
  "use strict";
  const words = sheet.dataset;
  const form = sheet.querySelector("form.sheet");
  const board = sheet.querySelector("[data-board]");
  const lowest = Number(words.k);
  const cards = [...sheet.querySelectorAll(".card")];
  const letters = cards.map((card) => card.dataset.letter);
  const select = Object.fromEntries(cards.map((card) => [card.dataset.letter, card.querySelector("[data-rank]")]));
  const chip = Object.fromEntries(letters.map((letter) => [letter, board.querySelector(`[data-chip="${letter}"]`)]));
  const rankOf = (letter) => Number(select[letter].value);
  const ratingOf = (letter) => Number(sheet.querySelector(`#card-${letter} .overall :checked`)?.value ?? 0);
  const named = (letter) => attune.fill(words.wResponse, { letter });
  const listed = (those) => new Intl.ListFormat(document.documentElement.lang).format(those);

  function show() {
    for (const letter of letters) {
      const rank = select[letter].value;
      const list = board.querySelector(`[data-group="${rank}"] ol`);
      const item = chip[letter].parentElement;
      if (item.parentElement !== list) {
        const focused = document.activeElement === chip[letter];
        const next = [...list.children].find((other) => other.textContent.trim() > letter);
        list.insertBefore(item, next ?? null);
        if (focused) chip[letter].focus({ preventScroll: true });
      }
      select[letter].classList.toggle("is-ranked", rank !== "");
      for (const button of select[letter].closest(".card-head").querySelectorAll("[data-level]")) {
        button.setAttribute("aria-pressed", rank !== "" && select[button.dataset.level].value === rank);
      }
    }
    remind();
  }

  // Ratings and rankings of the same responses often disagree: said once, never in the way.
  function remind() {
    const hint = board.querySelector("[data-hint]");
    hint.dataset.usual ??= hint.textContent;
    const odd = letters.flatMap((a) => letters.map((b) => [a, b])).find(([a, b]) =>
      rankOf(a) && rankOf(b) && ratingOf(b) && ratingOf(a) > ratingOf(b) && rankOf(a) > rankOf(b));
    const text = odd ? attune.fill(words.wConflict, { a: odd[0], b: odd[1] }) : hint.dataset.usual;
    if (hint.textContent !== text) {
      hint.textContent = text;
      hint.classList.toggle("is-conflict", Boolean(odd));
    }
  }

  function place(letter, rank) {
    select[letter].value = rank ? String(rank) : "";
    select[letter].dispatchEvent(new Event("change", { bubbles: true }));
  }

  function move(letter, step) {
    const rank = rankOf(letter);
    const used = Math.max(...letters.map(rankOf));
    if (rank) place(letter, Math.min(Math.max(rank + step, 1), lowest));
    else if (step < 0) place(letter, Math.min(used + 1, lowest));
    else tell(letter);
  }

  function level(letter, other) {
    if (!rankOf(other)) place(other, Math.min(Math.max(...letters.map(rankOf)) + 1, lowest));
    place(letter, rankOf(other));
  }

  function tell(letter) {
    const rank = select[letter].selectedOptions[0].textContent;
    const others = letters.filter((other) => other !== letter && rankOf(letter) && rankOf(other) === rankOf(letter));
    attune.say(attune.fill(others.length ? words.wLevel : words.wMoved, { letter, rank, others: listed(others) }));
  }

  function arrange() {
    const rated = letters.filter(ratingOf);
    if (!rated.length) return attune.say(words.wUnrated);
    const scale = [...new Set(rated.map(ratingOf))].sort((a, b) => b - a);
    for (const letter of letters) place(letter, ratingOf(letter) && scale.indexOf(ratingOf(letter)) + 1);
    form.elements.arranged.value = "1";
    const order = scale.map((rating) => rated.filter((letter) => ratingOf(letter) === rating).join(" = ")).join(" > ");
    attune.say(attune.fill(words.wArranged, { order }));
  }

  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-rank]")) {
      show();
      tell(event.target.closest(".card").dataset.letter);
    } else if (event.target.closest(".overall")) remind();
  }, { signal });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const letter = button?.closest(".card")?.dataset.letter;
    if (button?.dataset.move) move(letter, button.dataset.move === "up" ? -1 : 1);
    else if (button?.dataset.level) level(letter, button.dataset.level);
    else if (button?.matches("[data-arrange]")) arrange();
    else if (button?.dataset.chip) sheet.attuneGo(button.dataset.chip, { focus: false });
    else if (event.target.closest(".group")) {
      place(sheet.attuneActive(), Number(event.target.closest(".group").dataset.group));
    }
  }, { signal });

  // Dragging is one more way to do what the buttons, the keys and the selects do.
  board.addEventListener("pointerdown", (down) => {
    const lifted = down.target.closest(".chip");
    if (!lifted || down.button) return;
    const over = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-group]");
    let target = null;
    const drag = (event) => {
      const [x, y] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (!lifted.classList.contains("is-lifted") && Math.hypot(x, y) < 6) return;
      lifted.classList.add("is-lifted");
      lifted.style.transform = `translate(${x}px, ${y}px)`;
      target?.classList.remove("is-over");
      target = over(event);
      target?.classList.add("is-over");
    };
    const drop = (event) => {
      ended.abort();
      lifted.classList.remove("is-lifted");
      lifted.style.transform = "";
      target?.classList.remove("is-over");
      if (target && event.type === "pointerup") place(lifted.dataset.chip, Number(target.dataset.group));
    };
    const ended = new AbortController();
    document.addEventListener("pointermove", drag, { signal: ended.signal });
    document.addEventListener("pointerup", drop, { signal: ended.signal });
    document.addEventListener("pointercancel", drop, { signal: ended.signal });
  }, { signal });

  // What the keys of sheet.js ask of the board.
  sheet.attuneBoard = {
    place: (letter, rank) => place(letter, Math.min(rank, lowest)),
    move,
    arrange,
    focus: () => chip[letters.find((letter) => !rankOf(letter)) ?? letters[0]].focus(),
    // A digit on a letter ranks it; the next letter still to be ranked then takes the focus.
    digit(letter, digit) {
      if (digit > lowest) return;
      place(letter, digit);
      const rest = letters.filter((other) => !rankOf(other));
      if (digit && rest.length) chip[rest.find((other) => other > letter) ?? rest[0]].focus();
    },
    letter: (letter) => chip[letter]?.focus(),
  };
  show();
});

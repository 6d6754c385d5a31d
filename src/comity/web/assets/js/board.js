// The board: a card is dragged to another column, or moved there with Shift and an arrow key; the form of the page does it.
(() => {
  "use strict";
  const form = () => document.querySelector("form[data-board]");
  const columns = () => [...document.querySelectorAll(".board-column")];
  const columnOf = (element) => element?.closest?.(".board-column");
  const choose = (card) => {
    const radio = card?.querySelector('input[type="radio"]');
    if (radio) radio.checked = true;
    return radio;
  };
  const move = (card, column) => {
    if (!card || !column || column === columnOf(card) || !choose(card)) return;
    form().elements.stage.value = column.dataset.stage;
    column.querySelector("ol").prepend(card);
    card.setAttribute("aria-busy", "true");
    form().requestSubmit();
  };
  const leave = () => columns().forEach((column) => column.removeAttribute("data-over"));
  let dragged;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".board-card[draggable]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.deal);
  });
  document.addEventListener("dragover", (event) => {
    const column = dragged && columnOf(event.target);
    if (!column) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (!column.hasAttribute("data-over")) leave();
    column.setAttribute("data-over", "");
  });
  document.addEventListener("drop", (event) => {
    const column = dragged && columnOf(event.target);
    if (!column) return;
    event.preventDefault();
    move(dragged, column);
  });
  document.addEventListener("dragend", () => {
    dragged = undefined;
    leave();
  });
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".board-card");
    if (!card || !event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const back = getComputedStyle(card).direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    const all = columns();
    const to = all[all.indexOf(columnOf(card)) + (event.key === back ? -1 : 1)];
    if (!to) return;
    event.preventDefault();
    move(card, to);
  });
  // What did not reach the server is not shown as if it had.
  document.addEventListener("htmx:error", () => {
    if (document.querySelector(".board-card[aria-busy]")) location.reload();
  });
  const swapped = () => {
    const at = form()?.dataset.moved;
    const card = at && document.querySelector(`.board-card[data-deal="${CSS.escape(at)}"]`);
    if (card) {
      choose(card)?.focus({ preventScroll: true });
      card.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    for (const undo of document.querySelectorAll("#board form[data-undo]:not([data-runs])")) {
      undo.dataset.runs = "";
      setTimeout(() => undo.remove(), Number(undo.dataset.undo) * 1000);
    }
  };
  document.addEventListener("htmx:after:swap", swapped);
})();

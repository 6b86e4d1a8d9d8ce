/* The live page: newer fragments only, the title, waiting words, the countdown, and what to do
   when the socket is gone. The server decides everything; this file only shows it. */
(function () {
  "use strict";
  var POLL_MS = 5000, LOST_MS = 3000, TICK_MS = 1000;
  // `doubtful`: the line was gone for a while, and no word has come over the socket since.
  var connected = false, doubtful = false, lostSince = Date.now(), lastPoll = 0;
  // The server speaks from the second message of a connection on; what came otherwise, we speak.
  var weSpeak = true, before = null, spokenMinutes = {};

  // Before htmx starts: come back soon, not after a minute (1012 is a restarting server).
  htmx.config.wsReconnectDelay = function (tries) {
    return Math.min(250 * Math.pow(2, tries), 3000) * (0.5 + Math.random() / 2);
  };

  function fragment() { return document.getElementById("checkout-progress"); }
  function version(element) { return Number(element && element.dataset.version || 0); }

  function isFinal() { return Boolean(fragment() && fragment().hasAttribute("data-final")); }
  function speak(words, now) {
    var region = document.getElementById(now ? "say-now" : "say");
    if (region && words) { region.textContent = words; }
  }

  // Where the focus is, as a selector that finds the same control in the next fragment.
  function focused(old) {
    var active = document.activeElement;
    if (!old.contains(active)) { return ""; }
    if (active.form) { return "form[action=\"" + active.form.getAttribute("action") + "\"] button"; }
    return active.matches(".actions a") ? ".actions a" : "h1";
  }

  function poll() {
    lastPoll = Date.now();
    var live = document.getElementById("live");
    if (live) { htmx.ajax("GET", live.dataset.url, { source: live, swap: "none" }); }
  }

  function showConnection() {
    var line = document.getElementById("connection");
    var lost = (!connected || !navigator.onLine) && !isFinal() && Date.now() - lostSince > LOST_MS;
    if (!line || line.hidden === !lost) { return; }
    line.hidden = !lost;
    line.textContent = lost ? line.dataset.lost : "";
  }

  function showWaiting() {
    var waiting = document.querySelector("#checkout-progress .waiting");
    if (!waiting || !waiting.dataset.since) { return; }
    var age = (Date.now() - Date.parse(waiting.dataset.since)) / 1000;
    var words = age > 60 ? waiting.dataset.after60 : age > 10 ? waiting.dataset.after10 : "";
    var shown = waiting.querySelector(".waiting__words");
    if (words && shown.textContent !== words) { shown.textContent = words; }
  }

  function showCountdown() {
    var box = document.querySelector("#checkout-progress .countdown");
    if (!box) { return; }
    var until = new Date(box.dataset.until), time = box.querySelector("time");
    var local = until.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (time.textContent !== local) { time.textContent = local; }
    var seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
    var left = seconds >= 60 ? Math.ceil(seconds / 60) + " min" : seconds + " s";
    box.querySelector(".countdown__left").textContent = " (" + left + ")";
    box.classList.toggle("countdown--soon", seconds < 120);
    [5, 1].forEach(function (minutes) {
      var due = seconds <= minutes * 60 && seconds > minutes * 60 - 30;
      var key = minutes + box.dataset.until;
      if (due && !spokenMinutes[key]) {
        spokenMinutes[key] = true;
        speak(box.getAttribute("data-left-" + minutes));
      }
    });
  }

  function tick() {
    showConnection(); showWaiting(); showCountdown();
    var due = Date.now() - lastPoll > POLL_MS && Date.now() - lostSince > LOST_MS;
    if ((!connected || doubtful) && due && navigator.onLine) { poll(); }
  }

  document.addEventListener("htmx:wsOpen", function () {
    connected = true; doubtful = false; showConnection();
  });
  document.addEventListener("htmx:wsAfterMessage", function () { doubtful = false; weSpeak = false; });
  document.addEventListener("htmx:wsClose", function () {
    if (connected) { connected = false; weSpeak = true; lostSince = Date.now(); }
  });

  document.addEventListener("htmx:oobBeforeSwap", function (event) {
    var old = event.detail.target;
    if (!old || old.id !== "checkout-progress") { return; }
    var fresh = event.detail.fragment.querySelector("#checkout-progress");
    before = null;  // htmx tells of the end of a swap also when there was none
    if (version(fresh) <= version(old)) { event.detail.shouldSwap = false; return; }
    before = { final: isFinal(), say: old.dataset.say, focus: focused(old) };
  });

  document.addEventListener("htmx:oobAfterSwap", function (event) {
    if (!before || event.detail.target.id !== "checkout-progress") { return; }
    var now = fragment(), ended = isFinal() && !before.final;
    document.title = now.dataset.title;
    if (weSpeak && now.dataset.say !== before.say) {
      speak(now.dataset.say, now.hasAttribute("data-alert"));
    }
    if (ended || before.focus) {
      var same = ended ? null : now.querySelector(before.focus);
      (same || now.querySelector("h1")).focus({ preventScroll: !ended });
    }
    before = null;
    tick();
  });

  // A browser may keep a dead socket for minutes: it says itself when it has no line at all.
  window.addEventListener("offline", function () { doubtful = true; lostSince = Date.now(); });
  window.addEventListener("online", showConnection);
  ["visibilitychange", "online", "pageshow"].forEach(function (name) {
    window.addEventListener(name, function () {
      if (!document.hidden && (!connected || doubtful)) { poll(); }
    });
  });
  document.addEventListener("DOMContentLoaded", function () { tick(); setInterval(tick, TICK_MS); });
})();

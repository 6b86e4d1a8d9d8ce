/* The live page: newer fragments only, the title, waiting words, the countdown, and what to do
   when the socket is gone. The server decides everything; this file only shows it. */
(function () {
  "use strict";
  var POLL_MS = 5000, LOST_MS = 3000, TICK_MS = 500;
  // A line may die without a word, when a phone sleeps or changes its network. Who hears nothing asks.
  var QUIET_MS = 2000, ANSWER_MS = 1500, GIVE_UP_MS = 8000;
  var socket = null, heardAt = 0, askedAt = 0;
  // `doubtful`: the line was gone for a while, and no word has come over the socket since.
  var connected = false, doubtful = false, lostSince = Date.now(), lastPoll = 0;
  // The server speaks from the second message of a connection on; what came otherwise, we speak.
  var weSpeak = true, before = null, pressed = "", spokenMinutes = {};
  // While the shopper reads, nothing changes: newer fragments are let go, and one is asked for after.
  var paused = false;
  // Nor while a finger is down: what is under it must still be there when it comes up. Since when.
  var PRESS_MS = 1000, downAt = 0, missed = false;
  var site = "";  // what stands in the title behind ours: the name of the shop

  // Before htmx starts: come back soon, not after a minute (1012 is a restarting server).
  htmx.config.wsReconnectDelay = function (tries) {
    return Math.min(250 * Math.pow(2, tries), 3000) * (0.5 + Math.random() / 2);
  };

  function fragment() { return document.getElementById("checkout-progress"); }
  function version(element) { return Number(element && element.dataset.version || 0); }

  // What the shopper has just asked for is shown before it is done, and so has no version of its own.
  function isNewer(fresh, old) {
    var asked = fresh.dataset.asked && fresh.dataset.asked !== old.dataset.asked;
    return version(fresh) > version(old) || (version(fresh) === version(old) && asked);
  }

  function heldUntil() {
    var box = document.querySelector("#checkout-progress .countdown");
    return box ? Date.parse(box.dataset.until) : 0;
  }

  function isFinal() { return Boolean(fragment() && fragment().hasAttribute("data-final")); }
  function speak(words, now) {
    var region = document.getElementById(now ? "say-now" : "say");
    if (region && words) { region.textContent = words; }
  }

  // Where the focus is, as a selector that finds the same control in the next fragment. A button
  // that waits for its answer has lost the focus to nobody.
  function focused(old) {
    var active = document.activeElement;
    if (active === document.body && pressed) { return pressed; }
    if (!old.contains(active)) { return ""; }
    if (active.matches("summary")) { return "summary"; }
    if (active.form) { return buttonOf(active.form); }
    if (active.id) { return "#" + active.id; }
    return active.matches(".actions a") ? ".actions a" : active.matches("h1") ? "h1" : "#main";
  }

  function buttonOf(form) { return "form[action=\"" + form.getAttribute("action") + "\"] button"; }

  // What an open page says of a hold that was made longer; to the eye it is just another time.
  function spokenHold(box) {
    var line = box.querySelector("p").cloneNode(true);
    line.querySelectorAll("[aria-hidden]").forEach(function (hidden) { hidden.remove(); });
    return line.textContent;
  }

  function poll() {
    lastPoll = Date.now();
    var live = document.getElementById("live");
    if (!live) { return; }
    // No answer is no news: it is asked again soon.
    htmx.ajax("GET", live.dataset.url, { source: live, swap: "none" }).catch(function () {});
  }

  function heard() { heardAt = Date.now(); askedAt = 0; doubtful = false; }
  function ask() {
    if (!connected || askedAt) { return; }
    askedAt = Date.now();
    socket.send("ping");
  }

  // No answer: the truth is fetched another way, and after a while another line is tried.
  function listen() {
    if (!connected || document.hidden || isFinal()) { return; }
    var now = Date.now();
    if (!askedAt) {
      if (now - heardAt > QUIET_MS) { ask(); }
      return;
    }
    if (now - askedAt <= ANSWER_MS) { return; }
    if (!doubtful) { doubtful = true; lostSince = askedAt; poll(); }
    if (now - askedAt > GIVE_UP_MS) { gone(); socket.reconnect(); }
  }

  function gone() {
    if (connected) { connected = false; askedAt = 0; weSpeak = true; lostSince = Date.now(); }
  }

  function showConnection() {
    var line = document.getElementById("connection");
    var none = !connected || !navigator.onLine || (doubtful && askedAt);
    var lost = none && !isFinal() && Date.now() - lostSince > LOST_MS;
    if (!line || line.hidden === !lost) { return; }
    line.hidden = !lost;
    line.textContent = lost ? line.dataset.lost : "";
    if (lost) { speak(line.textContent); }  // what is only now shown is no news to a screen reader
  }

  // The server says how old and how long; its clock and the shopper's need not agree.
  function secondsSince(element) {
    element.arrived = element.arrived || Date.now();
    return (Date.now() - element.arrived) / 1000;
  }

  function showWaiting() {
    var waiting = document.querySelector("#checkout-progress .waiting");
    if (!waiting) { return; }
    var age = Number(waiting.dataset.waited) + secondsSince(waiting);
    var due = age > 60 ? "data-after-60" : age > 10 ? "data-after-10" : "";
    var words = due && waiting.getAttribute(due);
    var shown = waiting.querySelector(".waiting__words");
    if (words && shown.textContent !== words) { shown.textContent = words; speak(words); }
  }

  function showCountdown() {
    var box = document.querySelector("#checkout-progress .countdown");
    if (!box) { return; }
    var until = new Date(box.dataset.until), time = box.querySelector("time");
    var format = { hour: "2-digit", minute: "2-digit", numberingSystem: "latn" };  // as amounts
    var lang = document.documentElement.lang, theirs = navigator.language || lang;
    var local = until.toLocaleTimeString(theirs.indexOf(lang) ? lang : theirs, format);
    if (time.textContent !== local) { time.textContent = local; }
    var seconds = Number(box.dataset.seconds) - secondsSince(box);
    var minutes = box.dataset.minutes.replace("{minutes}", Math.ceil(seconds / 60));
    var left = " (" + (seconds >= 60 ? minutes : box.dataset.last) + ")";
    var shown = box.querySelector(".countdown__left");
    if (shown.textContent !== left) { shown.textContent = left; }
    box.classList.toggle("countdown--soon", seconds < 120);
    box.classList.toggle("countdown--over", seconds <= 0);
    var over = box.querySelector(".countdown__over").textContent;
    [5, 1, 0].forEach(function (minutes) {
      var due = seconds <= minutes * 60 && seconds > minutes * 60 - 30;
      var key = minutes + box.dataset.until;
      if (due && !spokenMinutes[key]) {
        spokenMinutes[key] = true;
        speak(minutes ? box.getAttribute("data-left-" + minutes) : over);
      }
    });
  }

  function pause(on) {
    var box = document.getElementById("updates");
    if (!box || paused === on) { return; }
    var button = box.querySelector("button"), other = button.dataset.resume;
    paused = on;
    button.dataset.resume = button.textContent;
    button.textContent = other;
    box.querySelector(".updates__words").textContent = on ? box.dataset.paused : "";
  }

  function offerPause() {
    var box = document.getElementById("updates");
    if (!box) { return; }
    box.hidden = isFinal();
    box.querySelector("button").addEventListener("click", function () {
      pause(!paused);
      if (!paused) { poll(); tick(); }
    });
  }

  // What the shopper has opened stays open, and at the end there is nothing left to pause.
  function keep(now, open) {
    var asking = now.querySelector("details"), box = document.getElementById("updates");
    if (open && asking) { asking.open = true; }
    if (isFinal() && box) { box.hidden = true; }
  }

  function tick() {
    listen(); showConnection();
    if (paused) { return; }
    showWaiting(); showCountdown();
    var due = Date.now() - lastPoll > POLL_MS && Date.now() - lostSince > LOST_MS;
    if ((!connected || doubtful) && due && navigator.onLine) { poll(); }
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    pressed = event.detail.elt.matches("#live form") ? buttonOf(event.detail.elt) : "";
  });
  document.addEventListener("focusin", function () { pressed = ""; });
  document.addEventListener("htmx:afterRequest", function () {
    if (!pressed || document.activeElement !== document.body) { return; }
    (document.querySelector(pressed) || document.getElementById("main")).focus({ preventScroll: true });
  });

  document.addEventListener("htmx:wsOpen", function (event) {
    socket = event.detail.socketWrapper; connected = true; heard(); showConnection();
  });
  document.addEventListener("htmx:wsBeforeMessage", function (event) {
    heard();
    if (event.detail.message === "pong") { event.preventDefault(); }
  });
  document.addEventListener("htmx:wsAfterMessage", function () { weSpeak = false; });
  document.addEventListener("htmx:wsClose", gone);

  // A newer fragment may replace a form before its answer comes. htmx would then look for the places
  // of that answer inside the form that is gone.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var live = document.getElementById("live");
    if (!live || event.detail.requestConfig.elt.isConnected) { return; }
    event.detail.shouldSwap = false;
    htmx.swap(live, event.detail.serverResponse, { swapStyle: "none" }, { contextElement: live });
  });

  document.addEventListener("pointerdown", function (event) {
    downAt = fragment() && fragment().contains(event.target) ? Date.now() : 0;
  });
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () {
      setTimeout(function () {  // after the click
        downAt = 0;
        if (missed) { missed = false; poll(); }
      });
    });
  });

  document.addEventListener("htmx:oobBeforeSwap", function (event) {
    var old = event.detail.target;
    if (Date.now() - downAt < PRESS_MS && old && old.id === "checkout-progress") {
      event.detail.shouldSwap = false; missed = true; before = null; return;
    }
    if (paused) { event.detail.shouldSwap = false; before = null; return; }
    if (!old || old.id !== "checkout-progress") { return; }
    var fresh = event.detail.fragment.querySelector("#checkout-progress");
    before = null;  // htmx tells of the end of a swap also when there was none
    if (!isNewer(fresh, old)) { event.detail.shouldSwap = false; return; }
    before = {
      final: isFinal(), say: old.dataset.say, version: version(old), held: heldUntil(), focus: focused(old),
      open: old.querySelector("details[open]"),
    };
  });

  document.addEventListener("htmx:oobAfterSwap", function (event) {
    if (!before || event.detail.target.id !== "checkout-progress") { return; }
    var now = fragment(), ended = isFinal() && !before.final;
    document.title = now.dataset.title + site;
    keep(now, before.open);
    // What was only asked for has no version: of that the server never speaks.
    if ((weSpeak || version(now) === before.version) && now.dataset.say !== before.say) {
      speak(now.dataset.say, now.hasAttribute("data-alert"));
    }
    if (ended) { now.querySelector("h1").focus(); }
    else if (before.focus) {
      // A control that is gone leaves the focus to what stands still around all of them.
      (now.querySelector(before.focus) || document.getElementById("main")).focus({ preventScroll: true });
    }
    var longer = before.held && heldUntil() > before.held && now.dataset.say === before.say;
    before = null;
    tick();
    if (longer) { speak(spokenHold(now.querySelector(".countdown"))); }
  });

  // Who presses something wants to see what comes of it.
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.elt.matches("form")) { pause(false); }
  });

  // A browser may keep a dead socket for minutes: it says itself when it has no line at all.
  window.addEventListener("offline", function () { doubtful = true; lostSince = Date.now(); });
  window.addEventListener("online", showConnection);
  ["visibilitychange", "online", "pageshow"].forEach(function (name) {
    window.addEventListener(name, function (event) {
      // A page that is shown for the first time is as new as it can be.
      if (document.hidden || isFinal() || event.persisted === false) { return; }
      ask();
      if (!connected || doubtful || name !== "pageshow") { poll(); }
    });
  });
  if (navigator.connection) { navigator.connection.addEventListener("change", ask); }
  document.addEventListener("DOMContentLoaded", function () {
    site = document.title.slice(fragment().dataset.title.length);
    offerPause(); tick(); setInterval(tick, TICK_MS);
  });
})();

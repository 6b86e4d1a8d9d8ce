/* A small screen reader: what would be spoken by itself while somebody stays on the page.
   It knows the rules of live regions and nothing else; test_reader.py has them one by one.
   In `reader.heard`: {how: "polite" | "assertive" | "focus" | "title", words}. */
(function () {
  "use strict";
  var REGIONS = "[role=status], [role=alert], [role=log], [aria-live]";
  var heard = [], standing = new Set(), title = "";

  function manner(region) {
    var role = region.getAttribute("role");
    return region.getAttribute("aria-live") || (role === "alert" ? "assertive" : "polite");
  }

  // Spoken as a whole, or only what is new in it.
  function whole(region) {
    var asked = region.getAttribute("aria-atomic");
    return asked ? asked === "true" : /^(status|alert)$/.test(region.getAttribute("role"));
  }

  // In the tree that assistive technology gets to see? Text too small for the eye is.
  function exposed(node) {
    var element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    return Boolean(element) && element.isConnected && !element.closest("[aria-hidden=true]")
      && element.checkVisibility({ visibilityProperty: true });
  }

  function words(node) {
    if (node.nodeType === Node.TEXT_NODE) { return exposed(node) ? node.textContent : ""; }
    if (node.nodeType !== Node.ELEMENT_NODE || !exposed(node)) { return ""; }
    var said = Array.from(node.childNodes).map(words).join("");
    return getComputedStyle(node).display === "inline" ? said : " " + said + " ";
  }

  function hear(how, said) {
    said = said.replace(/\s+/g, " ").trim();
    if (said) { heard.push({ how: how, words: said }); }
  }

  // Additions and changed text are spoken, removals are not (aria-relevant as it is by default).
  function news(records, region) {
    return records.filter(function (record) {
      return region.contains(record.target) && record.type !== "attributes";
    }).flatMap(function (record) {
      return record.type === "characterData" ? [record.target] : Array.from(record.addedNodes);
    }).filter(function (node) { return region.contains(node) && exposed(node); });
  }

  function listen(records) {
    var before = standing;
    standing = new Set(Array.from(document.querySelectorAll(REGIONS)).filter(exposed));
    standing.forEach(function (region) {
      var how = manner(region);
      if (how === "off") { return; }
      // A region that comes with its words is news to nobody, unless it is an alert.
      if (!before.has(region)) { if (how === "assertive") { hear(how, words(region)); } return; }
      var fresh = news(records, region);
      if (fresh.length) { hear(how, whole(region) ? words(region) : fresh.map(words).join(" ")); }
    });
    if (document.title !== title) { title = document.title; hear("title", title); }
  }

  function begin() {
    heard.length = 0;
    standing = new Set(Array.from(document.querySelectorAll(REGIONS)).filter(exposed));
    title = document.title;
    var watched = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(listen).observe(document, watched);
    document.addEventListener("focusin", function (event) {
      var tag = event.target.tagName.toLowerCase(), level = /^h[1-6]$/.test(tag) ? ", level " + tag[1] : "";
      hear("focus", tag + level + (tag === "main" ? "" : ", " + words(event.target)));  // no container is read out
    });
  }

  window.reader = { heard: heard };
  document.addEventListener("DOMContentLoaded", begin);
})();

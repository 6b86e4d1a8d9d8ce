/* What can be measured on a page that stands still. Every function returns a list of faults,
   sentences that a person can act on. */
(function () {
  "use strict";
  var OPERABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

  function name(element) {
    var label = element.labels && element.labels[0];
    var words = ((label || element).textContent || "").replace(/\s+/g, " ").trim();
    return element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") + " “" + words.slice(0, 50) + "”";
  }

  function visible(element) {
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  }

  function all(selector) { return Array.from(document.querySelectorAll(selector)).filter(visible); }

  function sideways() {
    var page = document.documentElement, faults = [];
    if (page.scrollWidth > page.clientWidth) {
      faults.push("the page is " + page.scrollWidth + " px wide in a window of " + page.clientWidth);
    }
    return faults;
  }

  // Text that its own box cuts off. What is clipped away altogether is hidden from sight on purpose.
  function cut() {
    return all("body *").filter(function (element) {
      var style = getComputedStyle(element);
      if (style.overflowX === "visible" || style.clipPath !== "none" || !element.textContent.trim()) { return false; }
      if (/auto|scroll/.test(style.overflowX) && /auto|scroll/.test(style.overflowY)) { return false; }
      return element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    }).map(function (element) { return "text is cut off in " + name(element); });
  }

  // WCAG 1.4.12, word for word, by the one way that a strict policy leaves to a tester.
  function space() {
    var sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important;"
      + " word-spacing: .16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [sheet];
    var faults = cut().concat(sideways());
    document.adoptedStyleSheets = [];
    return faults.map(function (fault) { return "with wider spacing " + fault; });
  }

  // Links inside a sentence are as high as the sentence: WCAG 2.5.8 lets them.
  function inSentence(element) {
    return element.matches("a") && getComputedStyle(element).display === "inline";
  }

  function small(main, any) {
    return all(OPERABLE).filter(function (element) {
      var box = (element.matches("[type=radio], [type=checkbox]") && element.closest("label") || element)
        .getBoundingClientRect();
      var wanted = element.matches(".button, button, input, select, summary") ? main : any;
      return !inSentence(element) && !element.matches(".skip-link")
        && element.tabIndex >= 0 && (box.height < wanted - .5 || box.width < any - .5);
    }).map(function (element) {
      var box = element.getBoundingClientRect();
      return name(element) + " is only " + Math.round(box.width) + " × " + Math.round(box.height) + " px";
    });
  }

  // WCAG 2.2.2: what moves by itself ends within five seconds; and does not begin if unwanted.
  function moving(most) {
    return document.getAnimations().filter(function (animation) {
      var timing = animation.effect.getComputedTiming();
      return timing.activeDuration > most;
    }).map(function (animation) {
      var target = animation.effect.target;
      return name(target) + " moves for " + Math.round(animation.effect.getComputedTiming().activeDuration) + " ms";
    });
  }

  function channel(value) { value /= 255; return value <= .04045 ? value / 12.92 : Math.pow((value + .055) / 1.055, 2.4); }

  function parts(colour) { return (colour.match(/[\d.]+/g) || []).map(Number); }

  function light(colour) {
    var rgb = parts(colour);
    return .2126 * channel(rgb[0]) + .7152 * channel(rgb[1]) + .0722 * channel(rgb[2]);
  }

  function contrast(one, other) {
    var lights = [light(one), light(other)].sort(function (a, b) { return b - a; });
    return (lights[0] + .05) / (lights[1] + .05);
  }

  function ground(element) {
    for (var at = element.parentElement; at; at = at.parentElement) {
      var colour = getComputedStyle(at).backgroundColor, rgba = parts(colour);
      if (rgba.length === 3 || rgba[3] === 1) { return colour; }
    }
    return "rgb(255, 255, 255)";
  }

  function uncovered(element) {
    var box = element.getBoundingClientRect(), x = box.left + box.width / 2;
    return [.1, .5, .9].some(function (share) {
      var hit = document.elementFromPoint(x, box.top + box.height * share);
      return hit && (element.contains(hit) || hit.contains(element));
    });
  }

  // Can the focus be seen (2.4.7, 1.4.11), and is nothing in front of it (2.4.11)?
  async function focusFaults() {
    var at = document.activeElement, faults = [];
    if (at === document.body) { return { name: "", faults: faults }; }
    var shown = at.closest(".choice, .card") || at;
    var ring = [shown, at].map(function (one) { return getComputedStyle(one); }).find(function (style) {
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
    if (!ring) { faults.push("the focus cannot be seen on " + name(at)); }
    else if (contrast(ring.outlineColor, ground(shown)) < 3) {
      faults.push("the ring around " + name(at) + " has a contrast of " + contrast(ring.outlineColor, ground(shown)).toFixed(1));
    }
    if (!uncovered(shown)) { await rest(); }  // a skip link is just leaving
    if (!uncovered(shown)) { faults.push(name(at) + " is hidden while it has the focus"); }
    return { name: name(at), faults: faults };
  }

  // In forced colours a background is no boundary any more.
  function unbounded() {
    return all(".button, input:not([type=hidden]), select").filter(function (element) {
      var style = getComputedStyle(element);
      return !element.matches("[type=radio], [type=checkbox]")
        && !(style.borderStyle !== "none" && parseFloat(style.borderWidth) >= 1);
    }).map(function (element) { return name(element) + " has no border in forced colours"; });
  }

  // The box of an element's own words in the window, for a picture of what is behind them.
  function box(selector) {
    var element = document.querySelector(selector), range = document.createRange();
    element.scrollIntoView({ block: "center", behavior: "instant" });
    range.selectNodeContents(element);
    var rect = range.getBoundingClientRect();
    return { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
  }

  async function hide(selector) {
    var sheet = new CSSStyleSheet();
    sheet.replaceSync(selector + " { color: transparent !important }");
    document.adoptedStyleSheets = selector ? [sheet] : [];
    await rest();
  }

  // The lowest contrast of an element's words with any point of the picture behind them.
  async function lowest(selector, png) {
    var element = document.querySelector(selector), words = getComputedStyle(element).color;
    var bytes = Uint8Array.from(atob(png), function (letter) { return letter.charCodeAt(0); });
    var bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    var pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d"), seen = new Set();
    pen.drawImage(bitmap, 0, 0);
    var data = pen.getImageData(0, 0, bitmap.width, bitmap.height).data;
    for (var at = 0; at < data.length; at += 4) { seen.add("rgb(" + data[at] + "," + data[at + 1] + "," + data[at + 2] + ")"); }
    return Math.min.apply(null, Array.from(seen, function (colour) { return contrast(words, colour); }));
  }

  // What has just changed its colours fades, parents before children: it is measured at rest.
  async function rest() {
    for (var frames = 0, still = 0; still < 3 && frames < 120; frames += 1) {
      var moving = document.getAnimations().filter(function (animation) {
        return isFinite(animation.effect.getComputedTiming().endTime);
      });
      moving.forEach(function (animation) { animation.finish(); });
      still = moving.length ? 0 : still + 1;
      await new Promise(requestAnimationFrame);
    }
  }

  window.inspecting = {
    box: box, hide: hide, lowest: lowest, rest: rest,
    sideways: sideways, cut: cut, space: space, small: small, moving: moving,
    focusFaults: focusFaults, unbounded: unbounded,
  };
})();

"""What a browser is asked about a page that it shows."""

from __future__ import annotations

PLACES = """svg => {
  const whole = svg.getBoundingClientRect(), box = svg.querySelector(".pass")?.getBoundingClientRect();
  const places = name => [...svg.querySelectorAll(`[data-${name}]`)].map(mark => {
    const box = mark.getBoundingClientRect();
    return {number: mark.dataset[name], x: box.x + box.width / 2 - whole.x, y: box.y + box.height / 2 - whole.y};
  });
  const ends = [...svg.querySelectorAll("[data-judged]")].map(line => {
    const end = line.getPointAtLength(line.getTotalLength()).matrixTransform(line.getScreenCTM());
    return {number: line.dataset.judged, x: end.x - whole.x, y: end.y - whole.y};
  });
  return {
    check: svg.dataset.check, metric: svg.dataset.metric, cohort: svg.dataset.cohort,
    value: places("value"), limit: places("limit"), baseline: places("baseline"), judged: ends,
    passing: box ? [box.left - whole.x, box.right - whole.x] : null,
  };
}"""
"""What a picture shows, in pixels from its upper left corner."""

FAINT = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parts = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => [0, 1, 2].map(part => top[part] * top[3] + below[part] * (1 - top[3])).concat(1);
  const behind = element => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const own = element ? parts(getComputedStyle(element).backgroundColor) : (dark ? [0, 0, 0, 1] : [255, 255, 255, 1]);
    return own[3] < 1 ? over(own, behind(element.parentElement)) : own;
  };
  const light = colour => {
    const [red, green, blue] = colour.slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, style, title"))
      continue;
    seen += 1;
    const style = getComputedStyle(element), back = behind(element);
    const front = over(parts(element.closest("svg") ? style.fill : style.color), back);
    const [least, most] = [light(front), light(back)].sort((one, other) => one - other);
    const contrast = (most + 0.05) / (least + 0.05);
    if (contrast < 4.5) faint.push(`${texts.currentNode.data.trim()}: ${contrast.toFixed(2)}`);
  }
  return {seen, faint};
}"""
"""The texts whose contrast is less than 4.5 to 1, as WCAG 2 defines it (section 1.4.3, level AA)."""

BEYOND = """() => [...document.body.querySelectorAll("*")]
  .filter(element => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 0.5)
  .map(element => element.outerHTML.slice(0, 120))"""
"""What ends to the right of the window."""

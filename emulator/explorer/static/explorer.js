// The map of one Collection: footprints, the mosaic as tiles, and the link between map and list.
(() => {
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const form = document.getElementById("choices");
  const whole = document.getElementById("whole");
  const cards = new Map([...document.querySelectorAll(".item[data-drawn]")].map((card) => [card.dataset.id, card]));
  const quiet = { color: "#0f4c5c", weight: 1.5, fill: false };
  const loud = { color: "#d97706", weight: 3, fill: false };

  const map = L.map("map", { attributionControl: false, zoomSnap: 0.5, minZoom: 1, maxZoom: 17 });
  L.control.scale({ imperial: false }).addTo(map);
  const footprints = L.geoJSON({ type: "FeatureCollection", features: data.footprints }, {
    style: quiet,
    onEachFeature: (feature, layer) => {
      layer.bindTooltip(feature.properties.date, { sticky: true });
      layer.on("click", () => choose(feature.id));
    },
  }).addTo(map);
  if (data.footprints.length) map.fitBounds(footprints.getBounds(), { padding: [12, 12], animate: false });
  else map.setView([20, 0], 2);

  let chosen = "";
  let tiles = null;

  function draw() {
    const option = form.elements.option.value;
    const query = new URLSearchParams({ option, mosaic: form.elements.mosaic.value, item: chosen });
    if (tiles) tiles.remove();
    tiles = L.tileLayer(`/collections/${encodeURIComponent(data.collection)}/tiles/{z}/{x}/{y}.png?${query}`, {
      minZoom: chosen ? 1 : (data.minZoom[option] ?? 8), maxNativeZoom: 15, maxZoom: 17,
    }).addTo(map);
  }

  function choose(id) {
    chosen = id;
    whole.hidden = !id;
    footprints.eachLayer((layer) => layer.setStyle(layer.feature.id === id ? loud : quiet));
    cards.forEach((card, other) => card.classList.toggle("chosen", other === id));
    cards.get(id)?.scrollIntoView({ block: "nearest" });
    const layer = footprints.getLayers().find((found) => found.feature.id === id);
    if (layer) map.fitBounds(layer.bringToFront().getBounds(), { padding: [12, 12] });
    else if (data.footprints.length) map.fitBounds(footprints.getBounds(), { padding: [12, 12] });
    draw();
  }

  function drawGraticule() {
    graticule.clearLayers();
    const view = map.getBounds();
    const step = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].find((s) => view.getNorth() - view.getSouth() > 3 * s) ?? 0.005;
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const line = (points, label, at, anchor) => {
      graticule.addLayer(L.polyline(points, { color: "#7f959d", weight: 0.6, interactive: false, pane: "graticule" }));
      const icon = L.divIcon({ className: "graticule", html: label, iconAnchor: anchor });
      graticule.addLayer(L.marker(at, { icon, interactive: false, keyboard: false }));
    };
    for (let y = Math.ceil(view.getSouth() / step) * step; y < view.getNorth(); y += step)
      line([[y, view.getWest()], [y, view.getEast()]], `${Math.abs(y).toFixed(digits)}° ${y < 0 ? "S" : "N"}`, [y, view.getEast()], [62, 16]);
    for (let x = Math.ceil(view.getWest() / (2 * step)) * 2 * step; x < view.getEast(); x += 2 * step)
      line([[view.getSouth(), x], [view.getNorth(), x]], `${Math.abs(x).toFixed(digits)}° ${x < 0 ? "W" : "E"}`, [view.getSouth(), x], [-4, 18]);
  }

  map.createPane("graticule").style.zIndex = 150; // below the tiles
  const graticule = L.layerGroup().addTo(map);
  map.on("moveend", drawGraticule);
  drawGraticule();
  form.addEventListener("change", draw);
  whole.addEventListener("click", () => choose(""));
  cards.forEach((card, id) => card.addEventListener("click", (event) => {
    if (event.target.tagName !== "A") choose(id === chosen ? "" : id);
  }));
  const asked = decodeURIComponent(location.hash.slice(1)); // a link to one Item: #its-id
  if (cards.has(asked)) choose(asked);
  else draw();
})();

// What can be told of a photo before anybody has seen it: five looks, each with its reason.

const SMALL = 192; // pixels of the longer side of the copy that is measured

/** [{name, state: good | poor | bad | later, words}] for a canvas with the photo. Only `bad` stands in the way. */
export function look(canvas, original) {
  const grey = greyOf(canvas);
  return [
    size(original), shape(canvas), light(grey), sharpness(grey),
    { name: "You alone, head to toe, facing us", state: "later", words: "We look at this when the gown is put on, and tell you if something is in the way." },
  ];
}

function size({ width, height }) {
  const name = "Large enough";
  const got = `${width} × ${height} pixels.`;
  if (Math.min(width, height) < 256) return { name, state: "bad", words: `Only ${got} Each side needs at least 256.` };
  if (Math.max(width, height) < 700) return { name, state: "poor", words: `${got} It works, but fine lace will look soft.` };
  return { name, state: "good", words: got };
}

function shape({ width, height }) {
  const name = "Upright";
  if (height > 1.15 * width) return { name, state: "good", words: "There is room for the whole gown." };
  return { name, state: "poor", words: "A wide photo often cuts off the hem. Upright ones show more of the gown." };
}

function light(grey) {
  const name = "Well lit";
  const mean = grey.values.reduce((sum, value) => sum + value, 0) / grey.values.length;
  if (mean < 55) return { name, state: "poor", words: "The photo is rather dark. Soft light from the front shows you better." };
  if (mean > 225) return { name, state: "poor", words: "The photo is very bright, and a white gown may get lost in it." };
  return { name, state: "good", words: "The light is pleasant." };
}

function sharpness({ values, width, height }) {
  const name = "Sharp";
  let sum = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      sum += (4 * values[i] - values[i - 1] - values[i + 1] - values[i - width] - values[i + width]) ** 2;
    }
  }
  if (sum / values.length < 12) return { name, state: "poor", words: "It looks blurred. Hold still, or lean the phone against something." };
  return { name, state: "good", words: "The edges are clear." };
}

function greyOf(canvas) {
  const scale = SMALL / Math.max(canvas.width, canvas.height);
  const width = Math.max(3, Math.round(scale * canvas.width));
  const height = Math.max(3, Math.round(scale * canvas.height));
  const small = new OffscreenCanvas(width, height);
  const context = small.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i += 1) {
    values[i] = 0.3 * data[4 * i] + 0.59 * data[4 * i + 1] + 0.11 * data[4 * i + 2];
  }
  return { values, width, height };
}

// QR codes (ISO/IEC 18004) of texts, made in the browser: a link's code goes to no server for it.
//
// As UTF-8 in one segment, at the lowest level of correction: nothing dirties a screen, and a small
// code is easier to scan.

/** Octets of correction in a block, and the number of blocks, by version. */
const CORRECTION = [
  7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26,
  28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
];
const BLOCKS = [
  1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15,
  16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
];
/** What is turned around by each mask. */
const MASKS = [
  (y, x) => (x + y) % 2 === 0,
  (y) => y % 2 === 0,
  (_, x) => x % 3 === 0,
  (y, x) => (x + y) % 3 === 0,
  (y, x) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (y, x) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (y, x) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (y, x) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The rows of a text's code, 1 where it is dark; nothing for a text that is too long for one. */
export function qrCode(text) {
  const octets = new TextEncoder().encode(text);
  const version = 1 + BLOCKS.findIndex((_, index) => octets.length <= room(index + 1));
  return version > 0 ? drawn(version, corrected(version, filled(version, octets))) : undefined;
}

const sizeOf = (version) => 4 * version + 17;
const lengthBits = (version) => (version < 10 ? 8 : 16);
const room = (version) => Math.floor((8 * dataLength(version) - 4 - lengthBits(version)) / 8);
const dataLength = (version) =>
  codewords(version) - CORRECTION[version - 1] * BLOCKS[version - 1];
const binary = (number, digits) => number.toString(2).padStart(digits, "0");
const upTo = (end) => Array.from({ length: end }, (_, index) => index);

/** The octets of data and correction together. */
function codewords(version) {
  const marks = version > 1 ? Math.floor(version / 7) + 2 : 0;
  const ofMarks = marks && (25 * marks - 10) * marks - 55;
  return Math.floor(((16 * version + 128) * version + 64 - ofMarks - (version > 6 ? 36 : 0)) / 8);
}

/** The data: mode and length, the octets, and what fills it up. */
function filled(version, octets) {
  const end = 8 * dataLength(version);
  let bits = "0100" + binary(octets.length, lengthBits(version));
  bits += Array.from(octets, (octet) => binary(octet, 8)).join("");
  bits = bits.padEnd(Math.min(end, bits.length + 4), "0");
  bits = bits.padEnd(8 * Math.ceil(bits.length / 8), "0").padEnd(end, binary(0xec11, 16));
  return bits.match(/.{8}/g).map((octet) => Number.parseInt(octet, 2));
}

/** The data in blocks with their correction, each block's first octet first. */
function corrected(version, data) {
  const count = BLOCKS[version - 1];
  const divisor = generator(CORRECTION[version - 1]);
  const short = Math.floor(data.length / count);
  let start = 0;
  const blocks = upTo(count).map((index) => {
    const length = short + (index < count - (data.length % count) ? 0 : 1);
    start += length;
    return data.slice(start - length, start);
  });
  const corrections = blocks.map((block) => remainder(block, divisor));
  return [blocks, corrections].flatMap((parts) =>
    upTo(Math.max(...parts.map(({ length }) => length))).flatMap((at) =>
      parts.flatMap((part) => (at < part.length ? [part[at]] : [])),
    ),
  );
}

/** A product in GF(2^8) by the polynomial 0x11d. */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((b >> bit) & 1) * a);
  }
  return product;
}

/** The Reed-Solomon generator of a degree, without its leading 1. */
function generator(degree) {
  const factors = [...Array(degree - 1).fill(0), 1];
  let root = 1;
  for (let round = 0; round < degree; round++) {
    for (let at = 0; at < degree; at++) {
      factors[at] = times(factors[at], root) ^ (factors[at + 1] ?? 0);
    }
    root = times(root, 2);
  }
  return factors;
}

function remainder(block, divisor) {
  const rest = divisor.map(() => 0);
  for (const octet of block) {
    const factor = octet ^ rest.shift();
    rest.push(0);
    divisor.forEach((it, at) => (rest[at] ^= times(it, factor)));
  }
  return rest;
}

/** The code with the mask that is the easiest to read. */
function drawn(version, octets) {
  const size = sizeOf(version);
  const fixed = patterns(version);
  const bits = octets.map((octet) => binary(octet, 8)).join("");
  const places = zigzag(size).filter(([y, x]) => fixed[y][x] === undefined);
  const candidates = MASKS.map((flips, mask) => {
    const cells = fixed.map((row) => [...row]);
    places.forEach(([y, x], at) => (cells[y][x] = (bits[at] === "1") ^ flips(y, x)));
    drawFormat(cells, mask);
    return cells;
  });
  const penalties = candidates.map(penalty);
  return candidates[penalties.indexOf(Math.min(...penalties))];
}

/** All that is there whatever the text is; `undefined` where the text goes. */
function patterns(version) {
  const size = sizeOf(version);
  const cells = upTo(size).map(() => Array(size).fill(undefined));
  upTo(size).forEach((at) => (cells[6][at] = cells[at][6] = 1 - (at % 2)));
  const square = (y, x, radius, light) => {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        if (cells[y + dy] && x + dx >= 0 && x + dx < size) {
          cells[y + dy][x + dx] = light.includes(Math.max(Math.abs(dy), Math.abs(dx))) ? 0 : 1;
        }
      }
    }
  };
  const far = size - 4;
  [[3, 3], [3, far], [far, 3]].forEach(([y, x]) => square(y, x, 4, [2, 4]));
  const marks = markPositions(version);
  const last = marks.length - 1;
  const atFinder = (i, j) => (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
  marks.forEach((y, i) =>
    marks.forEach((x, j) => atFinder(i, j) || square(y, x, 2, [1])),
  );
  drawFormat(cells, 0);
  if (version > 6) {
    const bits = (version << 12) | checks(version, 12, 0x1f25);
    upTo(18).forEach((at) => {
      const [a, b] = [size - 11 + (at % 3), Math.floor(at / 3)];
      cells[a][b] = cells[b][a] = (bits >> at) & 1;
    });
  }
  return cells;
}

/** Where the small squares have their centres, down and across. */
function markPositions(version) {
  if (version === 1) {
    return [];
  }
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : 2 * Math.ceil((4 * version + 4) / (2 * count - 2));
  const others = upTo(count - 1).map((at) => sizeOf(version) - 7 - at * step);
  return [6, ...others.reverse()];
}

/** Says the level of correction and the mask, twice. */
function drawFormat(cells, mask) {
  const size = cells.length;
  const data = (1 << 3) | mask;
  const bits = ((data << 10) | checks(data, 10, 0x537)) ^ 0x5412;
  upTo(15).forEach((at) => {
    const bit = (bits >> at) & 1;
    const [y, x] = at < 8 ? [at + (at > 5), 8] : [8, at === 8 ? 7 : 14 - at];
    cells[y][x] = bit;
    const [y2, x2] = at < 8 ? [8, size - 1 - at] : [size - 15 + at, 8];
    cells[y2][x2] = bit;
  });
  cells[size - 8][8] = 1;
}

/** So many bits of a BCH code. */
function checks(data, count, divisor) {
  let rest = data;
  for (let round = 0; round < count; round++) {
    rest = (rest << 1) ^ ((rest >> (count - 1)) * divisor);
  }
  return rest;
}

/** All places in the order in which data fills them: pairs of columns from the right, up and down. */
function zigzag(size) {
  const places = [];
  for (let right = size - 1; right > 0; right -= 2) {
    // The vertical line of dots is passed over.
    right -= right === 6 ? 1 : 0;
    for (let at = 0; at < size; at++) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - at : at;
      places.push([y, right], [y, right - 1]);
    }
  }
  return places;
}

/** How hard a code is to read: long runs, blocks, what looks like a corner, too much of one colour. */
function penalty(cells) {
  const rows = cells.map((row) => row.join(""));
  const columns = cells.map((_, x) => cells.map((row) => row[x]).join(""));
  let points = 0;
  for (const line of [...rows, ...columns]) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) {
      points += run.length - 2;
    }
    points += 40 * [...line.matchAll(/(?=10111010000|00001011101)/g)].length;
  }
  for (let y = 1; y < cells.length; y++) {
    for (let x = 1; x < cells.length; x++) {
      const sum = cells[y][x] + cells[y - 1][x] + cells[y][x - 1] + cells[y - 1][x - 1];
      points += sum % 4 === 0 ? 3 : 0;
    }
  }
  const dark = rows.join("").replaceAll("0", "").length / cells.length ** 2;
  return points + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}

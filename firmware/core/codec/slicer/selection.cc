#include "selection.h"

namespace cutpoint {
namespace {

void clear(Halves counts) {
  for (size_t i = 0; i < kHistogramHalves; ++i) {
    counts.set(i, 0);
  }
}

// By the byte as it is.
void count_bytes(Bytes elements, Halves counts) {
  clear(counts);
  const uint8_t* at = elements.begin();
  // Four at a time: the loop would be a third of the work.
  for (size_t left = elements.size() / 4; left != 0; --left, at += 4) {
    for (size_t i = 0; i < 4; ++i) {
      counts.set(at[i], static_cast<uint16_t>(counts[at[i]] + 1u));
    }
  }
  for (; at != elements.end(); ++at) {
    counts.set(*at, static_cast<uint16_t>(counts[*at] + 1u));
  }
}

// Both sides on one another.
void fold(const SlicerSettings& settings, Halves bytes, Halves ranks) {
  clear(ranks);
  const uint32_t turned = settings.order_bit;
  if (settings.floor_above != 0) {
    size_t rank = 0;
    for (uint32_t order = settings.zero + settings.floor_above; order <= 255; ++order) {
      ranks.set(++rank, bytes[order ^ turned]);
    }
  }
  if (settings.floor_below != 0) {
    size_t rank = 0;
    for (uint32_t order = settings.zero - settings.floor_below + 1u; order-- != 0;) {
      ++rank;
      ranks.set(rank, static_cast<uint16_t>(ranks[rank] + bytes[order ^ turned]));
    }
  }
}

// From the highest rank on, until `keep` are together.
void keep_highest(uint32_t keep, Halves ranks, Selection& selection) {
  uint32_t left = keep;
  for (size_t rank = kHistogramHalves; rank-- != 1;) {
    const uint32_t count = ranks[rank];
    if (count == 0) {
      continue;
    }
    if (left == 0) {
      ranks.set(rank, 0);
      continue;
    }
    selection.least = static_cast<uint32_t>(rank);
    selection.surplus = count > left ? count - left : 0;
    left -= count - selection.surplus;
    ranks.set(rank, static_cast<uint16_t>(count - selection.surplus));
  }
  selection.kept = keep - left;
}

void split(const SlicerSettings& settings, Halves ranks, Selection& selection) {
  const uint32_t blocks = settings.blocks();
  uint8_t firsts[kSlicerMaxBlocks] = {};
  uint32_t j = 0;
  uint32_t before = 0;  // kept elements of lower ranks
  uint32_t last = selection.least;
  for (uint32_t rank = selection.least; before != selection.kept; ++rank) {
    const uint32_t count = ranks[rank];
    if (count == 0) {
      continue;
    }
    before += count;
    last = rank;
    for (; j < blocks && selection.kept * j / blocks < before; ++j) {
      firsts[j] = static_cast<uint8_t>(rank);
    }
  }
  divide(firsts, blocks, static_cast<uint8_t>(last), settings.widest, selection.blocks);
}

// Offset of block j, and what the cells of its elements take. Counts of ranks become where they lie.
void count_cells(Halves ranks, uint32_t j, SlicerBlock& block, FlagCount& more, uint32_t& value_bits) {
  const uint32_t most = block.most_flags();
  uint32_t count = 0;
  uint32_t within = 0;  // sum of places in cells
  uint32_t cell = 0;
  uint32_t place = 0;
  for (uint32_t rank = block.first; rank <= block.last; ++rank) {
    const uint32_t here = ranks[rank];
    if (here != 0) {
      count += here;
      within += here * place;
      more.ones += here * (cell < most ? cell : most);
      more.all += cell < most ? here : 0;  // the flag that ends them
      ranks.set(rank, static_cast<uint16_t>(cell << kCellShift | j));
    }
    if (++place == block.width) {
      place = 0;
      ++cell;
    }
  }
  more.all += more.ones;
  value_bits += count * bits_for(block.cells);
  block.offset = static_cast<uint8_t>((2 * within + count) / (2 * count));
}

}  // namespace

void select(const SlicerSettings& settings, Bytes elements, Halves bytes, Halves ranks, Selection& selection) {
  count_bytes(elements, bytes);
  fold(settings, bytes, ranks);
  keep_highest(settings.keep, ranks, selection);
  if (selection.kept == 0) {
    return;
  }
  split(settings, ranks, selection);
  selection.value_bits = selection.kept * settings.block_bits;
  for (uint32_t j = 0; j < settings.blocks(); ++j) {
    SlicerBlock& block = selection.blocks.block[j];
    if (!block.empty()) {
      count_cells(ranks, j, block, selection.more[j], selection.value_bits);
    }
  }
}

}  // namespace cutpoint

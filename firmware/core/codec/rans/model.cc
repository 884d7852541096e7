#include "model.h"

#include "../../bytes.h"

namespace cutpoint {
namespace {

constexpr size_t kModelHeadBytes = 8;

constexpr size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }

uint32_t ceil_log2(uint32_t value) {
  uint32_t shift = 0;
  while ((1u << shift) < value) {
    ++shift;
  }
  return shift;
}

// ceil(2^(31 + shift) / frequency), told without dividing: the one r with r * f in [2^(31 + shift), 2^(31 + shift) + f).
bool is_reciprocal(uint32_t r, uint32_t frequency, uint32_t shift) {
  const uint64_t product = static_cast<uint64_t>(r) * frequency;
  const uint64_t power = static_cast<uint64_t>(1) << (31 + shift);
  return product >= power && product - power < frequency;
}

Status check_table(Bytes block, size_t at, uint32_t levels, size_t& bytes) {
  if (block.size() - at < kTableHeadBytes) {
    return Status::kTruncated;
  }
  const RansTable table(block.data() + at);
  if (table.symbols() == 0 || table.symbols() > levels || table.offset() >= levels) {
    return Status::kNumber;
  }
  bytes = table.bytes(levels);
  if (block.size() - at < bytes) {
    return Status::kTruncated;
  }
  const uint32_t entries = static_cast<uint32_t>((bytes - kTableHeadBytes) / kEntryBytes);
  uint32_t sum = 0;
  for (uint32_t symbol = 0; symbol < entries; ++symbol) {
    const uint32_t packed = table.packed(symbol);
    const uint32_t frequency = frequency_of(packed);
    if (frequency == 0 || frequency > kFrequencySum - sum || start_of(packed) != sum ||
        shift_of(packed) != ceil_log2(frequency) ||
        !is_reciprocal(table.reciprocal(symbol), frequency, shift_of(packed))) {
      return Status::kNumber;
    }
    sum += frequency;
  }
  return sum == kFrequencySum ? Status::kOk : Status::kNumber;
}

}  // namespace

Status read_model(Bytes block, const LevelGrid& grid, bool changes, RansModel& model, size_t& bytes) {
  if (block.size() < kModelHeadBytes) {
    return Status::kTruncated;
  }
  const uint8_t* const head = block.data();
  const uint8_t last_prediction = static_cast<uint8_t>(changes ? Prediction::kReference : Prediction::kAverage);
  const uint8_t last_activity = static_cast<uint8_t>(changes ? Activity::kChange : Activity::kGradient);
  if (head[0] > last_prediction || head[1] < 1 || head[1] > kMaxContexts || head[5] < 1 || head[5] > kMaxGroups ||
      head[6] > (changes ? 0 : 1) || head[7] > last_activity) {
    return Status::kNumber;
  }
  model.prediction = static_cast<Prediction>(head[0]);
  model.contexts = head[1];
  model.groups = head[5];
  model.sliced = head[6] != 0;
  model.activity = static_cast<Activity>(head[7]);
  if (model.sliced && grid.channels > kMaxSlicedChannels) {
    return Status::kNumber;
  }
  for (size_t i = 0; i < kMaxContexts - 1; ++i) {
    model.thresholds[i] = head[2 + i];
    if (i + 1 >= model.contexts) {
      if (model.thresholds[i] != 0) {
        return Status::kReserved;
      }
    } else if (i != 0 && model.thresholds[i] < model.thresholds[i - 1]) {
      return Status::kNumber;
    }
  }
  size_t at = kModelHeadBytes;
  model.group_of = nullptr;
  if (model.groups > 1) {
    const size_t room = padded(grid.channels);
    if (block.size() - at < room) {
      return Status::kTruncated;
    }
    model.group_of = block.data() + at;
    for (size_t i = 0; i < room; ++i) {
      if (model.group_of[i] >= (i < grid.channels ? model.groups : 1)) {
        return i < grid.channels ? Status::kNumber : Status::kReserved;
      }
    }
    at += room;
  }
  model.tables = block.data() + at;
  const size_t tables = static_cast<size_t>(model.groups) * model.contexts;
  for (size_t i = 0; i < tables; ++i) {
    size_t table_bytes = 0;
    CUTPOINT_TRY(check_table(block, at, grid.levels, table_bytes));
    at += table_bytes;
  }
  bytes = at;
  return Status::kOk;
}

void locate_tables(const RansModel& model, uint32_t levels, const uint8_t* (&rows)[kMaxGroups * kMaxContexts]) {
  const uint8_t* at = model.tables;
  for (size_t group = 0; group < model.groups; ++group) {
    for (size_t context = 0; context < model.contexts; ++context) {
      rows[group * kMaxContexts + context] = at;
      at += RansTable(at).bytes(levels);
    }
  }
}

size_t list_channels(const RansModel& model, size_t channels, size_t group, uint8_t (&listed)[kMaxSlicedChannels]) {
  size_t count = 0;
  for (size_t channel = 0; channel < channels; ++channel) {
    if (model.group_of == nullptr || model.group_of[channel] == group) {
      listed[count] = static_cast<uint8_t>(channel);
      ++count;
    }
  }
  return count;
}

}  // namespace cutpoint

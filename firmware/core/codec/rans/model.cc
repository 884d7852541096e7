#include "model.h"

#include "../../bytes.h"

namespace cutpoint {
namespace {

constexpr size_t kContextsAt = 1;
constexpr size_t kThresholdsAt = 2;
constexpr size_t kGroupsAt = 5;
constexpr size_t kSlicedAt = 6;
constexpr size_t kActivityAt = 7;
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

Status check_head(const uint8_t* head, const LevelGrid& grid, bool changes) {
  const uint8_t last_prediction = static_cast<uint8_t>(changes ? Prediction::kReference : Prediction::kAverage);
  const uint8_t last_activity = static_cast<uint8_t>(changes ? Activity::kChange : Activity::kGradient);
  const uint8_t contexts = head[kContextsAt];
  const uint8_t groups = head[kGroupsAt];
  const bool known = head[0] <= last_prediction && head[kActivityAt] <= last_activity &&
                     head[kSlicedAt] <= (changes ? 0 : 1);
  const bool sliced_too_finely = head[kSlicedAt] != 0 && grid.channels > kMaxSlicedChannels;
  if (!known || contexts < 1 || contexts > kMaxContexts || groups < 1 || groups > kMaxGroups || sliced_too_finely) {
    return Status::kNumber;
  }
  const uint8_t* const thresholds = head + kThresholdsAt;
  for (size_t i = 0; i < kMaxContexts - 1; ++i) {
    if (i + 1u >= contexts && thresholds[i] != 0) {
      return Status::kReserved;
    }
    if (i + 1u < contexts && i != 0 && thresholds[i] < thresholds[i - 1]) {
      return Status::kNumber;
    }
  }
  return Status::kOk;
}

Status check_groups(const uint8_t* group_of, size_t channels, uint8_t groups) {
  for (size_t i = 0; i < channels; ++i) {
    if (group_of[i] >= groups) {
      return Status::kNumber;
    }
  }
  for (size_t i = channels; i < padded(channels); ++i) {
    if (group_of[i] != 0) {
      return Status::kReserved;
    }
  }
  return Status::kOk;
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
  CUTPOINT_TRY(check_head(block.data(), grid, changes));
  size_t at = kModelHeadBytes;
  if (block[kGroupsAt] > 1) {
    if (block.size() - at < padded(grid.channels)) {
      return Status::kTruncated;
    }
    CUTPOINT_TRY(check_groups(block.data() + at, grid.channels, block[kGroupsAt]));
    at += padded(grid.channels);
  }
  const size_t tables = static_cast<size_t>(block[kGroupsAt]) * block[kContextsAt];
  for (size_t i = 0; i < tables; ++i) {
    size_t table_bytes = 0;
    CUTPOINT_TRY(check_table(block, at, grid.levels, table_bytes));
    at += table_bytes;
  }
  bytes = read_known_model(block.data(), grid, model);
  return Status::kOk;
}

size_t read_known_model(const uint8_t* block, const LevelGrid& grid, RansModel& model) {
  model.prediction = static_cast<Prediction>(block[0]);
  model.contexts = block[kContextsAt];
  for (size_t i = 0; i < kMaxContexts - 1; ++i) {
    model.thresholds[i] = block[kThresholdsAt + i];
  }
  model.groups = block[kGroupsAt];
  model.sliced = block[kSlicedAt] != 0;
  model.activity = static_cast<Activity>(block[kActivityAt]);
  model.group_of = model.groups > 1 ? block + kModelHeadBytes : nullptr;
  model.tables = block + kModelHeadBytes + (model.groups > 1 ? padded(grid.channels) : 0);
  const uint8_t* end = model.tables;
  for (size_t left = static_cast<size_t>(model.groups) * model.contexts; left != 0; --left) {
    end += RansTable(end).bytes(grid.levels);
  }
  return static_cast<size_t>(end - block);
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

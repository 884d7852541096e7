#include "../../bytes.h"
#include "rans.h"
#include "run.h"
#include "writer.h"

namespace cutpoint {
namespace {

// The run that ends with pixel (y, x), whose block begins at channel `first`; it goes `pixels` to the left.
RansRun run_at(const RansJob& job, size_t y, size_t x, size_t first, size_t pixels) {
  const size_t pixel = job.grid.channels;
  const size_t line = pixel * job.grid.width;
  const size_t at = y * line + x * pixel + first;
  const bool has_left = x != 0;
  const bool has_upper = y != 0;
  const uint8_t* const here = job.elements + at;
  const RansRun::Line strip = {job.strip, 0};
  RansRun run = {{here, pixel}, strip, strip, strip, strip, strip, pixels};
  if (has_left) {
    run.left = {here - pixel, pixel};
  }
  if (has_upper) {
    run.upper = {here - line, pixel};
  }
  if (job.model.activity == Activity::kGradient && has_left && has_upper) {
    run.beside_left = run.beside_upper = {here - line - pixel, pixel};
  }
  if (job.model.activity == Activity::kChange) {
    run.beside_left = has_left ? RansRun::Line{job.reference + at - pixel, pixel} : strip;
    run.beside_upper = has_upper ? RansRun::Line{job.reference + at - line, pixel} : strip;
  }
  if (job.model.prediction == Prediction::kLeft) {
    run.guess = run.left;
  } else if (job.model.prediction == Prediction::kUpper) {
    run.guess = run.upper;
  } else if (job.model.prediction == Prediction::kReference) {
    run.guess = {job.reference + at, pixel};
  }
  return run;
}

constexpr size_t kEveryGroup = kMaxGroups;

// Notes the channels [first, first + count) that are of the group.
void choose_channels(RansJob& job, size_t first, size_t count, size_t group) {
  job.coded_count = 0;
  for (size_t channel = 0; channel < count; ++channel) {
    const size_t own = job.model.group_of != nullptr ? job.model.group_of[first + channel] : 0;
    if (group == kEveryGroup || group == own) {
      job.coded[job.coded_count] = {static_cast<uint8_t>(channel), static_cast<uint8_t>(kMaxContexts * own)};
      ++job.coded_count;
    }
  }
}

// One stream, of all channels or those of a group, at the end of `out`; returns its bytes, or 0.
size_t encode_stream(RansJob& job, EncodeRun encode_run, size_t group, MutableBytes out) {
  const size_t channels = job.grid.channels;
  const bool whole = channels <= kBlockChannels;
  RansWriter writer(out);
  if (whole) {
    choose_channels(job, 0, channels, group);
  }
  for (size_t y = job.grid.height; y-- != 0;) {
    for (size_t x = job.grid.width; x-- != 0;) {
      if (whole) {
        // All pixels that have a left neighbour at once.
        RansRun run = run_at(job, y, x, 0, x != 0 ? x : 1);
        if (job.coded_count != 0 && !encode_run(job, run, writer)) {
          return 0;
        }
        x = x != 0 ? 1 : 0;
        continue;
      }
      for (size_t end = channels; end != 0;) {
        const size_t count = (end - 1) % kBlockChannels + 1;
        end -= count;
        choose_channels(job, end, count, group);
        RansRun run = run_at(job, y, x, end, 1);
        if (!encode_run(job, run, writer)) {
          return 0;
        }
      }
    }
  }
  return writer.finish();
}

size_t encode_slices(RansJob& job, EncodeRun encode_run, MutableBytes out) {
  const size_t head = 2 * static_cast<size_t>(job.model.groups);
  if (out.size() < head) {
    return 0;
  }
  // The last slice first, so that the first one comes to lie in front.
  MutableBytes left = out.from(head);
  uint16_t sizes[kMaxGroups];
  for (size_t group = job.model.groups; group-- != 0;) {
    const size_t bytes = encode_stream(job, encode_run, group, left);
    if (bytes == 0 || bytes > UINT16_MAX) {
      return 0;
    }
    sizes[group] = static_cast<uint16_t>(bytes);
    left = left.first(left.size() - bytes);
  }
  uint8_t* const at = left.end() - head;
  for (size_t group = 0; group < job.model.groups; ++group) {
    store_u16(at + 2 * group, sizes[group]);
  }
  return static_cast<size_t>(out.end() - at);
}

size_t encode_all(RansJob& job, EncodeRun encode_run, uint8_t zero_element, MutableBytes out) {
  locate_tables(job.model, job.grid.levels, job.rows);
  fill_bytes(job.strip, zero_element, job.grid.channels < kBlockChannels ? job.grid.channels : kBlockChannels);
  return job.model.sliced ? encode_slices(job, encode_run, out) : encode_stream(job, encode_run, kEveryGroup, out);
}

// An int8 tensor with a level for every value, in their order: its elements are kept levels. Asked by words where the
// table lies at one, as it does in a file.
bool keeps_int8(const LevelGrid& grid, const uint8_t* to_level) {
  if (grid.levels != 256) {
    return false;
  }
  uint32_t expected = 0x83828180u;
  if (reinterpret_cast<uintptr_t>(to_level) % 4 != 0) {
    for (uint32_t i = 0; i < 256; ++i) {
      if (to_level[i] != (i ^ kKeptLevelBit)) {
        return false;
      }
    }
    return true;
  }
  for (uint32_t i = 0; i < 256; i += 4, expected += 0x04040404u) {
    // At 128 every byte has run over into the next one: all begin again.
    expected = i == 128 ? 0x03020100u : expected;
    uint32_t word;
    __builtin_memcpy(&word, __builtin_assume_aligned(to_level + i, 4), sizeof word);
    if (word != expected) {
      return false;
    }
  }
  return true;
}

}  // namespace

size_t encode_rans(const TensorTables& tables, Bytes elements, MutableBytes out) {
  if (out.size() < kTablesMarkBytes) {
    return 0;
  }
  const size_t streams =
      encode_streams(tables.grid, tables.models[0], tables.to_level, elements, out.from(kTablesMarkBytes));
  if (streams == 0) {
    return 0;
  }
  store_u16(out.end() - streams - kTablesMarkBytes, tables.mark);
  return kTablesMarkBytes + streams;
}

size_t encode_streams(const LevelGrid& grid, const RansModel& model, const uint8_t* to_level, Bytes elements,
                      MutableBytes out) {
  RansJob job(grid, model, to_level, elements, Bytes());
  if (keeps_int8(grid, to_level)) {
    return encode_all(job, encoder_of(LevelSource::kKept, model), grid.zero ^ kKeptLevelBit, out);
  }
  for (uint32_t i = 0; i < 256; ++i) {
    if (to_level[i] == grid.zero) {
      return encode_all(job, encoder_of(LevelSource::kTable, model), static_cast<uint8_t>(i), out);
    }
  }
  return 0;
}

size_t encode_kept_levels(const LevelGrid& grid, const RansModel& model, Bytes kept, Bytes reference,
                          MutableBytes out) {
  RansJob job(grid, model, nullptr, kept, reference);
  return encode_all(job, encoder_of(LevelSource::kKept, model), grid.zero ^ kKeptLevelBit, out);
}

}  // namespace cutpoint

// Makes stream plans by hand: tensors, operators, and for each cut how many lines of each tensor there are.
#ifndef CUTPOINT_TESTS_PLAN_BYTES_H_
#define CUTPOINT_TESTS_PLAN_BYTES_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "bytes.h"
#include "crc32.h"
#include "stream/plan.h"

namespace cutpoint::stream {

struct HandOperator {
  uint8_t kind;
  std::vector<ReadRule> rules;
  std::vector<uint16_t> made;
  uint16_t units;
  uint16_t units_per_row = 1;
  std::vector<int32_t> words = {};
  std::vector<uint8_t> blob = {};
};

struct HandLayout {
  std::vector<uint16_t> lines;  // of the tensors after the inputs
  std::vector<uint16_t> live;
};

// Rings lie one after the other: nothing shares memory.
class HandPlan {
 public:
  uint16_t operators = 0;  // of the whole network; as many as are here when 0
  std::vector<TensorRecord> tensors;
  std::vector<uint16_t> fed_lines;  // one an input
  std::vector<HandOperator> ops;
  std::vector<HandLayout> layouts;

  uint16_t tensor(uint16_t rows, uint16_t width, uint32_t channels, DType dtype = DType::kInt8) {
    const uint16_t number = static_cast<uint16_t>(tensors.size());
    tensors.push_back({static_cast<uint16_t>(100 + number), static_cast<uint8_t>(dtype), 0, rows, width, channels, -3, 0, 0});
    return number;
  }

  // The file in memory aligned to 8.
  std::vector<uint64_t> make() const {
    std::vector<uint8_t> b(sizeof(PlanHeader));
    for (const uint16_t lines : fed_lines) {
      put(b, InputRecord{lines, 0});
    }
    std::vector<Reader> readers;
    for (size_t t = 0; t < tensors.size(); ++t) {
      TensorRecord record = tensors[t];
      record.first_reader = static_cast<uint16_t>(readers.size());
      for (size_t o = 0; o < ops.size(); ++o) {
        for (size_t r = 0; r < ops[o].rules.size(); ++r) {
          if (ops[o].rules[r].tensor == t) {
            readers.push_back({static_cast<uint16_t>(o), static_cast<uint16_t>(r)});
          }
        }
      }
      record.readers = static_cast<uint16_t>(readers.size() - record.first_reader);
      put(b, record);
    }
    PlanHeader header = {{'C', 'P', 'S', 'P'}, kPlanVersion, 0, 0, 0, {1, 2, 3, 4}, 0, 0, 0, 0, 0, 0, 0, 0};
    header.readers_at = size(b);
    for (const Reader& reader : readers) {
      put(b, reader);
    }
    std::vector<uint32_t> offsets;
    for (const HandOperator& op : ops) {
      offsets.push_back(size(b));
      put_operator(b, op);
    }
    header.operators_at = size(b);
    for (const uint32_t offset : offsets) {
      put(b, offset);
    }
    header.layouts_at = size(b);
    b.resize(b.size() + layouts.size() * sizeof(LayoutRecord));
    for (size_t cut = 0; cut < layouts.size(); ++cut) {
      const LayoutRecord record = put_layout(b, layouts[cut]);
      std::memcpy(&b[header.layouts_at + cut * sizeof record], &record, sizeof record);
    }
    header.operators = operators != 0 ? operators : static_cast<uint16_t>(ops.size());
    header.on_board = static_cast<uint16_t>(ops.size());
    header.tensors = static_cast<uint16_t>(tensors.size());
    header.inputs = static_cast<uint16_t>(fed_lines.size());
    header.readers = static_cast<uint16_t>(readers.size());
    header.plan_bytes = size(b);
    std::memcpy(b.data(), &header, sizeof header);
    seal(b.data(), b.size());
    std::vector<uint64_t> aligned((b.size() + 7) / 8);
    std::memcpy(aligned.data(), b.data(), b.size());
    return aligned;
  }

  static void seal(uint8_t* plan, size_t bytes) { store_u32(plan + 12, crc32(0, Bytes(plan + 16, bytes - 16))); }

 private:
  static uint32_t size(const std::vector<uint8_t>& b) { return static_cast<uint32_t>(b.size()); }

  template <typename T>
  static void put(std::vector<uint8_t>& b, const T& value) {
    const size_t at = b.size();
    b.resize(at + sizeof value);
    std::memcpy(&b[at], &value, sizeof value);
  }

  static void put_operator(std::vector<uint8_t>& b, const HandOperator& op) {
    put(b, OperatorRecord{op.kind, static_cast<uint8_t>(op.rules.size()), static_cast<uint8_t>(op.made.size()), 0, op.units,
                          op.units_per_row, static_cast<uint32_t>(op.words.size()),
                          static_cast<uint32_t>(op.blob.size())});
    for (const ReadRule& rule : op.rules) {
      put(b, rule);
    }
    for (const uint16_t made : op.made) {
      put(b, made);
    }
    b.resize((b.size() + 3) / 4 * 4);
    for (const int32_t word : op.words) {
      put(b, word);
    }
    b.insert(b.end(), op.blob.begin(), op.blob.end());
  }

  LayoutRecord put_layout(std::vector<uint8_t>& b, const HandLayout& layout) const {
    LayoutRecord record = {size(b), 0, 0, 0, static_cast<uint16_t>(layout.live.size()), 0};
    uint32_t at = 0;
    for (size_t i = 0; i < layout.lines.size(); ++i) {
      put(b, LayoutEntry{at, layout.lines[i], 0});
      const size_t bytes = layout.lines[i] * tensors[fed_lines.size() + i].row_bytes();
      at += static_cast<uint32_t>((bytes + 3) / 4 * 4);
    }
    record.head_bytes = record.block_bytes = at;
    record.live_at = size(b);
    for (const uint16_t tensor : layout.live) {
      put(b, tensor);
    }
    b.resize((b.size() + 3) / 4 * 4);
    return record;
  }
};

inline Bytes bytes_of(const std::vector<uint64_t>& plan) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(plan.data());
  return Bytes(bytes, load_u32(bytes + 8));
}

}  // namespace cutpoint::stream

#endif  // CUTPOINT_TESTS_PLAN_BYTES_H_

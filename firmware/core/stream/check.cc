#include "check.h"

#include "../bytes.h"
#include "../crc32.h"

namespace cutpoint::stream {
namespace {

constexpr uint32_t kMaxTensors = 4096;
constexpr uint32_t kMaxTensorBytes = 1u << 28;
constexpr uint32_t kMaxBlockBytes = 1u << 28;
constexpr int32_t kMaxRule = 1 << 24;
constexpr size_t kCrcEnd = 16;  // the field's own end in the header

struct File {
  Bytes bytes;
  Plan plan;

  const PlanHeader& header() const { return plan.header(); }
  // Whether `count` records of `size` bytes lie inside, at a multiple of their alignment.
  bool holds(uint64_t at, uint64_t count, uint64_t size, uint64_t alignment = 4) const {
    return at % alignment == 0 && at <= bytes.size() && count * size <= bytes.size() - at;
  }
};

PlanFault check_header(const File& file, const ModelId* model) {
  const PlanHeader& header = file.header();
  if (!equal_bytes(header.magic, reinterpret_cast<const uint8_t*>("CPSP"), 4)) {
    return PlanFault::kMagic;
  }
  if (header.version != kPlanVersion) {
    return PlanFault::kVersion;
  }
  if (header.plan_bytes != file.bytes.size()) {
    return PlanFault::kTruncated;
  }
  if (header.crc != crc32(0, file.bytes.from(kCrcEnd))) {
    return PlanFault::kCrc;
  }
  if (model != nullptr && !equal_bytes(header.model, model->bytes, sizeof header.model)) {
    return PlanFault::kModel;
  }
  if (header.on_board == 0 || header.on_board > header.operators || header.inputs == 0 || header.inputs > kMaxInputs ||
      header.tensors <= header.inputs || header.tensors > kMaxTensors || header.reserved != 0) {
    return PlanFault::kCounts;
  }
  const uint64_t tables = header.inputs * sizeof(InputRecord) + header.tensors * sizeof(TensorRecord);
  const bool inside = file.holds(sizeof(PlanHeader), 1, tables) &&
                      file.holds(header.operators_at, header.on_board, sizeof(uint32_t)) &&
                      file.holds(header.readers_at, header.readers, sizeof(Reader)) &&
                      file.holds(header.layouts_at, header.on_board + 1u, sizeof(LayoutRecord));
  return inside ? PlanFault::kNone : PlanFault::kPlace;
}

PlanFault check_tensors(const File& file) {
  for (size_t i = 0; i < file.header().tensors; ++i) {
    const TensorRecord& tensor = file.plan.tensor(i);
    const uint64_t row = static_cast<uint64_t>(tensor.width) * tensor.channels * tensor.item();
    if (row == 0 || tensor.rows == 0 || tensor.channels > kMaxTensorBytes || row * tensor.rows > kMaxTensorBytes ||
        tensor.reserved != 0 || tensor.first_reader + tensor.readers > file.header().readers) {
      return PlanFault::kTensor;
    }
  }
  for (size_t i = 0; i < file.header().inputs; ++i) {
    const uint16_t lines = file.plan.inputs()[i].fed_lines;
    if (lines == 0 || lines > file.plan.tensor(i).rows) {
      return PlanFault::kTensor;
    }
  }
  return PlanFault::kNone;
}

bool rule_fits(const ReadRule& rule, uint16_t units) {
  const bool small = rule.num >= 0 && rule.num <= UINT16_MAX && rule.den >= 1 && rule.den <= UINT16_MAX &&
                     rule.lo >= -kMaxRule && rule.lo <= kMaxRule && rule.hi >= -kMaxRule && rule.hi <= kMaxRule;
  return small && rule.reserved == 0 && rule.lo < rule.hi &&
         static_cast<uint64_t>(rule.num) * units < static_cast<uint64_t>(INT32_MAX - kMaxRule);
}

// `next` is the first tensor that no operator has made yet.
PlanFault check_operator(const File& file, size_t index, uint32_t& next, KernelOf kernels) {
  const uint32_t at = *reinterpret_cast<const uint32_t*>(file.bytes.data() + file.header().operators_at + 4 * index);
  if (!file.holds(at, 1, sizeof(OperatorRecord))) {
    return PlanFault::kPlace;
  }
  const OperatorRecord& op = *reinterpret_cast<const OperatorRecord*>(file.bytes.data() + at);
  const size_t operands = static_cast<size_t>(op.inputs) + op.outputs;
  if (op.outputs == 0 || operands > kMaxOperands || op.reserved != 0 || op.blob_bytes % 4 != 0) {
    return PlanFault::kOperand;
  }
  const uint64_t bytes = sizeof op + op.inputs * sizeof(ReadRule) + 2u * (op.outputs + (op.outputs & 1u)) +
                         4ull * op.params + op.blob_bytes;
  if (!file.holds(at, 1, bytes)) {
    return PlanFault::kPlace;
  }
  if (op.units == 0 || op.units_per_row == 0 || op.units % op.units_per_row != 0) {
    return PlanFault::kRule;
  }
  const TensorRecord* shapes[kMaxOperands];
  for (size_t i = 0; i < op.inputs; ++i) {
    const ReadRule& rule = op.rules()[i];
    if (rule.tensor >= next) {
      return PlanFault::kOperand;
    }
    if (!rule_fits(rule, op.units)) {
      return PlanFault::kRule;
    }
    shapes[i] = &file.plan.tensor(rule.tensor);
  }
  for (size_t i = 0; i < op.outputs; ++i, ++next) {
    if (op.made()[i] != next || next >= file.header().tensors) {
      return PlanFault::kOperand;
    }
    const TensorRecord& made = file.plan.tensor(next);
    if (made.rows != op.units / op.units_per_row) {
      return PlanFault::kRule;
    }
    shapes[op.inputs + i] = &made;
  }
  const Kernel* kernel = kernels(op.kind);
  if (kernel == nullptr) {
    return PlanFault::kKind;
  }
  return kernel->check({op, shapes, shapes + op.inputs}) ? PlanFault::kNone : PlanFault::kOperator;
}

// Every reading of a tensor is in its list, and nothing else: lines are freed by it.
PlanFault check_readers(const File& file) {
  uint32_t inputs = 0;
  for (size_t i = 0; i < file.header().on_board; ++i) {
    inputs += file.plan.op(i).inputs;
  }
  uint32_t listed = 0;
  for (size_t i = 0; i < file.header().tensors; ++i) {
    const TensorRecord& tensor = file.plan.tensor(i);
    if (tensor.first_reader != listed) {
      return PlanFault::kOperand;
    }
    for (size_t r = 0; r < tensor.readers; ++r, ++listed) {
      const Reader& reader = file.plan.readers()[listed];
      if (reader.op >= file.header().on_board || reader.place >= file.plan.op(reader.op).inputs ||
          file.plan.op(reader.op).rules()[reader.place].tensor != i) {
        return PlanFault::kOperand;
      }
    }
  }
  return listed == inputs && listed == file.header().readers ? PlanFault::kNone : PlanFault::kOperand;
}

PlanFault check_layout(const File& file, size_t cut) {
  const PlanHeader& header = file.header();
  const LayoutRecord& layout = file.plan.layout(cut);
  const uint32_t made = header.tensors - header.inputs;
  if (!file.holds(layout.entries_at, made, sizeof(LayoutEntry)) || !file.holds(layout.live_at, layout.live, 2, 2) ||
      layout.head_bytes > layout.block_bytes || layout.block_bytes > kMaxBlockBytes || layout.reserved != 0) {
    return PlanFault::kLayout;
  }
  const uint16_t before = file.plan.tensors_before(cut);
  for (size_t i = header.inputs; i < header.tensors; ++i) {
    const LayoutEntry& entry = file.plan.entry(layout, i);
    const TensorRecord& tensor = file.plan.tensor(i);
    const uint64_t bytes = i < before ? layout.head_bytes : layout.block_bytes;
    if (entry.lines == 0 || entry.lines > tensor.rows || entry.at % 4 != 0 || entry.reserved != 0 ||
        entry.at + static_cast<uint64_t>(entry.lines) * tensor.row_bytes() > bytes) {
      return PlanFault::kLayout;
    }
  }
  for (size_t i = 0; i < layout.live; ++i) {
    const uint16_t tensor = file.plan.live(layout)[i];
    const bool there = tensor < before && file.plan.tensor(tensor).index != kNoIndex;
    if (!there || (tensor >= header.inputs &&
                   file.plan.entry(layout, tensor).lines != file.plan.tensor(tensor).rows)) {
      return PlanFault::kLayout;
    }
  }
  return PlanFault::kNone;
}

}  // namespace

PlanFault check_plan(Bytes bytes, const ModelId* model, KernelOf kernels) {
  if (bytes.size() < sizeof(PlanHeader)) {
    return PlanFault::kTruncated;
  }
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kPlanAlignment != 0) {
    return PlanFault::kAlignment;
  }
  const File file = {bytes, Plan(bytes.data())};
  PlanFault fault = check_header(file, model);
  if (fault == PlanFault::kNone) {
    fault = check_tensors(file);
  }
  uint32_t next = file.header().inputs;
  for (size_t i = 0; fault == PlanFault::kNone && i < file.header().on_board; ++i) {
    fault = check_operator(file, i, next, kernels);
  }
  if (fault == PlanFault::kNone && next != file.header().tensors) {
    fault = PlanFault::kOperand;
  }
  if (fault == PlanFault::kNone) {
    fault = check_readers(file);
  }
  for (size_t cut = 0; fault == PlanFault::kNone && cut <= file.header().on_board; ++cut) {
    fault = check_layout(file, cut);
  }
  return fault;
}

const char* plan_fault_text(PlanFault fault) {
  switch (fault) {
    case PlanFault::kNone:
      return "The stream plan is good.";
    case PlanFault::kTruncated:
      return "The stream plan is cut off, or its size is another than it states.";
    case PlanFault::kAlignment:
      return "The stream plan does not begin at a multiple of 4.";
    case PlanFault::kMagic:
      return "This is no stream plan.";
    case PlanFault::kVersion:
      return "The stream plan is of another version than this firmware reads.";
    case PlanFault::kCrc:
      return "The stream plan is damaged: its CRC differs.";
    case PlanFault::kModel:
      return "The stream plan belongs to another model.";
    case PlanFault::kCounts:
      return "The stream plan states impossible counts.";
    case PlanFault::kPlace:
      return "The stream plan has a table outside of itself.";
    case PlanFault::kTensor:
      return "The stream plan has a tensor of an impossible shape or type.";
    case PlanFault::kOperand:
      return "The stream plan has an operator with impossible inputs or outputs.";
    case PlanFault::kRule:
      return "The stream plan has an operator that reads or makes impossible lines.";
    case PlanFault::kKind:
      return "The stream plan has an operator that this firmware does not carry.";
    case PlanFault::kOperator:
      return "The stream plan has an operator whose parameters do not fit its shapes.";
    case PlanFault::kLayout:
      return "The stream plan places lines outside of their memory.";
  }
  return "The stream plan is not good.";
}

}  // namespace cutpoint::stream

// A stream plan: what `cutpoint split` compiles a network into for this engine. docs/stream.md has the table of its bytes.
#ifndef CUTPOINT_STREAM_PLAN_H_
#define CUTPOINT_STREAM_PLAN_H_

#include <stddef.h>
#include <stdint.h>

#include "../codec/tensor.h"
#include "../frame/header.h"
#include "../span.h"

namespace cutpoint::stream {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a plan is read in place");

constexpr uint16_t kPlanVersion = 1;
constexpr size_t kPlanAlignment = 4;
constexpr size_t kMaxOperands = 16;  // inputs and outputs of one operator, together
constexpr size_t kMaxInputs = 4;     // of the network

// Records as they lie in the file.

struct PlanHeader {
  uint8_t magic[4];  // "CPSP"
  uint16_t version;
  uint16_t operators;  // of the whole network, N
  uint32_t plan_bytes;
  uint32_t crc;  // CRC-32 of everything after this field
  uint8_t model[4];
  uint16_t on_board;  // operators in this plan, K
  uint16_t tensors;
  uint16_t inputs;
  uint16_t readers;
  uint32_t operators_at;  // on_board x u32: where each operator's record begins
  uint32_t readers_at;    // readers x Reader
  uint32_t layouts_at;    // (on_board + 1) x LayoutRecord
  uint32_t reserved;
};
static_assert(sizeof(PlanHeader) == 44, "as in docs/stream.md");

// Inputs follow the header, tensors the inputs. The first tensors are the inputs, in the network's order.
struct InputRecord {
  uint16_t fed_lines;  // ring that is enough when a LineSource gives its lines; `rows` when it must be whole
  uint16_t reserved;
};

struct TensorRecord {
  uint16_t index;  // in the whole model; kNoIndex for what an operator keeps between its units
  uint8_t dtype;
  uint8_t reserved;
  uint16_t rows;
  uint16_t width;
  uint32_t channels;
  int32_t fill;  // zero point
  uint16_t first_reader;
  uint16_t readers;

  size_t item() const { return item_bytes(static_cast<DType>(dtype)); }
  uint32_t row_items() const { return width * channels; }
  size_t row_bytes() const { return row_items() * item(); }
};
static_assert(sizeof(TensorRecord) == 20, "as in docs/stream.md");
constexpr uint16_t kNoIndex = 0xFFFF;

struct Reader {
  uint16_t op;
  uint16_t place;  // among the operator's inputs
};

// Rows of an input that unit u needs: [floor((u * num + lo) / den), floor((u * num + hi) / den)), clamped to the tensor.
struct ReadRule {
  uint16_t tensor;
  uint16_t reserved;
  int32_t num;
  int32_t den;
  int32_t lo;
  int32_t hi;

  // First row that is still needed when `unit` runs, and the row after the last.
  uint32_t first(uint32_t unit) const { return row(unit, lo); }
  uint32_t end(uint32_t unit, uint32_t rows) const {
    const uint32_t end = row(unit, hi);
    return end < rows ? end : rows;
  }

 private:
  uint32_t row(uint32_t unit, int32_t add) const {
    const int32_t at = static_cast<int32_t>(unit) * num + add;
    return at <= 0 ? 0 : static_cast<uint32_t>(den == 1 ? at : at / den);
  }
};
static_assert(sizeof(ReadRule) == 20, "as in docs/stream.md");

struct OperatorRecord {
  uint8_t kind;
  uint8_t inputs;
  uint8_t outputs;
  uint8_t reserved;
  uint16_t units;
  uint16_t units_per_row;  // this many units complete one row of the outputs
  uint32_t params;         // 32-bit words
  uint32_t blob_bytes;     // a multiple of 4
  // ReadRule x inputs, u16 x outputs (an even number of them), the words, the blob

  const ReadRule* rules() const { return reinterpret_cast<const ReadRule*>(this + 1); }
  const uint16_t* made() const { return reinterpret_cast<const uint16_t*>(rules() + inputs); }
  const int32_t* words() const { return reinterpret_cast<const int32_t*>(made() + outputs + (outputs & 1u)); }
  const uint8_t* blob() const { return reinterpret_cast<const uint8_t*>(words() + params); }
};
static_assert(sizeof(OperatorRecord) == 16, "as in docs/stream.md");

// Memory of one cut k: where every tensor that an operator makes lies. Those that [0, k) makes are placed for the head,
// the others for going on to K; the live tensors are whole, and stay where the head left them.
struct LayoutRecord {
  uint32_t entries_at;   // a LayoutEntry each, for the tensors after the inputs, in their order
  uint32_t live_at;      // live x u16: the live tensors in the order in which they travel
  uint32_t head_bytes;   // of block for [0, k)
  uint32_t block_bytes;  // for going on to K as well
  uint16_t live;
  uint16_t reserved;
};
static_assert(sizeof(LayoutRecord) == 20, "as in docs/stream.md");

struct LayoutEntry {
  uint32_t at;     // in the block
  uint16_t lines;  // of its ring; as many as it has rows when it is whole
  uint16_t reserved;
};

// A plan that passed check_plan, read where it lies. The bytes outlive it.
class Plan {
 public:
  Plan() : header_(nullptr) {}
  // Nothing is checked: `bytes` passed check_plan.
  explicit Plan(const uint8_t* bytes) : header_(reinterpret_cast<const PlanHeader*>(bytes)) {}

  const PlanHeader& header() const { return *header_; }
  const InputRecord* inputs() const { return reinterpret_cast<const InputRecord*>(header_ + 1); }
  const TensorRecord& tensor(size_t i) const {
    return reinterpret_cast<const TensorRecord*>(inputs() + header_->inputs)[i];
  }
  const Reader* readers() const { return at<Reader>(header_->readers_at); }
  const OperatorRecord& op(size_t i) const { return *at<OperatorRecord>(at<uint32_t>(header_->operators_at)[i]); }
  const LayoutRecord& layout(size_t cut) const { return at<LayoutRecord>(header_->layouts_at)[cut]; }
  const LayoutEntry& entry(const LayoutRecord& layout, size_t tensor) const {
    return at<LayoutEntry>(layout.entries_at)[tensor - header_->inputs];
  }
  const uint16_t* live(const LayoutRecord& layout) const { return at<uint16_t>(layout.live_at); }
  // Tensors are numbered in the order in which they are made, after the inputs: how many there are before operator k.
  uint16_t tensors_before(size_t k) const { return k < header_->on_board ? op(k).made()[0] : header_->tensors; }

 private:
  template <typename T>
  const T* at(uint32_t offset) const {
    return reinterpret_cast<const T*>(reinterpret_cast<const uint8_t*>(header_) + offset);
  }
  const PlanHeader* header_;
};

}  // namespace cutpoint::stream

#endif  // CUTPOINT_STREAM_PLAN_H_

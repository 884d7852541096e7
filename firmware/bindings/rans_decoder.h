// Codec rans undone fast, for whoever decodes the tensors of many devices: the same as decode_streams (codec/rans), with
// 16 KB for each table of a model, and several tensors at once. A device needs neither.
#ifndef CUTPOINT_BINDINGS_RANS_DECODER_H_
#define CUTPOINT_BINDINGS_RANS_DECODER_H_

#include <cstdint>
#include <vector>

#include "codec/rans/rans.h"

namespace cutpoint {

// One tensor that is to be undone.
struct RansJob {
  Bytes coded;                     // the streams
  Bytes reference = Bytes();       // levels, for a model of changes
  MutableBytes levels = MutableBytes();  // where the levels go
  Status status = Status::kOk;     // kCoded where `coded` is none; `levels` then holds anything
};

// Made once for a model; what it points into outlives it. Any number of threads may decode at once.
class RansDecoder {
 public:
  RansDecoder(const LevelGrid& grid, const RansModel& model);
  RansDecoder(const RansDecoder&) = delete;
  RansDecoder& operator=(const RansDecoder&) = delete;

  void decode(RansJob* jobs, size_t count) const;

  // The same; a batch that is large is shared with a second thread, where there are two processors.
  void decode_batch(RansJob* jobs, size_t count) const;

 private:
  struct Table {
    uint32_t escape;  // the slot at which the escape starts; 4,096 without one
    uint32_t symbols;
    uint32_t offset;
  };
  // A channel of a stream, and where the tables of its group begin.
  struct Channel {
    uint16_t channel;
    uint16_t row;
  };
  using Stream = std::vector<Channel>;  // in the order in which they are coded
  template <size_t kLanes>
  struct Work;

  template <size_t kLanes>
  void decode_lanes(RansJob* jobs) const;
  template <size_t kLanes>
  void decode_stream(Work<kLanes>& work, const Stream& stream) const;
  template <size_t kLanes>
  void expect(Work<kLanes>& work, size_t pixel) const;

  LevelGrid grid_;
  RansModel model_;
  // Tables as rows, kMaxContexts for each group. A slot, by the state's low 12 bits:
  // symbol - offset | frequency - 1 << 8 | slot - start << 20.
  std::vector<uint32_t> slots_;
  std::vector<Table> tables_;
  std::vector<Stream> streams_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_RANS_DECODER_H_

// libFuzzer target: hostile streams under valid tables through the decoder of a PC (firmware/bindings), which must say
// and give what the core's says and gives, whichever lane they are in.
//
// The input is a control byte, which chooses a model, and the streams.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "../../firmware/bindings/rans_decoder.h"
#include "bytes.h"
#include "model_blocks.h"

using namespace cutpoint;

namespace {

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

struct Target {
  Target(const LevelGrid& shape, const check::ModelSpec& spec, bool with_changes)
      : grid(shape), block(spec), changes(with_changes) {
    size_t bytes = 0;
    must(read_model(Bytes(block.data(), block.size()), grid, changes, model, bytes) == Status::kOk);
    decoder.reset(new RansDecoder(grid, model));
  }

  LevelGrid grid;
  check::ModelBlock block;
  bool changes;
  RansModel model;
  std::unique_ptr<RansDecoder> decoder;
};

// Every prediction and activity, with and without slices, few and all levels.
std::vector<std::unique_ptr<Target>> targets() {
  std::vector<std::unique_ptr<Target>> made;
  for (const uint16_t levels : {uint16_t{2}, uint16_t{17}, uint16_t{256}}) {
    for (uint8_t kind = 0; kind < 8; ++kind) {
      const bool changes = kind >= 6;
      check::ModelSpec spec;
      spec.prediction = changes ? uint8_t{4} : static_cast<uint8_t>(kind % 4);
      spec.activity = changes ? static_cast<uint8_t>(kind - 5) : static_cast<uint8_t>(kind % 2);
      spec.thresholds = {1, 5};
      spec.group_of = {0, 1, 0};
      spec.groups = 2;
      spec.sliced = kind == 4 || kind == 5;
      for (uint16_t i = 0; i < 6; ++i) {
        const uint16_t symbols = i % 2 == 0 ? levels : static_cast<uint16_t>((levels + 1) / 2);
        const size_t counted = symbols == levels ? symbols : symbols + 1u;
        spec.tables.push_back({symbols, static_cast<uint16_t>(i % levels), check::peaked(counted)});
      }
      made.emplace_back(new Target(LevelGrid{3, 4, 3, levels, 1}, spec, changes));
    }
  }
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::unique_ptr<Target>> all = targets();
  if (size < 1) {
    return 0;
  }
  const Target& target = *all[data[0] % all.size()];
  const size_t elements = target.grid.elements();
  std::vector<uint8_t> reference(target.changes ? elements : 0);
  for (size_t i = 0; i < reference.size(); ++i) {
    reference[i] = static_cast<uint8_t>((data[0] + i * 5) % target.grid.levels);
  }
  const Bytes before(reference.data(), reference.size());
  const Bytes streams(data + 1, size - 1);
  std::vector<uint8_t> expected(elements);
  const Status status =
      decode_streams(target.grid, target.model, streams, before, MutableBytes(expected.data(), elements));

  // The whole input, and shorter ones beside it, in every lane and alone.
  std::vector<std::vector<uint8_t>> levels(6, std::vector<uint8_t>(elements));
  std::vector<RansJob> jobs(6);
  for (size_t i = 0; i < jobs.size(); ++i) {
    const bool whole = i == data[0] % 4 || i == 5;
    jobs[i].coded = whole ? streams : streams.first(streams.size() * i / 6);
    jobs[i].reference = before;
    jobs[i].levels = MutableBytes(levels[i].data(), elements);
  }
  target.decoder->decode(jobs.data(), jobs.size());
  for (const size_t i : {static_cast<size_t>(data[0] % 4), size_t{5}}) {
    must(jobs[i].status == status);
    must(status != Status::kOk || levels[i] == expected);
  }
  return 0;
}
